//! Methods of `String` that answer it changed.

use super::super::arguments::{argument, integer};
use super::super::define::Definition;
use super::regex;
use super::units::{self, floor, fold, is_white, length, text};
use crate::apex::run::{Limit, Thrown, limit};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn add(definition: Definition) -> Definition {
    definition
        .method("String capitalize()", |tx, this, _| first(tx, this, |one| one.to_uppercase().collect()))
        .method("String uncapitalize()", |tx, this, _| first(tx, this, |one| one.to_lowercase().collect()))
        .method("String swapCase()", swap_case)
        .method("String toLowerCase()", |tx, this, _| Ok(Value::string(&text(tx, this)?.to_lowercase())))
        .method("String toLowerCase(String)", |tx, this, _| {
            Ok(Value::string(&text(tx, this)?.to_lowercase()))
        })
        .method("String toUpperCase()", |tx, this, _| Ok(Value::string(&text(tx, this)?.to_uppercase())))
        .method("String toUpperCase(String)", |tx, this, _| {
            Ok(Value::string(&text(tx, this)?.to_uppercase()))
        })
        .method("String center(Integer)", center)
        .method("String center(Integer, String)", center)
        .method("String leftPad(Integer)", left_pad)
        .method("String leftPad(Integer, String)", left_pad)
        .method("String rightPad(Integer)", right_pad)
        .method("String rightPad(Integer, String)", right_pad)
        .method("String repeat(Integer)", repeat)
        .method("String repeat(String, Integer)", repeat_separated)
        .method("String deleteWhitespace()", |tx, this, _| {
            Ok(Value::string(&text(tx, this)?.replace(is_white, "")))
        })
        .method("String normalizeSpace()", normalize_space)
        .method("String remove(String)", remove)
        .method("String replace(String, String)", replace)
        .method("String replaceAll(String, String)", replace_all)
        .method("String replaceFirst(String, String)", replace_first)
        .method("String reverse()", |tx, this, _| {
            Ok(Value::string(&text(tx, this)?.chars().rev().collect::<String>()))
        })
        .method("String stripHtmlTags()", strip_html_tags)
}

fn first(tx: &mut Transaction, this: &Value, change: fn(char) -> String) -> Answer {
    let own = text(tx, this)?;
    let mut rest = own.chars();
    let head = rest.next().map(change).unwrap_or_default();
    Ok(Value::string(&format!("{head}{}", rest.as_str())))
}

fn swap_case(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let swapped: String = own
        .chars()
        .flat_map(|one| {
            let swapped: Vec<char> =
                if one.is_lowercase() { one.to_uppercase().collect() } else { vec![fold(one)] };
            swapped
        })
        .collect();
    Ok(Value::string(&swapped))
}

/// So many units of a padding.
fn padding(tx: &mut Transaction, pad: &str, units: usize) -> Result<String, Thrown> {
    units::room(tx, units)?;
    let pad = if pad.is_empty() { " " } else { pad };
    let times = units / length(pad).max(1) + 1;
    Ok(units::slice(&pad.repeat(times), 0, units))
}

fn pad_of(tx: &mut Transaction, arguments: &[Value]) -> Result<String, Thrown> {
    if arguments.len() > 1 {
        text(tx, argument(arguments, 1)).map(|pad| pad.to_string())
    } else {
        Ok(" ".to_owned())
    }
}

/// How many units are missing to a width.
fn missing(tx: &mut Transaction, own: &str, arguments: &[Value]) -> Result<usize, Thrown> {
    let width = floor(integer(tx, argument(arguments, 0))?);
    Ok(width.saturating_sub(length(own)))
}

fn center(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let pad = pad_of(tx, arguments)?;
    let missing = missing(tx, &own, arguments)?;
    let front = padding(tx, &pad, missing / 2)?;
    let back = padding(tx, &pad, missing - missing / 2)?;
    Ok(Value::string(&format!("{front}{own}{back}")))
}

fn left_pad(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let pad = pad_of(tx, arguments)?;
    let missing = missing(tx, &own, arguments)?;
    Ok(Value::string(&format!("{}{own}", padding(tx, &pad, missing)?)))
}

fn right_pad(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let pad = pad_of(tx, arguments)?;
    let missing = missing(tx, &own, arguments)?;
    Ok(Value::string(&format!("{own}{}", padding(tx, &pad, missing)?)))
}

fn repeat(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let times = floor(integer(tx, argument(arguments, 0))?);
    units::room(tx, own.len().saturating_mul(times))?;
    Ok(Value::string(&if own.is_empty() { String::new() } else { own.repeat(times) }))
}

fn repeat_separated(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let separator = text(tx, argument(arguments, 0))?;
    let times = floor(integer(tx, argument(arguments, 1))?);
    units::room(tx, (own.len() + separator.len()).saturating_mul(times))?;
    if own.is_empty() && separator.is_empty() {
        return Ok(Value::string(""));
    }
    Ok(Value::string(&vec![&*own; times].join(&separator)))
}

fn normalize_space(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let words: Vec<&str> = own.split(is_white).filter(|word| !word.is_empty()).collect();
    Ok(Value::string(&words.join(" ")))
}

fn replaced(tx: &mut Transaction, own: &str, part: &str, by: &str) -> Answer {
    if by.len() > part.len() {
        let found = own.matches(part).count();
        limit(tx, Limit::Steps, (found / 16) as u64)?;
        units::room(tx, own.len().saturating_add(found.saturating_mul(by.len())))?;
    }
    Ok(Value::string(&own.replace(part, by)))
}

fn remove(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    if part.is_empty() { Ok(Value::String(own)) } else { replaced(tx, &own, &part, "") }
}

fn replace(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, part) = (text(tx, this)?, text(tx, argument(arguments, 0))?);
    let by = text(tx, argument(arguments, 1))?;
    replaced(tx, &own, &part, &by)
}

fn replace_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let source = text(tx, argument(arguments, 0))?;
    let pattern = regex::compiled(tx, &source)?;
    let by = text(tx, argument(arguments, 1))?;
    regex::replace(tx, &pattern, &own, &by, usize::MAX).map(|text| Value::string(&text))
}

fn replace_first(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let source = text(tx, argument(arguments, 0))?;
    let pattern = regex::compiled(tx, &source)?;
    let by = text(tx, argument(arguments, 1))?;
    regex::replace(tx, &pattern, &own, &by, 1).map(|text| Value::string(&text))
}

fn strip_html_tags(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = text(tx, this)?;
    let mut stripped = String::new();
    let mut rest = &*own;
    while let Some((before, tag)) = rest.split_once('<') {
        stripped.push_str(before);
        let begins = tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        match tag.split_once('>') {
            Some((_, after)) if begins => rest = after,
            _ => {
                stripped.push('<');
                rest = tag;
            }
        }
    }
    stripped.push_str(rest);
    Ok(Value::string(&stripped))
}
