//! Searching in a text, and comparing it.

use std::cmp::Ordering;

use super::super::units::{byte_of, length, unit_at, unit_of};
use super::args::{Answer, integer, number, optional, own, place, text, work};
use super::parts::common;
use crate::apex::platform::define::Definition;
use crate::apex::run::throw;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("Integer length()", size)
        .method("Boolean contains(String)", contains)
        .method("Boolean containsIgnoreCase(String)", contains_ignoring_case)
        .method("Boolean startsWith(String)", starts)
        .method("Boolean startsWithIgnoreCase(String)", starts_ignoring_case)
        .method("Boolean endsWith(String)", ends)
        .method("Boolean endsWithIgnoreCase(String)", ends_ignoring_case)
        .method("Boolean equals(Object)", equals)
        .method("Boolean equals(String)", equals)
        .method("Boolean equalsIgnoreCase(String)", equals_ignoring_case)
        .method("Integer compareTo(String)", compare)
        .method("Integer hashCode()", hash_code)
        .method("Integer indexOf(String)", index_of)
        .method("Integer indexOf(String, Integer)", index_of)
        .method("Integer indexOfIgnoreCase(String)", index_ignoring_case)
        .method("Integer indexOfIgnoreCase(String, Integer)", index_ignoring_case)
        .method("Integer indexOfAny(String)", index_of_any)
        .method("Integer indexOfAnyBut(String)", index_of_any_but)
        .method("Integer indexOfChar(Integer)", index_of_char)
        .method("Integer indexOfChar(Integer, Integer)", index_of_char)
        .method("Integer indexOfDifference(String)", index_of_difference)
        .method("Integer lastIndexOf(String)", last_index_of)
        .method("Integer lastIndexOf(String, Integer)", last_index_of)
        .method("Integer lastIndexOfIgnoreCase(String)", last_ignoring_case)
        .method("Integer lastIndexOfIgnoreCase(String, Integer)", last_ignoring_case)
        .method("Integer lastIndexOfChar(Integer)", last_index_of_char)
        .method("Integer lastIndexOfChar(Integer, Integer)", last_index_of_char)
        .method("Integer countMatches(String)", count_matches)
        .method("Integer getLevenshteinDistance(String)", distance)
        .method("Integer getLevenshteinDistance(String, Integer)", distance)
}

/// A text as it is compared when case is ignored: as many units as before.
pub(super) fn folded(text: &str) -> String {
    let one = |char: char| {
        let mut lower = char.to_lowercase();
        match (lower.next(), lower.next()) {
            (Some(lower), None) if lower.len_utf16() == char.len_utf16() => lower,
            _ => char,
        }
    };
    text.chars().map(one).collect()
}

fn size(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    integer(length(&own(this)))
}

fn contains(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    Ok(Value::Boolean(own(this).contains(&*part)))
}

fn contains_ignoring_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    Ok(Value::Boolean(folded(&own(this)).contains(&folded(&part))))
}

fn starts(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    Ok(Value::Boolean(own(this).starts_with(&*part)))
}

fn starts_ignoring_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    Ok(Value::Boolean(folded(&own(this)).starts_with(&folded(&part))))
}

fn ends(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    Ok(Value::Boolean(own(this).ends_with(&*part)))
}

fn ends_ignoring_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    Ok(Value::Boolean(folded(&own(this)).ends_with(&folded(&part))))
}

/// Respects case, unlike `==`.
fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    match arguments.first() {
        None | Some(Value::Null) => Ok(Value::Boolean(false)),
        Some(other) => crate::apex::value::equal(tx, this, other).map(Value::Boolean),
    }
}

fn equals_ignoring_case(_: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let same = optional(arguments, 0).is_some_and(|other| folded(&own(this)) == folded(&other));
    Ok(Value::Boolean(same))
}

/// As Java has it: the difference of the first units that differ, else of the lengths.
fn compare(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, other) = (own(this), text(tx, arguments, 0)?);
    let differing = own.encode_utf16().zip(other.encode_utf16()).find(|(a, b)| a != b);
    let difference = match differing {
        Some((a, b)) => i64::from(a) - i64::from(b),
        None => length(&own) as i64 - length(&other) as i64,
    };
    Ok(Value::Integer(difference as i32))
}

fn hash_code(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let add = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    Ok(Value::Integer(own(this).encode_utf16().fold(0, add)))
}

/// The place to start from.
fn start(tx: &mut Transaction, arguments: &[Value]) -> Result<usize, crate::apex::run::Thrown> {
    if arguments.len() < 2 {
        return Ok(0);
    }
    let from = number(tx, arguments, 1)?;
    Ok(usize::try_from(from.max(0)).unwrap_or(usize::MAX))
}

fn first(text: &str, part: &str, from: usize) -> Option<usize> {
    let start = byte_of(text, from);
    let found = text.get(start..)?.find(part)?;
    Some(unit_of(text, start + found))
}

fn last(text: &str, part: &str, from: Option<i64>) -> Option<usize> {
    let Some(from) = from else { return text.rfind(part).map(|byte| unit_of(text, byte)) };
    let start = byte_of(text, usize::try_from(from).ok()?);
    let end = (start + part.len()).min(text.len());
    let end = (end..=text.len()).find(|end| text.is_char_boundary(*end))?;
    text.get(..end)?.rfind(part).filter(|byte| *byte <= start).map(|byte| unit_of(text, byte))
}

fn index_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    let from = start(tx, arguments)?;
    place(first(&own(this), &part, from))
}

fn index_ignoring_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    let from = start(tx, arguments)?;
    place(first(&folded(&own(this)), &folded(&part), from))
}

fn up_to(tx: &mut Transaction, arguments: &[Value]) -> Result<Option<i64>, crate::apex::run::Thrown> {
    if arguments.len() < 2 { Ok(None) } else { number(tx, arguments, 1).map(Some) }
}

fn last_index_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    let from = up_to(tx, arguments)?;
    place(last(&own(this), &part, from))
}

fn last_ignoring_case(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    let from = up_to(tx, arguments)?;
    place(last(&folded(&own(this)), &folded(&part), from))
}

fn index_of_any(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, any) = (own(this), text(tx, arguments, 0)?);
    place(own.find(|char| any.contains(char)).map(|byte| unit_of(&own, byte)))
}

fn index_of_any_but(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, any) = (own(this), text(tx, arguments, 0)?);
    place(own.find(|char| !any.contains(char)).map(|byte| unit_of(&own, byte)))
}

/// The text of a code point.
fn character(tx: &mut Transaction, arguments: &[Value]) -> Result<Option<String>, crate::apex::run::Thrown> {
    let code = number(tx, arguments, 0)?;
    Ok(u32::try_from(code).ok().and_then(char::from_u32).map(String::from))
}

fn index_of_char(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let from = start(tx, arguments)?;
    let char = character(tx, arguments)?;
    place(char.and_then(|char| first(&own(this), &char, from)))
}

fn last_index_of_char(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let from = up_to(tx, arguments)?;
    let char = character(tx, arguments)?;
    place(char.and_then(|char| last(&own(this), &char, from)))
}

fn index_of_difference(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, other) = (own(this), text(tx, arguments, 0)?);
    if own == other {
        return place(None);
    }
    place(Some(unit_of(&own, common(&own, &other))))
}

fn count_matches(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let part = text(tx, arguments, 0)?;
    if part.is_empty() {
        return integer(0);
    }
    integer(own(this).matches(&*part).count())
}

/// Fewest single changes that make one text of the other; -1 when that is more than the threshold.
fn distance(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, other) = (own(this), text(tx, arguments, 0)?);
    let threshold = up_to(tx, arguments)?;
    if threshold.is_some_and(|threshold| threshold < 0) {
        return Err(throw(tx, "System.StringException", "Threshold must not be negative"));
    }
    let (a, b): (Vec<u16>, Vec<u16>) = (own.encode_utf16().collect(), other.encode_utf16().collect());
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, unit) in a.iter().enumerate() {
        // A row is as much work as the text is long.
        work(tx, b.len() * 16)?;
        let mut current = Vec::with_capacity(above.len());
        current.push(row + 1);
        for (pair, other) in above.windows(2).zip(&b) {
            let [diagonal, over] = pair else { continue };
            let left = current.last().copied().unwrap_or(row + 1);
            let changed = diagonal + usize::from(unit != other);
            current.push(changed.min(over + 1).min(left + 1));
        }
        above = current;
    }
    let distance = above.last().copied().unwrap_or(0);
    match threshold.map(|threshold| (distance as i64).cmp(&threshold)) {
        Some(Ordering::Greater) => place(None),
        _ => integer(distance),
    }
}

/// The unit at a place, for `charAt` and its like.
pub(super) fn unit(text: &str, at: i64) -> Option<u16> {
    unit_at(text, usize::try_from(at).ok()?)
}
