//! The domain's values, out of what was read.

use std::collections::{BTreeMap, BTreeSet};

use provision_connector_sdk::core::inventory::{Field, ObjectPermission, ObjectType, Profile, ProfileKind};

use super::describes::Fields;
use super::tables::{Right, Set};
use crate::api::rest::{DescribedField, SObject};

/// Object types with their fields, which stand in the same order; ordered by name, as the objects are.
pub(super) fn object_types(
    objects: Vec<SObject>,
    fields: Vec<Fields>,
    without_triggers: &BTreeSet<String>,
) -> Vec<ObjectType> {
    objects
        .into_iter()
        .zip(fields)
        .map(|(object, fields)| object_type(object, fields, without_triggers))
        .collect()
}

fn object_type(object: SObject, fields: Fields, without_triggers: &BTreeSet<String>) -> ObjectType {
    let fields = fields.unwrap_or_default();
    ObjectType {
        accepts_triggers: object.triggerable
            && !without_triggers.contains(&object.name)
            && !is_event(&object.name),
        holds_files: holds_files(&object.name, &fields),
        holds_feed: object.feed_enabled
            || matches!(object.name.as_str(), "FeedItem" | "FeedComment" | "FeedAttachment"),
        api_name: object.name,
        label: object.label,
        custom: object.custom,
        queryable: object.queryable,
        createable: object.createable,
        updateable: object.updateable,
        deletable: object.deletable,
        fields,
    }
}

/// Events carry triggers, but only one that they cannot be watched by: their content is no record.
fn is_event(name: &str) -> bool {
    name.ends_with("__e") || name.ends_with("ChangeEvent")
}

/// Bytes stand in fields of the type base64; documents hold them through their versions.
fn holds_files(name: &str, fields: &[Field]) -> bool {
    matches!(name, "ContentDocument" | "ContentDocumentLink" | "ContentVersion" | "Attachment" | "Document")
        || fields.iter().any(|field| field.kind == "base64")
}

/// An object's fields, ordered by name.
pub(super) fn fields(described: Vec<DescribedField>) -> Vec<Field> {
    let mut fields: Vec<Field> = described.into_iter().map(field).collect();
    fields.sort_by(|left, right| left.api_name.cmp(&right.api_name));
    fields
}

fn field(field: DescribedField) -> Field {
    Field {
        api_name: field.name,
        label: field.label,
        kind: field.kind,
        length: field.length,
        required: field.createable && !field.nillable && !field.defaulted_on_create,
        custom: field.custom,
        reference_to: field.reference_to,
    }
}

/// Profiles and permission sets with their rights, ordered by name and id.
pub(super) fn profiles(sets: Vec<Set>, rights: Vec<Right>) -> Vec<Profile> {
    let mut granted: BTreeMap<String, Vec<ObjectPermission>> = BTreeMap::new();
    for Right(set, object_type, bits) in rights {
        let held = |at: u8| bits & (1 << at) != 0;
        granted.entry(set).or_default().push(ObjectPermission {
            object_type,
            read: held(0),
            create: held(1),
            edit: held(2),
            delete: held(3),
            view_all: held(4),
            modify_all: held(5),
        });
    }
    for permissions in granted.values_mut() {
        permissions.sort_by(|left, right| left.object_type.cmp(&right.object_type));
    }
    let mut profiles: Vec<Profile> = sets
        .into_iter()
        .map(|set| Profile {
            object_permissions: granted.remove(&set.id).unwrap_or_default(),
            kind: if set.profile.is_some() { ProfileKind::Profile } else { ProfileKind::PermissionSet },
            custom: set.custom,
            remote_id: set.profile.unwrap_or(set.id),
            display_name: set.name,
        })
        .collect();
    profiles.sort_by(|left, right| {
        (&left.display_name, &left.remote_id).cmp(&(&right.display_name, &right.remote_id))
    });
    profiles.dedup_by(|left, right| left.remote_id == right.remote_id);
    profiles
}
