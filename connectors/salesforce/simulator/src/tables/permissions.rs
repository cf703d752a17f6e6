//! PermissionSet and the rows that hang on it, UserPermissionAccess. No row means no access.

use std::sync::Arc;

use serde_json::Value;

use super::{Row, View};
use crate::org::{
    Assignment, CustomPermission, Field, FieldAccess, Id, Metadata, ObjectAccess, ObjectType, PermissionSet,
    State, has_object_permissions, is_standard_profile, prefix, rest_time,
};

pub(super) fn set(view: &View<'_>, set: &PermissionSet, column: &str) -> Value {
    if let Some(permission) = column.strip_prefix("Permissions") {
        return set.permissions.contains(permission).into();
    }
    match column {
        "Id" => set.id.into(),
        "Name" => set.name.clone().into(),
        "NamespacePrefix" => set.namespace.clone().into(),
        "Label" => set.label.clone().into(),
        "Description" => set.description.clone().into(),
        "LicenseId" => set.license.map(Value::from).unwrap_or_default(),
        "ProfileId" => set.profile.map(Value::from).unwrap_or_default(),
        "IsOwnedByProfile" => set.profile.is_some().into(),
        "IsCustom" => set
            .profile
            .and_then(|profile| view.state.profiles.get(&profile))
            .is_none_or(|profile| !is_standard_profile(&profile.name))
            .into(),
        "HasActivationRequired" => set.has_activation_required.into(),
        "PermissionSetGroupId" => {
            group_id(&view.state.metadata, set.group.as_deref()).map(Value::from).unwrap_or_default()
        }
        "Type" => match (set.profile, &set.group) {
            (Some(_), _) => "Profile",
            (None, Some(_)) => "Group",
            (None, None) => "Regular",
        }
        .into(),
        "IsDeleted" => false.into(),
        "CreatedDate" => rest_time(set.created_ms).into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(set.modified_ms).into(),
        "CreatedById" => set.created_by.unwrap_or(view.org.admin).into(),
        "LastModifiedById" => set.modified_by.unwrap_or(view.org.admin).into(),
        _ => Value::Null,
    }
}

/// The id of a permission set group.
fn group_id(metadata: &Metadata, name: Option<&str>) -> Option<Id> {
    metadata.components.get("PermissionSetGroup", name?).map(|held| held.id)
}

pub(super) fn assignment(view: &View<'_>, assignment: &Assignment, column: &str) -> Value {
    match column {
        "Id" => assignment.id.into(),
        "PermissionSetGroupId" => {
            let metadata = &view.state.metadata;
            let set = metadata.permission_sets.get(&assignment.set);
            let group = set.and_then(|set| set.group.as_deref());
            group_id(metadata, group).map(Value::from).unwrap_or_default()
        }
        "PermissionSetId" => assignment.set.into(),
        "AssigneeId" => assignment.assignee.into(),
        "IsActive" => true.into(),
        "IsRevoked" | "IsDeleted" => false.into(),
        "SystemModstamp" | "CreatedDate" | "LastModifiedDate" => rest_time(assignment.created_ms).into(),
        _ => Value::Null,
    }
}

pub(super) fn object_rows(state: &State, visit: &mut dyn FnMut(Row)) {
    for set in state.metadata.permission_sets.values() {
        let explicit_only = set.built_in_objects == ObjectAccess::default();
        if explicit_only {
            // Most sets of a large org name a few objects: nobody walks through all of them for each set.
            let named = set.objects.iter().filter(|(_, access)| **access != ObjectAccess::default());
            let there = named.filter_map(|(name, _)| state.metadata.object(name));
            for object in there.filter(|object| has_object_permissions(object)) {
                visit(Row::ObjectPermission { set: set.clone(), object: object.clone() });
            }
            continue;
        }
        for object in state.metadata.objects().filter(|object| has_object_permissions(object)) {
            if set.object_access(object) != ObjectAccess::default() {
                visit(Row::ObjectPermission { set: set.clone(), object: object.clone() });
            }
        }
    }
}

pub(super) fn object(set: &PermissionSet, object: &ObjectType, column: &str) -> Value {
    let access = set.object_access(object);
    match column {
        "Id" => Id::derived(prefix::OBJECT_PERMISSIONS, &[set.id.as_str(), &object.name]).into(),
        "ParentId" => set.id.into(),
        "SobjectType" => object.name.clone().into(),
        "PermissionsRead" => access.read.into(),
        "PermissionsCreate" => access.create.into(),
        "PermissionsEdit" => access.edit.into(),
        "PermissionsDelete" => access.delete.into(),
        "PermissionsViewAllRecords" => access.view_all.into(),
        "PermissionsModifyAllRecords" => access.modify_all.into(),
        "PermissionsViewAllFields" | "IsDeleted" => false.into(),
        _ => audit(set, column),
    }
}

pub(super) fn field_rows(state: &State, visit: &mut dyn FnMut(Row)) {
    for set in state.metadata.permission_sets.values() {
        if set.built_in_fields == FieldAccess::default() && set.fields.is_empty() {
            continue;
        }
        for object in state.metadata.objects().filter(|object| has_object_permissions(object)) {
            for field in object.fields.iter().filter(|field| field.permissionable) {
                if set.field_access(object, field) != FieldAccess::default() {
                    visit(Row::FieldPermission {
                        set: set.clone(),
                        object: object.clone(),
                        field: field.clone(),
                    });
                }
            }
        }
    }
}

pub(super) fn field(set: &PermissionSet, object: &ObjectType, field: &Field, column: &str) -> Value {
    let access = set.field_access(object, field);
    match column {
        "Id" => Id::derived(prefix::FIELD_PERMISSIONS, &[set.id.as_str(), &object.name, &field.name]).into(),
        "ParentId" => set.id.into(),
        "SobjectType" => object.name.clone().into(),
        "Field" => format!("{}.{}", object.name, field.name).into(),
        "PermissionsRead" => (access.read || access.edit).into(),
        "PermissionsEdit" => access.edit.into(),
        "IsDeleted" => false.into(),
        _ => audit(set, column),
    }
}

pub(super) fn entity_access_rows(state: &State, visit: &mut dyn FnMut(Row)) {
    for set in state.metadata.permission_sets.values() {
        for class in &set.classes {
            visit(Row::ClassAccess { set: set.clone(), class: *class });
        }
        for name in &set.custom_permissions {
            if let Some(permission) = state.metadata.custom_permissions.get(name) {
                visit(Row::CustomPermissionAccess { set: set.clone(), id: permission.id });
            }
        }
    }
}

pub(super) fn entity_access(set: &Arc<PermissionSet>, entity: Id, kind: &str, column: &str) -> Value {
    match column {
        "Id" => Id::derived(prefix::SETUP_ENTITY_ACCESS, &[set.id.as_str(), entity.as_str()]).into(),
        "ParentId" => set.id.into(),
        "SetupEntityId" => entity.into(),
        "SetupEntityType" => kind.into(),
        "IsDeleted" => false.into(),
        _ => audit(set, column),
    }
}

pub(super) fn custom_permission(permission: &CustomPermission, column: &str) -> Value {
    match column {
        "Id" => permission.id.into(),
        "DeveloperName" => match &permission.namespace {
            Some(namespace) => permission.name[namespace.len() + 2..].into(),
            None => permission.name.clone().into(),
        },
        "NamespacePrefix" => permission.namespace.clone().into(),
        "MasterLabel" => permission.label.clone().into(),
        "Description" => permission.description.clone().into(),
        "Language" => "en_US".into(),
        "IsLicensed" => permission.licensed.into(),
        "IsDeleted" => false.into(),
        _ => Value::Null,
    }
}

/// The one row of UserPermissionAccess: profile and permission sets merged.
pub(super) fn effective(view: &View<'_>, column: &str) -> Value {
    match column.strip_prefix("Permissions") {
        Some(permission) => view.rights.has(permission).into(),
        None if column == "Id" => Id::derived("0up", &[view.rights.user.as_str()]).into(),
        None => Value::Null,
    }
}

fn audit(set: &PermissionSet, column: &str) -> Value {
    match column {
        "CreatedDate" => rest_time(set.created_ms).into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(set.modified_ms).into(),
        "CreatedById" => set.created_by.map(Value::from).unwrap_or_default(),
        "LastModifiedById" => set.modified_by.map(Value::from).unwrap_or_default(),
        _ => Value::Null,
    }
}
