//! Custom settings and custom metadata types: objects whose rows are part of the configuration.

use std::sync::Arc;

use super::xml::Element;
use crate::org::{Field, FieldType, ObjectKind, ObjectType};

/// A custom setting: rows like any object's, no triggers, access by set-up rights instead of object permissions.
pub(super) fn setting(element: &Element, mut object: ObjectType) -> ObjectType {
    object.kind = ObjectKind::CustomMetadata;
    object.trigger_events.clear();
    object.searchable = false;
    object.layoutable = false;
    object.fields.retain(|field| field.name != "OwnerId");
    if element.text_of("customSettingsType") == Some("Hierarchy") {
        let field = Field {
            permissionable: false,
            built_in: true,
            nillable: false,
            ..Field::reference("SetupOwnerId", &["Organization", "Profile", "User"], "SetupOwner")
        };
        object.fields.push(Arc::new(field));
    }
    object
}

/// A custom metadata type: its records are deployed, and read like any other's.
pub(super) fn metadata_type(mut object: ObjectType) -> ObjectType {
    let text = |name: &str, length: u32| {
        let field = Field { length, built_in: true, ..Field::system(name, FieldType::String) };
        Arc::new(field)
    };
    object.kind = ObjectKind::CustomMetadata;
    object.trigger_events.clear();
    (object.createable, object.updateable, object.deletable, object.undeletable) =
        (false, false, false, false);
    (object.searchable, object.layoutable) = (false, true);
    object.fields.retain(|field| matches!(field.name.as_str(), "Id" | "SystemModstamp"));
    for (name, length) in [
        ("DeveloperName", 40),
        ("MasterLabel", 40),
        ("Language", 40),
        ("NamespacePrefix", 15),
        ("Label", 40),
        ("QualifiedApiName", 70),
    ] {
        object.fields.push(text(name, length));
    }
    object
}
