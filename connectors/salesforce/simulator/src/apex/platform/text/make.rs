//! Static methods of `String` that make one, and those that take one apart into a list.

use std::rc::Rc;

use super::super::arguments::{argument, elements, integer, list, null_argument};
use super::super::define::Definition;
use super::regex;
use super::units::{self, text};
use crate::apex::run::{self, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn add(definition: Definition) -> Definition {
    definition
        .method("static String valueOf(Object)", value_of)
        .method("static String valueOfGmt(Datetime)", value_of_gmt)
        .method("static String join(Iterable<Object>, String)", join)
        .method("static String join(List<Object>, String)", join)
        .method("static String format(String, List<Object>)", format)
        .method("static String fromCharArray(List<Integer>)", from_chars)
        .method("static String getCommonPrefix(List<String>)", common_prefix)
        .method("List<String> split(String)", split)
        .method("List<String> split(String, Integer)", split)
        .method("List<String> splitByCharacterType()", |tx, this, _| by_type(tx, this, false))
        .method("List<String> splitByCharacterTypeCamelCase()", |tx, this, _| by_type(tx, this, true))
        .method("String toString()", |tx, this, _| Ok(Value::String(text(tx, this)?)))
}

fn strings(parts: impl IntoIterator<Item = String>) -> Value {
    Value::list(Type::String, parts.into_iter().map(|part| Value::string(&part)).collect())
}

fn value_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Null => Ok(Value::Null),
        value => run::to_text(tx, value).map(Value::String),
    }
}

fn value_of_gmt(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Datetime(ms) => {
            let at = crate::org::date_time(*ms);
            Ok(Value::string(&at.format("%Y-%m-%d %H:%M:%S").to_string()))
        }
        _ => Err(null_argument(tx)),
    }
}

fn join(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let items = elements(tx, argument(arguments, 0))?;
    let separator = text(tx, argument(arguments, 1))?;
    let mut joined = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            joined.push_str(&separator);
        }
        if !item.is_null() {
            joined.push_str(&run::to_text(tx, item)?);
        }
        units::room(tx, joined.len())?;
    }
    Ok(Value::string(&joined))
}

/// Java's `MessageFormat`: `{0}` is the first argument, quoted text stays as it is, a doubled quote is one.
fn format(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let pattern = text(tx, argument(arguments, 0))?;
    let values = match argument(arguments, 1) {
        Value::Null => Vec::new(),
        value => list(tx, value)?.items.borrow().clone(),
    };
    let mut words: Vec<Rc<str>> = Vec::with_capacity(values.len());
    for value in &values {
        words.push(run::to_text(tx, value)?);
    }
    let mut made = String::new();
    let mut quoted = false;
    let mut rest = &*pattern;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '\'' if after.starts_with('\'') => {
                made.push('\'');
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            '\'' => quoted = !quoted,
            '{' if !quoted => {
                let Some((number, behind)) = after.split_once('}') else {
                    let message = "Unmatched braces in the pattern.";
                    return Err(throw(tx, "System.StringException", message));
                };
                let place = number.split(',').next().unwrap_or_default().trim();
                let Ok(place) = place.parse::<usize>() else {
                    let message = format!("can't parse argument number: {number}");
                    return Err(throw(tx, "System.StringException", message));
                };
                match words.get(place) {
                    Some(word) => made.push_str(word),
                    None => made.push_str(&format!("{{{place}}}")),
                }
                units::room(tx, made.len())?;
                rest = behind;
                continue;
            }
            other => made.push(other),
        }
        rest = after;
    }
    Ok(Value::string(&made))
}

fn from_chars(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let codes = list(tx, argument(arguments, 0))?.items.borrow().clone();
    let mut units = Vec::with_capacity(codes.len());
    for code in &codes {
        let code = integer(tx, code)?;
        match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(character) => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
            // Half of a pair.
            None => units.push(code as u16),
        }
    }
    Ok(Value::string(&String::from_utf16_lossy(&units)))
}

fn common_prefix(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let items = list(tx, argument(arguments, 0))?.items.borrow().clone();
    let mut common: Option<String> = None;
    for item in &items {
        let item = item.as_text().unwrap_or_default();
        common = Some(match common {
            None => item.to_owned(),
            Some(common) => {
                common.chars().zip(item.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
            }
        });
    }
    Ok(Value::string(&common.unwrap_or_default()))
}

/// Java's `String.split`: without a limit, empty parts at the end are left out.
fn split(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let source = text(tx, argument(arguments, 0))?;
    let pattern = regex::compiled(tx, &source)?;
    let most = if arguments.len() > 1 { integer(tx, argument(arguments, 1))? } else { 0 };
    regex::split(tx, &pattern, &own, most).map(strings)
}

#[derive(PartialEq, Clone, Copy)]
enum Kind {
    Upper,
    Lower,
    Digit,
    Space,
    Symbol,
    Punctuation,
}

fn kind(character: char) -> Kind {
    if character.is_uppercase() {
        Kind::Upper
    } else if character.is_alphabetic() {
        Kind::Lower
    } else if character.is_numeric() {
        Kind::Digit
    } else if character.is_whitespace() {
        Kind::Space
    } else if matches!(character, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~') {
        Kind::Symbol
    } else {
        Kind::Punctuation
    }
}

/// Runs of characters of one kind; in camel case, a capital belongs to the small letters behind it.
fn by_type(tx: &mut Transaction, this: &Value, camel: bool) -> Answer {
    let own = text(tx, this)?;
    let mut parts: Vec<String> = Vec::new();
    let mut last: Option<Kind> = None;
    for character in own.chars() {
        let now = kind(character);
        match (parts.last_mut(), last) {
            (Some(part), Some(before)) if before == now => part.push(character),
            (Some(part), Some(Kind::Upper)) if camel && now == Kind::Lower => {
                let capital = part.pop();
                let mut word: String = capital.into_iter().collect();
                word.push(character);
                if part.is_empty() {
                    *part = word;
                } else {
                    parts.push(word);
                }
            }
            _ => parts.push(character.to_string()),
        }
        last = Some(now);
    }
    units::room(tx, parts.len().saturating_mul(8))?;
    Ok(strings(parts))
}
