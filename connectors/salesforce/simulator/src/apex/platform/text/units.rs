//! Strings as the platform counts them: in units of UTF-16. Values keep UTF-8.

use std::rc::Rc;

use super::super::arguments;
use crate::apex::run::{Limit, Thrown, heap, limit};
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// The text of a receiver or argument. What walking through it costs counts as CPU time.
pub(super) fn text(tx: &mut Transaction, value: &Value) -> Result<Rc<str>, Thrown> {
    let text = arguments::text(tx, value)?;
    if text.len() >= 1_024 {
        let per_step = if text.is_ascii() { 1_024 } else { 128 };
        limit(tx, Limit::Steps, (text.len() / per_step) as u64)?;
    }
    Ok(text)
}

/// Refuses a text of so many bytes before it is made.
pub(in crate::apex::platform) fn room(tx: &mut Transaction, bytes: usize) -> Result<(), Thrown> {
    if bytes as u64 > tx.machine.limits.most(Limit::Heap) { heap(tx, bytes) } else { Ok(()) }
}

/// Units of a text.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// All units of a text.
pub(super) fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// The unit at which a byte stands.
pub(super) fn unit_at(text: &str, byte: usize) -> usize {
    length(text.get(..byte).unwrap_or(text))
}

/// The byte at which a unit stands; the end where there are fewer, the character's start within a pair.
pub(super) fn byte_at(text: &str, unit: usize) -> usize {
    if text.is_ascii() {
        return unit.min(text.len());
    }
    let mut seen = 0;
    for (byte, character) in text.char_indices() {
        seen += character.len_utf16();
        if seen > unit {
            return byte;
        }
    }
    text.len()
}

/// From one unit to another, which lies behind it. Halves of pairs become the replacement character.
pub(super) fn slice(text: &str, from: usize, to: usize) -> String {
    if text.is_ascii() {
        let to = to.min(text.len());
        return text.get(from.min(to)..to).unwrap_or_default().to_owned();
    }
    let units = units(text);
    let to = to.min(units.len());
    String::from_utf16_lossy(units.get(from.min(to)..to).unwrap_or_default())
}

/// Nothing below zero.
pub(super) fn floor(number: i32) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// A place as the platform tells it; -1 for none.
pub(super) fn place(found: Option<usize>) -> Value {
    found.map_or(Value::Integer(-1), arguments::count)
}

/// Java's `String.hashCode`.
pub(super) fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// Java's `Character.isWhitespace`.
pub(super) fn is_white(character: char) -> bool {
    matches!(character, '\u{1C}'..='\u{1F}')
        || character.is_whitespace() && !matches!(character, '\u{A0}' | '\u{2007}' | '\u{202F}' | '\u{85}')
}

/// Case does not matter.
pub(super) fn folded(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// One character without its case; as long as before.
pub(super) fn fold(character: char) -> char {
    let mut upper = character.to_uppercase();
    let upper = match (upper.next(), upper.next()) {
        (Some(only), None) => only,
        _ => character,
    };
    let mut lower = upper.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => upper,
    }
}
