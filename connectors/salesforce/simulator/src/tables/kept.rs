//! Records of custom metadata types, which are deployed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Row, View};
use crate::metadata::contents::held::Held;
use crate::org::{FieldType, ObjectType, Record, rest_time};

/// Visits the records of a custom metadata type.
pub(super) fn records(view: &View<'_>, object: &ObjectType, visit: &mut dyn FnMut(Row)) {
    let stem = object.name.trim_end_matches("__mdt");
    let components = &view.state.metadata.components;
    let short = components.beginning("CustomMetadata", &format!("{stem}."));
    let long = components.beginning("CustomMetadata", &format!("{stem}__mdt."));
    for held in short.chain(long) {
        visit(Row::Stored(Arc::new(record(object, held))));
    }
}

fn record(object: &ObjectType, held: &Held) -> Record {
    let name = held.full_name.split_once('.').map_or(held.full_name.as_str(), |(_, name)| name);
    let element = held.element.as_deref();
    let label = element.and_then(|element| element.text_of("label")).unwrap_or(name);
    let mut values = BTreeMap::new();
    for (field, value) in [
        ("DeveloperName", name),
        ("QualifiedApiName", name),
        ("MasterLabel", label),
        ("Label", label),
        ("Language", "en_US"),
    ] {
        values.insert(field.to_owned(), Value::from(value));
    }
    values.insert("SystemModstamp".to_owned(), rest_time(held.modified_ms).into());
    for given in element.into_iter().flat_map(|element| element.all("values")) {
        let field = given.text_of("field").and_then(|name| object.field(name));
        let value = given.get("value").filter(|value| value.attribute("nil") != Some("true"));
        if let (Some(field), Some(value)) = (field, value) {
            values.insert(field.name.clone(), typed(field.kind, value.whole_text()));
        }
    }
    Record { id: held.id, values, deleted: false }
}

fn typed(kind: FieldType, text: &str) -> Value {
    match kind {
        FieldType::Boolean => (text.trim() == "true").into(),
        kind if kind.is_number() => text.trim().parse::<f64>().map(Value::from).unwrap_or_default(),
        _ if text.is_empty() => Value::Null,
        _ => text.into(),
    }
}
