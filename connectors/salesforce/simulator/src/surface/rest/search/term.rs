//! What is searched for: words with wildcards, phrases, AND, OR and AND NOT.

use super::malformed;
use crate::surface::ApiError;

/// Characters of a search term.
const LENGTH_MAX: usize = 10_000;
/// Groups inside each other.
const DEPTH_MAX: usize = 20;

/// A search term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Term {
    /// In lower case; `*` stands for any letters, `?` for one.
    Word(String),
    Phrase(String),
    All(Vec<Term>),
    Any(Vec<Term>),
    Not(Box<Term>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Phrase(String),
    Open,
    Close,
}

impl Term {
    /// Reads a term.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        if text.len() > LENGTH_MAX {
            return Err(malformed("The search term is too long"));
        }
        let tokens = tokens(text)?;
        let letters = tokens.iter().map(|token| match token {
            Token::Word(word) | Token::Phrase(word) => {
                word.chars().filter(|letter| letter.is_alphanumeric()).count()
            }
            Token::Open | Token::Close => 0,
        });
        if letters.max().unwrap_or(0) < 2 {
            return Err(malformed("Search term must be longer than one character"));
        }
        let mut at = 0;
        let term = any(&tokens, &mut at, 0)?;
        if at == tokens.len() {
            Ok(term)
        } else {
            Err(malformed("Unexpected parenthesis in the search term"))
        }
    }

    /// Whether the texts of a record, in lower case, have it.
    pub(super) fn is_in(&self, texts: &[String]) -> bool {
        match self {
            Self::Word(pattern) => {
                texts.iter().any(|text| words(text).any(|word| like(pattern, word)) || like(pattern, text))
            }
            Self::Phrase(phrase) => texts.iter().any(|text| text.contains(phrase.as_str())),
            Self::All(terms) => terms.iter().all(|term| term.is_in(texts)),
            Self::Any(terms) => terms.iter().any(|term| term.is_in(texts)),
            Self::Not(term) => !term.is_in(texts),
        }
    }
}

/// Words of a text, and the parts of an address or a number that punctuation keeps together.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let spaced = text.split_whitespace();
    let parts = text.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    spaced.chain(parts)
}

/// Whether a word fits a pattern from end to end.
fn like(pattern: &str, word: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let word: Vec<char> = word.chars().collect();
    let (mut p, mut w) = (0, 0);
    let mut star = None;
    while w < word.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, w));
                p += 1;
            }
            Some(letter) if *letter == '?' || *letter == word[w] => {
                p += 1;
                w += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    w = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

fn tokens(text: &str) -> Result<Vec<Token>, ApiError> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    let mut word = String::new();
    let end = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            '"' => {
                end(&mut word, &mut tokens);
                let mut phrase = String::new();
                loop {
                    match letters.next() {
                        Some('"') => break,
                        Some('\\') => phrase.extend(letters.next()),
                        Some(letter) => phrase.push(letter),
                        None => return Err(malformed("A phrase of the search term has no end")),
                    }
                }
                tokens.push(Token::Phrase(phrase.to_lowercase()));
            }
            '(' | ')' => {
                end(&mut word, &mut tokens);
                tokens.push(if letter == '(' { Token::Open } else { Token::Close });
            }
            letter if letter.is_whitespace() => end(&mut word, &mut tokens),
            letter => word.push(letter),
        }
    }
    end(&mut word, &mut tokens);
    Ok(tokens)
}

fn is_word(token: Option<&Token>, wanted: &str) -> bool {
    matches!(token, Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted))
}

fn any(tokens: &[Token], at: &mut usize, depth: usize) -> Result<Term, ApiError> {
    let mut terms = vec![all(tokens, at, depth)?];
    while is_word(tokens.get(*at), "OR") {
        *at += 1;
        terms.push(all(tokens, at, depth)?);
    }
    Ok(if terms.len() == 1 { terms.remove(0) } else { Term::Any(terms) })
}

/// Words without an operator between them all have to be there.
fn all(tokens: &[Token], at: &mut usize, depth: usize) -> Result<Term, ApiError> {
    let mut terms = vec![one(tokens, at, depth)?];
    loop {
        match tokens.get(*at) {
            None | Some(Token::Close) => break,
            token if is_word(token, "OR") => break,
            token if is_word(token, "AND") => {
                *at += 1;
                if is_word(tokens.get(*at), "NOT") {
                    *at += 1;
                    terms.push(Term::Not(Box::new(one(tokens, at, depth)?)));
                    continue;
                }
            }
            Some(_) => {}
        }
        terms.push(one(tokens, at, depth)?);
    }
    Ok(if terms.len() == 1 { terms.remove(0) } else { Term::All(terms) })
}

fn one(tokens: &[Token], at: &mut usize, depth: usize) -> Result<Term, ApiError> {
    let token = tokens.get(*at).ok_or_else(|| malformed("The search term ends too early"))?;
    *at += 1;
    match token {
        Token::Word(word) => Ok(Term::Word(word.to_lowercase())),
        Token::Phrase(phrase) => Ok(Term::Phrase(phrase.clone())),
        Token::Open if depth < DEPTH_MAX => {
            let inner = any(tokens, at, depth + 1)?;
            match tokens.get(*at) {
                Some(Token::Close) => {
                    *at += 1;
                    Ok(inner)
                }
                _ => Err(malformed("A parenthesis of the search term is not closed")),
            }
        }
        Token::Open | Token::Close => Err(malformed("Unexpected parenthesis in the search term")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(term: &str, text: &str) -> bool {
        Term::parse(term).expect("a term").is_in(&[text.to_lowercase()])
    }

    #[test]
    fn words_phrases_and_operators() {
        let text = "Acme Rocket Works, ann@acme.example";
        for yes in [
            "acme",
            "ROCK*",
            "r?cket",
            "\"rocket works\"",
            "acme AND works",
            "nope OR works",
            "(nope OR acme) works",
            "ann@acme.example",
            "acme AND NOT nope",
            "*ock*",
        ] {
            assert!(finds(yes, text), "{yes}");
        }
        for no in ["rock", "acme AND nope", "\"works rocket\"", "acme AND NOT works"] {
            assert!(!finds(no, text), "{no}");
        }
        for bad in ["", "a", "(ab", "ab)", "\"ab", "ab AND"] {
            assert!(Term::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_term_is_read_or_refused(text in "[ab ()\"*?\\\\]{0,40}|(ab|AND|OR|NOT|\\(|\\)| ){0,12}") {
            if let Ok(term) = Term::parse(&text) {
                let _ = term.is_in(&["ab ba".to_owned()]);
            }
        }
    }
}
