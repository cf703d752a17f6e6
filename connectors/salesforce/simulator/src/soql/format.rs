//! `FORMAT`: values as a user in the United States reads them, with the dollar as the only currency.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde_json::Value;

use super::dates;
use crate::org::{Field, FieldType, date_time};

/// A value as text; what cannot be read stays as it is. Moments are those of `zone`.
pub(super) fn formatted(field: &Field, value: &Value, zone: Tz) -> Value {
    let text = match (field.kind, value) {
        (FieldType::Currency, Value::Number(number)) => number.as_f64().map(|number| {
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}${}", grouped(number.abs(), 2))
        }),
        (FieldType::Percent, Value::Number(number)) => {
            number.as_f64().map(|number| format!("{}%", grouped(number, usize::from(field.scale))))
        }
        (kind, Value::Number(number)) if kind.is_number() => {
            number.as_f64().map(|number| grouped(number, usize::from(field.scale)))
        }
        (FieldType::Date, Value::String(day)) => {
            NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().map(|day| day.format("%-m/%-d/%Y").to_string())
        }
        (FieldType::DateTime, Value::String(moment)) => dates::moment(moment)
            .map(|at| date_time(at).with_timezone(&zone).format("%-m/%-d/%Y, %-I:%M %p").to_string()),
        (FieldType::Time, Value::String(time)) => dates::clock(time).and_then(|at| {
            let seconds = u32::try_from(at / 1000).ok()?;
            let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?;
            Some(time.format("%-I:%M %p").to_string())
        }),
        _ => None,
    };
    text.map_or_else(|| value.clone(), Value::String)
}

/// `1234.5` as `1,234.50`.
fn grouped(number: f64, digits: usize) -> String {
    let written = format!("{:.digits$}", number.abs());
    let (whole, fraction) = written.split_once('.').map_or((written.as_str(), None), |(a, b)| (a, Some(b)));
    let mut text = String::with_capacity(written.len() + whole.len() / 3 + 1);
    if number < 0.0 {
        text.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_as_in_the_united_states() {
        let of = |kind, scale, value: Value| {
            formatted(&Field { scale, ..Field::new("x", kind) }, &value, Tz::America__Los_Angeles)
        };
        assert_eq!(of(FieldType::Currency, 2, json!(1234567.5)), json!("$1,234,567.50"));
        assert_eq!(of(FieldType::Currency, 2, json!(-12)), json!("-$12.00"));
        assert_eq!(of(FieldType::Double, 1, json!(-1234.56)), json!("-1,234.6"));
        assert_eq!(of(FieldType::Int, 0, json!(999)), json!("999"));
        assert_eq!(of(FieldType::Percent, 0, json!(12)), json!("12%"));
        assert_eq!(of(FieldType::Date, 0, json!("2026-01-05")), json!("1/5/2026"));
        let moment = json!("2026-01-05T21:07:00.000+0000");
        assert_eq!(of(FieldType::DateTime, 0, moment), json!("1/5/2026, 1:07 PM"));
        assert_eq!(of(FieldType::Time, 0, json!("00:30:00.000Z")), json!("12:30 AM"));
        assert_eq!(of(FieldType::Date, 0, Value::Null), Value::Null);
    }
}
