//! Operators on values.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Thrown, heap, joined, null_reference, throw};
use crate::apex::program::Operator;
use crate::apex::value::{self, Value, convert, decimal};
use crate::transaction::Transaction;

/// What `left operator right` is.
pub(super) fn binary(
    tx: &mut Transaction,
    operator: Operator,
    left: &Value,
    right: &Value,
) -> Result<Value, Thrown> {
    match operator {
        Operator::Equal => Ok(Value::Boolean(loosely_equal(tx, left, right)?)),
        Operator::NotEqual => Ok(Value::Boolean(!loosely_equal(tx, left, right)?)),
        Operator::Same => Ok(Value::Boolean(same(left, right))),
        Operator::NotSame => Ok(Value::Boolean(!same(left, right))),
        Operator::Less => Ok(Value::Boolean(ordered(left, right) == Some(Ordering::Less))),
        Operator::Greater => Ok(Value::Boolean(ordered(left, right) == Some(Ordering::Greater))),
        Operator::LessOrEqual => {
            Ok(Value::Boolean(matches!(ordered(left, right), Some(Ordering::Less | Ordering::Equal))))
        }
        Operator::GreaterOrEqual => {
            Ok(Value::Boolean(matches!(ordered(left, right), Some(Ordering::Greater | Ordering::Equal))))
        }
        Operator::Add if left.as_text().is_some() || right.as_text().is_some() => join(tx, left, right),
        _ => arithmetic(tx, operator, left, right),
    }
}

/// `+` where either side is a string.
fn join(tx: &mut Transaction, left: &Value, right: &Value) -> Result<Value, Thrown> {
    let (left, right) = (joined(tx, left)?, joined(tx, right)?);
    heap(tx, left.len() + right.len())?;
    let mut text = String::with_capacity(left.len() + right.len());
    text.push_str(&left);
    text.push_str(&right);
    Ok(Value::String(Rc::from(text)))
}

fn arithmetic(
    tx: &mut Transaction,
    operator: Operator,
    left: &Value,
    right: &Value,
) -> Result<Value, Thrown> {
    let made = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Err(null_reference(tx)),
        (Value::Integer(a), Value::Integer(b)) => integers(operator, *a, *b),
        (Value::Boolean(a), Value::Boolean(b)) => booleans(operator, *a, *b),
        (Value::Date(day), days) if days.as_whole().is_some() => {
            let days = days.as_whole().unwrap_or_default();
            match operator {
                Operator::Add => days.checked_add(0),
                _ => days.checked_neg(),
            }
            .and_then(chrono::TimeDelta::try_days)
            .and_then(|days| day.checked_add_signed(days))
            .map(Value::Date)
        }
        // A day is 24 hours here; fractions of it count.
        (Value::Datetime(at), days) => days.as_double().and_then(|days| {
            let ms = (days * 86_400_000.0).round();
            let ms = if ms.is_finite() && ms.abs() < 1e17 { ms as i64 } else { return None };
            let moved = if operator == Operator::Add { at.checked_add(ms) } else { at.checked_sub(ms) };
            moved.map(Value::Datetime)
        }),
        (Value::Time(time), by) => by.as_whole().map(|by| {
            let ms = chrono::TimeDelta::milliseconds(if operator == Operator::Add { by } else { -by });
            Value::Time(time.overflowing_add_signed(ms).0)
        }),
        (Value::Double(_), _) | (_, Value::Double(_)) => {
            match (left.as_double(), right.as_double()) {
                (Some(_), Some(0.0)) if operator == Operator::Divide => None,
                // A decimal beside a double makes a decimal, as far as that can hold it.
                (Some(a), Some(b)) => doubles(operator, a, b),
                _ => None,
            }
        }
        (Value::Decimal(_), _) | (_, Value::Decimal(_)) => match (left.as_decimal(), right.as_decimal()) {
            (Some(a), Some(b)) => decimals(operator, &a, &b),
            _ => None,
        },
        _ => match (left.as_whole(), right.as_whole()) {
            (Some(a), Some(b)) => longs(operator, a, b, matches!(left, Value::Integer(_))),
            _ => None,
        },
    };
    match made {
        Some(value) => Ok(value),
        None if operator == Operator::Divide => Err(throw(tx, "System.MathException", "Divide by 0")),
        None => Err(throw(tx, "System.MathException", "Illegal operands")),
    }
}

fn integers(operator: Operator, a: i32, b: i32) -> Option<Value> {
    let value = match operator {
        Operator::Add => a.wrapping_add(b),
        Operator::Subtract => a.wrapping_sub(b),
        Operator::Multiply => a.wrapping_mul(b),
        Operator::Divide if b == 0 => return None,
        Operator::Divide => a.wrapping_div(b),
        Operator::BitAnd => a & b,
        Operator::BitOr => a | b,
        Operator::BitXor => a ^ b,
        Operator::ShiftLeft => a.wrapping_shl(b as u32),
        Operator::ShiftRight => a.wrapping_shr(b as u32),
        Operator::ShiftRightUnsigned => (a as u32).wrapping_shr(b as u32) as i32,
        _ => return None,
    };
    Some(Value::Integer(value))
}

/// Shifts keep the type of their left side.
fn longs(operator: Operator, a: i64, b: i64, narrow: bool) -> Option<Value> {
    let shift = matches!(operator, Operator::ShiftLeft | Operator::ShiftRight | Operator::ShiftRightUnsigned);
    if narrow && shift {
        return integers(operator, a as i32, b as i32);
    }
    let value = match operator {
        Operator::Add => a.wrapping_add(b),
        Operator::Subtract => a.wrapping_sub(b),
        Operator::Multiply => a.wrapping_mul(b),
        Operator::Divide if b == 0 => return None,
        Operator::Divide => a.wrapping_div(b),
        Operator::BitAnd => a & b,
        Operator::BitOr => a | b,
        Operator::BitXor => a ^ b,
        Operator::ShiftLeft => a.wrapping_shl(b as u32),
        Operator::ShiftRight => a.wrapping_shr(b as u32),
        Operator::ShiftRightUnsigned => (a as u64).wrapping_shr(b as u32) as i64,
        _ => return None,
    };
    Some(Value::Long(value))
}

fn booleans(operator: Operator, a: bool, b: bool) -> Option<Value> {
    match operator {
        Operator::BitAnd => Some(Value::Boolean(a & b)),
        Operator::BitOr => Some(Value::Boolean(a | b)),
        Operator::BitXor => Some(Value::Boolean(a ^ b)),
        _ => None,
    }
}

fn doubles(operator: Operator, a: f64, b: f64) -> Option<Value> {
    match operator {
        Operator::Add => Some(Value::Double(a + b)),
        Operator::Subtract => Some(Value::Double(a - b)),
        Operator::Multiply => Some(Value::Double(a * b)),
        Operator::Divide => Some(Value::Double(a / b)),
        _ => None,
    }
}

fn decimals(operator: Operator, a: &bigdecimal::BigDecimal, b: &bigdecimal::BigDecimal) -> Option<Value> {
    match operator {
        Operator::Add => Some(Value::decimal(decimal::add(a, b))),
        Operator::Subtract => Some(Value::decimal(decimal::subtract(a, b))),
        Operator::Multiply => Some(Value::decimal(decimal::multiply(a, b))),
        Operator::Divide => decimal::divide(a, b).map(Value::decimal),
        _ => None,
    }
}

/// `==`: strings ignore case.
fn loosely_equal(tx: &mut Transaction, left: &Value, right: &Value) -> Result<bool, Thrown> {
    match (left, right) {
        (Value::String(a), Value::String(b)) => Ok(a == b || folded(a) == folded(b)),
        _ => value::equal(tx, left, right),
    }
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// `===`: the same object, or the same plain value (strings by case).
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
        (Value::Set(a), Value::Set(b)) => Rc::ptr_eq(a, b),
        (Value::Map(a), Value::Map(b)) => Rc::ptr_eq(a, b),
        (Value::Record(a), Value::Record(b)) => Rc::ptr_eq(a, b),
        (Value::Object(a), Value::Object(b)) => Rc::ptr_eq(a, b),
        (Value::Platform(a), Value::Platform(b)) => Rc::ptr_eq(a, b),
        _ => value::identical(left, right),
    }
}

/// Strings are ordered ignoring their case; null is below every string, and in no order with anything else.
fn ordered(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Null, other) if other.as_text().is_some() => Some(Ordering::Less),
        (other, Value::Null) if other.as_text().is_some() => Some(Ordering::Greater),
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Date(_), Value::Date(_)) => value::natural(left, right),
        (Value::Date(day), Value::Datetime(at)) => Some(convert::midnight(*day).cmp(at)),
        _ => match (left.as_text(), right.as_text()) {
            (Some(a), Some(b)) => Some(folded(a).cmp(&folded(b))),
            _ => value::natural(left, right),
        },
    }
}

/// `-x`
pub(super) fn negate(tx: &mut Transaction, value: &Value) -> Result<Value, Thrown> {
    match value {
        Value::Integer(number) => Ok(Value::Integer(number.wrapping_neg())),
        Value::Long(number) => Ok(Value::Long(number.wrapping_neg())),
        Value::Double(number) => Ok(Value::Double(-number)),
        Value::Decimal(number) => Ok(Value::decimal(-bigdecimal::BigDecimal::clone(number))),
        _ => Err(null_reference(tx)),
    }
}

/// `~x`
pub(super) fn invert(tx: &mut Transaction, value: &Value) -> Result<Value, Thrown> {
    match value {
        Value::Integer(number) => Ok(Value::Integer(!number)),
        Value::Long(number) => Ok(Value::Long(!number)),
        _ => Err(null_reference(tx)),
    }
}

/// A condition's value; null throws.
pub(super) fn truth(tx: &mut Transaction, value: &Value) -> Result<bool, Thrown> {
    match value {
        Value::Boolean(truth) => Ok(*truth),
        _ => Err(null_reference(tx)),
    }
}
