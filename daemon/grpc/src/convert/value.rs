//! `google.protobuf.Struct` ↔ JSON.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use provision_core::fault::{Fault, Result};
use serde_json::{Map, Number};

/// Deepest nesting that is taken in.
const DEPTH_MAX: usize = 16;
/// Largest settings of an account, in bytes of JSON.
pub(crate) const SETTINGS_SIZE_MAX: usize = 16 * 1024;

/// Settings from a caller, of bounded size and depth; faults name `field`.
pub(crate) fn settings(field: &str, value: Struct) -> Result<Map<String, serde_json::Value>> {
    // Each entry costs bytes, so the encoded size bounds the work before it is done.
    if prost::Message::encoded_len(&value) > 2 * SETTINGS_SIZE_MAX {
        return Err(too_large(field));
    }
    let map = object(field, value, DEPTH_MAX)?;
    let size = serde_json::to_vec(&map).map(|json| json.len()).unwrap_or(usize::MAX);
    if size > SETTINGS_SIZE_MAX { Err(too_large(field)) } else { Ok(map) }
}

fn too_large(field: &str) -> Fault {
    Fault::invalid(field, format!("must be at most {SETTINGS_SIZE_MAX} bytes of JSON"))
}

fn object(field: &str, value: Struct, depth: usize) -> Result<Map<String, serde_json::Value>> {
    value.fields.into_iter().map(|(key, value)| Ok((key, json(field, value, depth)?))).collect()
}

fn json(field: &str, value: Value, depth: usize) -> Result<serde_json::Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::invalid(field, format!("must be nested at most {DEPTH_MAX} levels deep")));
    };
    Ok(match value.kind {
        None | Some(Kind::NullValue(_)) => serde_json::Value::Null,
        Some(Kind::BoolValue(flag)) => flag.into(),
        Some(Kind::StringValue(text)) => text.into(),
        Some(Kind::NumberValue(number)) => serde_json::Value::Number(
            exact(number).ok_or_else(|| Fault::invalid(field, "must not hold infinite numbers or NaN"))?,
        ),
        Some(Kind::ListValue(list)) => {
            list.values.into_iter().map(|v| json(field, v, depth)).collect::<Result<Vec<_>>>()?.into()
        }
        Some(Kind::StructValue(inner)) => object(field, inner, depth)?.into(),
    })
}

/// Struct has no integers; whole numbers become some again, so that schemas can ask for them.
fn exact(number: f64) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        Some(Number::from(number as i64))
    } else {
        Number::from_f64(number)
    }
}

/// JSON of ours as a Struct.
pub(crate) fn to_struct(map: &Map<String, serde_json::Value>) -> Struct {
    Struct { fields: map.iter().map(|(key, value)| (key.clone(), to_value(value))).collect() }
}

fn to_value(json: &serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(flag) => Kind::BoolValue(*flag),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Kind::StringValue(text.clone()),
        serde_json::Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(to_value).collect() })
        }
        serde_json::Value::Object(map) => Kind::StructValue(to_struct(map)),
    };
    Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: serde_json::Value) -> Map<String, serde_json::Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn settings_round_trip_and_whole_numbers_stay_whole() {
        let original = map(json!({"a": 1, "b": -2.5, "c": [true, null, "x", {"d": 0}], "e": {}}));
        assert_eq!(settings("settings", to_struct(&original)).expect("small"), original);
    }

    #[test]
    fn settings_beyond_the_bounds_are_refused() {
        let mut deep = json!(1);
        for _ in 0..DEPTH_MAX {
            deep = json!({"x": deep});
        }
        assert!(settings("s", to_struct(&map(json!({"x": deep})))).is_err(), "too deep");
        assert!(
            settings("s", to_struct(&map(json!({"x": "y".repeat(SETTINGS_SIZE_MAX)})))).is_err(),
            "too large"
        );
        let nan = Value { kind: Some(Kind::NumberValue(f64::NAN)) };
        let nan = Struct { fields: [("x".to_owned(), nan)].into_iter().collect() };
        let fault = settings("service_account.settings", nan).expect_err("NaN");
        assert_eq!(fault.violations()[0].subject, "service_account.settings");
    }
}
