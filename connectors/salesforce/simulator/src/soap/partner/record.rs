//! Records as the answers of queries hold them.

use serde_json::{Map, Value};

use crate::org::{FieldType, Metadata};
use crate::soap::dialect::Dialect;
use crate::soap::write::Xml;

/// Writes a record that a query has found, as an element of this name.
pub(super) fn record(out: &mut Xml, metadata: &Metadata, dialect: Dialect, name: &str, record: &Value) {
    let Some(fields) = record.as_object() else {
        out.nil(name);
        return;
    };
    let kind = record.pointer("/attributes/type").and_then(Value::as_str).unwrap_or_default();
    match dialect {
        Dialect::Enterprise if kind != "AggregateResult" => {
            out.open_typed(name, &format!("sf:{kind}"));
        }
        _ => {
            out.open_typed(name, "sf:sObject").text("sf:type", kind);
            // The id stands first whether or not it was asked for, and once more where it was.
            match fields.get("Id").and_then(Value::as_str) {
                Some(id) => out.text("sf:Id", id),
                None => out.nil("sf:Id"),
            };
        }
    }
    let object = metadata.object(kind);
    for (field, value) in fields.iter().filter(|(field, _)| *field != "attributes") {
        let kind = object.and_then(|object| object.field(field)).map(|field| field.kind);
        one(out, metadata, dialect, &format!("sf:{field}"), (value, kind, object.is_none()));
    }
    out.close(name);
}

fn one(
    out: &mut Xml,
    metadata: &Metadata,
    dialect: Dialect,
    name: &str,
    (value, kind, typed): (&Value, Option<FieldType>, bool),
) {
    match value {
        Value::Null => drop(out.nil(name)),
        Value::Object(inner) if inner.contains_key("records") => {
            page(out, metadata, dialect, name, inner);
        }
        Value::Object(inner) if inner.contains_key("attributes") => {
            record(out, metadata, dialect, name, value);
        }
        // An address, a place, a person's name.
        Value::Object(inner) => {
            let kind = if inner.contains_key("street") { "address" } else { "location" };
            out.open_typed(name, kind);
            for (part, value) in inner {
                one(out, metadata, dialect, part, (value, None, false));
            }
            out.close(name);
        }
        Value::Array(values) => {
            values.iter().for_each(|value| one(out, metadata, dialect, name, (value, None, false)));
        }
        // What a query has computed is of a type that nothing else tells.
        Value::Number(number) if typed => {
            let kind = if number.is_f64() { "xsd:double" } else { "xsd:int" };
            out.typed_text(name, kind, &number.to_string());
        }
        Value::String(text) if typed => drop(out.typed_text(name, "xsd:string", text)),
        Value::String(text) if kind == Some(FieldType::DateTime) => {
            // REST writes `+0000` where SOAP writes `Z`.
            let zulu = text.strip_suffix("+0000").map(|moment| format!("{moment}Z"));
            out.text(name, zulu.as_deref().unwrap_or(text));
        }
        Value::String(text) => drop(out.text(name, text)),
        other => drop(out.text(name, &other.to_string())),
    }
}

/// Children of a record, all in one page.
fn page(out: &mut Xml, metadata: &Metadata, dialect: Dialect, name: &str, inner: &Map<String, Value>) {
    let records = inner.get("records").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    out.open_typed(name, "QueryResult").flag("done", true).nil("queryLocator");
    records.iter().for_each(|child| record(out, metadata, dialect, "records", child));
    out.number("size", records.len()).close(name);
}
