//! JSON values on their way into fields.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::NaiveDate;
use serde_json::Value;

use crate::org::{Field, FieldType, Id, rest_time};
use crate::surface::ApiError;

/// A value ready to be stored.
pub(super) enum Stored {
    Value(Value),
    Blob(Bytes),
}

/// Brings a value into the form in which its field keeps it. Lengths and the like are the door's business.
pub(super) fn coerce(field: &Field, value: &Value) -> Result<Stored, ApiError> {
    let on = |error: ApiError| error.on(vec![field.name.clone()]);
    let wrong = || {
        let kind = match value {
            Value::String(_) => "VALUE_STRING",
            Value::Number(_) => "VALUE_NUMBER_INT",
            Value::Bool(true) => "VALUE_TRUE",
            Value::Bool(false) => "VALUE_FALSE",
            Value::Array(_) => "START_ARRAY",
            Value::Object(_) => "START_OBJECT",
            Value::Null => "VALUE_NULL",
        };
        let shown = if let Value::String(text) = value {
            text.chars().take(80).collect()
        } else {
            value.to_string().chars().take(80).collect::<String>()
        };
        ApiError::bad(
            "JSON_PARSER_ERROR",
            format!("Cannot deserialize instance of {} from {kind} value {shown}", field.kind.as_str()),
        )
    };
    let value = match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => Value::Null,
        value => value.clone(),
    };
    if value.is_null() {
        if field.kind == FieldType::Boolean {
            return Err(wrong());
        }
        return Ok(Stored::Value(Value::Null));
    }
    let stored = match field.kind {
        FieldType::Boolean => value.is_boolean().then_some(value),
        FieldType::Int | FieldType::Long => {
            number(&value).filter(|number| number.fract() == 0.0).map(|number| Value::from(number as i64))
        }
        kind if kind.is_number() => number(&value).map(Value::from),
        FieldType::Date => value.as_str().and_then(date).map(Value::from),
        // Besides its own form the real parser takes milliseconds since 1970, and the form of HTTP's headers.
        FieldType::DateTime => {
            let of_http = |text: &str| chrono::DateTime::parse_from_rfc2822(text).ok();
            let of_text = |text: &str| {
                crate::soql::moment(text).or_else(|| of_http(text).map(|at| at.timestamp_millis()))
            };
            value.as_i64().or_else(|| value.as_str().and_then(of_text)).map(|at| Value::from(rest_time(at)))
        }
        FieldType::Id | FieldType::Reference => {
            let text = value.as_str().ok_or_else(wrong)?;
            let id = Id::parse(text).ok_or_else(|| {
                on(ApiError::bad(
                    "MALFORMED_ID",
                    format!("{}: id value of incorrect type: {text}", field.label),
                ))
            })?;
            Some(id.into())
        }
        FieldType::Base64 => {
            let text = value.as_str().ok_or_else(wrong)?;
            let bytes = STANDARD.decode(text).map_err(|_| {
                on(ApiError::bad(
                    "JSON_PARSER_ERROR",
                    format!(
                        "Cannot deserialize instance of base64 from VALUE_STRING value in {}",
                        field.name
                    ),
                ))
            })?;
            return Ok(Stored::Blob(Bytes::from(bytes)));
        }
        FieldType::Address | FieldType::Location | FieldType::ComplexValue => None,
        _ => text(&value).map(Value::String),
    };
    stored.map(Stored::Value).ok_or_else(wrong)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A day, also where a moment is given.
fn date(text: &str) -> Option<String> {
    let day = text.get(..10)?;
    NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    Some(day.to_owned())
}
