//! Avro schemas of platform events, and records encoded with them.

use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use apache_avro::writer::datum::GenericDatumWriter;
use base64::Engine;
use bytes::Bytes;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

use crate::org::{Field, FieldType, Id, ObjectType};

const NAMESPACE: &str = "com.sforce.eventbus";
/// Fields of an event that are no columns of its own: the bus adds them, or all events have them.
const SYSTEM: [&str; 5] = ["Id", "ReplayId", "EventUuid", "CreatedDate", "CreatedById"];

/// The schema of one version of a platform event; it never changes under its id.
#[derive(Debug)]
pub struct EventSchema {
    /// 22 characters, made from the content.
    pub id: String,
    /// API name of the event.
    pub event: String,
    /// The schema as JSON text.
    pub json: String,
    schema: Schema,
    fields: Vec<Arc<Field>>,
}

/// Why a record does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// Salesforce's error code.
    pub code: &'static str,
    /// Its words.
    pub message: String,
    /// The field at fault.
    pub field: Option<String>,
}

impl EventSchema {
    /// The schema that events of `object` are written with from now on.
    pub fn of(object: &ObjectType) -> Result<Self, SchemaError> {
        let fields: Vec<Arc<Field>> =
            object.fields.iter().filter(|field| !SYSTEM.contains(&field.name.as_str())).cloned().collect();
        let mut columns = vec![
            json!({"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"}),
            json!({"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"}),
        ];
        columns.extend(fields.iter().map(|field| column(&field.name, field)));
        Self::from_columns(&object.name, columns, fields)
    }

    /// A schema with these columns. Its id is the MD5 fingerprint of its canonical form, as Salesforce says of its own.
    pub(super) fn from_columns(
        event: &str,
        columns: Vec<Value>,
        fields: Vec<Arc<Field>>,
    ) -> Result<Self, SchemaError> {
        let json = json!({"type": "record", "name": event, "namespace": NAMESPACE, "fields": columns});
        let json = json.to_string();
        let schema = Schema::parse_str(&json).map_err(|error| broken(error.to_string()))?;
        let id = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(Md5::digest(schema.canonical_form().as_bytes()));
        Ok(Self { id, event: event.to_owned(), json, schema, fields })
    }

    /// Encodes the fields of a record that came as JSON.
    pub fn encode(
        &self,
        created_ms: i64,
        created_by: Id,
        values: &Map<String, Value>,
    ) -> Result<Bytes, SchemaError> {
        if let Some(unknown) = values.keys().find(|name| {
            !self.fields.iter().any(|field| field.name.eq_ignore_ascii_case(name)) && *name != "attributes"
        }) {
            return Err(SchemaError {
                code: "INVALID_FIELD",
                message: format!("No such column '{unknown}' on sobject of type {}", self.event),
                field: Some(unknown.clone()),
            });
        }
        let mut record = vec![
            ("CreatedDate".to_owned(), Avro::Long(created_ms)),
            ("CreatedById".to_owned(), Avro::String(created_by.to_string())),
        ];
        for field in &self.fields {
            let value = values
                .iter()
                .find(|(name, _)| field.name.eq_ignore_ascii_case(name))
                .map_or(&Value::Null, |(_, value)| value);
            let value = match avro_value(field, value)? {
                // A checkbox without a value is not checked.
                None if field.kind == FieldType::Boolean => Avro::Union(1, Box::new(Avro::Boolean(false))),
                Some(value) => Avro::Union(1, Box::new(value)),
                None if field.required_on_create() => {
                    return Err(SchemaError {
                        code: "REQUIRED_FIELD_MISSING",
                        message: format!("Required fields are missing: [{}]", field.name),
                        field: Some(field.name.clone()),
                    });
                }
                None => Avro::Union(0, Box::new(Avro::Null)),
            };
            record.push((field.name.clone(), value));
        }
        self.write(&Avro::Record(record)).map(Bytes::from)
    }

    /// The values in a payload, nulls included; absent when it is not one of this schema.
    pub fn decode(&self, payload: &[u8]) -> Option<Value> {
        let reader = GenericDatumReader::builder(&self.schema).build().ok()?;
        reader.read_value(&mut &*payload).ok().map(plain)
    }

    pub(super) fn write(&self, record: &Avro) -> Result<Vec<u8>, SchemaError> {
        let writer =
            GenericDatumWriter::builder(&self.schema).build().map_err(|error| broken(error.to_string()))?;
        let mut bytes = Vec::new();
        writer.write_value_ref(&mut bytes, record).map_err(|error| broken(error.to_string()))?;
        Ok(bytes)
    }

    /// Checks a payload that a publisher encoded: exactly one record of this schema, with its required fields.
    pub fn check(&self, payload: &[u8]) -> Result<(), SchemaError> {
        let reader =
            GenericDatumReader::builder(&self.schema).build().map_err(|error| broken(error.to_string()))?;
        let mut rest = payload;
        let value = reader.read_value(&mut rest).map_err(|error| broken(error.to_string()))?;
        if !rest.is_empty() {
            return Err(broken(format!("{} bytes follow the record", rest.len())));
        }
        // The reader takes a payload that ends before a union for one that holds null there.
        if self.write(&value)?.len() != payload.len() {
            return Err(broken("the payload ends too early".to_owned()));
        }
        let Avro::Record(columns) = value else { return Err(broken("not a record".to_owned())) };
        for (name, value) in &columns {
            let Some(field) = self.fields.iter().find(|field| field.name == *name) else { continue };
            let value = if let Avro::Union(_, inner) = value { inner } else { value };
            match value {
                Avro::Null if field.required_on_create() => {
                    return Err(SchemaError {
                        code: "REQUIRED_FIELD_MISSING",
                        message: format!("Required fields are missing: [{name}]"),
                        field: Some(name.clone()),
                    });
                }
                Avro::String(text) => check_length(field, text)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// A column of a field that may be null.
pub(super) fn column(name: &str, field: &Field) -> Value {
    let id = field.id.map(|id| format!(":{}", id.short())).unwrap_or_default();
    let doc = format!("{}{id}", role(field));
    json!({"name": name, "type": ["null", avro_type(field.kind)], "doc": doc, "default": null})
}

/// Role and type of a field in the words of the platform's inside.
fn role(field: &Field) -> String {
    let kind = match field.kind {
        FieldType::Id | FieldType::Reference => "EntityId",
        FieldType::Boolean => "Boolean",
        FieldType::Int | FieldType::Long => "Integer",
        FieldType::Double => "Double",
        FieldType::Currency => "Currency",
        FieldType::Percent => "Percent",
        FieldType::Date => "DateOnly",
        FieldType::DateTime => "DateTime",
        FieldType::Time => "TimeOnly",
        FieldType::Picklist | FieldType::Combobox => "DynamicEnum",
        FieldType::MultiPicklist => "MultiEnum",
        FieldType::Email => "Email",
        FieldType::Phone => "Phone",
        FieldType::Url => "Url",
        FieldType::TextArea if field.length > 255 => "StringPlusClob",
        FieldType::TextArea => "MultiLineText",
        FieldType::EncryptedString => "EncryptedText",
        _ => "Text",
    };
    match field.name.as_str() {
        "CreatedDate" | "LastModifiedDate" => format!("{}:{kind}", field.name),
        "CreatedById" | "LastModifiedById" | "OwnerId" => {
            format!("{}:{kind}", field.name.trim_end_matches("Id"))
        }
        _ if field.kind == FieldType::Reference => format!("ForeignKey:{kind}"),
        _ => format!("Data:{kind}"),
    }
}

/// A value without its unions.
fn plain(value: Avro) -> Value {
    match value {
        Avro::Union(_, inner) => plain(*inner),
        Avro::Boolean(value) => value.into(),
        Avro::Int(value) => value.into(),
        Avro::Long(value) => value.into(),
        Avro::Double(value) => value.into(),
        Avro::Float(value) => value.into(),
        Avro::String(text) | Avro::Enum(_, text) => text.into(),
        Avro::Array(items) => items.into_iter().map(plain).collect(),
        Avro::Record(columns) => {
            Value::Object(columns.into_iter().map(|(name, value)| (name, plain(value))).collect())
        }
        _ => Value::Null,
    }
}

fn avro_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Boolean => "boolean",
        FieldType::Date | FieldType::DateTime | FieldType::Time => "long",
        FieldType::Int => "int",
        kind if kind.is_number() => "double",
        _ => "string",
    }
}

/// The value to write; absent for null, which an empty text also becomes.
pub(super) fn avro_value(field: &Field, value: &Value) -> Result<Option<Avro>, SchemaError> {
    let wrong = || SchemaError {
        code: "JSON_PARSER_ERROR",
        message: format!(
            "Cannot deserialize instance of {} from the value given for {}",
            field.kind.as_str(),
            field.name
        ),
        field: Some(field.name.clone()),
    };
    let value = match (value, field.kind) {
        (Value::Null, _) => return Ok(None),
        (Value::Bool(value), FieldType::Boolean) => Avro::Boolean(*value),
        (Value::Number(value), FieldType::Int) => {
            let whole = value.as_f64().filter(|number| number.fract() == 0.0).ok_or_else(wrong)?;
            Avro::Int(i32::try_from(whole as i64).map_err(|_| wrong())?)
        }
        (Value::Number(value), kind) if kind.is_number() => Avro::Double(value.as_f64().ok_or_else(wrong)?),
        (Value::String(text), FieldType::Date) => {
            let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| wrong())?;
            Avro::Long(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
        }
        (Value::String(text), FieldType::DateTime) => {
            let time = chrono::DateTime::parse_from_rfc3339(text)
                .or_else(|_| chrono::DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
            Avro::Long(time.map_err(|_| wrong())?.timestamp_millis())
        }
        (Value::String(text), FieldType::Time) => {
            let time = chrono::NaiveTime::parse_from_str(text.trim_end_matches('Z'), "%H:%M:%S%.f");
            let since = time.map_err(|_| wrong())? - chrono::NaiveTime::MIN;
            Avro::Long(since.num_milliseconds())
        }
        (Value::String(text), kind) if avro_type(kind) == "string" => {
            if text.is_empty() {
                return Ok(None);
            }
            check_length(field, text)?;
            Avro::String(text.clone())
        }
        _ => return Err(wrong()),
    };
    Ok(Some(value))
}

fn check_length(field: &Field, text: &str) -> Result<(), SchemaError> {
    let length = text.chars().count();
    if field.length == 0 || length <= field.length as usize {
        return Ok(());
    }
    let shown: String = text.chars().take(80).collect();
    Err(SchemaError {
        code: "STRING_TOO_LONG",
        message: format!("{}: data value too large: {shown} (max length={})", field.label, field.length),
        field: Some(field.name.clone()),
    })
}

fn broken(detail: String) -> SchemaError {
    SchemaError {
        code: "INVALID_EVENT",
        message: format!("The event does not fit its schema: {detail}"),
        field: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schema() -> EventSchema {
        let text = Field {
            length: 5,
            metadata_type: Some("Text".to_owned()),
            id: Id::parse("00N000000000001"),
            ..Field::new("Object__c", FieldType::String)
        };
        let needed = Field { nillable: false, length: 10, ..Field::new("Needed__c", FieldType::String) };
        let when = Field::new("When__c", FieldType::DateTime);
        let count = Field::new("Count__c", FieldType::Double);
        let object = ObjectType::event(
            "A__e",
            "A",
            Id::parse("01I000000000001").unwrap(),
            "e00",
            vec![text, needed, when, count],
        );
        EventSchema::of(&object).unwrap()
    }

    fn encode(values: Value) -> Result<Bytes, SchemaError> {
        schema().encode(1, Id::parse("005000000000001").unwrap(), values.as_object().unwrap())
    }

    #[test]
    fn the_schema_has_salesforces_shape() {
        let json: Value = serde_json::from_str(&schema().json).unwrap();
        assert_eq!(json["namespace"], "com.sforce.eventbus");
        assert_eq!(
            json["fields"][0],
            json!({"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"})
        );
        assert_eq!(
            json["fields"][2],
            json!({"name": "Object__c", "type": ["null", "string"], "doc": "Data:Text:00N000000000001", "default": null})
        );
        assert_eq!(schema().id.len(), 22);
        assert_eq!(schema().id, schema().id);
    }

    #[test]
    fn what_was_encoded_checks_out() {
        let payload = encode(json!({"needed__C": "x", "When__c": "2026-01-01T00:00:00.000+0000", "Count__c": 2, "Object__c": ""})).unwrap();
        assert_eq!(schema().check(&payload), Ok(()));
        assert!(schema().check(&payload[..payload.len() - 1]).is_err());
        assert!(schema().check(&[&payload[..], b"x"].concat()).is_err());
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let code = |values| encode(values).unwrap_err().code;
        assert_eq!(code(json!({})), "REQUIRED_FIELD_MISSING");
        assert_eq!(code(json!({"Needed__c": "x", "Nope__c": 1})), "INVALID_FIELD");
        assert_eq!(code(json!({"Needed__c": "x", "Object__c": "123456"})), "STRING_TOO_LONG");
        assert_eq!(code(json!({"Needed__c": 1})), "JSON_PARSER_ERROR");
        assert_eq!(code(json!({"Needed__c": "x", "When__c": "yesterday"})), "JSON_PARSER_ERROR");
    }

    proptest! {
        #[test]
        fn arbitrary_payloads_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = schema().check(&payload);
        }
    }
}
