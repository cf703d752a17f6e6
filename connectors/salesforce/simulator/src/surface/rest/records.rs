//! One record at a time.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde_json::{Map, Value, json};

use super::{Call, Door, multipart, write};
use crate::org::{Id, ObjectKind, ObjectType};
use crate::soql;
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::{self, Row, View};

/// `POST …/sobjects/X`.
pub(super) fn create(site: &Site, call: &Call, door: &mut Door<'_>, name: &str) -> ApiResult {
    let (object, id) = door.change(&site.org, call, |tx| {
        let object = write::target(tx, name)?;
        let (body, blob) = multipart::body(call, &object)?;
        let id = write::create(tx, &object, &body, blob)?;
        Ok((object, id))
    })?;
    Ok(created(site, call, &object, id))
}

/// The answer to a create.
pub(super) fn created(site: &Site, call: &Call, object: &ObjectType, id: Id) -> Answer {
    let mut body = json!({"id": id, "success": true, "errors": []});
    if object.kind == ObjectKind::Event {
        body["errors"] =
            json!([{"statusCode": "OPERATION_ENQUEUED", "message": site.org.bus.next_uuid(), "fields": []}]);
    }
    let location = format!("{}/sobjects/{}/{id}", call.root, object.name);
    Answer::json(StatusCode::CREATED, body).with(LOCATION, location)
}

/// `GET …/sobjects/X/{id}`, with `?fields=`.
pub(super) fn get(site: &Site, call: &Call, door: &Door<'_>, name: &str, key: &str) -> ApiResult {
    door.look(&site.org, |state| read(&call.view(&site.org, state), call, name, key))
}

fn read(view: &View<'_>, call: &Call, name: &str, key: &str) -> ApiResult {
    let state = view.state;
    let object = view.object(name).ok_or_else(ApiError::not_found)?;
    let deleted = Id::parse(key)
        .and_then(|id| state.records.get(&object.name, id))
        .is_some_and(|record| record.deleted);
    if deleted {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "ENTITY_IS_DELETED", "entity is deleted"));
    }
    let row = tables::by_key(view, object, key).ok_or_else(ApiError::no_record)?;
    Ok(Answer::ok(shown(view, call, object, &row)?))
}

/// All fields of a row that the caller may see, or those asked for.
pub(super) fn shown(view: &View<'_>, call: &Call, object: &ObjectType, row: &Row) -> Result<Value, ApiError> {
    let id = row.value(view, "Id");
    let url = format!("{}/sobjects/{}/{}", call.root, object.name, id.as_str().unwrap_or_default());
    let mut record = Map::new();
    record.insert("attributes".to_owned(), json!({"type": object.name, "url": url}));
    let readable = |name: &str| object.field(name).filter(|field| view.rights.field(object, field).read);
    let names: Vec<String> = match call.parameter("fields") {
        Some(list) => {
            list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
        }
        None => object
            .fields
            .iter()
            .map(|field| field.name.clone())
            .filter(|name| readable(name).is_some())
            .collect(),
    };
    for name in names {
        let Some(field) = readable(&name) else {
            let message = format!("No such column '{name}' on sobject of type {}", object.name);
            return Err(ApiError::bad("INVALID_FIELD", message));
        };
        record
            .insert(field.name.clone(), soql::value(view, object, row, &field.name, field.kind, &call.root));
    }
    Ok(Value::Object(record))
}

/// `PATCH …/sobjects/X/{id}`.
pub(super) fn update(site: &Site, call: &Call, door: &mut Door<'_>, name: &str, key: &str) -> ApiResult {
    door.change(&site.org, call, |tx| {
        let object = write::target(tx, name)?;
        let id = Id::parse(key).ok_or_else(ApiError::no_record)?;
        let (body, blob) = multipart::body(call, &object)?;
        write::update(tx, &object, id, &body, blob)
    })?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// `DELETE …/sobjects/X/{id}`.
pub(super) fn delete(site: &Site, call: &Call, door: &mut Door<'_>, name: &str, key: &str) -> ApiResult {
    if name.eq_ignore_ascii_case("ApexLog") && call.rights.has("ViewSetup") {
        super::tooling::forget_log(site, Id::parse(key).ok_or_else(ApiError::no_record)?)?;
        return Ok(Answer::empty(StatusCode::NO_CONTENT));
    }
    door.change(&site.org, call, |tx| {
        let object = write::target(tx, name)?;
        let id = Id::parse(key).ok_or_else(ApiError::no_record)?;
        write::delete(tx, &object, id)
    })?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
