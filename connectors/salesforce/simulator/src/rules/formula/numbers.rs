//! Arithmetic: decimals of 39 digits.

use bigdecimal::{BigDecimal, FromPrimitive, RoundingMode, ToPrimitive, Zero};
use chrono::Duration;

use super::Fault;
use super::datum::Datum;
use super::eval::Scene;
use super::function::numbers_of;

/// Significant digits of intermediate results.
const DIGITS: u64 = 39;
/// Larger exponents are too big for Salesforce.
const EXPONENT_MAX: i64 = 64;
const DAY_MS: i64 = 86_400_000;

const TOO_BIG: Fault = Fault("Number is too large");
const DIVISION: Fault = Fault("Division by zero");

/// A number within bounds.
pub(super) fn bounded(number: BigDecimal) -> Result<Datum, Fault> {
    let number = number.with_prec(DIGITS).normalized();
    let (digits, scale) = number.as_bigint_and_exponent();
    let size = i64::try_from(digits.bits()).unwrap_or(i64::MAX) / 3 - scale;
    if size > EXPONENT_MAX + DIGITS as i64 {
        return Err(TOO_BIG);
    }
    // Beyond this a number is nothing to anybody.
    Ok(Datum::Number(if scale > 400 { BigDecimal::zero() } else { number }))
}

fn binary(
    arguments: &[Datum],
    run: impl FnOnce(&BigDecimal, &BigDecimal) -> Result<BigDecimal, Fault>,
) -> Result<Datum, Fault> {
    match numbers_of(arguments).as_deref() {
        Some([left, right]) => bounded(run(left, right)?),
        _ => Ok(Datum::Null),
    }
}

fn unary(arguments: &[Datum], run: impl FnOnce(&BigDecimal) -> BigDecimal) -> Result<Datum, Fault> {
    match arguments {
        [Datum::Number(number)] => bounded(run(number)),
        _ => Ok(Datum::Null),
    }
}

/// Also days to dates.
pub(super) fn add(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    match arguments {
        [day @ (Datum::Date(_) | Datum::DateTime(_)), Datum::Number(days)]
        | [Datum::Number(days), day @ (Datum::Date(_) | Datum::DateTime(_))] => later(day, days),
        _ => binary(arguments, |left, right| Ok(left + right)),
    }
}

/// Also days from dates, and dates from each other, which makes days.
pub(super) fn subtract(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    match arguments {
        [day @ (Datum::Date(_) | Datum::DateTime(_)), Datum::Number(days)] => later(day, &-days.clone()),
        [Datum::Date(left), Datum::Date(right)] => bounded(BigDecimal::from((*left - *right).num_days())),
        [Datum::DateTime(left), Datum::DateTime(right)] => {
            bounded(BigDecimal::from(left.saturating_sub(*right)) / DAY_MS)
        }
        _ => binary(arguments, |left, right| Ok(left - right)),
    }
}

fn later(day: &Datum, days: &BigDecimal) -> Result<Datum, Fault> {
    const RANGE: Fault = Fault("Date is out of range");
    match day {
        Datum::Date(day) => {
            let days = days.with_scale_round(0, RoundingMode::Down).to_i64().ok_or(RANGE)?;
            let days = Duration::try_days(days).ok_or(RANGE)?;
            day.checked_add_signed(days).map(Datum::Date).ok_or(RANGE)
        }
        Datum::DateTime(at) => {
            let ms = (days * BigDecimal::from(DAY_MS)).with_scale_round(0, RoundingMode::HalfUp).to_i64();
            ms.and_then(|ms| at.checked_add(ms)).map(Datum::DateTime).ok_or(RANGE)
        }
        _ => Ok(Datum::Null),
    }
}

pub(super) fn negate(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    unary(arguments, |number| -number.clone())
}

pub(super) fn multiply(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    binary(arguments, |left, right| Ok(left * right))
}

pub(super) fn divide(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    binary(arguments, |left, right| if right.is_zero() { Err(DIVISION) } else { Ok(left / right) })
}

/// Whole exponents exactly, others as floating point has them.
pub(super) fn power(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    binary(arguments, |base, exponent| match exponent.is_integer().then(|| exponent.to_i64()).flatten() {
        Some(times) if (0..=EXPONENT_MAX).contains(&times) => {
            let mut result = BigDecimal::from(1);
            for _ in 0..times {
                result = match bounded(result * base)? {
                    Datum::Number(number) => number,
                    _ => return Err(TOO_BIG),
                };
            }
            Ok(result)
        }
        _ => {
            let power = base.to_f64().zip(exponent.to_f64()).map(|(base, exponent)| base.powf(exponent));
            power.and_then(decimal).ok_or(TOO_BIG)
        }
    })
}

/// A floating-point result with the digits that mean something.
fn decimal(number: f64) -> Option<BigDecimal> {
    BigDecimal::from_f64(number).map(|number| number.with_prec(15))
}

fn floating(arguments: &[Datum], run: impl FnOnce(f64) -> f64) -> Result<Datum, Fault> {
    let [Datum::Number(number)] = arguments else { return Ok(Datum::Null) };
    let result = number.to_f64().map(run).filter(|number| number.is_finite()).and_then(decimal);
    bounded(result.ok_or(TOO_BIG)?)
}

pub(super) fn exp(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    floating(arguments, f64::exp)
}

pub(super) fn ln(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    floating(arguments, f64::ln)
}

pub(super) fn log(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    floating(arguments, f64::log10)
}

pub(super) fn sqrt(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    floating(arguments, f64::sqrt)
}

pub(super) fn abs(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    unary(arguments, BigDecimal::abs)
}

/// Half away from zero, to so many digits after the point, or before it.
pub(super) fn round(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    scaled(arguments, RoundingMode::HalfUp)
}

pub(super) fn trunc(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    scaled(arguments, RoundingMode::Down)
}

fn scaled(arguments: &[Datum], mode: RoundingMode) -> Result<Datum, Fault> {
    let Some(numbers) = numbers_of(arguments) else { return Ok(Datum::Null) };
    let Some(number) = numbers.first() else { return Ok(Datum::Null) };
    let digits =
        numbers.get(1).map_or(Some(0), |digits| digits.with_scale_round(0, RoundingMode::Down).to_i64());
    bounded(number.with_scale_round(digits.unwrap_or_default().clamp(-100, 100), mode))
}

/// Away from zero.
pub(super) fn ceiling(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    unary(arguments, |number| number.with_scale_round(0, RoundingMode::Up))
}

/// Towards zero.
pub(super) fn floor(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    unary(arguments, |number| number.with_scale_round(0, RoundingMode::Down))
}

pub(super) fn up(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    unary(arguments, |number| number.with_scale_round(0, RoundingMode::Ceiling))
}

pub(super) fn down(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    unary(arguments, |number| number.with_scale_round(0, RoundingMode::Floor))
}

/// The remainder, with the sign of the number.
pub(super) fn modulo(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    binary(arguments, |left, right| if right.is_zero() { Err(DIVISION) } else { Ok(left % right) })
}

pub(super) fn max(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let most = numbers_of(arguments).and_then(|numbers| numbers.into_iter().max());
    Ok(most.cloned().map_or(Datum::Null, Datum::Number))
}

pub(super) fn min(_: &Scene<'_>, arguments: &[Datum]) -> Result<Datum, Fault> {
    let least = numbers_of(arguments).and_then(|numbers| numbers.into_iter().min());
    Ok(least.cloned().map_or(Datum::Null, Datum::Number))
}
