//! Characters by their numbers.

use super::super::units::{byte_of, length, unit_of};
use super::args::{Answer, integer, number, own};
use super::find::unit;
use crate::apex::platform::define::Definition;
use crate::apex::run::{Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

pub(super) fn methods(definition: Definition) -> Definition {
    definition
        .method("Integer charAt(Integer)", char_at)
        .method("Integer codePointAt(Integer)", code_at)
        .method("Integer codePointBefore(Integer)", code_before)
        .method("Integer codePointCount(Integer, Integer)", count)
        .method("Integer offsetByCodePoints(Integer, Integer)", offset)
        .method("List<Integer> getChars()", all)
}

fn out_of_bounds(tx: &mut Transaction, place: i64) -> Thrown {
    throw(tx, "System.StringException", format!("String index out of range: {place}"))
}

fn char_at(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let at = number(tx, arguments, 0)?;
    match unit(&own(this), at) {
        Some(unit) => Ok(Value::Integer(i32::from(unit))),
        None => Err(out_of_bounds(tx, at)),
    }
}

/// The place as a byte, if it is one of the text's.
fn byte(text: &str, at: i64) -> Option<usize> {
    let at = usize::try_from(at).ok().filter(|at| *at <= length(text))?;
    Some(byte_of(text, at))
}

fn code(char: char) -> Value {
    Value::Integer(u32::from(char) as i32)
}

fn code_at(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, at) = (own(this), number(tx, arguments, 0)?);
    let rest = byte(&own, at).and_then(|byte| own.get(byte..));
    match rest.and_then(|rest| rest.chars().next()) {
        Some(char) => Ok(code(char)),
        None => Err(out_of_bounds(tx, at)),
    }
}

fn code_before(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (own, at) = (own(this), number(tx, arguments, 0)?);
    let before = byte(&own, at).and_then(|byte| own.get(..byte));
    match before.and_then(|before| before.chars().next_back()) {
        Some(char) => Ok(code(char)),
        None => Err(out_of_bounds(tx, at)),
    }
}

fn count(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(this);
    let (from, to) = (number(tx, arguments, 0)?, number(tx, arguments, 1)?);
    let Some(start) = byte(&own, from) else { return Err(out_of_bounds(tx, from)) };
    match byte(&own, to).and_then(|end| own.get(start..end)) {
        Some(part) => integer(part.chars().count()),
        None => Err(out_of_bounds(tx, to)),
    }
}

fn offset(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let own = own(this);
    let (from, by) = (number(tx, arguments, 0)?, number(tx, arguments, 1)?);
    let Some(start) = byte(&own, from) else { return Err(out_of_bounds(tx, from)) };
    let (before, after) = own.split_at_checked(start).unwrap_or((&own, ""));
    let steps = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    let found = if by >= 0 {
        let moved: Vec<usize> = after.chars().take(steps).map(char::len_utf8).collect();
        (moved.len() == steps).then(|| start + moved.iter().sum::<usize>())
    } else {
        let moved: Vec<usize> = before.chars().rev().take(steps).map(char::len_utf8).collect();
        (moved.len() == steps).then(|| start - moved.iter().sum::<usize>())
    };
    match found {
        Some(byte) => integer(unit_of(&own, byte)),
        None => Err(out_of_bounds(tx, from.saturating_add(by))),
    }
}

fn all(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let own = own(this);
    crate::apex::run::heap(tx, own.len().saturating_mul(8))?;
    let units = own.encode_utf16().map(|unit| Value::Integer(i32::from(unit))).collect();
    Ok(Value::list(Type::Integer, units))
}
