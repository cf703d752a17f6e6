//! Reading arguments. The checker has seen to their types, but any of them may be null.

use std::rc::Rc;

use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::value::{ListValue, MapValue, RecordValue, SetValue, Value};
use crate::transaction::Transaction;

/// The n-th argument; null where there is none.
pub(super) fn argument(arguments: &[Value], at: usize) -> &Value {
    arguments.get(at).unwrap_or(&Value::Null)
}

/// `Argument cannot be null.`
pub(super) fn null_argument(tx: &mut Transaction) -> Thrown {
    throw(tx, "System.NullPointerException", "Argument cannot be null.")
}

pub(super) fn text(tx: &mut Transaction, value: &Value) -> Result<Rc<str>, Thrown> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Id(id) => Ok(Rc::from(id.as_str())),
        _ => Err(null_argument(tx)),
    }
}

pub(super) fn whole(tx: &mut Transaction, value: &Value) -> Result<i64, Thrown> {
    value.as_whole().ok_or_else(|| null_argument(tx))
}

/// A whole number that fits the platform's Integer.
pub(super) fn integer(tx: &mut Transaction, value: &Value) -> Result<i32, Thrown> {
    let number = whole(tx, value)?;
    Ok(i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX }))
}

/// A count as the platform tells it.
pub(super) fn count(number: usize) -> Value {
    Value::Integer(i32::try_from(number).unwrap_or(i32::MAX))
}

pub(super) fn list<'a>(tx: &mut Transaction, value: &'a Value) -> Result<&'a Rc<ListValue>, Thrown> {
    match value {
        Value::List(list) => Ok(list),
        _ => Err(null_argument(tx)),
    }
}

/// The receiver of a method of `List`.
pub(super) fn this_list<'a>(tx: &mut Transaction, value: &'a Value) -> Result<&'a Rc<ListValue>, Thrown> {
    match value {
        Value::List(list) => Ok(list),
        _ => Err(null_reference(tx)),
    }
}

pub(super) fn this_set<'a>(tx: &mut Transaction, value: &'a Value) -> Result<&'a Rc<SetValue>, Thrown> {
    match value {
        Value::Set(set) => Ok(set),
        _ => Err(null_reference(tx)),
    }
}

pub(super) fn this_map<'a>(tx: &mut Transaction, value: &'a Value) -> Result<&'a Rc<MapValue>, Thrown> {
    match value {
        Value::Map(map) => Ok(map),
        _ => Err(null_reference(tx)),
    }
}

pub(super) fn this_record<'a>(tx: &mut Transaction, value: &'a Value) -> Result<&'a Rc<RecordValue>, Thrown> {
    match value {
        Value::Record(record) => Ok(record),
        _ => Err(null_reference(tx)),
    }
}

/// The elements of a list or set.
pub(super) fn elements(tx: &mut Transaction, value: &Value) -> Result<Vec<Value>, Thrown> {
    match value {
        Value::List(list) => Ok(list.items.borrow().clone()),
        Value::Set(set) => Ok(set.values()),
        _ => Err(null_argument(tx)),
    }
}
