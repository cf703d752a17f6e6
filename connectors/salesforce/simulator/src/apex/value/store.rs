//! Between the values that the store keeps and those of Apex.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use bigdecimal::{BigDecimal, ToPrimitive};
use bytes::Bytes;
use chrono::{NaiveDate, NaiveTime, Timelike};
use serde_json::Value as Json;

use super::{PlatformState, PlatformValue, RecordState, RecordValue, Value};
use crate::apex::types::Type;
use crate::dml::Row;
use crate::events::change::HEADER;
use crate::org::{Field, FieldType, Id, ObjectType, Record, rest_time};

/// What tells about the change in a change event.
const HEADER_TYPE: &str = "EventBus.ChangeEventHeader";

/// Under which names its type keeps what the header tells.
const HEADER_PLACES: [&str; 11] = [
    "changedfields",
    "changeorigin",
    "changetype",
    "commitnumber",
    "committimestamp",
    "commituser",
    "difffields",
    "entityname",
    "nulledfields",
    "recordids",
    "sequencenumber",
];

fn header(values: &serde_json::Map<String, Json>) -> Value {
    let mut state = PlatformState::default();
    for (name, value) in values {
        let Some(place) = HEADER_PLACES.iter().find(|place| place.eq_ignore_ascii_case(name)) else {
            continue;
        };
        let value = match (value, *place) {
            (Json::Array(texts), _) => {
                Value::list(Type::String, texts.iter().filter_map(Json::as_str).map(Value::string).collect())
            }
            (Json::Number(number), "commitnumber" | "committimestamp") => {
                number.as_i64().map_or(Value::Null, Value::Long)
            }
            (value, _) => plain(value),
        };
        state.values.insert(place, value);
    }
    Value::Platform(PlatformValue::new(HEADER_TYPE, state))
}

/// Lists of ids in one field, as the recipients of a mail.
fn is_id_list(field: &Field) -> bool {
    !field.custom
        && matches!(field.name.as_str(), "ToIds" | "CcIds" | "BccIds" | "TaskWhoIds" | "EventWhoIds")
}

/// The type that a field has in Apex.
pub fn apex_type(field: &Field) -> Type {
    if is_id_list(field) {
        return Type::list(Type::String);
    }
    // Custom metadata names objects and fields by their API names.
    let named = |name: &String| matches!(name.as_str(), "EntityDefinition" | "FieldDefinition");
    if field.custom && field.kind == FieldType::Reference && field.reference_to.iter().any(named) {
        return Type::String;
    }
    match field.kind {
        FieldType::ComplexValue if field.name == HEADER => Type::platform(HEADER_TYPE),
        FieldType::Id | FieldType::Reference => Type::Id,
        FieldType::Boolean => Type::Boolean,
        FieldType::Int => Type::Integer,
        FieldType::Long => Type::Long,
        FieldType::Double | FieldType::Currency | FieldType::Percent => Type::Decimal,
        FieldType::Date => Type::Date,
        FieldType::DateTime => Type::Datetime,
        FieldType::Time => Type::Time,
        FieldType::Base64 => Type::Blob,
        FieldType::Address | FieldType::Location | FieldType::AnyType | FieldType::ComplexValue => {
            Type::Object
        }
        _ => Type::String,
    }
}

/// The value of a field as Apex sees it. What the store should not hold becomes null.
pub fn from_json(field: &Field, value: &Json) -> Value {
    match (apex_type(field), value) {
        (_, Json::Null) if field.kind == FieldType::Boolean => Value::Boolean(false),
        (_, Json::Null) => Value::Null,
        (Type::Boolean, Json::Bool(truth)) => Value::Boolean(*truth),
        (Type::Id, Json::String(text)) => Id::parse(text).map_or(Value::Null, Value::Id),
        (Type::Integer, Json::Number(number)) => number
            .as_i64()
            .or_else(|| number.as_f64().map(|number| number as i64))
            .and_then(|number| i32::try_from(number).ok())
            .map_or(Value::Null, Value::Integer),
        (Type::Long, Json::Number(number)) => number.as_i64().map_or(Value::Null, Value::Long),
        (Type::Decimal, Json::Number(number)) => decimal(field, number),
        (Type::Date, Json::String(text)) => {
            let day = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
            day.map_or(Value::Null, Value::Date)
        }
        (Type::Datetime, Json::String(text)) => {
            crate::soql::moment(text).map_or(Value::Null, Value::Datetime)
        }
        (Type::Time, Json::String(text)) => {
            NaiveTime::parse_from_str(text.trim_end_matches('Z'), "%H:%M:%S%.f")
                .map_or(Value::Null, Value::Time)
        }
        (Type::Platform(HEADER_TYPE, _), Json::Object(values)) => header(values),
        (Type::Object, value) => plain(value),
        (Type::List(of), Json::String(text)) => {
            Value::list(Type::clone(&of), text.split(';').map(Value::string).collect())
        }
        (_, Json::String(text)) => Value::string(text),
        (_, value) => Value::string(&value.to_string()),
    }
}

/// Numbers carry the scale of their field, as the platform stores them.
fn decimal(field: &Field, number: &serde_json::Number) -> Value {
    let Ok(number) = BigDecimal::from_str(&number.to_string()) else { return Value::Null };
    let scale = i64::from(field.scale);
    let short = number.as_bigint_and_exponent().1 < scale;
    let number = if short && field.custom { number.with_scale(scale) } else { trimmed(number, scale) };
    Value::decimal(number)
}

/// `3.0` of a number without a scale is 3.
fn trimmed(number: BigDecimal, scale: i64) -> BigDecimal {
    let normal = number.normalized();
    if normal.as_bigint_and_exponent().1 < 0 {
        normal.with_scale(0)
    } else if scale == 0 {
        normal
    } else {
        number
    }
}

/// A value of no field: of an aggregate, of a compound field.
pub fn plain(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => i32::try_from(whole).map_or(Value::Long(whole), Value::Integer),
            None => BigDecimal::from_str(&number.to_string()).map_or(Value::Null, Value::decimal),
        },
        Json::String(text) => Value::string(text),
        other => Value::string(&other.to_string()),
    }
}

/// What the store keeps for a value; the bytes of a blob apart. Answers what it is instead when it fits no field.
pub fn to_json(field: &Field, value: &Value) -> Result<Json, String> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::Integer(number) => Json::from(*number),
        Value::Long(number) => Json::from(*number),
        Value::Double(number) => serde_json::Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::Decimal(number) => from_decimal(field, number),
        Value::String(text) => Json::String(text.to_string()),
        Value::Id(id) => Json::String(id.as_str().to_owned()),
        Value::Date(day) => Json::String(day.format("%Y-%m-%d").to_string()),
        Value::Datetime(ms) => Json::String(rest_time(*ms)),
        Value::Time(time) => {
            let ms = time.nanosecond() / 1_000_000 % 1_000;
            Json::String(format!("{}.{ms:03}Z", time.format("%H:%M:%S")))
        }
        Value::PlatformEnum(_, name) => Json::String((*name).to_owned()),
        Value::List(list) if is_id_list(field) => {
            let items = list.items.borrow();
            let ids: Vec<&str> = items.iter().filter_map(Value::as_text).collect();
            Json::String(ids.join(";"))
        }
        Value::Blob(bytes) => {
            use base64::Engine;
            Json::String(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        _ => return Err(format!("{}: value not of required type", field.name)),
    })
}

/// Rounded to the field's scale, half up, as the platform stores it.
fn from_decimal(field: &Field, number: &BigDecimal) -> Json {
    let rounded = if number.as_bigint_and_exponent().1 > i64::from(field.scale) && field.custom {
        number.with_scale_round(i64::from(field.scale), bigdecimal::RoundingMode::HalfUp)
    } else {
        number.clone()
    };
    if rounded.as_bigint_and_exponent().1 <= 0
        && let Some(whole) = rounded.to_i64()
    {
        return Json::from(whole);
    }
    rounded.to_f64().and_then(serde_json::Number::from_f64).map_or(Json::Null, Json::Number)
}

/// The names of an object's fields, made once for all of its records.
pub type Names = BTreeMap<String, (Arc<str>, Arc<Field>)>;

/// The names of an object's fields, to be shared by its records.
pub fn names(object: &ObjectType) -> Names {
    let shared = |field: &Arc<Field>| (field.name.clone(), (Arc::from(field.name.as_str()), field.clone()));
    object.fields.iter().map(shared).collect()
}

/// Fields of a record as `Trigger.new` holds them: all that have a value.
pub fn state_of(names: &Names, id: Option<Id>, values: &BTreeMap<String, Json>) -> RecordState {
    let mut state = RecordState::default();
    for (name, value) in values {
        if let Some((shared, field)) = names.get(name)
            && !value.is_null()
        {
            state.fields.insert(shared.clone(), from_json(field, value));
        }
    }
    if let (Some(id), Some((shared, _))) = (id, names.get("Id")) {
        state.fields.insert(shared.clone(), Value::Id(id));
    }
    state
}

/// A stored record with all its fields.
pub fn from_record(object: &Arc<ObjectType>, record: &Record) -> std::rc::Rc<RecordValue> {
    let state = state_of(&names(object), Some(record.id), &record.values);
    RecordValue::of(object.clone(), state)
}

/// The row that a change of this record asks for: the fields that have been set.
pub fn to_row(record: &RecordValue) -> Result<Row, String> {
    let state = record.state.borrow();
    let mut row = Row { object: record.object.clone(), id: None, values: BTreeMap::new(), blob: None };
    for (name, value) in &state.fields {
        if &**name == "Id" {
            row.id = match value {
                Value::Id(id) => Some(*id),
                other => other.as_text().and_then(Id::parse),
            };
            continue;
        }
        let Some(field) = record.object.field(name) else { continue };
        if field.kind == FieldType::Base64 {
            row.blob = match value {
                Value::Blob(bytes) => Some(bytes.clone()),
                Value::String(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
                _ => None,
            };
            continue;
        }
        row.values.insert(field.name.clone(), to_json(field, value)?);
    }
    Ok(row)
}
