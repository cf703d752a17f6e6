//! Numbers beside whole ones.

use bigdecimal::BigDecimal;
use proptest::prelude::*;

use crate::apex::platform::text::tests::{call, shown, text, transaction};
use crate::apex::value::Value;

fn decimal(text: &str) -> Value {
    Value::decimal(text.parse().unwrap())
}

fn mode(name: &'static str) -> Value {
    Value::PlatformEnum("System.RoundingMode", name)
}

#[test]
fn every_mode_rounds_as_it_says() {
    let tx = &mut transaction();
    let cases = [
        ("CEILING", ["6", "3", "2", "-2", "-2", "-5"]),
        ("DOWN", ["5", "2", "1", "-2", "-2", "-5"]),
        ("FLOOR", ["5", "2", "1", "-3", "-3", "-6"]),
        ("HALF_DOWN", ["5", "2", "1", "-2", "-3", "-5"]),
        ("HALF_EVEN", ["6", "2", "1", "-2", "-3", "-6"]),
        ("HALF_UP", ["6", "3", "1", "-3", "-3", "-6"]),
        ("UP", ["6", "3", "2", "-3", "-3", "-6"]),
    ];
    for (name, wanted) in cases {
        for (number, wanted) in ["5.5", "2.5", "1.1", "-2.5", "-2.6", "-5.5"].iter().zip(wanted) {
            let outcome = call(tx, "Decimal", "setScale", &decimal(number), &[Value::Integer(0), mode(name)]);
            assert_eq!(shown(tx, outcome), wanted, "{number} {name}");
        }
    }
    let exact = call(tx, "Decimal", "setScale", &decimal("1.50"), &[Value::Integer(1), mode("UNNECESSARY")]);
    assert_eq!(shown(tx, exact), "1.5");
    let inexact =
        call(tx, "Decimal", "setScale", &decimal("1.55"), &[Value::Integer(1), mode("UNNECESSARY")]);
    assert_eq!(shown(tx, inexact), "System.MathException: Rounding necessary");
}

#[test]
fn what_is_no_number_is_refused() {
    let tx = &mut transaction();
    for (owner, wrong, words) in [
        ("Integer", "x", "Invalid integer: x"),
        ("Integer", "1.5", "Invalid integer: 1.5"),
        ("Integer", "2147483648", "Invalid integer: 2147483648"),
        ("Long", "9223372036854775808", "Invalid long: 9223372036854775808"),
        ("Decimal", "1,5", "Invalid decimal: 1,5"),
        ("Double", "a", "Invalid double: a"),
    ] {
        let native = crate::apex::platform::natives(owner, "valueOf")
            .iter()
            .find(|native| native.parameters == [crate::apex::types::Type::String])
            .unwrap();
        let outcome = native.call(tx, &Value::Null, &[text(wrong)]);
        let outcome = outcome.map_err(|thrown| thrown.headline(&tx.program));
        assert_eq!(shown(tx, outcome), format!("System.TypeException: {words}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn scales_keep_the_number(number in -1_000_000i64..1_000_000, digits in 0i64..4, more in 0i32..4) {
        let tx = &mut transaction();
        let own = BigDecimal::new(number.into(), digits);
        let scale = i32::try_from(digits).unwrap() + more;
        let wider = call(tx, "Decimal", "setScale", &Value::decimal(own.clone()), &[Value::Integer(scale)]).unwrap();
        let shown_scale = call(tx, "Decimal", "scale", &wider, &[]);
        prop_assert_eq!(shown(tx, shown_scale), scale.to_string());
        let Value::Decimal(wider) = wider else { unreachable!() };
        prop_assert_eq!(&*wider, &own);
    }

    #[test]
    fn quotients_are_rounded_half_up(dividend in -100_000i64..100_000, divisor in 1i64..1_000, scale in 0u32..4) {
        let tx = &mut transaction();
        let arguments = [Value::decimal(divisor.into()), Value::Integer(scale as i32)];
        let outcome = call(tx, "Decimal", "divide", &Value::decimal(dividend.into()), &arguments).unwrap();
        let power = 10i64.pow(scale);
        let doubled = (dividend.abs() * power * 2 + divisor) / (divisor * 2);
        let wanted = BigDecimal::new((doubled * dividend.signum()).into(), i64::from(scale));
        let Value::Decimal(quotient) = outcome else { unreachable!() };
        prop_assert_eq!(&*quotient, &wanted);
    }

    #[test]
    fn whole_numbers_wrap_into_their_size(number in any::<i64>()) {
        let tx = &mut transaction();
        let small = call(tx, "Long", "intValue", &Value::Long(number), &[]);
        prop_assert_eq!(shown(tx, small), (number as i32).to_string());
    }

    #[test]
    fn remainders_have_the_sign_of_the_dividend(number in any::<i32>(), by in any::<i32>()) {
        let tx = &mut transaction();
        let outcome = call(tx, "System.Math", "mod", &Value::Null, &[Value::Integer(number), Value::Integer(by)]);
        let wanted = if by == 0 {
            "System.MathException: Divide by 0".to_owned()
        } else {
            number.wrapping_rem(by).to_string()
        };
        prop_assert_eq!(shown(tx, outcome), wanted);
    }
}
