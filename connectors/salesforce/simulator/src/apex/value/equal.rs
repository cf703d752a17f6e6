//! When two values are the same, for `equals` and for keys, and their hashes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use super::{RecordValue, Value};
use crate::apex::run::{self, Thrown};
use crate::transaction::Transaction;

/// Whether two values are equal by `equals` and for assertions: strings by case, numbers by value, records by their
/// fields, objects by their own `equals` or else by identity.
pub fn equal(tx: &mut Transaction, a: &Value, b: &Value) -> Result<bool, Thrown> {
    deeper(tx, |tx| equal_here(tx, a, b))
}

/// Goes one level down; values that are nested deeper than calls may be cannot be compared.
fn deeper<T>(
    tx: &mut Transaction,
    work: impl FnOnce(&mut Transaction) -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    run::nested(tx, |tx| stacker::maybe_grow(64 * 1024, 1024 * 1024, || work(tx)))
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
        _ => Ok(super::order::numbers(a, b)
            .map_or_else(|| structurally_equal(a, b), |order| order == std::cmp::Ordering::Equal)),
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
                || both(&a.items, &b.items, |a, b| {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| structurally_equal(a, b))
                })
        }
        (Value::Set(a), Value::Set(b)) => {
            Rc::ptr_eq(a, b)
                || both(&a.items, &b.items, |a, b| a.len() == b.len() && a.iter().all(|key| b.contains(key)))
        }
        (Value::Map(a), Value::Map(b)) => {
            Rc::ptr_eq(a, b)
                || both(&a.entries, &b.entries, |a, b| {
                    let same = |(key, value): (&super::Key, &Value)| {
                        b.get(key).is_some_and(|other| structurally_equal(value, other))
                    };
                    a.len() == b.len() && a.iter().all(same)
                })
        }
        // As keys, decimals of different scales are different.
        (Value::Decimal(a), Value::Decimal(b)) => a.as_bigint_and_exponent() == b.as_bigint_and_exponent(),
        (a, b) => super::order::numbers(a, b) == Some(std::cmp::Ordering::Equal),
    }
}

/// Levels to which values are compared where nothing can be thrown; what is nested deeper is different.
const DEPTH_MAX: u32 = 1_000;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Compares two contents one level down. One that is being changed just now equals nothing but itself.
fn both<T>(a: &RefCell<T>, b: &RefCell<T>, compare: impl FnOnce(&T, &T) -> bool) -> bool {
    let (Ok(a), Ok(b)) = (a.try_borrow(), b.try_borrow()) else { return false };
    let depth = DEPTH.get();
    if depth >= DEPTH_MAX {
        return false;
    }
    DEPTH.set(depth + 1);
    let same = stacker::maybe_grow(64 * 1024, 1024 * 1024, || compare(&a, &b));
    DEPTH.set(depth);
    same
}

/// Platform objects that are values rather than things.
fn same_platform(a: &super::PlatformValue, b: &super::PlatformValue) -> bool {
    const VALUES: [&str; 4] = ["System.UUID", "UUID", "System.AccessLevel", "AccessLevel"];
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
    let set = |fields: &BTreeMap<Arc<str>, Value>| fields.values().filter(|value| !value.is_null()).count();
    both(&a.state, &b.state, |a, b| {
        let within = |fields: &BTreeMap<Arc<str>, Value>, others: &BTreeMap<Arc<str>, Value>| {
            let mut given = fields.iter().filter(|(_, value)| !value.is_null());
            given.all(|(name, value)| others.get(name).is_some_and(|other| structurally_equal(value, other)))
        };
        set(&a.fields) == set(&b.fields)
            && within(&a.fields, &b.fields)
            && set(&a.extra) == set(&b.extra)
            && within(&a.extra, &b.extra)
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
    deeper(tx, |tx| feed(tx, value, &mut state))?;
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

/// Whole numbers of different types have the same hash; a decimal's depends on its scale too.
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
    let Some(mut number) = value.as_decimal() else { return };
    if let Value::Double(_) = value {
        number = number.normalized();
        if number.as_bigint_and_exponent().1 < 0 {
            number = number.with_scale(0);
        }
    }
    let (digits, scale) = number.as_bigint_and_exponent();
    match i64::try_from(&digits) {
        Ok(whole) if scale == 0 => whole.hash(state),
        _ => (digits, scale).hash(state),
    }
}
