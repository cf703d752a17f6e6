//! `Math`.

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};

use super::super::arguments::{argument, null_argument};
use super::super::define::Definition;
use super::decimal::{from_double, number};
use crate::apex::run::{Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definition() -> Definition {
    let mut math = Definition::class("System.Math")
        .property("static Double PI", pi)
        .property("static Double E", e)
        .method("static Integer abs(Integer)", abs)
        .method("static Long abs(Long)", abs)
        .method("static Double abs(Double)", abs)
        .method("static Decimal abs(Decimal)", abs)
        .method("static Decimal ceil(Decimal)", ceil)
        .method("static Double ceil(Double)", ceil)
        .method("static Decimal floor(Decimal)", floor)
        .method("static Double floor(Double)", floor)
        .method("static Integer max(Integer, Integer)", max)
        .method("static Long max(Long, Long)", max)
        .method("static Double max(Double, Double)", max)
        .method("static Decimal max(Decimal, Decimal)", max)
        .method("static Integer min(Integer, Integer)", min)
        .method("static Long min(Long, Long)", min)
        .method("static Double min(Double, Double)", min)
        .method("static Decimal min(Decimal, Decimal)", min)
        .method("static Integer mod(Integer, Integer)", modulo)
        .method("static Long mod(Long, Long)", modulo)
        .method("static Double pow(Double, Double)", pow)
        .method("static Double random()", random)
        .method("static Integer round(Double)", round)
        .method("static Integer round(Decimal)", round)
        .method("static Long roundToLong(Double)", round_to_long)
        .method("static Long roundToLong(Decimal)", round_to_long)
        .method("static Double atan2(Double, Double)", atan2);
    for (of_double, of_decimal, run) in FUNCTIONS {
        math = math.method(of_double, run).method(of_decimal, run);
    }
    math
}

macro_rules! functions {
    ($($name:ident $double:literal $decimal:literal $reckon:expr;)*) => {
        $(
            fn $name(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
                reckoned(tx, argument(arguments, 0), $reckon)
            }
        )*
        const FUNCTIONS: [(&str, &str, super::super::NativeFn); 16] = [$(($double, $decimal, $name)),*];
    };
}

functions! {
    acos "static Double acos(Double)" "static Decimal acos(Decimal)" f64::acos;
    asin "static Double asin(Double)" "static Decimal asin(Decimal)" f64::asin;
    atan "static Double atan(Double)" "static Decimal atan(Decimal)" f64::atan;
    cbrt "static Double cbrt(Double)" "static Decimal cbrt(Decimal)" f64::cbrt;
    cos "static Double cos(Double)" "static Decimal cos(Decimal)" f64::cos;
    cosh "static Double cosh(Double)" "static Decimal cosh(Decimal)" f64::cosh;
    exp "static Double exp(Double)" "static Decimal exp(Decimal)" f64::exp;
    log "static Double log(Double)" "static Decimal log(Decimal)" f64::ln;
    log10 "static Double log10(Double)" "static Decimal log10(Decimal)" f64::log10;
    rint "static Double rint(Double)" "static Decimal rint(Decimal)" f64::round_ties_even;
    signum "static Double signum(Double)" "static Decimal signum(Decimal)" sign;
    sin "static Double sin(Double)" "static Decimal sin(Decimal)" f64::sin;
    tanh "static Double tanh(Double)" "static Decimal tanh(Decimal)" f64::tanh;
    sinh "static Double sinh(Double)" "static Decimal sinh(Decimal)" f64::sinh;
    sqrt "static Double sqrt(Double)" "static Decimal sqrt(Decimal)" f64::sqrt;
    tan "static Double tan(Double)" "static Decimal tan(Decimal)" f64::tan;
}

fn sign(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number.signum() }
}

/// A function of doubles, whose answer is of its argument's type.
fn reckoned(tx: &mut Transaction, value: &Value, reckon: fn(f64) -> f64) -> Answer {
    let answer = reckon(value.as_double().ok_or_else(|| null_argument(tx))?);
    match value {
        Value::Decimal(_) => from_double(tx, answer).map(Value::decimal),
        _ => Ok(Value::Double(answer)),
    }
}

fn pi(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Double(std::f64::consts::PI))
}

fn e(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Double(std::f64::consts::E))
}

fn abs(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    Ok(match argument(arguments, 0) {
        Value::Integer(number) => Value::Integer(number.wrapping_abs()),
        Value::Long(number) => Value::Long(number.wrapping_abs()),
        Value::Double(number) => Value::Double(number.abs()),
        other => Value::decimal(number(tx, other)?.abs()),
    })
}

fn to_whole(tx: &mut Transaction, value: &Value, mode: RoundingMode, double: fn(f64) -> f64) -> Answer {
    Ok(match value {
        Value::Double(number) => Value::Double(double(*number)),
        other => Value::decimal(number(tx, other)?.with_scale_round(0, mode)),
    })
}

fn ceil(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    to_whole(tx, argument(arguments, 0), RoundingMode::Ceiling, f64::ceil)
}

fn floor(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    to_whole(tx, argument(arguments, 0), RoundingMode::Floor, f64::floor)
}

fn larger(tx: &mut Transaction, arguments: &[Value]) -> Result<bool, Thrown> {
    let (a, b) = (argument(arguments, 0), argument(arguments, 1));
    if a.is_null() || b.is_null() {
        return Err(null_argument(tx));
    }
    Ok(crate::apex::value::natural(a, b) == Some(std::cmp::Ordering::Greater))
}

fn max(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let first = larger(tx, arguments)?;
    Ok(argument(arguments, usize::from(!first)).clone())
}

fn min(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let first = larger(tx, arguments)?;
    Ok(argument(arguments, usize::from(first)).clone())
}

fn modulo(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match (argument(arguments, 0), argument(arguments, 1)) {
        (_, Value::Integer(0) | Value::Long(0)) => Err(throw(tx, "System.MathException", "Divide by 0")),
        (Value::Integer(a), Value::Integer(b)) => Ok(Value::Integer(a.wrapping_rem(*b))),
        (a, b) => match (a.as_whole(), b.as_whole()) {
            (Some(a), Some(b)) => Ok(Value::Long(a.wrapping_rem(b))),
            _ => Err(null_argument(tx)),
        },
    }
}

fn pow(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match (argument(arguments, 0).as_double(), argument(arguments, 1).as_double()) {
        (Some(base), Some(exponent)) => Ok(Value::Double(base.powf(exponent))),
        _ => Err(null_argument(tx)),
    }
}

fn atan2(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match (argument(arguments, 0).as_double(), argument(arguments, 1).as_double()) {
        (Some(y), Some(x)) => Ok(Value::Double(y.atan2(x))),
        _ => Err(null_argument(tx)),
    }
}

/// From the org's seeded secrets, so that the same org runs the same way.
fn random(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    let bits = tx.org.secrets.number() >> 11;
    Ok(Value::Double(bits as f64 / (1u64 << 53) as f64))
}

/// To the nearest; from the middle to the even one.
fn rounded(tx: &mut Transaction, value: &Value) -> Result<BigDecimal, Thrown> {
    Ok(number(tx, value)?.with_scale_round(0, RoundingMode::HalfEven))
}

fn round(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let whole = rounded(tx, argument(arguments, 0))?;
    Ok(Value::Integer(whole.to_i128().unwrap_or_default() as i32))
}

fn round_to_long(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let whole = rounded(tx, argument(arguments, 0))?;
    Ok(Value::Long(whole.to_i128().unwrap_or_default() as i64))
}
