//! Characters to tokens. The whole text is read before the parser starts, so complaints about characters come first.

use super::ast::Pos;
use super::problem::Problem;
use super::token::{Kind, SIGNS, Token};

/// The tokens of a source; the last one is [`Kind::End`].
pub fn tokens(source: &str) -> Result<Vec<Token>, Problem> {
    let mut lexer = Lexer::new(source);
    let mut tokens = Vec::with_capacity(source.len() / 4);
    loop {
        lexer.skip_blanks()?;
        let token = lexer.token()?;
        lexer.note_bracket(&token, tokens.last());
        tokens.push(token);
        if token.kind == Kind::End {
            return Ok(tokens);
        }
    }
}

/// Characters of `source` outside of comments. What cannot be read counts in full.
pub fn length_without_comments(source: &str) -> u32 {
    let mut lexer = Lexer::new(source);
    loop {
        let read = lexer.skip_blanks().and_then(|()| lexer.token());
        match read {
            Ok(token) if token.kind != Kind::End => {}
            Ok(_) => break,
            // A bad sign or word: its first character is taken for a token.
            Err(_) if lexer.rest().is_empty() => break,
            Err(_) => lexer.advance(1),
        }
    }
    u32::try_from(source.chars().count() - lexer.comment_chars).unwrap_or(u32::MAX)
}

struct Lexer<'s> {
    source: &'s str,
    /// Byte of the next character.
    next: usize,
    at: Pos,
    /// One per open `[`: whether a query stands in it.
    brackets: Vec<bool>,
    comment_chars: usize,
}

impl<'s> Lexer<'s> {
    fn new(source: &'s str) -> Self {
        Self { source, next: 0, at: Pos { line: 1, column: 1 }, brackets: Vec::new(), comment_chars: 0 }
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.next..).unwrap_or("")
    }

    /// Steps over so many characters.
    fn advance(&mut self, chars: usize) {
        for letter in self.rest().chars().take(chars) {
            self.next += letter.len_utf8();
            if letter == '\n' {
                self.at = Pos { line: self.at.line.saturating_add(1), column: 1 };
            } else {
                self.at.column = self.at.column.saturating_add(1);
            }
        }
    }

    fn advance_bytes(&mut self, bytes: usize) {
        let chars = self.rest().get(..bytes).map_or(0, |passed| passed.chars().count());
        self.advance(chars);
    }

    fn skip_blanks(&mut self) -> Result<(), Problem> {
        loop {
            let rest = self.rest();
            let blanks = rest.chars().take_while(|letter| " \t\r\n\u{c}".contains(*letter)).count();
            self.advance(blanks);
            let rest = self.rest();
            if rest.starts_with("//") {
                let chars = rest.chars().take_while(|letter| *letter != '\n').count();
                self.comment_chars += chars;
                self.advance(chars);
            } else if rest.starts_with("/*") {
                let Some(end) = rest.get(2..).and_then(|inner| inner.find("*/")) else {
                    let problem = Problem::new(self.at, "Missing closing mark */ on multi-line comment.");
                    self.comment_chars += rest.chars().count();
                    self.advance_bytes(rest.len());
                    return Err(problem);
                };
                self.comment_chars += rest.get(..end + 4).map_or(0, |comment| comment.chars().count());
                self.advance_bytes(end + 4);
            } else if blanks == 0 {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, Problem> {
        let (start, at) = (self.next, self.at);
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Token { kind: Kind::End, start, end: start, at });
        };
        let kind = match first {
            '\'' => self.string()?,
            '0'..='9' => self.number()?,
            '.' if rest.chars().nth(1).is_some_and(|next| next.is_ascii_digit()) => self.number()?,
            _ if first.is_alphabetic() || first == '_' || first == '$' => self.word()?,
            _ => self.sign()?,
        };
        Ok(Token { kind, start, end: self.next, at })
    }

    fn word(&mut self) -> Result<Kind, Problem> {
        let rest = self.rest();
        let length = rest
            .find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'))
            .unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or("");
        if !word.is_ascii() {
            return Err(Problem::new(
                self.at,
                format!(
                    "Invalid identifier '{word}'. Apex identifiers must start with an ASCII letter (a-z or A-Z) \
                     followed by any number of ASCII letters (a-z or A-Z), digits (0 - 9), '_'."
                ),
            ));
        }
        self.advance(length);
        Ok(Kind::Word)
    }

    fn sign(&mut self) -> Result<Kind, Problem> {
        let rest = self.rest();
        let digit_behind = rest.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
        let fits = |sign: &&str| rest.starts_with(*sign) && !(*sign == "?." && digit_behind);
        if let Some(sign) = SIGNS.into_iter().find(fits) {
            self.advance(sign.len());
            return Ok(Kind::Sign(sign));
        }
        let sign = rest.chars().next().unwrap_or(' ');
        Err(Problem::new(
            self.at,
            if "#%`".contains(sign) {
                format!("Found punctuation symbol or operator '{sign}' that isn't valid in Apex.")
            } else {
                unrecognized(sign)
            },
        ))
    }

    fn number(&mut self) -> Result<Kind, Problem> {
        let rest = self.rest();
        if self.brackets.last() == Some(&true)
            && let Some(length) = moment(rest)
        {
            self.advance(length);
            return Ok(Kind::Moment);
        }
        let whole = digits(rest);
        let behind = rest.get(whole..).unwrap_or("");
        let Some(fraction) = behind.strip_prefix('.') else {
            let long = behind.starts_with(['l', 'L']);
            self.advance(whole + usize::from(long));
            return Ok(if long { Kind::Long } else { Kind::Integer });
        };
        let places = digits(fraction);
        if places == 0 {
            self.advance(whole + 1);
            let next = fraction.chars().next();
            return Err(Problem::new(
                self.at,
                next.map_or_else(|| "Unexpected token '.'.".to_owned(), unrecognized),
            ));
        }
        let double = fraction.get(places..).is_some_and(|suffix| suffix.starts_with(['d', 'D']));
        self.advance(whole + 1 + places + usize::from(double));
        Ok(if double { Kind::Double } else { Kind::Decimal })
    }

    fn string(&mut self) -> Result<Kind, Problem> {
        let rest = self.rest();
        if let Some(text) = rest.strip_prefix("'''") {
            return self.multi_line(text);
        }
        let mut escaped = false;
        for (byte, letter) in rest.char_indices().skip(1) {
            match letter {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\'' => {
                    self.advance_bytes(byte + 1);
                    return Ok(Kind::String);
                }
                _ => {}
            }
        }
        Err(self.unclosed("'"))
    }

    /// `text` is what stands behind the opening quotes.
    fn multi_line(&mut self, text: &str) -> Result<Kind, Problem> {
        match text.chars().next() {
            Some('\n') => {}
            Some(next) => {
                self.advance(3);
                let shown = shown(next);
                return Err(Problem::new(
                    self.at,
                    format!("Unexpected symbol '{shown}', was expecting '\\n'."),
                ));
            }
            None => return Err(self.unclosed("'''")),
        }
        let mut escaped = false;
        let end = text.char_indices().find(|(byte, letter)| {
            let ends = !escaped && text.get(*byte..).is_some_and(|rest| rest.starts_with("'''"));
            escaped = !escaped && *letter == '\\';
            ends
        });
        let Some((end, _)) = end else {
            return Err(self.unclosed("'''"));
        };
        self.advance_bytes(end + 6);
        Ok(Kind::MultiLine)
    }

    /// The rest of the source is the string.
    fn unclosed(&mut self, quote: &str) -> Problem {
        let problem = Problem::new(self.at, format!("Missing closing quote character {quote} on string."));
        self.advance_bytes(self.rest().len());
        problem
    }

    /// Keeps count of open brackets: only in a query can a moment stand.
    fn note_bracket(&mut self, token: &Token, before: Option<&Token>) {
        match token.kind {
            Kind::Sign("[") => self.brackets.push(false),
            Kind::Sign("]") => {
                self.brackets.pop();
            }
            Kind::Word if before.is_some_and(|before| before.kind == Kind::Sign("[")) => {
                let word = self.source.get(token.start..token.end).unwrap_or("");
                if let Some(top) = self.brackets.last_mut() {
                    *top = word.eq_ignore_ascii_case("select") || word.eq_ignore_ascii_case("find");
                }
            }
            _ => {}
        }
    }
}

fn unrecognized(sign: char) -> String {
    format!("Unrecognized symbol '{}', which is not a valid Apex identifier.", shown(sign))
}

fn shown(sign: char) -> String {
    match sign {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        _ => sign.to_string(),
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Length of `2020-01-31` or `2020-01-31T10:00:00.000+01:00` at the start of `text`.
fn moment(text: &str) -> Option<usize> {
    let date = shape(text, "0000-00-00")?;
    let Some(time) = text.get(date..).filter(|rest| rest.starts_with(['T', 't'])) else { return Some(date) };
    let mut length = shape(time, "T00:00:00")?;
    if let Some(fraction) = time.get(length..).and_then(|rest| rest.strip_prefix('.')) {
        length += 1 + digits(fraction);
    }
    let zone = time.get(length..)?;
    let zone = if zone.starts_with(['Z', 'z']) {
        1
    } else {
        shape(zone, "+00:00")
            .or_else(|| shape(zone, "-00:00"))
            .or_else(|| shape(zone, "+0000"))
            .or_else(|| shape(zone, "-0000"))?
    };
    Some(date + length + zone)
}

/// The pattern's length if `text` begins with it; `0` stands for any digit.
fn shape(text: &str, pattern: &str) -> Option<usize> {
    let mut bytes = text.bytes();
    pattern
        .bytes()
        .all(|wanted| {
            bytes.next().is_some_and(|byte| {
                if wanted == b'0' { byte.is_ascii_digit() } else { byte.eq_ignore_ascii_case(&wanted) }
            })
        })
        .then_some(pattern.len())
}
