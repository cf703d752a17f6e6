//! How values of a field's type compare.

use std::cmp::Ordering;

use serde_json::Value;

use super::ast::{Literal, Operator};
use super::dates;
use crate::org::FieldType;

/// Whether a row's value meets a condition.
pub(super) fn holds(kind: FieldType, value: &Value, operator: Operator, literals: &[Literal]) -> bool {
    let equal = |literal: &Literal| equals(kind, value, literal);
    let first = literals.first();
    match operator {
        Operator::Equal | Operator::In => literals.iter().any(equal),
        Operator::NotEqual | Operator::NotIn => !literals.iter().any(equal),
        Operator::Like => first.is_some_and(|literal| match (value, literal) {
            (Value::String(text), Literal::Text(pattern)) => {
                like(&pattern.to_lowercase(), &text.to_lowercase())
            }
            _ => false,
        }),
        Operator::Less => order(kind, value, first, |order| order == Ordering::Less),
        Operator::LessOrEqual => order(kind, value, first, |order| order != Ordering::Greater),
        Operator::Greater => order(kind, value, first, |order| order == Ordering::Greater),
        Operator::GreaterOrEqual => order(kind, value, first, |order| order != Ordering::Less),
        Operator::Includes => literals.iter().any(|literal| includes(value, literal)),
        Operator::Excludes => !literals.iter().any(|literal| includes(value, literal)),
    }
}

fn equals(kind: FieldType, value: &Value, literal: &Literal) -> bool {
    match (value, literal) {
        // An empty text is stored as null.
        (Value::Null, Literal::Null) => true,
        (Value::Null, Literal::Text(text)) => text.is_empty(),
        (Value::Bool(value), Literal::Bool(wanted)) => value == wanted,
        (Value::Number(value), Literal::Number(wanted)) => value.as_f64() == Some(*wanted),
        (Value::String(value), Literal::Text(wanted))
            if matches!(kind, FieldType::Id | FieldType::Reference) =>
        {
            same_id(value, wanted)
        }
        (Value::String(value), Literal::Text(wanted)) => value.to_lowercase() == wanted.to_lowercase(),
        (
            Value::String(_),
            Literal::Time(_)
            | Literal::Days(_)
            | Literal::Moment(_)
            | Literal::Date(_)
            | Literal::Day(_)
            | Literal::Clock(_),
        ) => order(kind, value, Some(literal), |order| order == Ordering::Equal),
        _ => false,
    }
}

/// Ids of 15 and of 18 characters name the same row. Other words in reference columns (an object's name) ignore case.
pub(crate) fn same_id(a: &str, b: &str) -> bool {
    match (crate::org::Id::parse(a), crate::org::Id::parse(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.eq_ignore_ascii_case(b),
    }
}

fn order(
    kind: FieldType,
    value: &Value,
    literal: Option<&Literal>,
    wanted: impl Fn(Ordering) -> bool,
) -> bool {
    let order = match (value, literal) {
        (Value::Number(value), Some(Literal::Number(other))) => {
            value.as_f64().and_then(|value| value.partial_cmp(other))
        }
        (Value::String(value), Some(Literal::Clock(wanted))) => dates::clock(value).map(|at| at.cmp(wanted)),
        (
            Value::String(value),
            Some(
                Literal::Time(span)
                | Literal::Days(span)
                | Literal::Moment(span)
                | Literal::Date(span)
                | Literal::Day(span),
            ),
        ) => time(kind, value).map(|at| {
            if at < span.start {
                Ordering::Less
            } else if at >= span.end {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        }),
        (Value::String(value), Some(Literal::Text(other))) => {
            Some(value.to_lowercase().cmp(&other.to_lowercase()))
        }
        _ => None,
    };
    order.is_some_and(wanted)
}

fn time(kind: FieldType, value: &str) -> Option<i64> {
    match kind {
        FieldType::Date => dates::day(value).map(|day| day.start),
        _ => dates::moment(value),
    }
}

/// `a;b` asks for both of them in a multi-select value.
fn includes(value: &Value, literal: &Literal) -> bool {
    let (Value::String(value), Literal::Text(wanted)) = (value, literal) else { return false };
    wanted.split(';').all(|one| value.split(';').any(|had| had.trim().eq_ignore_ascii_case(one.trim())))
}

/// `%` is any run, `_` any one character, a backslash takes either by its word.
fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when a run has to be longer: pattern after the `%`, text so far taken.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let fits = match pattern.get(p) {
            Some('%') => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            Some('_') if t < text.len() => Some(1),
            Some('\\') if p + 1 < pattern.len() && text.get(t) == pattern.get(p + 1) => Some(2),
            Some(letter) if text.get(t) == Some(letter) => Some(1),
            Some(_) => None,
            None if t == text.len() => return true,
            None => None,
        };
        match (fits, retry) {
            (Some(step), _) => {
                p += step;
                t += 1;
            }
            (None, Some((after, taken))) if taken < text.len() => {
                retry = Some((after, taken + 1));
                (p, t) = (after, taken + 1);
            }
            _ => return false,
        }
    }
}

/// The order of two values of a column; nulls first.
pub(super) fn sort(kind: FieldType, a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => match kind {
            FieldType::DateTime => dates::moment(a).cmp(&dates::moment(b)),
            FieldType::Id | FieldType::Reference => a.cmp(b),
            _ => a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b)),
        },
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_knows_its_wildcards() {
        for (pattern, text, fits) in [
            ("a%", "abc", true),
            ("%c", "abc", true),
            ("%b%", "abc", true),
            ("a_c", "abc", true),
            ("a_", "abc", false),
            ("%a%b%", "xxaxxb", true),
            ("a\\_c", "abc", false),
            ("a\\_c", "a_c", true),
            ("", "", true),
            ("%", "", true),
            ("_", "", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn ids_and_texts_compare_as_salesforce_does() {
        let text = |text: &str| Literal::Text(text.into());
        let holds = |kind, value: &str, wanted: &str| {
            super::holds(kind, &value.into(), Operator::Equal, &[text(wanted)])
        };
        assert!(holds(FieldType::Id, "001D000000IRFmaIAH", "001D000000IRFma"));
        assert!(!holds(FieldType::Id, "001D000000IRFmaIAH", "001D000000IRFMA"));
        assert!(holds(FieldType::String, "Acme", "ACME"));
        assert!(super::holds(FieldType::String, &Value::Null, Operator::NotEqual, &[text("x")]));
        assert!(!super::holds(FieldType::Int, &Value::Null, Operator::Less, &[Literal::Number(1.0)]));
    }
}
