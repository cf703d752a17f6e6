//! `Integer`, `Long` and `Boolean`.

use super::super::arguments::{argument, integer, null_argument, text, whole};
use super::super::define::Definition;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::value::Value;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Integer")
            .method("static Integer valueOf(String)", integer_of_text)
            .method("static Integer valueOf(Object)", integer_of)
            .method("String format()", format)
            .method("Integer intValue()", int_value)
            .method("Long longValue()", long_value)
            .method("Double doubleValue()", double_value),
        Definition::class("Long")
            .method("static Long valueOf(String)", long_of_text)
            .method("static Long valueOf(Object)", long_of)
            .method("String format()", format)
            .method("Integer intValue()", int_value)
            .method("Long longValue()", long_value)
            .method("Double doubleValue()", double_value),
        Definition::class("Boolean").method("static Boolean valueOf(Object)", boolean_of),
    ]
}

/// The number that a text is, or what the platform says of one that is none.
fn parsed(tx: &mut Transaction, value: &Value) -> Result<i64, Thrown> {
    let text = text(tx, value)?;
    let trimmed = text.trim();
    match trimmed.strip_prefix('+').unwrap_or(trimmed).parse::<i64>() {
        Ok(number) => Ok(number),
        Err(_) => Err(bad(tx, "integer", &text)),
    }
}

fn bad(tx: &mut Transaction, what: &str, text: &str) -> Thrown {
    throw(tx, "System.TypeException", format!("Invalid {what}: {text}"))
}

fn integer_of_text(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let value = argument(arguments, 0);
    let number = parsed(tx, value)?;
    match i32::try_from(number) {
        Ok(number) => Ok(Value::Integer(number)),
        Err(_) => {
            let text = text(tx, value)?;
            Err(bad(tx, "integer", &text))
        }
    }
}

fn integer_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Null => Ok(Value::Null),
        Value::String(_) => integer_of_text(tx, this, arguments),
        other => match other.as_double() {
            Some(number) if (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) => {
                Ok(Value::Integer(number.trunc() as i32))
            }
            // Wider numbers keep their low bits.
            Some(number) => Ok(Value::Integer(number.trunc() as i64 as i32)),
            None => {
                let text = run::to_text(tx, other)?;
                Err(bad(tx, "integer", &text))
            }
        },
    }
}

fn long_of_text(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let value = argument(arguments, 0);
    let text = text(tx, value)?;
    match text.trim().parse() {
        Ok(number) => Ok(Value::Long(number)),
        Err(_) => Err(bad(tx, "long", &text)),
    }
}

fn long_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Null => Ok(Value::Null),
        Value::String(_) => long_of_text(tx, this, arguments),
        other => match (other.as_whole(), other.as_double()) {
            (Some(number), _) => Ok(Value::Long(number)),
            (None, Some(number)) => Ok(Value::Long(number.trunc() as i64)),
            (None, None) => {
                let text = run::to_text(tx, other)?;
                Err(bad(tx, "long", &text))
            }
        },
    }
}

fn boolean_of(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    match argument(arguments, 0) {
        Value::Boolean(value) => Ok(Value::Boolean(*value)),
        Value::String(text) => Ok(Value::Boolean(text.eq_ignore_ascii_case("true"))),
        Value::Null => Err(null_argument(tx)),
        other => {
            let text = run::to_text(tx, other)?;
            Err(bad(tx, "boolean", &text))
        }
    }
}

/// With a comma between thousands, as the locale en_US has it.
pub(super) fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (front, back) = digits.split_once('.').map_or((digits, None), |(front, back)| (front, Some(back)));
    let mut out = String::new();
    for (at, digit) in front.chars().enumerate() {
        if at > 0 && (front.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    match back {
        Some(back) => format!("{sign}{out}.{back}"),
        None => format!("{sign}{out}"),
    }
}

fn format(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let number = whole(tx, this)?;
    Ok(Value::string(&grouped(&number.to_string())))
}

fn int_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match this {
        Value::Long(number) => Ok(Value::Integer(*number as i32)),
        other => integer(tx, other).map(Value::Integer),
    }
}

fn long_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    whole(tx, this).map(Value::Long)
}

fn double_value(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    whole(tx, this).map(|number| Value::Double(number as f64))
}
