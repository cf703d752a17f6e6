//! Which of two values comes first.

use std::cmp::Ordering;

use super::{RecordState, RecordValue, Value};
use crate::apex::run::{self, Thrown};
use crate::org::Field;
use crate::transaction::Transaction;

/// The order in which a list of values without an order of their own is sorted: nulls first, strings by their
/// characters, numbers by value, enum values as declared. None for values that have no order.
pub fn natural(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(utf16(a, b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Datetime(a), Value::Datetime(b)) => Some(a.cmp(b)),
        (Value::Date(day), Value::Datetime(at)) => Some(super::convert::midnight(*day).cmp(at)),
        (Value::Datetime(at), Value::Date(day)) => Some(at.cmp(&super::convert::midnight(*day))),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Enum(a, i), Value::Enum(b, j)) if a == b => Some(i.cmp(j)),
        (Value::PlatformEnum(a, i), Value::PlatformEnum(b, j)) if a == b => Some(i.cmp(j)),
        _ => match (a.as_text(), b.as_text()) {
            (Some(a), Some(b)) => Some(utf16(a, b)),
            _ => numbers(a, b),
        },
    }
}

/// Numbers of any types by value.
pub(super) fn numbers(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Integer(_) | Value::Long(_), Value::Integer(_) | Value::Long(_)) => {
            Some(a.as_whole()?.cmp(&b.as_whole()?))
        }
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Double(double), _) if !double.is_finite() => double.partial_cmp(&b.as_double()?),
        (_, Value::Double(double)) if !double.is_finite() => a.as_double()?.partial_cmp(double),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        _ => Some(a.as_decimal()?.cmp(&b.as_decimal()?)),
    }
}

/// As Java compares strings: by UTF-16 units.
fn utf16(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// The order of two values in a sorted list: by `compareTo` where the class has one, else the natural one. Values
/// without any order are left as they are.
pub fn compare(tx: &mut Transaction, a: &Value, b: &Value) -> Result<Ordering, Thrown> {
    if let (Value::Object(_), Value::Object(_)) = (a, b)
        && let Some(answer) = run::invoke(tx, a, "compareTo", std::slice::from_ref(b))?
    {
        return Ok(answer.as_whole().unwrap_or_default().cmp(&0));
    }
    if let (Value::Record(a), Value::Record(b)) = (a, b) {
        return Ok(records(a, b));
    }
    if let (Value::RecordType(_) | Value::RecordField(..) | Value::Type(_), _) = (a, b) {
        let (a, b) = (run::to_text(tx, a)?, run::to_text(tx, b)?);
        return Ok(utf16(&a, &b));
    }
    Ok(natural(a, b).unwrap_or(Ordering::Equal))
}

/// Records by the label of their object, then by name, by standard fields in alphabetical order, by custom fields.
fn records(a: &RecordValue, b: &RecordValue) -> Ordering {
    let objects = a.object.label.cmp(&b.object.label);
    if objects != Ordering::Equal || a.object.name != b.object.name {
        return objects;
    }
    let (left, right) = (a.state.borrow(), b.state.borrow());
    let mut names: Vec<_> =
        left.fields.keys().chain(right.fields.keys()).filter(|name| &***name != "Id").collect();
    names.sort_unstable_by_key(|name| {
        let field = a.object.field(name);
        let is = |what: fn(&Field) -> bool| field.is_some_and(|field| what(field));
        (!is(|field| field.name_field), is(|field| field.custom), *name)
    });
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let value = |state: &RecordState| state.fields.get(name).cloned().unwrap_or(Value::Null);
            natural(&value(&left), &value(&right)).unwrap_or(Ordering::Equal)
        })
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}
