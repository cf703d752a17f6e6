//! Arguments of methods on texts: any of them may be null, and what is made of them may be too large.

use std::rc::Rc;

use crate::apex::run::{self, Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// What a native answers.
pub(in crate::apex::platform) type Answer = Result<Value, Thrown>;

/// Longest text in characters.
const LENGTH_MAX: usize = 6_000_000;

pub(in crate::apex::platform) fn string(text: impl AsRef<str>) -> Answer {
    Ok(Value::string(text.as_ref()))
}

/// Whole numbers of the platform end at its Integer's limits.
pub(in crate::apex::platform) fn integer(number: usize) -> Answer {
    Ok(Value::Integer(i32::try_from(number).unwrap_or(i32::MAX)))
}

/// A place, or -1 where nothing was found.
pub(in crate::apex::platform) fn place(found: Option<usize>) -> Answer {
    found.map_or(Ok(Value::Integer(-1)), integer)
}

/// The receiver of a method of `String` or `Id`.
pub(in crate::apex::platform) fn own(this: &Value) -> Rc<str> {
    match this {
        Value::String(text) => text.clone(),
        other => Rc::from(other.as_text().unwrap_or_default()),
    }
}

/// A text; null is refused.
pub(in crate::apex::platform) fn text(
    tx: &mut Transaction,
    arguments: &[Value],
    at: usize,
) -> Result<Rc<str>, Thrown> {
    match arguments.get(at) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Id(id)) => Ok(Rc::from(id.as_str())),
        _ => Err(missing(tx, arguments, at)),
    }
}

/// A text; null is none.
pub(in crate::apex::platform) fn optional(arguments: &[Value], at: usize) -> Option<Rc<str>> {
    arguments.get(at).filter(|value| !value.is_null()).map(own)
}

/// A whole number; null is refused.
pub(in crate::apex::platform) fn number(
    tx: &mut Transaction,
    arguments: &[Value],
    at: usize,
) -> Result<i64, Thrown> {
    arguments.get(at).and_then(Value::as_whole).ok_or_else(|| missing(tx, arguments, at))
}

/// `Argument cannot be null.`, or of several the one that must not be.
pub(in crate::apex::platform) fn missing(tx: &mut Transaction, arguments: &[Value], at: usize) -> Thrown {
    let message = match arguments.len() {
        0 | 1 => "Argument cannot be null.".to_owned(),
        _ => format!("Argument {} cannot be null", at + 1),
    };
    throw(tx, "System.NullPointerException", message)
}

/// Counts a text that is going to be made, before it is. `length` is in bytes.
pub(in crate::apex::platform) fn room(tx: &mut Transaction, length: usize) -> Result<(), Thrown> {
    if length > LENGTH_MAX {
        let message = format!("String length exceeds maximum: {LENGTH_MAX}");
        return Err(throw(tx, "System.StringException", message));
    }
    run::heap(tx, length)
}

/// Work on long texts takes CPU time, roughly a step for each few characters.
pub(in crate::apex::platform) fn work(tx: &mut Transaction, length: usize) -> Result<(), Thrown> {
    run::limit(tx, run::Limit::Steps, (length / 64) as u64 + 1)
}
