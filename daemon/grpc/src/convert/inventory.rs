//! Object types and profiles.

use provision_api::v1;
use provision_core::inventory::{
    ChangedNames, Field, InventoryChanges, ObjectPermission, ObjectType, Profile, ProfileKind,
};
use provision_core::{AccountName, Timestamp};

use super::{count, small_count, time};

/// An object type of an account; `fields` is how many it has, wherever they are not all here.
pub(crate) fn object_type(
    account: &AccountName,
    object: ObjectType,
    fields: usize,
    read_time: Option<Timestamp>,
) -> v1::ObjectType {
    v1::ObjectType {
        name: format!("{account}/objectTypes/{}", object.api_name),
        api_name: object.api_name,
        label: object.label,
        custom: object.custom,
        accepts_triggers: object.accepts_triggers,
        holds_files: object.holds_files,
        holds_feed: object.holds_feed,
        queryable: object.queryable,
        createable: object.createable,
        updateable: object.updateable,
        deletable: object.deletable,
        field_count: small_count(fields),
        fields: object.fields.into_iter().map(field).collect(),
        read_time: read_time.map(time::to_proto),
    }
}

fn field(field: Field) -> v1::Field {
    v1::Field {
        api_name: field.api_name,
        label: field.label,
        r#type: field.kind,
        length: small_count(field.length),
        required: field.required,
        custom: field.custom,
        reference_to: field.reference_to,
    }
}

/// A profile or permission set of an account; `permissions` is how many object types it grants anything on.
pub(crate) fn profile(
    account: &AccountName,
    profile: Profile,
    permissions: usize,
    read_time: Option<Timestamp>,
) -> v1::Profile {
    let kind = match profile.kind {
        ProfileKind::Profile => v1::ProfileKind::Profile,
        ProfileKind::PermissionSet => v1::ProfileKind::PermissionSet,
    };
    v1::Profile {
        name: format!("{account}/profiles/{}", profile.remote_id),
        remote_id: profile.remote_id,
        display_name: profile.display_name,
        kind: kind as i32,
        custom: profile.custom,
        object_permissions: profile.object_permissions.into_iter().map(permission).collect(),
        read_time: read_time.map(time::to_proto),
        object_permission_count: small_count(permissions),
    }
}

/// What is different between two readings.
pub(crate) fn changes(changes: InventoryChanges) -> v1::InventoryChanges {
    let names = |names: ChangedNames| v1::ChangedNames {
        added_count: count(names.added_count),
        removed_count: count(names.removed_count),
        changed_count: count(names.changed_count),
        added: names.added,
        removed: names.removed,
        changed: names.changed,
    };
    v1::InventoryChanges {
        object_types: Some(names(changes.object_types)),
        profiles: Some(names(changes.profiles)),
    }
}

fn permission(permission: ObjectPermission) -> v1::ObjectPermission {
    v1::ObjectPermission {
        object_type: permission.object_type,
        read: permission.read,
        create: permission.create,
        edit: permission.edit,
        delete: permission.delete,
        view_all: permission.view_all,
        modify_all: permission.modify_all,
    }
}
