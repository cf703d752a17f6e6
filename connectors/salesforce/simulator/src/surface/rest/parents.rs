//! Records found by a field that identifies them, also where a row names its parent that way.

use std::sync::Arc;

use serde_json::Value;

use crate::org::{Field, FieldType, Id, ObjectType};
use crate::surface::ApiError;
use crate::tables::{self, View};

/// Whether records can be named by this field.
pub(crate) fn is_key(view: &View<'_>, object: &ObjectType, field: &Field) -> bool {
    let names = field.external_id || field.kind == FieldType::Id || is_id_lookup(object, field);
    names && view.rights.field(object, field).read
}

/// Fields of standard objects that a describe calls `idLookup` though they are no external ids.
fn is_id_lookup(object: &ObjectType, field: &Field) -> bool {
    match object.name.as_str() {
        "User" => matches!(field.name.as_str(), "Username" | "Email" | "FederationIdentifier"),
        "Contact" | "Lead" => field.name == "Email",
        "RecordType" | "Profile" => field.name == "Name",
        "Group" => field.name == "Name",
        "Product2" | "Pricebook2" => field.name == "Name",
        _ => field.custom && field.unique,
    }
}

/// The records with this value.
pub(super) fn find(view: &View<'_>, object: &ObjectType, field: &Field, value: &str) -> Vec<Id> {
    if field.kind == FieldType::Id {
        return Id::parse(value)
            .filter(|_| tables::by_key(view, object, value).is_some())
            .into_iter()
            .collect();
    }
    if tables::stores(object) {
        let value = match value.parse::<f64>() {
            Ok(number) if field.kind.is_number() => Value::from(number),
            _ => Value::from(value),
        };
        let found = view.state.records.with_value(&object.name, &field.name, &value).into_iter();
        return found.filter(|id| tables::by_key(view, object, id.as_str()).is_some()).collect();
    }
    let mut found = Vec::new();
    tables::scan(view, object, false, &mut |row| {
        let same = match row.value(view, &field.name) {
            Value::String(text) => text.to_lowercase() == value.to_lowercase(),
            Value::Number(number) => value.parse::<f64>().ok() == number.as_f64(),
            _ => false,
        };
        if same && let Some(id) = row.value(view, "Id").as_str().and_then(Id::parse) {
            found.push(id);
        }
    });
    found
}

/// `{"Owner": {"Username": "a@b.example"}}`: the lookup behind the relationship of this name, and the id that goes
/// into it. `None` where there is no such relationship.
pub(super) fn parent<'a>(
    view: &View<'_>,
    object: &'a ObjectType,
    name: &str,
    value: &Value,
) -> Result<Option<(&'a Arc<Field>, Value)>, ApiError> {
    let same =
        |field: &Field| field.relationship.as_ref().is_some_and(|word| word.eq_ignore_ascii_case(name));
    let lookup = object.fields.iter().find(|field| same(field) && view.rights.field(object, field).read);
    let Some(lookup) = lookup else { return Ok(None) };
    let members = match value {
        Value::Null => return Ok(Some((lookup, Value::Null))),
        Value::Object(members) => members,
        _ => {
            let message = format!("Cannot deserialize instance of {name} from a value that is no object");
            return Err(ApiError::bad("JSON_PARSER_ERROR", message));
        }
    };
    let named = value.pointer("/attributes/type").and_then(Value::as_str);
    let mut keys = members.iter().filter(|(name, _)| *name != "attributes");
    let (Some((key, wanted)), None) = (keys.next(), keys.next()) else {
        let message = format!("Include only one field that identifies the record of {name}");
        return Err(ApiError::bad("INVALID_FIELD", message));
    };
    let parents = lookup.reference_to.iter().map(String::as_str);
    let parents: Vec<&str> =
        parents.filter(|parent| named.is_none_or(|named| named.eq_ignore_ascii_case(parent))).collect();
    let wanted = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    let mut refusal = None;
    for parent in parents.iter().filter_map(|parent| view.object(parent)) {
        let Some(field) = parent.field(key).filter(|field| is_key(view, parent, field)) else {
            refusal.get_or_insert_with(|| {
                format!("Field name provided, {key} does not match an External ID, Salesforce Id, or indexed field for {}", parent.name)
            });
            continue;
        };
        match find(view, parent, field, &wanted).as_slice() {
            [] => {
                refusal = Some(format!(
                    "Foreign key external ID: {} not found for field {} in entity {}",
                    wanted.to_lowercase(),
                    field.name,
                    parent.name
                ));
            }
            [id] => return Ok(Some((lookup, (*id).into()))),
            several => {
                let ids: Vec<&str> = several.iter().map(Id::as_str).collect();
                let message = format!(
                    "{}: more than one record found for external id field: [{}]",
                    field.name,
                    ids.join(", ")
                );
                return Err(ApiError::bad("DUPLICATE_EXTERNAL_ID", message).on(vec![field.name.clone()]));
            }
        }
    }
    let refusal =
        refusal.unwrap_or_else(|| format!("The relationship {name} leads to no object of this type"));
    Err(ApiError::bad("INVALID_FIELD", refusal))
}
