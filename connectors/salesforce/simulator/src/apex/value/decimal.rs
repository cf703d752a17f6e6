//! Arithmetic of decimals with Apex's scales.

use std::num::NonZeroU64;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, Context, RoundingMode, Zero};

/// Significant digits of a quotient that does not come out even.
const QUOTIENT_DIGITS: u64 = 33;

/// Digits that any result keeps, so that repeated products stay small.
const DIGITS_MAX: u64 = 1_000;

/// The sum, with the larger of both scales.
pub fn add(a: &BigDecimal, b: &BigDecimal) -> BigDecimal {
    let scale = scale_of(a).max(scale_of(b));
    bounded((a + b).with_scale(scale))
}

/// The difference, with the larger of both scales.
pub fn subtract(a: &BigDecimal, b: &BigDecimal) -> BigDecimal {
    let scale = scale_of(a).max(scale_of(b));
    bounded((a - b).with_scale(scale))
}

/// The product, with the sum of both scales.
pub fn multiply(a: &BigDecimal, b: &BigDecimal) -> BigDecimal {
    let (digits, scale) = a.as_bigint_and_exponent();
    let (others, other_scale) = b.as_bigint_and_exponent();
    bounded(BigDecimal::new(digits * others, scale.saturating_add(other_scale)))
}

/// The quotient: exact where it comes out even within 33 digits, with a scale as near to the difference of the scales as it
/// goes; else 33 digits, the last rounded half to even. None by zero.
pub fn divide(a: &BigDecimal, b: &BigDecimal) -> Option<BigDecimal> {
    if b.is_zero() {
        return None;
    }
    let preferred = (scale_of(a) - scale_of(b)).max(0);
    if a.is_zero() {
        return Some(BigDecimal::new(BigInt::zero(), preferred));
    }
    let (mut dividend, scale) = a.as_bigint_and_exponent();
    let (mut divisor, other_scale) = b.as_bigint_and_exponent();
    // Digits of the dividend beyond those of the divisor, so that the quotient has more than it needs.
    let short = digits(&divisor) + QUOTIENT_DIGITS as i64 + 3 - digits(&dividend);
    let mut result_scale = scale - other_scale;
    let power = ten_to(short.unsigned_abs());
    if short > 0 {
        dividend *= power;
        result_scale += short;
    } else {
        divisor *= power;
        result_scale += short;
    }
    let quotient = &dividend / &divisor;
    let exact = (&dividend % &divisor).is_zero();
    let mut number = BigDecimal::new(quotient.clone(), result_scale);
    if !exact && digits(&quotient) > QUOTIENT_DIGITS as i64 {
        // A digit below keeps a remainder from looking like a tie.
        let sign = if dividend.sign() == divisor.sign() { 1 } else { -1 };
        number = BigDecimal::new(quotient * 10 + sign, result_scale + 1);
    }
    let context = Context::new(NonZeroU64::new(QUOTIENT_DIGITS)?, RoundingMode::HalfEven);
    let rounded = number.with_precision_round(context.precision(), context.rounding_mode());
    Some(stripped(rounded, preferred))
}

/// Leaves out zeros at the end as long as the scale stays at or above `scale`; never less than `scale` digits.
fn stripped(number: BigDecimal, scale: i64) -> BigDecimal {
    let normal = number.normalized();
    if scale_of(&normal) < scale { normal.with_scale(scale) } else { normal }
}

/// Digits behind the point.
pub fn scale_of(number: &BigDecimal) -> i64 {
    number.as_bigint_and_exponent().1
}

fn digits(number: &BigInt) -> i64 {
    number.magnitude().to_string().len() as i64
}

fn ten_to(power: u64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(power.min(10_000)).unwrap_or(10_000))
}

fn bounded(number: BigDecimal) -> BigDecimal {
    if number.digits() <= DIGITS_MAX {
        return number;
    }
    match NonZeroU64::new(DIGITS_MAX) {
        Some(most) => number.with_precision_round(most, RoundingMode::HalfEven),
        None => number,
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;
    use crate::apex::run::decimal_text;

    fn number(text: &str) -> BigDecimal {
        BigDecimal::from_str(text).unwrap()
    }

    #[test]
    fn scales_follow_the_operands() {
        let show = |number: BigDecimal| decimal_text(&number);
        assert_eq!(show(add(&number("1.50"), &number("0.000"))), "1.500");
        assert_eq!(show(subtract(&number("1.5"), &number("1.50"))), "0.00");
        assert_eq!(show(multiply(&number("1.50"), &number("2.0"))), "3.000");
        assert_eq!(show(multiply(&number("1.50"), &number("0"))), "0.00");
    }

    #[test]
    fn quotients_have_33_digits_unless_they_come_out_even() {
        let show = |a: &str, b: &str| decimal_text(&divide(&number(a), &number(b)).unwrap());
        assert_eq!(show("1.0", "3.0"), "0.333333333333333333333333333333333");
        assert_eq!(show("2", "3"), "0.666666666666666666666666666666667");
        assert_eq!(show("-2", "3"), "-0.666666666666666666666666666666667");
        assert_eq!(show("1.0", "4.0"), "0.25");
        assert_eq!(show("6.00", "2"), "3.00");
        assert_eq!(show("100", "2.0"), "50");
        assert_eq!(show("2.10", "2.0"), "1.05");
        assert_eq!(show("0.0", "2"), "0.0");
        assert!(divide(&number("1"), &number("0.00")).is_none());
    }
}
