//! `Decimal` and `Double`.

use std::str::FromStr;

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive, Zero as _};

use super::super::arguments::{argument, integer, null_argument, text};
use super::super::define::Definition;
use super::whole::grouped;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::value::{Value, decimal_of};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// Digits behind the point that a scale may ask for.
const SCALE_MAX: i32 = 33;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Decimal")
            .method("static Decimal valueOf(Double)", of_number)
            .method("static Decimal valueOf(Long)", of_number)
            .method("static Decimal valueOf(String)", of_text)
            .method("Decimal abs()", abs)
            .method("Decimal divide(Decimal, Integer)", divide)
            .method("Decimal divide(Decimal, Integer, System.RoundingMode)", divide)
            .method("Double doubleValue()", double_value)
            .method("String format()", format)
            .method("Integer intValue()", int_value)
            .method("Long longValue()", long_value)
            .method("Decimal pow(Integer)", pow)
            .method("Integer precision()", precision)
            .method("Long round()", round)
            .method("Long round(System.RoundingMode)", round)
            .method("Integer scale()", scale)
            .method("Decimal setScale(Integer)", set_scale)
            .method("Decimal setScale(Integer, System.RoundingMode)", set_scale)
            .method("Decimal stripTrailingZeros()", strip)
            .method("String toPlainString()", plain),
        Definition::class("Double")
            .method("static Double valueOf(String)", double_of_text)
            .method("static Double valueOf(Object)", double_of)
            .method("String format()", format)
            .method("Integer intValue()", int_value)
            .method("Long longValue()", long_value)
            .method("Double doubleValue()", double_value)
            .method("Long round()", round),
        Definition::enumeration(
            "System.RoundingMode",
            &["CEILING", "DOWN", "FLOOR", "HALF_DOWN", "HALF_EVEN", "HALF_UP", "UNNECESSARY", "UP"],
        ),
    ]
}

pub(super) fn number(tx: &mut Transaction, value: &Value) -> Result<BigDecimal, Thrown> {
    value.as_decimal().ok_or_else(|| null_argument(tx))
}

/// How to round; `None` = not at all.
pub(super) fn rounding(value: Option<&Value>) -> Option<RoundingMode> {
    match value {
        Some(Value::PlatformEnum(_, name)) => match *name {
            "CEILING" => Some(RoundingMode::Ceiling),
            "DOWN" => Some(RoundingMode::Down),
            "FLOOR" => Some(RoundingMode::Floor),
            "HALF_DOWN" => Some(RoundingMode::HalfDown),
            "HALF_UP" => Some(RoundingMode::HalfUp),
            "UP" => Some(RoundingMode::Up),
            "UNNECESSARY" => None,
            _ => Some(RoundingMode::HalfEven),
        },
        _ => Some(RoundingMode::HalfUp),
    }
}

/// A number with so many digits behind its point.
pub(super) fn scaled(
    tx: &mut Transaction,
    number: &BigDecimal,
    scale: i32,
    mode: Option<RoundingMode>,
) -> Result<BigDecimal, Thrown> {
    if !(-SCALE_MAX..=SCALE_MAX).contains(&scale) {
        return Err(throw(tx, "System.MathException", format!("Invalid scale: {scale}")));
    }
    let rounded = number.with_scale_round(i64::from(scale), mode.unwrap_or(RoundingMode::Down));
    if mode.is_none() && rounded != *number {
        return Err(throw(tx, "System.MathException", "Rounding necessary"));
    }
    Ok(rounded)
}

fn of_number(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Null => Ok(Value::Null),
        other => number(tx, other).map(Value::decimal),
    }
}

fn of_text(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    match BigDecimal::from_str(text.trim()) {
        Ok(number) if number.fractional_digit_count().abs() <= 400 => Ok(Value::decimal(number)),
        _ => Err(throw(tx, "System.TypeException", format!("Invalid decimal: {text}"))),
    }
}

fn double_of_text(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let text = text(tx, argument(arguments, 0))?;
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Value::Double(number)),
        _ => Err(throw(tx, "System.TypeException", format!("Invalid double: {text}"))),
    }
}

fn double_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Null => Ok(Value::Null),
        Value::String(_) => double_of_text(tx, this, arguments),
        other => match other.as_double() {
            Some(number) => Ok(Value::Double(number)),
            None => {
                let text = run::to_text(tx, other)?;
                Err(throw(tx, "System.TypeException", format!("Invalid double: {text}")))
            }
        },
    }
}

fn abs(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    number(tx, this).map(|number| Value::decimal(number.abs()))
}

fn divide(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (dividend, divisor) = (number(tx, this)?, number(tx, argument(arguments, 0))?);
    let scale = integer(tx, argument(arguments, 1))?;
    if divisor.is_zero() {
        return Err(throw(tx, "System.MathException", "Divide by 0"));
    }
    let mode = arguments.get(2).map_or(Some(RoundingMode::HalfUp), |mode| rounding(Some(mode)));
    let quotient = dividend / divisor;
    scaled(tx, &quotient, scale, mode).map(Value::decimal)
}

fn double_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    this.as_double().map(Value::Double).ok_or_else(|| null_argument(tx))
}

fn format(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let number = number(tx, this)?;
    let shown = if number.fractional_digit_count() > 3 {
        number.with_scale_round(3, RoundingMode::HalfEven)
    } else {
        number
    };
    Ok(Value::string(&grouped(&shown.normalized().to_plain_string())))
}

fn int_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let number = number(tx, this)?;
    let whole = number.with_scale_round(0, RoundingMode::Down).to_i128().unwrap_or_default();
    Ok(Value::Integer(whole as i32))
}

fn long_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let number = number(tx, this)?;
    Ok(Value::Long(number.with_scale_round(0, RoundingMode::Down).to_i128().unwrap_or_default() as i64))
}

fn pow(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (base, exponent) = (number(tx, this)?, integer(tx, argument(arguments, 0))?);
    if !(0..=32_768).contains(&exponent) {
        return Err(throw(tx, "System.MathException", "Invalid exponent"));
    }
    // Squares grow: what no Decimal can hold is refused before it is reckoned.
    let digits = base.digits().saturating_mul(u64::try_from(exponent).unwrap_or_default());
    if digits > 4_000 {
        return Err(throw(tx, "System.MathException", "Decimal overflow"));
    }
    Ok(Value::decimal(base.powi(i64::from(exponent))))
}

fn precision(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let number = number(tx, this)?;
    Ok(Value::Integer(i32::try_from(number.digits()).unwrap_or(i32::MAX)))
}

fn round(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let number = number(tx, this)?;
    let mode = match arguments.first() {
        Some(mode) => rounding(Some(mode)),
        None => Some(RoundingMode::HalfEven),
    };
    let whole = scaled(tx, &number, 0, mode)?;
    whole.to_i64().map(Value::Long).ok_or_else(|| throw(tx, "System.MathException", "Long overflow"))
}

fn scale(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let number = number(tx, this)?;
    Ok(Value::Integer(i32::try_from(number.fractional_digit_count().max(0)).unwrap_or(i32::MAX)))
}

fn set_scale(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (number, scale) = (number(tx, this)?, integer(tx, argument(arguments, 0))?);
    let mode = arguments.get(1).map_or(Some(RoundingMode::HalfEven), |mode| rounding(Some(mode)));
    scaled(tx, &number, scale, mode).map(Value::decimal)
}

fn strip(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    number(tx, this).map(|number| Value::decimal(number.normalized()))
}

fn plain(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    number(tx, this).map(|number| Value::string(&number.to_plain_string()))
}

/// A double as the decimal that it prints as.
pub(super) fn from_double(tx: &mut Transaction, number: f64) -> Result<BigDecimal, Thrown> {
    decimal_of(number).ok_or_else(|| throw(tx, "System.MathException", "Not a number"))
}
