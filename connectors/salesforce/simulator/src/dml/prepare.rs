//! Rights, and the record as it will be, before anything else sees it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::apply::Placed;
use super::save::Work;
use super::{Options, RowError, people, record_type};
use crate::org::{Field, FieldType, Id, ObjectAccess, ObjectType, Reach, Record};
use crate::tables::{self, View, sharing};
use crate::transaction::Transaction;

/// Whether the caller may do this to any record of the object at all.
pub(crate) fn may_insert(tx: &Transaction, object: &ObjectType, options: Options) -> Result<(), RowError> {
    let people = object.name == "User";
    if !people && (!tables::grows(object) || !object.createable) {
        return Err(RowError::unsupported(object, "create"));
    }
    let allowed = if people { tx.rights.has("ManageUsers") } else { tx.rights.object(object).create };
    if options.as_user && !allowed {
        return Err(RowError::no_access());
    }
    if !people && tx.org.conditions().storage_used_percent >= 100 {
        return Err(RowError::new("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"));
    }
    Ok(())
}

/// As [`may_insert`] for an update.
pub(crate) fn may_update(object: &ObjectType) -> Result<(), RowError> {
    if object.name != "User" && (!tables::grows(object) || !object.updateable) {
        return Err(RowError::unsupported(object, "update"));
    }
    Ok(())
}

/// The record that is to come, with what the platform fills in before triggers see it.
pub(super) fn insert(tx: &Transaction, object: &ObjectType, placed: Placed, options: Options) -> Work {
    let Placed { at, row } = placed;
    let mut work =
        Work { at, id: None, old: None, values: BTreeMap::new(), blob: row.blob, errors: Vec::new() };
    if row.id.is_some() {
        let error = RowError::new("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call");
        work.errors.push(error.on(&["Id"]));
    }
    if let Err(error) = may_insert(tx, object, options) {
        work.errors.push(error);
    }
    let mut hidden = Vec::new();
    for (name, value) in row.values {
        let Some(field) = object.field(&name) else { continue };
        let value = kept(field, value);
        if !field.createable || value.is_null() {
            continue;
        }
        if options.as_user && !tx.rights.field(object, field).edit {
            hidden.push(field.name.as_str());
            continue;
        }
        work.values.insert(field.name.clone(), value);
    }
    if !hidden.is_empty() {
        work.errors.push(RowError::hidden(object, &hidden));
    }
    if object.has_owner() {
        work.values.entry("OwnerId".to_owned()).or_insert_with(|| tx.rights.user.into());
    }
    // A setting that names nobody is everybody's.
    if object.field("SetupOwnerId").is_some() {
        work.values.entry("SetupOwnerId".to_owned()).or_insert_with(|| tx.org.id.into());
    }
    if let Err(error) = record_type::choose(tx, object, &mut work, options) {
        work.errors.push(error);
    }
    for field in object.fields.iter().filter(|field| field.default.is_some()) {
        let default = field.default.clone().unwrap_or_default();
        work.values.entry(field.name.clone()).or_insert(default);
    }
    for field in object.fields.iter().filter(|field| field.kind == FieldType::Boolean) {
        if field.name != "IsDeleted" {
            let start = object.name == "User" && field.name == "IsActive";
            work.values.entry(field.name.clone()).or_insert(Value::Bool(start));
        }
    }
    work
}

/// The record with what is asked to change.
pub(super) fn update(tx: &Transaction, object: &ObjectType, placed: Placed, options: Options) -> Work {
    let Placed { at, row } = placed;
    let mut work =
        Work { at, id: row.id, old: None, values: BTreeMap::new(), blob: row.blob, errors: Vec::new() };
    let old = may_update(object).and_then(|()| {
        let id = row.id.ok_or_else(|| RowError::no_id("update"))?;
        changeable(tx, object, id, options, |access| access.edit)
    });
    let old = match old {
        Ok(old) => old,
        Err(error) => {
            work.errors.push(error);
            return work;
        }
    };
    work.values = old.values.clone();
    let mut hidden = Vec::new();
    for (name, value) in row.values {
        let converting = tx.converting.is_some() && tx.converting == row.id;
        let Some(field) = object.field(&name).filter(|field| field.updateable || converting) else {
            continue;
        };
        let value = kept(field, value);
        // A field that comes back as it was read is not being written.
        if old.get(&field.name) == &value {
            continue;
        }
        if options.as_user && !converting && !tx.rights.field(object, field).edit {
            hidden.push(field.name.as_str());
            continue;
        }
        work.values.insert(field.name.clone(), value);
    }
    if !hidden.is_empty() {
        work.errors.push(RowError::hidden(object, &hidden));
    }
    work.old = Some(old);
    if let Err(error) = record_type::choose(tx, object, &mut work, options) {
        work.errors.push(error);
    }
    work
}

/// A value as the store keeps it: numbers of one kind, texts without blanks at their ends and none that is empty, no
/// booleans without a value.
pub(super) fn kept(field: &Field, value: Value) -> Value {
    match value {
        Value::Number(number) if field.kind.is_number() => match field.kind {
            FieldType::Int | FieldType::Long => match number.as_i64() {
                Some(whole) => whole.into(),
                None => number.as_f64().map_or(Value::Null, |number| (number as i64).into()),
            },
            _ => number.as_f64().map_or(Value::Null, |number| rounded(field, number).into()),
        },
        Value::String(text) => match text.trim() {
            "" => Value::Null,
            trimmed if trimmed.len() < text.len() => trimmed.into(),
            _ => Value::String(text),
        },
        Value::Null if field.kind == FieldType::Boolean => Value::Bool(false),
        value => value,
    }
}

/// Custom numbers have the places that they were made with.
fn rounded(field: &Field, number: f64) -> f64 {
    if field.metadata_type.is_none() {
        return number;
    }
    let factor = 10f64.powi(i32::from(field.scale));
    let scaled = (number * factor).round() / factor;
    if scaled.is_finite() { scaled } else { number }
}

/// The record as it is, if it is there and may be changed.
pub(super) fn changeable(
    tx: &Transaction,
    object: &ObjectType,
    id: Id,
    options: Options,
    right: impl Fn(ObjectAccess) -> bool,
) -> Result<std::sync::Arc<Record>, RowError> {
    if object.name == "User" {
        return people::changeable(tx, object, id, options);
    }
    let record = tx.state.records.get(&object.name, id).ok_or_else(RowError::unknown_reference)?;
    if record.deleted {
        return Err(RowError::deleted());
    }
    if !options.as_user && !options.with_sharing {
        return Ok(record.clone());
    }
    let shared = (!options.as_user).then(|| tx.rights.reaching(Reach::Shared));
    let rights = shared.as_ref().unwrap_or(&tx.rights);
    let access = rights.object(object);
    if !right(access) {
        return Err(RowError::no_access());
    }
    let view = View { rights, ..tx.view() };
    if !sharing::may_read(&view, object, access, record) {
        let error = RowError::new(
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
            "insufficient access rights on cross-reference id",
        );
        return Err(if options.as_user { RowError::unknown_reference() } else { error });
    }
    if !sharing::may_change(&view, object, access, record) {
        return Err(RowError::no_access());
    }
    Ok(record.clone())
}
