//! The Avro schema of a change event.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{HEADER, event_of};
use crate::events::schema::{EventSchema, SchemaError, column};
use crate::org::{Field, FieldType, ObjectType};

/// Fields of a record that no change event carries.
const LEFT_OUT: [&str; 8] = [
    "Id",
    "IsDeleted",
    "SystemModstamp",
    "LastViewedDate",
    "LastReferencedDate",
    "LastActivityDate",
    "PhotoUrl",
    "UserRecordAccessId",
];
/// What an address is made of: the word inside, the ending of the field.
const ADDRESS: [&str; 9] =
    ["Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode", "Latitude", "Longitude"];
/// What a person's name is made of.
const NAME: [&str; 5] = ["Salutation", "FirstName", "LastName", "MiddleName", "Suffix"];

/// The schema of one object's change events, and where each column's values come from.
#[derive(Debug)]
pub(in crate::events) struct ChangeSchema {
    pub(in crate::events) schema: Arc<EventSchema>,
    pub(super) columns: Vec<Column>,
}

/// Where the values of a column come from; the header is the first column.
#[derive(Debug)]
pub(super) enum Column {
    Header,
    Plain(Arc<Field>),
    /// A record inside: the fields that its columns come from, absent for those that the object lacks.
    Compound {
        name: String,
        parts: Vec<(&'static str, Option<Arc<Field>>)>,
    },
}

impl ChangeSchema {
    pub(in crate::events) fn of(object: &ObjectType) -> Result<Self, SchemaError> {
        let event = event_of(object).unwrap_or_else(|| object.name.clone());
        let mut columns = vec![Column::Header];
        let mut json = vec![json!({"name": HEADER, "type": header(), "doc": ""})];
        let compounds = compounds(object);
        let inside = |name: &str| {
            compounds.iter().any(|(_, parts)| {
                parts.iter().any(|(_, field)| field.as_ref().is_some_and(|field| field.name == name))
            })
        };
        let mut address_named = false;
        for field in &object.fields {
            let name = field.name.as_str();
            if let Some((of, parts)) = compounds.iter().find(|(of, _)| of.name == name) {
                json.push(compound(of, parts, &mut address_named));
                columns.push(Column::Compound { name: of.name.clone(), parts: parts.clone() });
            } else if !LEFT_OUT.contains(&name) && !inside(name) && plain(field) {
                json.push(column(name, field));
                columns.push(Column::Plain(field.clone()));
            }
        }
        let schema = EventSchema::from_columns(&event, json, Vec::new())?;
        Ok(Self { schema: Arc::new(schema), columns })
    }
}

fn plain(field: &Field) -> bool {
    !matches!(
        field.kind,
        FieldType::Address
            | FieldType::Location
            | FieldType::Base64
            | FieldType::ComplexValue
            | FieldType::AnyType
            | FieldType::Json
    )
}

type Parts = Vec<(&'static str, Option<Arc<Field>>)>;

/// Compound fields of an object with their parts.
fn compounds(object: &ObjectType) -> Vec<(Arc<Field>, Parts)> {
    let person = object.field("LastName").is_some();
    let mut found = Vec::new();
    for field in &object.fields {
        let parts: Parts = if field.kind == FieldType::Address {
            // `BillingAddress` has `BillingStreet`; `Address` has `Street`.
            let stem = field.name.strip_suffix("Address").unwrap_or(&field.name);
            ADDRESS.iter().map(|word| (*word, object.field(&format!("{stem}{word}")).cloned())).collect()
        } else if field.name == "Name" && person {
            NAME.iter().map(|word| (*word, object.field(word).cloned())).collect()
        } else {
            continue;
        };
        found.push((field.clone(), parts));
    }
    found
}

fn compound(of: &Field, parts: &Parts, address_named: &mut bool) -> Value {
    let address = of.kind == FieldType::Address;
    let (name, doc) = if address { ("Address", "Data:Address") } else { ("PersonName", "Data:PersonName") };
    let columns: Vec<Value> = parts
        .iter()
        .map(|(word, field)| match field {
            Some(field) => column(word, field),
            None => {
                let kind = if matches!(*word, "Latitude" | "Longitude") { "double" } else { "string" };
                json!({"name": word, "type": ["null", kind], "default": null})
            }
        })
        .map(|mut column| {
            // All addresses of an object share one record type, which says nothing of any one field.
            if let Value::Object(column) = &mut column {
                column.remove("doc");
            }
            column
        })
        .collect();
    // A record type is written out where it comes first, and named from then on.
    let kind = if address && std::mem::replace(address_named, true) {
        json!(name)
    } else {
        json!({"type": "record", "name": name, "fields": columns})
    };
    json!({"name": of.name, "type": ["null", kind], "doc": doc, "default": null})
}

fn header() -> Value {
    let text = |name: &str| json!({"name": name, "type": "string"});
    let texts = |name: &str| json!({"name": name, "type": {"type": "array", "items": "string"}});
    let kinds = [
        "CREATE",
        "UPDATE",
        "DELETE",
        "UNDELETE",
        "GAP_CREATE",
        "GAP_UPDATE",
        "GAP_DELETE",
        "GAP_UNDELETE",
        "GAP_OVERFLOW",
        "SNAPSHOT",
    ];
    json!({"type": "record", "name": HEADER, "fields": [
        text("entityName"),
        texts("recordIds"),
        {"name": "changeType", "type": {"type": "enum", "name": "ChangeType", "symbols": kinds}},
        text("changeOrigin"),
        text("transactionKey"),
        {"name": "sequenceNumber", "type": "int"},
        {"name": "commitTimestamp", "type": "long"},
        {"name": "commitNumber", "type": "long"},
        text("commitUser"),
        texts("nulledFields"),
        texts("diffFields"),
        texts("changedFields"),
    ]})
}
