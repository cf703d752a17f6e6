//! The words of a formula.

use super::FormulaError;

/// A word with its meaning.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(String),
    Text(String),
    /// A field, a function, `TRUE`, `NULL`; dots belong to it.
    Name(String),
    /// An operator, a bracket or a comma.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 19] =
    ["&&", "||", "<>", "!=", "==", "<=", ">=", "(", ")", ",", "=", "!", "<", ">", "+", "-", "*", "/", "^"];

impl Token {
    /// As an error shows it.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Number(text) | Self::Text(text) | Self::Name(text) => text,
            Self::Sign(sign) => sign,
        }
    }
}

/// Splits a formula into its words.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, FormulaError> {
    let mut rest = source;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\r' | '\n' | '\u{c}' | '\u{a0}' => first.len_utf8(),
            '"' | '\'' => {
                let (text, length) = quoted(rest, first)?;
                found.push(Token::Text(text));
                length
            }
            '0'..='9' => {
                let length = number(rest);
                found.push(Token::Number(rest.get(..length).unwrap_or_default().to_owned()));
                length
            }
            'a'..='z' | 'A'..='Z' | '$' => {
                let length = rest.find(|letter: char| !in_name(letter)).unwrap_or(rest.len());
                found.push(Token::Name(rest.get(..length).unwrap_or_default().to_owned()));
                length
            }
            '/' if rest.starts_with("/*") => match rest.find("*/") {
                Some(end) => end + 2,
                None => return Err(FormulaError("Syntax error".to_owned())),
            },
            '&' if !rest.starts_with("&&") => {
                found.push(Token::Sign("&"));
                1
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    found.push(Token::Sign(sign));
                    sign.len()
                }
                None => return Err(FormulaError("Syntax error".to_owned())),
            },
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(found)
}

fn in_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$' | ':' | '.' | '#')
}

/// Bytes of a number: digits, and a point with digits behind it.
fn number(rest: &str) -> usize {
    let digits = |text: &str| text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let whole = digits(rest);
    let behind = rest.get(whole..).and_then(|rest| rest.strip_prefix('.')).map_or(0, digits);
    if behind == 0 { whole } else { whole + 1 + behind }
}

/// A text in quotation marks, with the bytes that it takes.
fn quoted(rest: &str, mark: char) -> Result<(String, usize), FormulaError> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next().map(|(_, escaped)| escaped) {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(escaped @ ('"' | '\'' | '\\')) => text.push(escaped),
                _ => return Err(FormulaError("Syntax error".to_owned())),
            },
            '\n' | '\r' => break,
            _ if letter == mark => return Ok((text, at + 1)),
            _ => text.push(letter),
        }
    }
    Err(FormulaError(format!("Syntax error. Missing '{mark}'")))
}
