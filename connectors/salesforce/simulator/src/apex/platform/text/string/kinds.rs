//! Of what characters a text is made.

use super::args::{Answer, optional, own, text};
use crate::apex::platform::define::Definition;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("static Boolean isBlank(String)", is_blank)
        .method("static Boolean isNotBlank(String)", is_not_blank)
        .method("static Boolean isEmpty(String)", is_empty)
        .method("static Boolean isNotEmpty(String)", is_not_empty)
        .method("Boolean isAllLowerCase()", lower)
        .method("Boolean isAllUpperCase()", upper)
        .method("Boolean isAlpha()", alpha)
        .method("Boolean isAlphaSpace()", alpha_space)
        .method("Boolean isAlphanumeric()", alphanumeric)
        .method("Boolean isAlphanumericSpace()", alphanumeric_space)
        .method("Boolean isAsciiPrintable()", printable)
        .method("Boolean isNumeric()", numeric)
        .method("Boolean isNumericSpace()", numeric_space)
        .method("Boolean isWhitespace()", whitespace)
        .method("Boolean containsAny(String)", contains_any)
        .method("Boolean containsNone(String)", contains_none)
        .method("Boolean containsOnly(String)", contains_only)
        .method("Boolean containsWhitespace()", contains_whitespace)
}

/// White space as Java sees it: no-break spaces are none.
pub(super) fn is_space(char: char) -> bool {
    match char {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        '\u{1c}'..='\u{1f}' => true,
        char => char.is_whitespace(),
    }
}

fn blank(arguments: &[Value]) -> bool {
    optional(arguments, 0).is_none_or(|text| text.chars().all(is_space))
}

fn is_blank(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    Ok(Value::Boolean(blank(arguments)))
}

fn is_not_blank(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    Ok(Value::Boolean(!blank(arguments)))
}

fn empty(arguments: &[Value]) -> bool {
    optional(arguments, 0).is_none_or(|text| text.is_empty())
}

fn is_empty(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    Ok(Value::Boolean(empty(arguments)))
}

fn is_not_empty(_: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    Ok(Value::Boolean(!empty(arguments)))
}

/// Whether all characters are of a kind; `nothing` is said of a text without any.
fn all(this: &Value, nothing: bool, kind: impl Fn(char) -> bool) -> Answer {
    let own = own(this);
    Ok(Value::Boolean(if own.is_empty() { nothing } else { own.chars().all(kind) }))
}

fn lower(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, false, char::is_lowercase)
}

fn upper(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, false, char::is_uppercase)
}

fn digit(char: char) -> bool {
    char.is_ascii_digit() || !char.is_ascii() && char.is_numeric()
}

fn alpha(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, false, char::is_alphabetic)
}

fn alpha_space(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, true, |char| char.is_alphabetic() || char == ' ')
}

fn alphanumeric(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, false, |char| char.is_alphabetic() || digit(char))
}

fn alphanumeric_space(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, true, |char| char.is_alphabetic() || digit(char) || char == ' ')
}

fn printable(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, true, |char| (' '..='~').contains(&char))
}

fn numeric(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, false, digit)
}

fn numeric_space(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, true, |char| digit(char) || char == ' ')
}

fn whitespace(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    all(this, true, is_space)
}

fn contains_any(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let any = text(tx, arguments, 0)?;
    Ok(Value::Boolean(own(this).contains(|char| any.contains(char))))
}

fn contains_none(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let any = text(tx, arguments, 0)?;
    Ok(Value::Boolean(!own(this).contains(|char| any.contains(char))))
}

fn contains_only(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let any = text(tx, arguments, 0)?;
    Ok(Value::Boolean(own(this).chars().all(|char| any.contains(char))))
}

fn contains_whitespace(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(own(this).contains(is_space)))
}
