//! When two values are the same, for `equals` and for keys, and their hashes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use bigdecimal::Zero;

use super::{RecordValue, Value};
use crate::apex::run::{self, Thrown};
use crate::transaction::Transaction;

/// Whether two values are equal as keys and by `equals`: strings by case, numbers by value, records by their fields,
/// objects by their own `equals` or else by identity.
pub fn equal(tx: &mut Transaction, a: &Value, b: &Value) -> Result<bool, Thrown> {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || equal_here(tx, a, b))
}

fn equal_here(tx: &mut Transaction, a: &Value, b: &Value) -> Result<bool, Thrown> {
    match (a, b) {
        (Value::Object(one), Value::Object(other)) if Rc::ptr_eq(one, other) => Ok(true),
        (Value::Object(_), other) if !other.is_null() && run::has_own_equals(tx, a) => {
            let answer = run::invoke(tx, a, "equals", std::slice::from_ref(b))?;
            Ok(answer.is_some_and(|answer| answer.is_true()))
        }
        (Value::List(one), Value::List(other)) => {
            if Rc::ptr_eq(one, other) {
                return Ok(true);
            }
            let (one, other) = (one.items.borrow().clone(), other.items.borrow().clone());
            all_equal(tx, &one, &other)
        }
        (Value::Set(one), Value::Set(other)) => {
            if Rc::ptr_eq(one, other) {
                return Ok(true);
            }
            if one.len() != other.len() {
                return Ok(false);
            }
            for value in one.values() {
                if !other.contains(tx, &value)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Value::Map(one), Value::Map(other)) => {
            if Rc::ptr_eq(one, other) {
                return Ok(true);
            }
            if one.len() != other.len() {
                return Ok(false);
            }
            for (key, value) in one.pairs() {
                match other.get(tx, &key)? {
                    Some(found) if equal(tx, &value, &found)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        _ => Ok(structurally_equal(a, b)),
    }
}

fn all_equal(tx: &mut Transaction, one: &[Value], other: &[Value]) -> Result<bool, Thrown> {
    if one.len() != other.len() {
        return Ok(false);
    }
    for (a, b) in one.iter().zip(other) {
        run::step(tx)?;
        if !equal(tx, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// As far as no Apex has to run: objects by identity.
pub fn structurally_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Boolean(a), Value::Boolean(b)) => a == b,
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Id(a), Value::Id(b)) => a == b,
        (Value::String(text), Value::Id(id)) | (Value::Id(id), Value::String(text)) => {
            crate::org::Id::parse(text) == Some(*id)
        }
        (Value::Blob(a), Value::Blob(b)) => a == b,
        (Value::Date(a), Value::Date(b)) => a == b,
        (Value::Datetime(a), Value::Datetime(b)) => a == b,
        (Value::Date(day), Value::Datetime(at)) | (Value::Datetime(at), Value::Date(day)) => {
            super::convert::midnight(*day) == *at
        }
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Enum(a, i), Value::Enum(b, j)) => a == b && i == j,
        (Value::PlatformEnum(a, i), Value::PlatformEnum(b, j)) => a == b && i == j,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::RecordType(a), Value::RecordType(b)) => a.name == b.name,
        (Value::RecordField(a, i), Value::RecordField(b, j)) => a.name == b.name && i == j,
        (Value::Object(a), Value::Object(b)) => Rc::ptr_eq(a, b),
        (Value::Platform(a), Value::Platform(b)) => Rc::ptr_eq(a, b) || same_platform(a, b),
        (Value::Record(a), Value::Record(b)) => Rc::ptr_eq(a, b) || same_record(a, b),
        (Value::List(a), Value::List(b)) => {
            Rc::ptr_eq(a, b)
                || deeper(|| {
                    let (a, b) = (a.items.borrow(), b.items.borrow());
                    a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| structurally_equal(a, b))
                })
        }
        (Value::Set(a), Value::Set(b)) => {
            Rc::ptr_eq(a, b)
                || deeper(|| {
                    let (a, b) = (a.items.borrow(), b.items.borrow());
                    a.len() == b.len() && a.iter().all(|key| b.contains(key))
                })
        }
        (Value::Map(a), Value::Map(b)) => {
            Rc::ptr_eq(a, b)
                || deeper(|| {
                    let (a, b) = (a.entries.borrow(), b.entries.borrow());
                    a.len() == b.len()
                        && a.iter().all(|(key, value)| {
                            b.get(key).is_some_and(|other| structurally_equal(value, other))
                        })
                })
        }
        (a, b) => super::order::numbers(a, b) == Some(std::cmp::Ordering::Equal),
    }
}

fn deeper(compare: impl FnOnce() -> bool) -> bool {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, compare)
}

/// Platform objects that are values rather than things.
fn same_platform(a: &super::PlatformValue, b: &super::PlatformValue) -> bool {
    const VALUES: [&str; 2] = ["System.UUID", "UUID"];
    if a.name != b.name || !VALUES.contains(&a.name) {
        return false;
    }
    let (a, b) = (a.state.borrow(), b.state.borrow());
    a.values.len() == b.values.len()
        && a.values.iter().zip(&b.values).all(|((i, a), (j, b))| i == j && structurally_equal(a, b))
}

fn same_record(a: &RecordValue, b: &RecordValue) -> bool {
    if a.object.name != b.object.name {
        return false;
    }
    deeper(|| {
        let (a, b) = (a.state.borrow(), b.state.borrow());
        let set = |fields: &std::collections::BTreeMap<std::sync::Arc<str>, Value>| {
            fields.iter().filter(|(_, value)| !value.is_null()).count()
        };
        set(&a.fields) == set(&b.fields)
            && a.fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .all(|(name, value)| b.fields.get(name).is_some_and(|other| structurally_equal(value, other)))
            && a.extra.len() == b.extra.len()
            && a.extra
                .iter()
                .all(|(name, value)| b.extra.get(name).is_some_and(|other| structurally_equal(value, other)))
    })
}

/// The hash of a value as a key: by `hashCode` where its class has one.
pub fn hash(tx: &mut Transaction, value: &Value) -> Result<u64, Thrown> {
    if let Value::Object(object) = value {
        if !run::has_own_equals(tx, value) {
            return Ok(object.number);
        }
        let answer = run::invoke(tx, value, "hashCode", &[])?;
        return Ok(answer.and_then(|code| code.as_whole()).map_or(object.number, |code| code as u64));
    }
    let mut state = DefaultHasher::new();
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || feed(tx, value, &mut state))?;
    Ok(state.finish())
}

fn feed(tx: &mut Transaction, value: &Value, state: &mut DefaultHasher) -> Result<(), Thrown> {
    match value {
        Value::Null => 0u8.hash(state),
        Value::Boolean(truth) => truth.hash(state),
        Value::String(text) => {
            match (text.len() == 15 || text.len() == 18).then(|| crate::org::Id::parse(text)) {
                // So that a text meets the id that it spells.
                Some(Some(id)) => id.hash(state),
                _ => text.hash(state),
            }
        }
        Value::Id(id) => id.hash(state),
        Value::Blob(bytes) => bytes.hash(state),
        Value::Date(day) => super::convert::midnight(*day).hash(state),
        Value::Datetime(at) => at.hash(state),
        Value::Time(time) => time.hash(state),
        Value::Enum(class, index) => (class, index).hash(state),
        Value::PlatformEnum(name, constant) => (name, constant).hash(state),
        Value::Type(ty) => ty.hash(state),
        Value::RecordType(object) => object.name.hash(state),
        Value::RecordField(object, field) => (&object.name, field).hash(state),
        Value::Platform(value) => value.name.hash(state),
        Value::Integer(_) | Value::Long(_) | Value::Double(_) | Value::Decimal(_) => number(value, state),
        Value::Record(record) => {
            record.object.name.hash(state);
            let fields: Vec<_> =
                record.state.borrow().fields.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                name.hash(state);
                feed(tx, value, state)?;
            }
        }
        Value::List(list) => {
            let items = list.items.borrow().clone();
            for value in &items {
                run::step(tx)?;
                hash(tx, value)?.hash(state);
            }
        }
        // The order of sets and maps does not count.
        Value::Set(set) => {
            set.items.borrow().iter().fold(0u64, |sum, key| sum.wrapping_add(key.hash)).hash(state);
        }
        Value::Map(map) => {
            map.entries.borrow().keys().fold(0u64, |sum, key| sum.wrapping_add(key.hash)).hash(state);
        }
        Value::Object(_) => hash(tx, value)?.hash(state),
    }
    Ok(())
}

/// Equal numbers of different types have the same hash.
fn number(value: &Value, state: &mut DefaultHasher) {
    if let Some(whole) = value.as_whole() {
        whole.hash(state);
        return;
    }
    if let Value::Double(double) = value
        && !double.is_finite()
    {
        double.to_bits().hash(state);
        return;
    }
    let Some(number) = value.as_decimal() else { return };
    let bound = bigdecimal::BigDecimal::from(1_000_000_000_000_000_000i64);
    if number.abs() < bound && (&number % bigdecimal::BigDecimal::from(1)).is_zero() {
        use bigdecimal::ToPrimitive;
        number.to_i64().unwrap_or_default().hash(state);
    } else {
        number.normalized().hash(state);
    }
}
