//! What literals are worth.

use std::sync::Arc;

use super::ast::{Literal, Pos};
use super::problem::Problem;
use super::token::Kind;

/// The value of a literal token; `text` is the token as written.
pub fn value(kind: Kind, text: &str, at: Pos) -> Result<Literal, Problem> {
    match kind {
        Kind::Integer => text.parse().map(Literal::Integer).map_err(|_| Problem::new(at, "Illegal integer")),
        Kind::Long => text
            .trim_end_matches(['l', 'L'])
            .parse()
            .map(Literal::Long)
            .map_err(|_| Problem::new(at, "Illegal long")),
        Kind::Double => text
            .trim_end_matches(['d', 'D'])
            .parse()
            .map(Literal::Double)
            .map_err(|_| Problem::new(at, "Illegal double")),
        Kind::MultiLine => {
            unescaped(&multi_line(text)).map(Literal::String).map_err(|why| Problem::new(at, why))
        }
        Kind::String => string(text).map(Literal::String).map_err(|why| Problem::new(at, why)),
        _ => Ok(Literal::Decimal(text.into())),
    }
}

/// `text` has its quotes.
fn string(text: &str) -> Result<Arc<str>, String> {
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
    if inner.contains(['\n', '\r']) {
        return Err("Illegal string literal: Line breaks are not allowed in string literals".to_owned());
    }
    unescaped(inner)
}

/// `inner` has no quotes around it.
fn unescaped(inner: &str) -> Result<Arc<str>, String> {
    if !inner.contains('\\') {
        return Ok(inner.into());
    }
    let mut value = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        value.push_str(rest.get(..at).unwrap_or(""));
        let escape = rest.get(at + 1..).unwrap_or("");
        let (letter, length) = escape_of(escape).map_err(|why| {
            format!("Illegal string literal: Invalid string literal '{inner}'. {}", why.words(escape, inner))
        })?;
        value.push(letter);
        rest = escape.get(length..).unwrap_or("");
    }
    value.push_str(rest);
    Ok(value.into())
}

enum BadEscape {
    Unknown,
    NoHex,
    TooShort,
}

impl BadEscape {
    /// `escape` is what follows the backslash; `literal` has no quotes.
    fn words(&self, escape: &str, literal: &str) -> String {
        let first: String = escape.chars().take(1).collect();
        match self {
            Self::Unknown => format!("Illegal character sequence \\{first}' in string literal."),
            Self::NoHex => {
                let shown: String = escape.chars().take(5).collect();
                format!("Illegal unicode sequence. \\{shown}' in string literal.")
            }
            Self::TooShort => {
                format!("Illegal unicode sequence. Less than four hex digits \\{literal}' in string literal.")
            }
        }
    }
}

/// The character that the escape stands for, and how many bytes it takes behind the backslash.
fn escape_of(escape: &str) -> Result<(char, usize), BadEscape> {
    let letter = match escape.chars().next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('r') => '\r',
        Some(same @ ('\'' | '"' | '\\')) => same,
        Some('u') => {
            let hex: String = escape.chars().skip(1).take(4).collect();
            if hex.chars().count() < 4 {
                return Err(BadEscape::TooShort);
            }
            if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(BadEscape::NoHex);
            }
            let unit = u16::from_str_radix(&hex, 16).map_err(|_| BadEscape::NoHex)?;
            return Ok(surrogates(unit, escape));
        }
        _ => return Err(BadEscape::Unknown),
    };
    Ok((letter, letter_length(escape)))
}

fn letter_length(escape: &str) -> usize {
    escape.chars().next().map_or(0, char::len_utf8)
}

/// Two escapes can make one character; half of one becomes the replacement character.
fn surrogates(unit: u16, escape: &str) -> (char, usize) {
    if let Some(letter) = char::from_u32(u32::from(unit)) {
        return (letter, 5);
    }
    let second = escape
        .get(5..)
        .and_then(|rest| rest.strip_prefix("\\u"))
        .and_then(|rest| rest.get(..4))
        .and_then(|hex| u16::from_str_radix(hex, 16).ok());
    match second.map(|second| char::decode_utf16([unit, second]).next()) {
        Some(Some(Ok(letter))) => (letter, 11),
        _ => (char::REPLACEMENT_CHARACTER, 5),
    }
}

/// The lines between the quotes without the indentation that all of them share (the closing quotes count as a line)
/// and without blanks at their ends; escapes are still in it.
fn multi_line(text: &str) -> String {
    let inner = text.strip_prefix("'''\n").and_then(|text| text.strip_suffix("'''")).unwrap_or("");
    let lines: Vec<&str> = inner.split('\n').collect();
    let last = lines.len().saturating_sub(1);
    let indent = |line: &str| line.chars().take_while(|letter| letter.is_whitespace()).count();
    let shared = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| *index == last || !line.trim().is_empty())
        .map(|(_, line)| indent(line))
        .min()
        .unwrap_or(0);
    let stripped: Vec<String> = lines
        .iter()
        .map(|line| line.chars().skip(shared).collect::<String>().trim_end().to_owned())
        .collect();
    stripped.join("\n")
}
