//! Permission sets and what they grant, changed as records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::apply::{Placed, Placement};
use super::{Operation, Options, Row, RowError, RowResult};
use crate::org::{FieldAccess, Id, ObjectAccess, PermissionSet, prefix};
use crate::transaction::Transaction;

/// Objects whose rows are kept in permission sets.
pub(super) const TABLES: [&str; 4] =
    ["PermissionSet", "ObjectPermissions", "FieldPermissions", "SetupEntityAccess"];

/// Adds what rows of [`TABLES`] say to the permission sets, or takes it away.
pub(super) fn change(
    tx: &mut Transaction,
    operation: &Operation,
    rows: Vec<Placed>,
    options: Options,
) -> Vec<Placement> {
    let mut results = Vec::with_capacity(rows.len());
    for Placed { at, row } in rows {
        let done = allowed(tx, options).and_then(|()| match (row.object.name.as_str(), operation) {
            ("PermissionSet", Operation::Insert) => insert_set(tx, &row),
            ("PermissionSet", Operation::Update) => update_set(tx, &row),
            ("PermissionSet", Operation::Delete) => delete_set(tx, &row),
            ("ObjectPermissions", Operation::Insert) => object(tx, &row),
            ("FieldPermissions", Operation::Insert) => field(tx, &row),
            ("SetupEntityAccess", Operation::Insert) => entity(tx, &row),
            (_, Operation::Delete) => Err(RowError::unsupported(&row.object, "delete")),
            _ => Err(RowError::unsupported(&row.object, "update")),
        });
        let result = match done {
            Ok(id) => {
                let created = *operation == Operation::Insert;
                RowResult { id: Some(id), created, errors: Vec::new() }
            }
            Err(error) => RowResult { id: row.id, created: false, errors: vec![error] },
        };
        results.push((at, result));
    }
    results
}

fn allowed(tx: &Transaction, options: Options) -> Result<(), RowError> {
    let may = !options.as_user || tx.rights.has("ManageProfilesPermissionsets");
    if may { Ok(()) } else { Err(RowError::no_access()) }
}

fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.values.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn needed<'a>(row: &'a Row, name: &str) -> Result<&'a str, RowError> {
    text(row, name).ok_or_else(|| RowError::required(&[name]))
}

fn is(row: &Row, name: &str) -> bool {
    row.values.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// The user permissions that a row sets, by name: `PermissionsApiEnabled`.
fn permissions(row: &Row) -> impl Iterator<Item = (&str, bool)> {
    let named =
        row.values.iter().filter_map(|(name, value)| Some((name.strip_prefix("Permissions")?, value)));
    named.filter_map(|(name, value)| Some((name, value.as_bool()?)))
}

/// A permission set that may be changed here: no profile's, no group's.
fn set(tx: &Transaction, id: Id) -> Result<Arc<PermissionSet>, RowError> {
    let found = tx.state.metadata.permission_sets.get(&id).ok_or_else(RowError::unknown_reference)?;
    if found.group.is_some() {
        return Err(RowError::no_access());
    }
    Ok(found.clone())
}

fn parent(tx: &Transaction, row: &Row) -> Result<Arc<PermissionSet>, RowError> {
    let id = Id::parse(needed(row, "ParentId")?).ok_or_else(RowError::unknown_reference)?;
    set(tx, id).map_err(|error| error.on(&["ParentId"]))
}

fn put(tx: &mut Transaction, set: PermissionSet) {
    let set = PermissionSet { modified_ms: tx.org.now_ms(), modified_by: Some(tx.rights.user), ..set };
    tx.touched.insert(set.id);
    let id = set.id;
    Arc::make_mut(&mut tx.state.metadata).permission_sets.insert(id, Arc::new(set));
    // Whoever holds it has its rights at once.
    if tx.rights.sets.iter().any(|own| own.id == id) {
        tx.rights.sets = tx.state.rights(tx.rights.user).sets;
    }
}

fn insert_set(tx: &mut Transaction, row: &Row) -> Result<Id, RowError> {
    let (name, label) = (needed(row, "Name")?, needed(row, "Label")?);
    let fits = name.starts_with(|sign: char| sign.is_ascii_alphabetic())
        && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
        && !name.contains("__")
        && !name.ends_with('_');
    if !fits {
        let message = "The Permission Set API Name can only contain underscores and alphanumeric characters. It must be unique, begin with a letter, not include spaces, not end with an underscore, and not contain two consecutive underscores.";
        return Err(RowError::new("INVALID_FIELD", message).on(&["Name"]));
    }
    if tx.state.metadata.permission_set(name).is_some() {
        let message = format!("duplicate value found: Name duplicates value on record with id: {name}");
        return Err(RowError::new("DUPLICATE_DEVELOPER_NAME", message).on(&["Name"]));
    }
    let id = tx.org.ids.next(prefix::PERMISSION_SET);
    let now = tx.org.now_ms();
    let set = PermissionSet {
        id,
        name: name.to_owned(),
        namespace: None,
        label: label.to_owned(),
        description: text(row, "Description").map(str::to_owned),
        license: text(row, "LicenseId").and_then(Id::parse),
        profile: None,
        has_activation_required: is(row, "HasActivationRequired"),
        permissions: permissions(row).filter(|(_, on)| *on).map(|(name, _)| name.to_owned()).collect(),
        built_in_objects: ObjectAccess::default(),
        built_in_fields: FieldAccess::default(),
        objects: BTreeMap::new(),
        fields: BTreeMap::new(),
        classes: BTreeSet::new(),
        custom_permissions: BTreeSet::new(),
        record_types: BTreeMap::new(),
        group: None,
        created_ms: now,
        created_by: Some(tx.rights.user),
        modified_ms: now,
        modified_by: None,
    };
    put(tx, set);
    Ok(id)
}

fn update_set(tx: &mut Transaction, row: &Row) -> Result<Id, RowError> {
    let id = row.id.ok_or_else(|| RowError::no_id("update"))?;
    let mut set = PermissionSet::clone(&*set(tx, id)?);
    if let Some(label) = text(row, "Label") {
        label.clone_into(&mut set.label);
    }
    if let Some(description) = row.values.get("Description") {
        set.description = description.as_str().map(str::to_owned);
    }
    for (name, on) in permissions(row) {
        if on {
            set.permissions.insert(name.to_owned());
        } else {
            set.permissions.remove(name);
        }
    }
    put(tx, set);
    Ok(id)
}

fn delete_set(tx: &mut Transaction, row: &Row) -> Result<Id, RowError> {
    let id = row.id.ok_or_else(|| RowError::no_id("delete"))?;
    if set(tx, id)?.profile.is_some() {
        return Err(RowError::no_access());
    }
    if tx.state.assignments.values().any(|one| one.set == id) {
        let message = "Your attempt to delete this permission set could not be completed because it is assigned to users";
        return Err(RowError::new("DELETE_FAILED", message));
    }
    tx.touched.insert(id);
    Arc::make_mut(&mut tx.state.metadata).permission_sets.remove(&id);
    Ok(id)
}

fn object(tx: &mut Transaction, row: &Row) -> Result<Id, RowError> {
    let mut set = PermissionSet::clone(&*parent(tx, row)?);
    let name = needed(row, "SobjectType")?;
    let object = tx.state.metadata.object(name).filter(|object| crate::org::has_object_permissions(object));
    let Some(object) = object.cloned() else {
        let message = format!("Sobject Type Name: bad value for restricted picklist field: {name}");
        return Err(RowError::new("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).on(&["SobjectType"]));
    };
    let access = ObjectAccess {
        read: is(row, "PermissionsRead"),
        create: is(row, "PermissionsCreate"),
        edit: is(row, "PermissionsEdit"),
        delete: is(row, "PermissionsDelete"),
        view_all: is(row, "PermissionsViewAllRecords"),
        modify_all: is(row, "PermissionsModifyAllRecords"),
    };
    let more = access.create || access.edit || access.delete || access.view_all || access.modify_all;
    if more && !access.read || access.delete && !access.edit {
        let wanted = if access.read { "Edit" } else { "Read" };
        let message = format!("Permission {wanted} {} depends on permission(s): {wanted}", object.name);
        return Err(RowError::new("FIELD_INTEGRITY_EXCEPTION", message));
    }
    let id = Id::derived(prefix::OBJECT_PERMISSIONS, &[set.id.as_str(), &object.name]);
    set.objects.insert(object.name.clone(), access);
    put(tx, set);
    Ok(id)
}

fn field(tx: &mut Transaction, row: &Row) -> Result<Id, RowError> {
    let mut set = PermissionSet::clone(&*parent(tx, row)?);
    let full = needed(row, "Field")?;
    let known = full.split_once('.').and_then(|(object, field)| {
        let object = tx.state.metadata.object(object)?;
        Some((object.clone(), object.field(field)?.clone()))
    });
    let Some((object, field)) = known.filter(|(_, field)| field.permissionable) else {
        let message = format!("Field Name: bad value for restricted picklist field: {full}");
        return Err(RowError::new("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).on(&["Field"]));
    };
    let edit = is(row, "PermissionsEdit");
    let access = FieldAccess { read: is(row, "PermissionsRead") || edit, edit };
    let id = Id::derived(prefix::FIELD_PERMISSIONS, &[set.id.as_str(), &object.name, &field.name]);
    set.fields.insert((object.name.clone(), field.name.clone()), access);
    put(tx, set);
    Ok(id)
}

fn entity(tx: &mut Transaction, row: &Row) -> Result<Id, RowError> {
    let mut set = PermissionSet::clone(&*parent(tx, row)?);
    let id = Id::parse(needed(row, "SetupEntityId")?).ok_or_else(RowError::unknown_reference)?;
    let metadata = &tx.state.metadata;
    let permission =
        metadata.custom_permissions.values().find(|one| one.id == id).map(|one| one.name.clone());
    match permission {
        Some(name) => drop(set.custom_permissions.insert(name)),
        None if metadata.classes.contains_key(&id) => drop(set.classes.insert(id)),
        None => return Err(RowError::unknown_reference().on(&["SetupEntityId"])),
    }
    let own = Id::derived("0J0", &[set.id.as_str(), id.as_str()]);
    put(tx, set);
    Ok(own)
}
