//! Methods of `String` that tell what characters it has.

use super::super::arguments::argument;
use super::super::define::Definition;
use super::units::{is_white, text};
use crate::apex::run::Thrown;
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn add(definition: Definition) -> Definition {
    definition
        .method("Boolean isAllLowerCase()", |tx, this, _| some(tx, this, char::is_lowercase))
        .method("Boolean isAllUpperCase()", |tx, this, _| some(tx, this, char::is_uppercase))
        .method("Boolean isAlpha()", |tx, this, _| some(tx, this, char::is_alphabetic))
        .method("Boolean isAlphaSpace()", |tx, this, _| all(tx, this, |c| c.is_alphabetic() || c == ' '))
        .method("Boolean isAlphanumeric()", |tx, this, _| {
            some(tx, this, |c| c.is_alphabetic() || is_digit(c))
        })
        .method("Boolean isAlphanumericSpace()", |tx, this, _| {
            all(tx, this, |c| c.is_alphabetic() || is_digit(c) || c == ' ')
        })
        .method("Boolean isAsciiPrintable()", |tx, this, _| all(tx, this, |c| (' '..='~').contains(&c)))
        .method("Boolean isNumeric()", |tx, this, _| some(tx, this, is_digit))
        .method("Boolean isNumericSpace()", |tx, this, _| all(tx, this, |c| is_digit(c) || c == ' '))
        .method("Boolean isWhitespace()", |tx, this, _| all(tx, this, is_white))
        .method("Boolean containsWhitespace()", |tx, this, _| {
            Ok(Value::Boolean(text(tx, this)?.contains(is_white)))
        })
        .method("Boolean containsAny(String)", |tx, this, a| {
            set(tx, this, a, |own, set| own.chars().any(|c| set.contains(c)))
        })
        .method("Boolean containsNone(String)", |tx, this, a| {
            set(tx, this, a, |own, set| !own.chars().any(|c| set.contains(c)))
        })
        .method("Boolean containsOnly(String)", |tx, this, a| {
            set(tx, this, a, |own, set| own.chars().all(|c| set.contains(c)))
        })
        .method("static Boolean isBlank(String)", |tx, _, a| is_blank(tx, a).map(Value::Boolean))
        .method("static Boolean isNotBlank(String)", |tx, _, a| {
            is_blank(tx, a).map(|blank| Value::Boolean(!blank))
        })
        .method("static Boolean isEmpty(String)", |_, _, a| Ok(Value::Boolean(is_empty(a))))
        .method("static Boolean isNotEmpty(String)", |_, _, a| Ok(Value::Boolean(!is_empty(a))))
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
        || !character.is_ascii() && character.is_numeric() && !character.is_alphabetic()
}

/// All characters are of a kind, and there are some.
fn some(tx: &mut Transaction, this: &Value, kind: fn(char) -> bool) -> Answer {
    let own = text(tx, this)?;
    Ok(Value::Boolean(!own.is_empty() && own.chars().all(kind)))
}

/// All characters are of a kind, should there be any.
fn all(tx: &mut Transaction, this: &Value, kind: fn(char) -> bool) -> Answer {
    Ok(Value::Boolean(text(tx, this)?.chars().all(kind)))
}

fn set(tx: &mut Transaction, this: &Value, arguments: &[Value], test: fn(&str, &str) -> bool) -> Answer {
    let (own, set) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    // Every character of one may be compared with every one of the other.
    let pairs = (own.len() as u64).saturating_mul(set.len() as u64);
    crate::apex::run::limit(tx, crate::apex::run::Limit::Steps, pairs / 1_024)?;
    Ok(Value::Boolean(test(&own, &set)))
}

fn is_blank(tx: &mut Transaction, arguments: &[Value]) -> Result<bool, Thrown> {
    match argument(arguments, 0) {
        Value::Null => Ok(true),
        value => Ok(text(tx, value)?.chars().all(is_white)),
    }
}

fn is_empty(arguments: &[Value]) -> bool {
    argument(arguments, 0).as_text().is_none_or(str::is_empty)
}
