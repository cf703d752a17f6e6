//! Tooling's way to define channels of events and managed subscriptions, and the schemas of events.

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::Call;
use crate::events::definition::{self, Author, Definition, DefinitionError, Values, defines};
use crate::events::{EventSchema, SchemaError};
use crate::org::{Id, ObjectKind};
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// Whether a write to this Tooling table is served here.
pub(super) fn serves(call: &Call, table: &str) -> bool {
    let writes = matches!(call.method, Method::POST | Method::PATCH | Method::DELETE);
    call.tooling && writes && canonical(table).is_some()
}

fn canonical(table: &str) -> Option<&'static str> {
    [definition::CHANNEL, definition::MEMBER, definition::SUBSCRIPTION]
        .into_iter()
        .find(|name| name.eq_ignore_ascii_case(table))
}

/// `POST …/tooling/sobjects/X`, `PATCH` and `DELETE …/tooling/sobjects/X/{id}`.
pub(super) fn write(site: &Site, call: &Call, table: &str, id: Option<&str>) -> ApiResult {
    let kind = canonical(table).filter(|kind| defines(kind)).ok_or_else(ApiError::not_found)?;
    if !call.rights.has("CustomizeApplication") {
        let message = "You do not have the permission required to perform this operation.";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message));
    }
    let author = Author { user: call.rights.user, at_ms: site.org.now_ms() };
    match (&call.method, id) {
        (&Method::POST, None) => {
            let body = call.object()?;
            let name = body.get("FullName").and_then(Value::as_str).unwrap_or_default().to_owned();
            let values = values(&body)?;
            let made = site.org.change_metadata(|metadata| {
                if metadata.streams.row(kind, &name).is_some() {
                    let message =
                        format!("duplicate value found: FullName duplicates value on record with id: {name}");
                    return Err(ApiError::bad("DUPLICATE_DEVELOPER_NAME", message));
                }
                definition::put(metadata, kind, &name, &values, author).map_err(refused)
            })?;
            let id = made.header().id;
            let body = json!({"id": id, "success": true, "errors": [], "warnings": [], "infos": []});
            let location = format!("{}/sobjects/{kind}/{id}", call.root);
            Ok(Answer::json(StatusCode::CREATED, body).with(LOCATION, location))
        }
        (&Method::PATCH, Some(id)) => {
            let body = call.object()?;
            site.org.change_metadata(|metadata| {
                let row = found(metadata.streams.rows(kind), id)?;
                let mut merged = row_metadata(&row);
                merged.extend(metadata_of(&body)?);
                let values = Values::of_json(&merged);
                definition::put(metadata, kind, &row.header().full_name, &values, author).map_err(refused)
            })?;
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        (&Method::DELETE, Some(id)) => {
            site.org.change_metadata(|metadata| {
                let row = found(metadata.streams.rows(kind), id)?;
                metadata.streams.remove(kind, &row.header().full_name);
                Ok::<(), ApiError>(())
            })?;
            Ok(Answer::empty(StatusCode::NO_CONTENT))
        }
        (method, Some(_)) => Err(ApiError::method(method, "HEAD, GET, PATCH, DELETE")),
        (method, None) => Err(ApiError::method(method, "HEAD, GET, POST")),
    }
}

fn found(rows: Vec<Definition>, id: &str) -> Result<Definition, ApiError> {
    let id = Id::parse(id).ok_or_else(ApiError::no_record)?;
    rows.into_iter().find(|row| row.header().id == id).ok_or_else(ApiError::no_record)
}

fn row_metadata(row: &Definition) -> Map<String, Value> {
    let metadata = match row {
        Definition::Channel(row) => row.metadata(),
        Definition::Member(row) => row.metadata(),
        Definition::Subscription(row) => row.metadata(),
    };
    metadata.as_object().cloned().unwrap_or_default()
}

fn values(body: &Map<String, Value>) -> Result<Values, ApiError> {
    Ok(Values::of_json(&metadata_of(body)?))
}

fn metadata_of(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    match body.get("Metadata") {
        Some(Value::Object(metadata)) => Ok(metadata.clone()),
        Some(Value::Null) | None => Ok(Map::new()),
        Some(_) => Err(ApiError::bad("JSON_PARSER_ERROR", "Metadata has to be an object")),
    }
}

fn refused(error: DefinitionError) -> ApiError {
    ApiError::bad(error.code, error.message)
}

/// `GET …/sobjects/X__e/eventSchema`.
pub(super) fn schema_of_event(site: &Site, call: &Call, name: &str) -> ApiResult {
    let metadata = site.org.metadata();
    let object = metadata.object(name).filter(|object| object.kind == ObjectKind::Event);
    let access = object.map(|object| call.rights.object(object));
    let object = object
        .filter(|_| access.is_some_and(|access| access.read || access.create))
        .ok_or_else(ApiError::not_found)?;
    let schema = site.org.bus.schema_of(object).map_err(broken)?;
    shown(call, &schema)
}

/// `GET …/event/eventSchema/{id}`.
pub(super) fn schema_by_id(site: &Site, call: &Call, id: &str) -> ApiResult {
    let schema =
        crate::pubsub::visible_schema(&site.org, &call.rights, id).ok_or_else(ApiError::not_found)?;
    shown(call, &schema)
}

fn broken(error: SchemaError) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", error.to_string())
}

/// Version from which the answer is the wider form unless the compact one is asked for.
const EXPANDED_SINCE: u32 = 43;

fn shown(call: &Call, schema: &EventSchema) -> ApiResult {
    let compact: Value = serde_json::from_str(&schema.json).unwrap_or_default();
    let format = call.parameter("payloadFormat");
    if format.is_some() && call.version < EXPANDED_SINCE {
        return Err(ApiError::bad(
            "INVALID_QUERY_PARAMETER",
            "The payloadFormat parameter isn't supported in this version.",
        ));
    }
    match format.unwrap_or(if call.version < EXPANDED_SINCE { "COMPACT" } else { "EXPANDED" }) {
        format if format.eq_ignore_ascii_case("COMPACT") => {
            let mut compact = compact;
            compact["uuid"] = schema.id.clone().into();
            Ok(Answer::ok(compact))
        }
        format if format.eq_ignore_ascii_case("EXPANDED") => Ok(Answer::ok(expanded(&compact))),
        other => {
            let message = format!("Invalid value for the payloadFormat parameter: {other}");
            Err(ApiError::bad("INVALID_QUERY_PARAMETER", message))
        }
    }
}

/// The form of the streaming API's messages: the event inside its envelope, times as text.
fn expanded(compact: &Value) -> Value {
    let mut fields = compact["fields"].as_array().cloned().unwrap_or_default();
    for field in &mut fields {
        let time = field["doc"].as_str().is_some_and(|doc| doc.contains(":DateTime"));
        if time {
            match &mut field["type"] {
                Value::Array(union) => {
                    union.iter_mut().filter(|one| *one == "long").for_each(|one| *one = "string".into())
                }
                single => *single = "string".into(),
            }
        }
    }
    json!({
        "name": compact["name"],
        "namespace": compact["namespace"],
        "type": "expanded-record",
        "fields": [
            {"name": "data", "type": {"type": "record", "name": "Data", "namespace": "", "fields": [
                {"name": "schema", "type": "string"},
                {"name": "payload", "type": {"type": "record", "name": "Payload", "doc": "", "fields": fields}},
                {"name": "event", "type": {"type": "record", "name": "Event", "fields": [
                    {"name": "replayId", "type": "long"},
                ]}},
            ]}},
            {"name": "channel", "type": "string"},
        ],
    })
}
