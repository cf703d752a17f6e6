//! Cutting a text into pieces.

use super::super::regex;
use super::args::{Answer, number, own, text};
use crate::apex::platform::define::Definition;
use crate::apex::run::heap;
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("List<String> split(String)", split)
        .method("List<String> split(String, Integer)", split)
        .method("List<String> splitByCharacterType()", by_kind)
        .method("List<String> splitByCharacterTypeCamelCase()", by_kind_in_camel_case)
}

/// A list of texts.
pub(in crate::apex::platform::text) fn list<'a>(
    tx: &mut Transaction,
    pieces: impl IntoIterator<Item = &'a str>,
) -> Answer {
    let mut items = Vec::new();
    for piece in pieces {
        heap(tx, piece.len() + 8)?;
        items.push(Value::string(piece));
    }
    Ok(Value::list(Type::String, items))
}

fn split(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(this);
    let pattern = text(tx, arguments, 0)?;
    let limit = if arguments.len() > 1 { number(tx, arguments, 1)? } else { 0 };
    let pieces = regex::split(tx, &pattern, &own, limit)?;
    list(tx, pieces)
}

/// Characters of one kind stay together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Upper,
    Lower,
    Letter,
    Digit,
    Space,
    Control,
    Open,
    Close,
    Dash,
    Connector,
    Punctuation,
    Mathematics,
    Currency,
    Modifier,
    Other,
}

fn kind(char: char) -> Kind {
    match char {
        '(' | '[' | '{' => Kind::Open,
        ')' | ']' | '}' => Kind::Close,
        '-' => Kind::Dash,
        '_' => Kind::Connector,
        '+' | '<' | '=' | '>' | '|' | '~' => Kind::Mathematics,
        '$' | '€' | '£' | '¥' | '¢' => Kind::Currency,
        '^' | '`' => Kind::Modifier,
        char if char.is_ascii_punctuation() => Kind::Punctuation,
        char if char.is_uppercase() => Kind::Upper,
        char if char.is_lowercase() => Kind::Lower,
        char if char.is_numeric() => Kind::Digit,
        char if char.is_alphabetic() => Kind::Letter,
        char if char.is_control() => Kind::Control,
        char if char.is_whitespace() => Kind::Space,
        _ => Kind::Other,
    }
}

fn pieces(text: &str, camel_case: bool) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut before: Option<(usize, Kind)> = None;
    for (byte, char) in text.char_indices() {
        let kind = kind(char);
        if let Some((last, known)) = before
            && known != kind
        {
            let start = cuts.last().copied().unwrap_or(0);
            if camel_case && known == Kind::Upper && kind == Kind::Lower {
                // The capital belongs to the word that it begins.
                if last != start {
                    cuts.push(last);
                }
            } else {
                cuts.push(byte);
            }
        }
        before = Some((byte, kind));
    }
    cuts.push(text.len());
    cuts.windows(2)
        .filter_map(|pair| text.get(*pair.first()?..*pair.last()?))
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn by_kind(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    list(tx, pieces(&own(this), false))
}

fn by_kind_in_camel_case(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    list(tx, pieces(&own(this), true))
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn kinds_stay_together() {
        assert_eq!(pieces("ab1  -cD", false), ["ab", "1", "  ", "-", "c", "D"]);
        assert_eq!(pieces("fooBarURLPart", true), ["foo", "Bar", "URL", "Part"]);
        assert_eq!(pieces("number5", true), ["number", "5"]);
        assert_eq!(pieces("", true), Vec::<&str>::new());
    }
}
