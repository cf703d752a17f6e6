//! Record types: what objects know of theirs.

use std::sync::Arc;

use super::stage::Stage;
use crate::org::{Field, ObjectType, RecordType};

/// Their type name.
pub(super) const RECORD_TYPE: &str = "RecordType";

/// Gives an object the record types that are deployed. With the first one it gets the field that names a record's.
pub(super) fn retype(stage: &mut Stage<'_>, object: &str) {
    let Some(before) = stage.metadata.object(object).cloned() else { return };
    let held = stage.metadata.components.beginning(RECORD_TYPE, &format!("{}.", before.name));
    let types = held.map(|held| {
        let element = held.element.as_deref();
        let text = |name: &str| element.and_then(|element| element.text_of(name));
        let name = held.full_name.split_once('.').map_or(held.full_name.as_str(), |(_, name)| name);
        Arc::new(RecordType {
            id: held.id,
            name: name.to_owned(),
            label: text("label").unwrap_or(name).to_owned(),
            description: text("description").map(str::to_owned),
            active: element.is_some_and(|element| element.is_true("active")),
            created_ms: held.created_ms,
            created_by: held.created_by,
            modified_ms: held.modified_ms,
            modified_by: held.modified_by,
        })
    });
    let types: Vec<Arc<RecordType>> = types.collect();
    if types == before.record_types {
        return;
    }
    let mut object = ObjectType { record_types: types, ..ObjectType::clone(&before) };
    if object.field("RecordTypeId").is_none() {
        object.fields.push(Arc::new(Field {
            label: "Record Type ID".to_owned(),
            permissionable: false,
            built_in: true,
            defaulted: true,
            ..Field::reference("RecordTypeId", &[RECORD_TYPE], RECORD_TYPE)
        }));
    }
    stage.metadata.put_object(object);
}
