//! Rows that the Tooling API writes: trace flags and their levels as plain rows, Apex by way of a deployment, packages.

mod code;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde_json::{Map, Value, json};

use super::values::{self, Stored};
use super::{Call, Door, packaging};
use crate::debug_log;
use crate::dml::RowError;
use crate::org::{FieldType, Id, ObjectType, Record, rest_time};
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// Tables whose rows are kept as they come.
const KEPT: [&str; 7] = [
    "DebugLevel",
    "TraceFlag",
    "MetadataContainer",
    "ApexClassMember",
    "ApexTriggerMember",
    "ApexTestSuite",
    "TestSuiteMembership",
];

/// `POST …/tooling/sobjects/X`.
pub(super) fn create(site: &Site, call: &Call, door: &mut Door<'_>, name: &str) -> ApiResult {
    let object = object(site, call, name)?;
    let id = match object.name.as_str() {
        "ApexClass" | "ApexTrigger" => code::create(site, call, door, &object)?,
        "ContainerAsyncRequest" => code::request(site, call, door, &object)?,
        table if KEPT.contains(&table) && object.createable => {
            may_author(call)?;
            let body = call.object()?;
            insert(site, call, door, &object, &body, &[])?
        }
        _ => return packaging::create(site, call, name),
    };
    Ok(made(call, &object, id))
}

fn made(call: &Call, object: &ObjectType, id: Id) -> Answer {
    let location = format!("{}/sobjects/{}/{id}", call.root, object.name);
    let body = json!({"id": id, "success": true, "errors": [], "warnings": [], "infos": []});
    Answer::json(StatusCode::CREATED, body).with(LOCATION, location)
}

/// `PATCH …/tooling/sobjects/X/{id}`.
pub(super) fn update(site: &Site, call: &Call, door: &mut Door<'_>, name: &str, key: &str) -> ApiResult {
    let object = object(site, call, name)?;
    may_author(call)?;
    let id = Id::parse(key).ok_or_else(ApiError::no_record)?;
    let body = call.object()?;
    match object.name.as_str() {
        "ApexClass" | "ApexTrigger" => code::update(site, call, door, &object, id, &body)?,
        "ApexTestQueueItem" => abort(site, id, &body)?,
        table if KEPT.contains(&table) && object.updateable => {
            let fields = checked(&object, &body, false)?;
            let (user, now) = (call.rights.user, site.org.now_ms());
            door.change(&site.org, call, |tx| {
                let old = tx.state.records.get(&object.name, id).ok_or_else(ApiError::no_record)?;
                let mut record = Record::clone(old);
                record.values.extend(fields);
                stamp(&mut record, &["LastModified"], user, now);
                tx.state.records.put(&object.name, record);
                Ok(())
            })?;
        }
        table => return Err(unsupported(table, "update")),
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `DELETE …/tooling/sobjects/X/{id}`.
pub(super) fn delete(site: &Site, call: &Call, door: &mut Door<'_>, name: &str, key: &str) -> ApiResult {
    let object = object(site, call, name)?;
    may_author(call)?;
    let id = Id::parse(key).ok_or_else(ApiError::no_record)?;
    match object.name.as_str() {
        "ApexClass" | "ApexTrigger" => code::delete(site, call, door, &object, id)?,
        "ApexLog" => forget_log(site, id)?,
        table if KEPT.contains(&table) && object.deletable => door.change(&site.org, call, |tx| {
            if !tx.state.records.delete(&object.name, id, id) {
                return Err(ApiError::no_record());
            }
            tx.state.records.purge(id);
            Ok(())
        })?,
        table => return Err(unsupported(table, "delete")),
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The one change of a queued test class: it is not to be run any more.
fn abort(site: &Site, item: Id, body: &Map<String, Value>) -> Result<(), ApiError> {
    if body.get("Status").and_then(Value::as_str) != Some("Aborted") || body.len() > 1 {
        let message = "Only the Status of an ApexTestQueueItem can be changed, and only to Aborted";
        return Err(ApiError::bad("INVALID_STATUS", message));
    }
    if site.org.tests.abort(item) { Ok(()) } else { Err(ApiError::no_record()) }
}

/// Deletes a debug log.
pub(super) fn forget_log(site: &Site, id: Id) -> Result<(), ApiError> {
    if debug_log::forget(&site.org, id) { Ok(()) } else { Err(ApiError::no_record()) }
}

fn object(site: &Site, call: &Call, name: &str) -> Result<Arc<ObjectType>, ApiError> {
    let state = site.org.read();
    call.view(&site.org, &state).object(name).cloned().ok_or_else(ApiError::not_found)
}

fn may_author(call: &Call) -> Result<(), ApiError> {
    if call.rights.has("AuthorApex") { Ok(()) } else { Err(RowError::no_access().into()) }
}

fn unsupported(table: &str, what: &str) -> ApiError {
    ApiError::bad(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        format!("entity type {table} does not support {what}"),
    )
}

/// The fields of a body in the form in which they are kept.
fn checked(
    object: &ObjectType,
    body: &Map<String, Value>,
    create: bool,
) -> Result<Vec<(String, Value)>, ApiError> {
    let mut fields = Vec::new();
    for (name, value) in body.iter().filter(|(name, _)| *name != "attributes") {
        let Some(field) = object.field(name) else {
            let message = format!("No such column '{name}' on sobject of type {}", object.name);
            return Err(ApiError::bad("INVALID_FIELD", message));
        };
        if !(if create { field.createable } else { field.updateable }) {
            return Err(RowError::unwritable(&[&field.name]).into());
        }
        if field.kind == FieldType::ComplexValue {
            fields.push((field.name.clone(), value.clone()));
            continue;
        }
        let length = value.as_str().map_or(0, |text| text.chars().count());
        if field.length > 0 && length > field.length as usize {
            let message = format!("{}: data value too large (max length={})", field.label, field.length);
            return Err(ApiError::bad("STRING_TOO_LONG", message).on(vec![field.name.clone()]));
        }
        if let Stored::Value(value) = values::coerce(field, value)? {
            fields.push((field.name.clone(), value));
        }
    }
    if create {
        for field in object.fields.iter().filter(|field| field.kind == FieldType::Boolean && field.createable)
        {
            if !fields.iter().any(|(own, _)| *own == field.name) {
                fields.push((field.name.clone(), false.into()));
            }
        }
        let given = |name: &str| fields.iter().any(|(own, value)| own == name && !value.is_null());
        let missing: Vec<&str> = object
            .fields
            .iter()
            .filter(|field| field.required_on_create() && !given(&field.name))
            .map(|field| field.name.as_str())
            .collect();
        if !missing.is_empty() {
            return Err(RowError::required(&missing).into());
        }
    }
    Ok(fields)
}

/// Puts a row in place; `more` are values that a caller could not give.
fn insert(
    site: &Site,
    call: &Call,
    door: &mut Door<'_>,
    object: &ObjectType,
    body: &Map<String, Value>,
    more: &[(&str, Value)],
) -> Result<Id, ApiError> {
    let fields = checked(object, body, true)?;
    let id = site.org.ids.next(object.key_prefix.as_deref().unwrap_or("000"));
    let (user, now) = (call.rights.user, site.org.now_ms());
    door.change(&site.org, call, |tx| {
        let name = object.fields.iter().find(|field| field.name_field).map(|field| field.name.clone());
        let own = name.and_then(|name| fields.iter().find(|(field, _)| *field == name));
        if let Some((field, value)) = own
            && !tx.state.records.with_value(&object.name, field, value).is_empty()
        {
            let message =
                format!("duplicate value found: {field} duplicates value on record with id: <unknown>");
            return Err(ApiError::bad("DUPLICATE_VALUE", message).on(vec![field.clone()]));
        }
        let mut record = Record { id, values: fields.into_iter().collect(), deleted: false };
        record.values.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        stamp(&mut record, &["Created", "LastModified"], user, now);
        tx.state.records.put(&object.name, record);
        Ok(id)
    })
}

fn stamp(record: &mut Record, what: &[&str], user: Id, now_ms: i64) {
    for what in what {
        record.values.insert(format!("{what}Date"), rest_time(now_ms).into());
        record.values.insert(format!("{what}ById"), user.into());
    }
    record.values.insert("SystemModstamp".to_owned(), rest_time(now_ms).into());
}
