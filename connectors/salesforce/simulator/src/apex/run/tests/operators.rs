use std::str::FromStr;

use bigdecimal::BigDecimal;
use proptest::prelude::*;

use super::support::*;
use crate::apex::program::Operator;
use crate::apex::run::operate::binary;
use crate::apex::run::{decimal_text, double_text, joined, to_text};
use crate::apex::types::Type;
use crate::apex::value::{Key, MapValue, SetValue, Value, hash};
use crate::org::Id;
use crate::transaction::Transaction;

fn apply(tx: &mut Transaction, operator: Operator, left: Value, right: Value) -> String {
    match binary(tx, operator, &left, &right) {
        Ok(value) => joined(tx, &value).unwrap().to_string(),
        Err(thrown) => failure(tx, &thrown),
    }
}

fn decimal(text: &str) -> Value {
    Value::decimal(BigDecimal::from_str(text).unwrap())
}

#[test]
fn whole_numbers_wrap_and_do_not_divide_by_zero() {
    let tx = &mut transaction();
    let int = Value::Integer;
    assert_eq!(apply(tx, Operator::Add, int(i32::MAX), int(1)), "-2147483648");
    assert_eq!(apply(tx, Operator::Divide, int(i32::MIN), int(-1)), "-2147483648");
    assert_eq!(apply(tx, Operator::Divide, int(7), int(-2)), "-3");
    assert_eq!(apply(tx, Operator::Divide, int(7), int(0)), "System.MathException: Divide by 0");
    assert_eq!(
        apply(tx, Operator::Divide, decimal("7"), decimal("0.0")),
        "System.MathException: Divide by 0"
    );
    assert_eq!(apply(tx, Operator::ShiftRightUnsigned, int(-1), int(28)), "15");
    assert_eq!(
        apply(tx, Operator::Multiply, Value::Null, int(1)),
        "System.NullPointerException: Attempt to de-reference a null object"
    );
}

#[test]
fn equality_of_texts_ignores_case_and_identity_does_not() {
    let tx = &mut transaction();
    let (a, b) = (Value::string("Straße"), Value::string("STRASSE"));
    assert_eq!(apply(tx, Operator::Equal, Value::string("Ab"), Value::string("aB")), "true");
    assert_eq!(apply(tx, Operator::Equal, a, b), "false");
    assert_eq!(apply(tx, Operator::Same, Value::string("Ab"), Value::string("aB")), "false");
    assert_eq!(apply(tx, Operator::Same, Value::string("Ab"), Value::string("Ab")), "true");
    assert_eq!(apply(tx, Operator::Less, Value::string("a"), Value::string("B")), "true");
    assert_eq!(apply(tx, Operator::Less, Value::Null, Value::string("B")), "true");
    assert_eq!(apply(tx, Operator::Less, Value::Null, Value::Integer(1)), "false");
    let long = Value::Id(Id::parse("001D000000IRFmaIAH").unwrap());
    assert_eq!(apply(tx, Operator::Equal, long, Value::string("001D000000IRFma")), "true");
}

#[test]
fn values_print_as_apex_prints_them() {
    let tx = &mut transaction();
    let day = Value::Date(chrono::NaiveDate::from_ymd_opt(2024, 2, 29).unwrap());
    assert_eq!(&*joined(tx, &day).unwrap(), "2024-02-29 00:00:00");
    assert_eq!(&*to_text(tx, &day).unwrap(), "2024-02-29");
    assert_eq!(&*to_text(tx, &Value::Datetime(1_700_000_000_123)).unwrap(), "2023-11-14 22:13:20");
    let list = Value::list(Type::Object, vec![Value::Null, Value::string("a"), Value::Double(1.0)]);
    assert_eq!(&*to_text(tx, &list).unwrap(), "(null, a, 1.0)");
    assert_eq!(double_text(1.0e10), "1.0E10");
    assert_eq!(double_text(0.0001), "1.0E-4");
    assert_eq!(double_text(1234567.5), "1234567.5");
    assert_eq!(decimal_text(&BigDecimal::from_str("0.0000001").unwrap()), "1E-7");
    assert_eq!(decimal_text(&BigDecimal::from_str("1E+3").unwrap()), "1E+3");
    assert_eq!(decimal_text(&BigDecimal::from_str("-0.05").unwrap()), "-0.05");
}

#[test]
fn keys_are_equal_as_their_values_are() {
    let tx = &mut transaction();
    let set = SetValue::new(Type::Object);
    for value in [
        Value::Integer(1),
        Value::Long(1),
        Value::Double(1.0),
        decimal("1.00"),
        Value::string("a"),
        Value::string("A"),
        Value::Null,
        Value::Null,
        Value::list(Type::Integer, vec![Value::Integer(1)]),
        Value::list(Type::Integer, vec![Value::Integer(1)]),
    ] {
        set.add(tx, value).unwrap();
    }
    assert_eq!(&*to_text(tx, &Value::Set(set)).unwrap(), "{1, 1.00, a, A, null, (1)}");
    let map = MapValue::new(Type::String, Type::Integer);
    assert!(map.put(tx, Value::string("k"), Value::Integer(1)).unwrap().is_none());
    assert!(map.put(tx, Value::string("k"), Value::Integer(2)).unwrap().is_some());
    assert!(map.get(tx, &Value::string("K")).unwrap().is_none());
    assert_eq!(map.remove(tx, &Value::string("k")).unwrap().and_then(|value| value.as_whole()), Some(2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn integers_are_those_of_32_bits(pairs in prop::collection::vec((any::<i32>(), any::<i32>()), 20)) {
        let tx = &mut transaction();
        for (a, b) in pairs {
            let of = |tx: &mut Transaction, operator| apply(tx, operator, Value::Integer(a), Value::Integer(b));
            prop_assert_eq!(of(tx, Operator::Add), a.wrapping_add(b).to_string());
            prop_assert_eq!(of(tx, Operator::Subtract), a.wrapping_sub(b).to_string());
            prop_assert_eq!(of(tx, Operator::Multiply), a.wrapping_mul(b).to_string());
            prop_assert_eq!(of(tx, Operator::BitXor), (a ^ b).to_string());
            prop_assert_eq!(of(tx, Operator::Less), (a < b).to_string());
            prop_assert_eq!(of(tx, Operator::GreaterOrEqual), (a >= b).to_string());
            if b != 0 {
                prop_assert_eq!(of(tx, Operator::Divide), a.wrapping_div(b).to_string());
            }
        }
    }

    #[test]
    fn decimals_are_exact(rows in prop::collection::vec((-1_000_000i64..1_000_000, 0i64..6, -1_000_000i64..1_000_000, 0i64..6), 20)) {
        let tx = &mut transaction();
        for (a, s, b, t) in rows {
            let scaled = |digits: i64, scale: i64, to: i64| i128::from(digits) * 10i128.pow((to - scale) as u32);
            let made = |digits: i64, scale| Value::decimal(BigDecimal::new(digits.into(), scale));
            let most = s.max(t);
            let plain = |digits: i128, scale: i64| decimal_text(&BigDecimal::new(digits.into(), scale));
            let sum = scaled(a, s, most) + scaled(b, t, most);
            prop_assert_eq!(apply(tx, Operator::Add, made(a, s), made(b, t)), plain(sum, most));
            let product = i128::from(a) * i128::from(b);
            prop_assert_eq!(apply(tx, Operator::Multiply, made(a, s), made(b, t)), plain(product, s + t));
            let less = scaled(a, s, most) < scaled(b, t, most);
            prop_assert_eq!(apply(tx, Operator::Less, made(a, s), made(b, t)), less.to_string());
            if b != 0 {
                let quotient = binary(tx, Operator::Divide, &made(a, s), &made(b, t)).unwrap();
                let back = quotient.as_decimal().unwrap() * BigDecimal::new(b.into(), t);
                let error = (back - BigDecimal::new(a.into(), s)).abs();
                prop_assert!(error < BigDecimal::new(1.into(), 20));
            }
        }
    }

    #[test]
    fn texts_join_and_compare(a in ".{0,20}", b in ".{0,20}") {
        let tx = &mut transaction();
        let of = |tx: &mut Transaction, operator| apply(tx, operator, Value::string(&a), Value::string(&b));
        prop_assert_eq!(of(tx, Operator::Add), format!("{a}{b}"));
        prop_assert_eq!(of(tx, Operator::Equal), (a.to_lowercase() == b.to_lowercase()).to_string());
        prop_assert_eq!(of(tx, Operator::Same), (a == b).to_string());
    }

    #[test]
    fn equal_keys_have_equal_hashes(a in any::<i32>()) {
        let tx = &mut transaction();
        let one = Value::Integer(a);
        for other in [Value::Long(a.into()), Value::Double(a.into()), Value::decimal(BigDecimal::from(a))] {
            prop_assert_eq!(hash(tx, &one).unwrap(), hash(tx, &other).unwrap());
            prop_assert!(Key::of(tx, one.clone()).unwrap() == Key::of(tx, other).unwrap());
        }
        let scaled = Value::decimal(BigDecimal::from(a).with_scale(2));
        prop_assert_eq!(apply(tx, Operator::Equal, one.clone(), scaled.clone()), "true");
        prop_assert!(Key::of(tx, one).unwrap() != Key::of(tx, scaled).unwrap());
    }
}

#[test]
fn circles_and_depths_end() {
    let tx = &mut transaction();
    let circle = || {
        let list = crate::apex::value::ListValue::new(Type::Object, vec![]);
        list.items.borrow_mut().push(Value::List(list.clone()));
        Value::List(list)
    };
    let (a, b) = (circle(), circle());
    assert_eq!(&*joined(tx, &a).unwrap(), "((already output))");
    assert_eq!(apply(tx, Operator::Equal, a.clone(), a.clone()), "true");
    let depth = "System.LimitException: Maximum stack depth reached: 1001";
    assert_eq!(apply(tx, Operator::Equal, a.clone(), b.clone()), depth);
    let thrown = hash(tx, &a).unwrap_err();
    assert_eq!(failure(tx, &thrown), depth);
    assert!(!crate::apex::value::identical(&a, &b));
    let mut deep = Value::list(Type::Object, vec![]);
    for _ in 0..50_000 {
        deep = Value::list(Type::Object, vec![deep]);
    }
    let thrown = joined(tx, &deep).unwrap_err();
    assert_eq!(failure(tx, &thrown), depth);

    let set = SetValue::new(Type::Object);
    let held = Value::list(Type::Object, vec![Value::Set(set.clone())]);
    set.add(tx, held.clone()).unwrap();
    set.add(tx, held).unwrap();
    set.add(tx, Value::Set(set.clone())).unwrap();
}
