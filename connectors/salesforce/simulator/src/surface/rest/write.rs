//! Creating, changing and deleting records, with the caller's rights enforced. Rules of single objects are in `files`
//! and `people`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::values::{self, Stored};
use super::{files, people};
use crate::ledger::Kind;
use crate::org::{Field, FieldType, Id, ObjectKind, ObjectType, Org, Record, Rights, State, rest_time};
use crate::surface::ApiError;
use crate::tables::{View, sharing, stores};

/// Values of a record by field, and the bytes of its blob field.
#[derive(Debug, Default, Clone)]
pub(super) struct Draft {
    pub values: BTreeMap<String, Value>,
    pub blob: Option<Bytes>,
}

pub(super) fn no_access() -> ApiError {
    ApiError::bad("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
}

/// Refuses every write during maintenance.
fn writable(org: &Org) -> Result<(), ApiError> {
    if org.is_read_only() { Err(ApiError::maintenance()) } else { Ok(()) }
}

/// The object a write is about, if the caller may see it.
pub(super) fn target(org: &Org, rights: &Rights, name: &str) -> Result<Arc<ObjectType>, ApiError> {
    let state = org.read();
    let view = View { org, state: &state, rights, tooling: false };
    view.object(name).cloned().ok_or_else(ApiError::not_found)
}

/// Creates a record and answers its id.
pub(super) fn create(
    org: &Org,
    rights: &Rights,
    object: &ObjectType,
    body: &Map<String, Value>,
) -> Result<Id, ApiError> {
    writable(org)?;
    match object.name.as_str() {
        "PermissionSetAssignment" => return people::assign(org, rights, body),
        "User" => return people::create_user(org, rights, object, body),
        _ => {}
    }
    if object.kind == ObjectKind::Event {
        return super::events::publish(org, rights, object, body);
    }
    if !stores(object) || !object.createable {
        let message = format!("entity type {} does not support create", object.name);
        return Err(ApiError::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
    }
    if !rights.object(object).create {
        return Err(no_access());
    }
    if org.conditions().storage_used_percent >= 100 {
        return Err(ApiError::bad("STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"));
    }
    let mut draft = draft(rights, object, body, Purpose::Create)?;
    let missing: Vec<&str> = object
        .fields
        .iter()
        .filter(|field| field.required_on_create() && !draft.values.contains_key(&field.name))
        .filter(|field| field.kind != FieldType::Base64 || draft.blob.is_none())
        .map(|field| field.name.as_str())
        .collect();
    if !missing.is_empty() {
        return Err(values::required(&missing));
    }
    let prefix = object.key_prefix.clone().unwrap_or_else(|| "000".to_owned());
    let mut state = org.write();
    check_references(&state, object, &draft)?;
    check_unique(&state, object, &draft, None)?;
    let id = org.ids.next(&prefix);
    let now = rest_time(org.now_ms());
    let values = &mut draft.values;
    if object.has_owner() {
        values.entry("OwnerId".to_owned()).or_insert_with(|| rights.user.into());
    }
    for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
        values.insert(name.to_owned(), now.clone().into());
    }
    for name in ["CreatedById", "LastModifiedById"] {
        values.insert(name.to_owned(), rights.user.into());
    }
    for field in &object.fields {
        if field.kind == FieldType::Boolean && field.name != "IsDeleted" {
            values.entry(field.name.clone()).or_insert(Value::Bool(false));
        }
        if field.auto_number {
            let number = state.records.table(&object.name).count() + 1;
            values.insert(field.name.clone(), format!("{number:08}").into());
        }
    }
    let mut effects = Vec::new();
    files::before_create(org, &mut state, rights, object, id, &mut draft, &mut effects)?;
    compose_name(object, &mut draft.values);
    if let Some(bytes) = draft.blob {
        state.records.put_blob(id, bytes);
    }
    state.records.put(&object.name, Record { id, values: draft.values, deleted: false });
    drop(state);
    effects.push((Kind::RecordCreated, object.name.clone(), id));
    note(org, rights, effects);
    Ok(id)
}

/// Changes a record.
pub(super) fn update(
    org: &Org,
    rights: &Rights,
    object: &ObjectType,
    id: Id,
    body: &Map<String, Value>,
) -> Result<(), ApiError> {
    writable(org)?;
    if object.name == "User" {
        return people::update_user(org, rights, object, id, body);
    }
    if !stores(object) || !object.updateable {
        let message = format!("entity type {} does not support update", object.name);
        return Err(ApiError::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
    }
    let record = readable(org, rights, object, id)?;
    if !rights.object(object).edit {
        return Err(no_access());
    }
    let draft = draft(rights, object, body, Purpose::Update)?;
    let mut state = org.write();
    {
        let view = View { org, state: &state, rights, tooling: false };
        if !sharing::may_change(&view, object, rights.object(object), &record) {
            return Err(no_access());
        }
    }
    check_references(&state, object, &draft)?;
    check_unique(&state, object, &draft, Some(id))?;
    // It may have changed or gone since it was read.
    let current =
        state.records.get(&object.name, id).filter(|record| !record.deleted).cloned().ok_or_else(deleted)?;
    let mut values = current.values.clone();
    values.extend(draft.values);
    let now = rest_time(org.now_ms());
    values.insert("LastModifiedDate".to_owned(), now.clone().into());
    values.insert("SystemModstamp".to_owned(), now.into());
    values.insert("LastModifiedById".to_owned(), rights.user.into());
    compose_name(object, &mut values);
    if let Some(bytes) = draft.blob {
        state.records.put_blob(id, bytes);
    }
    state.records.put(&object.name, Record { id, values, deleted: false });
    drop(state);
    note(org, rights, vec![(Kind::RecordUpdated, object.name.clone(), id)]);
    Ok(())
}

/// Moves a record to the recycle bin, and what cannot be without it.
pub(super) fn delete(org: &Org, rights: &Rights, object: &ObjectType, id: Id) -> Result<(), ApiError> {
    writable(org)?;
    if object.name == "PermissionSetAssignment" {
        return people::unassign(org, rights, id);
    }
    if !stores(object) || !object.deletable {
        let message = format!("entity type {} does not support delete", object.name);
        return Err(ApiError::bad("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message));
    }
    let record = readable(org, rights, object, id)?;
    let access = rights.object(object);
    let mut state = org.write();
    {
        let view = View { org, state: &state, rights, tooling: false };
        if !access.delete || !sharing::may_change(&view, object, access, &record) {
            return Err(no_access());
        }
    }
    let mut effects = Vec::new();
    let mut doomed = vec![(object.name.clone(), id)];
    while let Some((name, id)) = doomed.pop() {
        if state.records.delete(&name, id) {
            doomed.extend(dependants(&state, &name, id));
            effects.push((Kind::RecordDeleted, name, id));
        }
    }
    drop(state);
    note(org, rights, effects);
    Ok(())
}

/// Records that go with their parent: details of a master, versions and links of a document.
fn dependants(state: &State, object: &str, id: Id) -> Vec<(String, Id)> {
    let mut found = Vec::new();
    for child in state.metadata.objects() {
        let of_file = object == "ContentDocument"
            && matches!(child.name.as_str(), "ContentVersion" | "ContentDocumentLink");
        let links = child.fields.iter().filter(|field| {
            let cascades = field.master_detail || of_file && field.name == "ContentDocumentId";
            cascades && field.reference_to.iter().any(|parent| parent == object)
        });
        for link in links {
            let rows = state
                .records
                .table(&child.name)
                .filter(|row| !row.deleted && row.reference(&link.name) == Some(id));
            found.extend(rows.map(|row| (child.name.clone(), row.id)));
        }
    }
    found
}

fn note(org: &Org, rights: &Rights, effects: Vec<(Kind, String, Id)>) {
    for (kind, object, id) in effects {
        org.note(kind, Some(rights.user), object, &[("id", id.as_str())]);
    }
}

fn deleted() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted")
}

/// The record, if the caller may read it.
pub(super) fn readable(
    org: &Org,
    rights: &Rights,
    object: &ObjectType,
    id: Id,
) -> Result<Arc<Record>, ApiError> {
    let state = org.read();
    let view = View { org, state: &state, rights, tooling: false };
    let record = state.records.get(&object.name, id).ok_or_else(ApiError::no_record)?;
    if record.deleted {
        return Err(deleted());
    }
    if !sharing::may_read(&view, object, rights.object(object), record) {
        return Err(ApiError::no_record());
    }
    Ok(record.clone())
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Purpose {
    Create,
    Update,
}

/// Checks names and values against what the caller may write.
pub(super) fn draft(
    rights: &Rights,
    object: &ObjectType,
    body: &Map<String, Value>,
    purpose: Purpose,
) -> Result<Draft, ApiError> {
    let mut draft = Draft::default();
    let mut refused = Vec::new();
    for (name, value) in body {
        if name == "attributes" {
            continue;
        }
        let field = object.field(name).filter(|field| rights.field(object, field).read);
        let Some(field) = field else {
            let message = format!("No such column '{name}' on sobject of type {}", object.name);
            return Err(ApiError::bad("INVALID_FIELD", message));
        };
        let writable = if purpose == Purpose::Create { field.createable } else { field.updateable };
        if !writable || !rights.field(object, field).edit {
            refused.push(field.name.clone());
            continue;
        }
        match values::coerce(field, value)? {
            Stored::Blob(bytes) => draft.blob = Some(bytes),
            // On a create no value and null are the same.
            Stored::Value(Value::Null) if purpose == Purpose::Create => {}
            Stored::Value(value) => {
                draft.values.insert(field.name.clone(), value);
            }
        }
    }
    if refused.is_empty() {
        return Ok(draft);
    }
    let message = format!(
        "Unable to create/update fields: {}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
        refused.join(", ")
    );
    Err(ApiError::bad("INVALID_FIELD_FOR_INSERT_UPDATE", message).on(refused))
}

fn check_references(state: &State, object: &ObjectType, draft: &Draft) -> Result<(), ApiError> {
    let references = object.fields.iter().filter(|field| field.kind == FieldType::Reference);
    for field in references {
        let Some(id) = draft.values.get(&field.name).and_then(Value::as_str).and_then(Id::parse) else {
            continue;
        };
        let targets: Vec<_> =
            field.reference_to.iter().filter_map(|name| state.metadata.object(name)).collect();
        let known = targets.iter().any(|target| target.key_prefix.as_deref() == Some(id.prefix()));
        if !targets.is_empty() && targets.len() == field.reference_to.len() && !known {
            let message = format!("{}: id value of incorrect type: {id}", field.label);
            return Err(ApiError::bad("FIELD_INTEGRITY_EXCEPTION", message).on(vec![field.name.clone()]));
        }
        if !exists(state, id) {
            return Err(ApiError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
                .on(vec![field.name.clone()]));
        }
    }
    Ok(())
}

/// Whether any row has this id.
pub(super) fn exists(state: &State, id: Id) -> bool {
    state.users.contains_key(&id)
        || state.profiles.contains_key(&id)
        || state.metadata.objects().any(|object| {
            object.key_prefix.as_deref() == Some(id.prefix())
                && state.records.get(&object.name, id).is_some_and(|row| !row.deleted)
        })
}

fn check_unique(state: &State, object: &ObjectType, draft: &Draft, own: Option<Id>) -> Result<(), ApiError> {
    for field in object.fields.iter().filter(|field| field.unique) {
        let Some(value) = draft.values.get(&field.name).filter(|value| !value.is_null()) else { continue };
        let same = |other: &Value| match (value, other) {
            (Value::String(a), Value::String(b)) => a.to_lowercase() == b.to_lowercase(),
            (a, b) => a == b,
        };
        let mut rows = state.records.table(&object.name);
        let twin = rows.find(|row| !row.deleted && Some(row.id) != own && same(row.get(&field.name)));
        if let Some(twin) = twin {
            let message = format!(
                "duplicate value found: {} duplicates value on record with id: {}",
                field.name,
                twin.id.short()
            );
            return Err(ApiError::bad("DUPLICATE_VALUE", message).on(vec![field.name.clone()]));
        }
    }
    Ok(())
}

/// People's names are made of their parts.
fn compose_name(object: &ObjectType, values: &mut BTreeMap<String, Value>) {
    let composed: fn(&Field) -> bool =
        |field| field.name == "Name" && !field.createable && !field.auto_number;
    if object.fields.iter().any(|field| composed(field)) && object.field("LastName").is_some() {
        let part = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = format!("{} {}", part("FirstName"), part("LastName"));
        values.insert("Name".to_owned(), name.trim().into());
    }
}
