//! Records by their external id, and the bytes of blob fields.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::parents::{find, is_key};
use super::{Call, Door, records, related, write};
use crate::org::{Field, FieldType, Id, ObjectType};
use crate::surface::{Answer, ApiError, ApiResult, Content, Site};
use crate::tables::{self, View};

/// `GET …/sobjects/X/{id}/VersionData` or `GET …/sobjects/X/{field}/{value}`.
pub(super) fn by_external_id_or_blob(
    site: &Site,
    call: &Call,
    door: &Door<'_>,
    name: &str,
    key: &str,
    last: &str,
) -> ApiResult {
    door.look(&site.org, |state| read(&call.view(&site.org, state), call, name, key, last))
}

fn read(view: &View<'_>, call: &Call, name: &str, key: &str, last: &str) -> ApiResult {
    let state = view.state;
    let object = view.object(name).ok_or_else(ApiError::not_found)?;
    if object.name == "ApexLog" && last.eq_ignore_ascii_case("Body") {
        let body = Id::parse(key).and_then(|id| view.org.logs.body(id)).ok_or_else(ApiError::no_record)?;
        let content = Content::Bytes(body, "text/plain;charset=UTF-8");
        return Ok(Answer { status: StatusCode::OK, headers: Vec::new(), content });
    }
    if let Some(id) = Id::parse(key)
        && let Some(field) = object.field(last).filter(|field| field.kind == FieldType::Base64)
        && view.rights.field(object, field).read
    {
        tables::by_key(view, object, key).ok_or_else(ApiError::no_record)?;
        let held = || tables::held::body(&state.metadata, id);
        let bytes = state.records.blob(id).or_else(held).cloned().unwrap_or_default();
        return Ok(Answer {
            status: StatusCode::OK,
            headers: Vec::new(),
            content: Content::Bytes(bytes, "application/octet-stream"),
        });
    }
    let field = external_id(view, object, key).ok_or_else(|| related::unknown(key))?;
    let found = find(view, object, field, last);
    match found.as_slice() {
        [] => Err(ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")),
        [id] => {
            let row = tables::by_key(view, object, id.as_str()).ok_or_else(ApiError::no_record)?;
            Ok(Answer::ok(records::shown(view, call, object, &row)?))
        }
        several => Ok(ambiguous(call, object, several)),
    }
}

/// `PATCH …/sobjects/X/{field}/{value}`: updates the record with this external id or creates it.
pub(super) fn upsert(
    site: &Site,
    call: &Call,
    door: &mut Door<'_>,
    name: &str,
    field: &str,
    value: &str,
) -> ApiResult {
    let mut body = call.object()?;
    let update_only = call.parameter("updateOnly").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let done = door.change(&site.org, call, |tx| {
        let object = write::target(tx, name)?;
        let (field, found) = {
            let view = tx.view();
            let field = external_id(&view, &object, field).ok_or_else(|| related::unknown(field))?;
            (field.name.clone(), find(&view, &object, field, value))
        };
        if body.contains_key(&field) {
            let message = format!("The {field} field should not be specified in the sobject data.");
            return Err(ApiError::bad("INVALID_FIELD", message));
        }
        match found.as_slice() {
            [] if update_only => Err(ApiError::not_found()),
            [] => {
                body.insert(field, Value::from(value));
                let id = write::create(tx, &object, &body, None)?;
                Ok(Done::Created(object, id))
            }
            [id] => write::update(tx, &object, *id, &body, None).map(|()| Done::Updated(*id)),
            _ => Ok(Done::Ambiguous(object, found)),
        }
    })?;
    Ok(match done {
        Done::Created(object, id) => {
            let mut answer = records::created(site, call, &object, id);
            if let Content::Json(body) = &mut answer.content {
                body["created"] = true.into();
            }
            answer
        }
        // Before version 46 there was no body.
        Done::Updated(_) if call.version < 46 => Answer::empty(StatusCode::NO_CONTENT),
        Done::Updated(id) => Answer::ok(json!({"id": id, "success": true, "errors": [], "created": false})),
        Done::Ambiguous(object, several) => ambiguous(call, &object, &several),
    })
}

/// `DELETE …/sobjects/X/{field}/{value}`.
pub(super) fn delete(
    site: &Site,
    call: &Call,
    door: &mut Door<'_>,
    name: &str,
    field: &str,
    value: &str,
) -> ApiResult {
    let several = door.change(&site.org, call, |tx| {
        let object = write::target(tx, name)?;
        let found = {
            let view = tx.view();
            let field = external_id(&view, &object, field).ok_or_else(|| related::unknown(field))?;
            find(&view, &object, field, value)
        };
        match found.as_slice() {
            [] => Err(ApiError::not_found()),
            [id] => write::delete(tx, &object, *id).map(|()| None),
            _ => Ok(Some((object, found))),
        }
    })?;
    Ok(match several {
        None => Answer::empty(StatusCode::NO_CONTENT),
        Some((object, several)) => ambiguous(call, &object, &several),
    })
}

/// What became of an upsert.
enum Done {
    Created(Arc<ObjectType>, Id),
    Updated(Id),
    Ambiguous(Arc<ObjectType>, Vec<Id>),
}

fn external_id<'a>(view: &View<'_>, object: &'a ObjectType, name: &str) -> Option<&'a Arc<Field>> {
    object.field(name).filter(|field| is_key(view, object, field))
}

/// 300 with the URLs of all records that have this value.
fn ambiguous(call: &Call, object: &ObjectType, ids: &[Id]) -> Answer {
    let urls: Vec<String> =
        ids.iter().map(|id| format!("{}/sobjects/{}/{id}", call.root, object.name)).collect();
    Answer::json(StatusCode::MULTIPLE_CHOICES, json!(urls))
}
