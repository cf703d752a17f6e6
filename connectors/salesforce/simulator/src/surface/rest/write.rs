//! Creating, changing and deleting single records, with the caller's rights enforced.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::door::thrown;
use super::parents;
use super::values::{self, Stored};
use crate::dml::{self, Operation, Options, Row, RowError};
use crate::org::{Id, ObjectKind, ObjectType};
use crate::surface::ApiError;
use crate::tables::sharing;
use crate::transaction::Transaction;

/// The object a write is about, if the caller may see it.
pub(crate) fn target(tx: &Transaction, name: &str) -> Result<Arc<ObjectType>, ApiError> {
    tx.view().object(name).cloned().ok_or_else(ApiError::not_found)
}

/// Creates a record and answers its id.
pub(super) fn create(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    body: &Map<String, Value>,
    blob: Option<Bytes>,
) -> Result<Id, ApiError> {
    let row = new_row(tx, object, body, blob)?;
    let id = one(tx, Operation::Insert, row)?;
    id.ok_or_else(ApiError::no_record)
}

/// A row to be inserted, checked against what the caller may write.
pub(crate) fn new_row(
    tx: &Transaction,
    object: &Arc<ObjectType>,
    body: &Map<String, Value>,
    blob: Option<Bytes>,
) -> Result<Row, ApiError> {
    match object.name.as_str() {
        _ if object.kind == ObjectKind::Event => {
            let values = body.iter().filter(|(name, _)| *name != "attributes");
            let values = values.map(|(name, value)| (name.clone(), value.clone())).collect();
            return Ok(Row { object: object.clone(), id: None, values, blob: None });
        }
        "PermissionSetAssignment" => return assignment(object, body),
        _ => dml::may_insert(tx, object, Options::API)?,
    }
    let mut row = row(tx, object, None, body)?;
    row.blob = blob.or(row.blob);
    Ok(row)
}

/// Changes a record.
pub(super) fn update(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    id: Id,
    body: &Map<String, Value>,
    blob: Option<Bytes>,
) -> Result<(), ApiError> {
    if object.name != "User" {
        dml::may_update(object)?;
        readable(tx, object, id)?;
    } else if !tx.state.users.contains_key(&id) {
        return Err(ApiError::no_record());
    }
    let mut row = changed_row(tx, object, id, body)?;
    row.blob = blob.or(row.blob);
    one(tx, Operation::Update, row).map(drop)
}

/// A row to be updated, checked against what the caller may write.
pub(crate) fn changed_row(
    tx: &Transaction,
    object: &Arc<ObjectType>,
    id: Id,
    body: &Map<String, Value>,
) -> Result<Row, ApiError> {
    if object.name == "User" {
        if !tx.rights.has("ManageUsers") && tx.rights.user != id {
            return Err(RowError::no_access().into());
        }
    } else {
        dml::may_update(object)?;
        if !tx.rights.object(object).edit {
            return Err(RowError::no_access().into());
        }
    }
    row(tx, object, Some(id), body)
}

/// Moves a record to the recycle bin, and what cannot be without it.
pub(super) fn delete(tx: &mut Transaction, object: &Arc<ObjectType>, id: Id) -> Result<(), ApiError> {
    if object.name == "PermissionSetAssignment" {
        if !tx.state.assignments.contains_key(&id) {
            return Err(ApiError::no_record());
        }
    } else {
        dml::may_delete(object)?;
        readable(tx, object, id)?;
    }
    one(tx, Operation::Delete, Row::of(object, id)).map(drop)
}

/// Takes one row through the door.
pub(super) fn one(tx: &mut Transaction, operation: Operation, row: Row) -> Result<Option<Id>, ApiError> {
    let results = match tx.apply(operation, vec![row], Options::API) {
        Ok(results) => results,
        Err(error) => return Err(thrown(tx, &error).into()),
    };
    let Some(result) = results.into_iter().next() else { return Ok(None) };
    let mut errors = result.errors.into_iter().map(ApiError::from);
    match errors.next() {
        None => Ok(result.id),
        Some(first) => Err(first.and(errors.collect())),
    }
}

/// Refuses a record that the caller may not read.
fn readable(tx: &Transaction, object: &ObjectType, id: Id) -> Result<(), ApiError> {
    let record = tx.state.records.get(&object.name, id).ok_or_else(ApiError::no_record)?;
    if record.deleted {
        return Err(RowError::deleted().into());
    }
    if !sharing::may_read(&tx.view(), object, tx.rights.object(object), record) {
        return Err(ApiError::no_record());
    }
    Ok(())
}

/// Checks names and values against what the caller may write.
fn row(
    tx: &Transaction,
    object: &Arc<ObjectType>,
    id: Option<Id>,
    body: &Map<String, Value>,
) -> Result<Row, ApiError> {
    let rights = &tx.rights;
    let mut row = Row { object: object.clone(), id, values: BTreeMap::new(), blob: None };
    let mut refused = Vec::new();
    for (name, value) in body {
        if name == "attributes" {
            continue;
        }
        let field = object.field(name).filter(|field| rights.field(object, field).read);
        let (field, parent) = match field {
            Some(field) => (field, None),
            None => match parents::parent(&tx.view(), object, name, value)? {
                Some((field, parent)) => (field, Some(parent)),
                None => {
                    let message = format!("No such column '{name}' on sobject of type {}", object.name);
                    return Err(ApiError::bad("INVALID_FIELD", message));
                }
            },
        };
        let value = parent.as_ref().unwrap_or(value);
        let writable = if id.is_none() { field.createable } else { field.updateable };
        if !writable || !rights.field(object, field).edit {
            refused.push(field.name.as_str());
            continue;
        }
        match values::coerce(field, value)? {
            Stored::Blob(bytes) => row.blob = Some(bytes),
            Stored::Value(value) => {
                row.values.insert(field.name.clone(), value);
            }
        }
    }
    if refused.is_empty() { Ok(row) } else { Err(RowError::unwritable(&refused).into()) }
}

fn assignment(object: &Arc<ObjectType>, body: &Map<String, Value>) -> Result<Row, ApiError> {
    let mut row = Row { object: object.clone(), id: None, values: BTreeMap::new(), blob: None };
    let by_group = body.get("PermissionSetGroupId").is_some_and(|id| !id.is_null());
    for name in ["AssigneeId", if by_group { "PermissionSetGroupId" } else { "PermissionSetId" }] {
        let text = body.get(name).and_then(Value::as_str);
        let text = text.ok_or_else(|| RowError::required(&[name]))?;
        let id = Id::parse(text).ok_or_else(|| {
            RowError::new("MALFORMED_ID", format!("{name}: id value of incorrect type: {text}")).on(&[name])
        })?;
        row.values.insert(name.to_owned(), id.into());
    }
    Ok(row)
}
