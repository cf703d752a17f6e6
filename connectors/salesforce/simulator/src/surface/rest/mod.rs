//! REST: one dispatcher for calls from outside and for the parts of a composite call.

mod anonymous;
mod collection;
mod composite;
mod cursors;
mod describe;
mod door;
mod limits;
mod multipart;
pub(in crate::surface) mod packaging;
mod parents;
mod query;
mod records;
mod streams;
mod tests;
mod upsert;
mod values;
mod versions;
mod write;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

pub(crate) use collection::{apply, doomed};
pub(crate) use cursors::{Cursor, Cursors, Remaining};
pub(crate) use door::{Door, thrown};
pub(super) use limits::daily_api_requests;
pub(crate) use multipart::form_parts;
pub(crate) use parents::is_key;
pub(super) use versions::{RETIRED, VERSIONS};
pub(crate) use write::{changed_row, new_row, target};

use super::{ApiError, ApiResult, BODY_MAX, Site};
use crate::org::{Org, Rights, State as OrgState};
use crate::tables::View;

/// A call as the handlers see it.
#[derive(Clone)]
pub(crate) struct Call {
    pub rights: Rights,
    pub method: Method,
    /// `/services/data/v67.0`, with `/tooling` behind it where the call came that way.
    pub root: String,
    pub version: u32,
    pub tooling: bool,
    /// Path behind the root, decoded, without empty parts.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Calls inside this one; a composite call may not hold another.
    pub nested: bool,
}

impl Call {
    /// A query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The org as this call's user sees it.
    pub(crate) fn view<'a>(&'a self, org: &'a Org, state: &'a OrgState) -> View<'a> {
        View { org, state, rights: &self.rights, tooling: self.tooling }
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<serde_json::Map<String, serde_json::Value>, ApiError> {
        if self.body.is_empty() {
            return Err(ApiError::bad(
                "JSON_PARSER_ERROR",
                "No content to map to Object due to end of input",
            ));
        }
        match serde_json::from_slice(&self.body) {
            Ok(serde_json::Value::Object(object)) => Ok(object),
            Ok(_) => Err(ApiError::bad(
                "JSON_PARSER_ERROR",
                "The HTTP entity body is required to be a JSON object",
            )),
            Err(error) => {
                let message = format!(
                    "Unexpected character or end of input at [line:{}, column:{}]",
                    error.line(),
                    error.column()
                );
                Err(ApiError::bad("JSON_PARSER_ERROR", message))
            }
        }
    }
}

/// Serves everything that no other route takes.
pub(super) async fn serve(State(site): State<Site>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path.trim_end_matches('/') == "/services/data" {
        return versions::list(request.method()).into_response();
    }
    let Some(rights) = request.extensions().get::<Rights>().cloned() else {
        return ApiError::not_found().into_response();
    };
    let (parts, body) = request.into_parts();
    let max = if path.contains("/jobs/ingest") { crate::bulk::CONTENT_MAX } else { BODY_MAX };
    let Ok(body) = axum::body::to_bytes(body, max).await else {
        let message = "The request body is larger than the maximum";
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_ENTITY_TOO_LARGE", message)
            .into_response();
    };
    let query = parts.uri.query().unwrap_or_default();
    let target = Target { path: &path, query };
    let call = match call(rights, parts.method, &target, parts.headers, body, false) {
        Ok(call) => call,
        Err(refusal) => return refusal.into_response(),
    };
    // Queries over a large org compute for a while; the listener's threads stay free.
    match tokio::task::spawn_blocking(move || dispatch(&site, &call, &mut Door::Own)).await {
        Ok(answer) => answer.into_response(),
        Err(error) => {
            tracing::error!(%error, path, "a handler failed");
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "UNKNOWN_EXCEPTION",
                "An unexpected error occurred.",
            )
            .into_response()
        }
    }
}

struct Target<'a> {
    path: &'a str,
    query: &'a str,
}

fn call(
    rights: Rights,
    method: Method,
    target: &Target<'_>,
    headers: HeaderMap,
    body: Bytes,
    nested: bool,
) -> Result<Call, ApiError> {
    let decoded = |part: &str| {
        let plus_kept = part.replace('+', "%2B");
        url::form_urlencoded::parse(plus_kept.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
            .unwrap_or_default()
    };
    let mut segments: Vec<String> =
        target.path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
    if segments.len() < 3 {
        return Err(ApiError::not_found());
    }
    let rest = segments.split_off(3);
    let version =
        segments[2].trim_start_matches('v').split('.').next().and_then(|number| number.parse().ok());
    let tooling = rest.first().is_some_and(|first| first == "tooling");
    let tail = if tooling { "/tooling" } else { "" };
    Ok(Call {
        rights,
        method,
        root: format!("/services/data/{}{tail}", segments[2]),
        version: version.ok_or_else(ApiError::not_found)?,
        tooling,
        segments: rest.into_iter().skip(usize::from(tooling)).collect(),
        query: url::form_urlencoded::parse(target.query.as_bytes()).into_owned().collect(),
        headers,
        body,
        nested,
    })
}

/// Answers a call.
fn dispatch(site: &Site, call: &Call, door: &mut Door<'_>) -> ApiResult {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let (read, create) =
        (call.method == Method::GET || call.method == Method::HEAD, call.method == Method::POST);
    let method = |allowed: &str| Err(ApiError::method(&call.method, allowed));
    match segments.as_slice() {
        [] if read => Ok(versions::resources(site, call)),
        ["runTestsSynchronous"] if (read || create) && call.tooling => tests::synchronous(site, call),
        ["runTestsAsynchronous"] if create && call.tooling => tests::asynchronous(site, call),
        ["executeAnonymous"] if read && call.tooling => anonymous::execute(site, call),
        ["limits"] if read && !call.tooling => Ok(limits::list(site)),
        ["query" | "queryAll"] if read => query::start(site, call, door),
        ["query" | "queryAll", locator] if read => query::more(site, call, door, locator),
        ["sobjects"] if read => describe::global(site, call),
        ["sobjects", event, "eventSchema"] if read => streams::schema_of_event(site, call, event),
        ["event", "eventSchema", id] if read => streams::schema_by_id(site, call, id),
        ["sobjects", table] if streams::serves(call, table) => streams::write(site, call, table, None),
        ["sobjects", table, id] if streams::serves(call, table) => {
            streams::write(site, call, table, Some(id))
        }
        ["sobjects", object, "describe"] if read => describe::object(site, call, object),
        ["sobjects", object] if read => describe::basic(site, call, object),
        ["sobjects", object] if create && call.tooling => packaging::create(site, call, object),
        ["sobjects", object] if create => records::create(site, call, door, object),
        ["sobjects", object, id] if read => records::get(site, call, door, object, id),
        ["sobjects", object, id] if call.method == Method::PATCH && !call.tooling => {
            records::update(site, call, door, object, id)
        }
        ["sobjects", object, id] if call.method == Method::DELETE && !call.tooling => {
            records::delete(site, call, door, object, id)
        }
        ["sobjects", object, id, field] if read => {
            upsert::by_external_id_or_blob(site, call, door, object, id, field)
        }
        ["sobjects", object, field, value] if call.method == Method::PATCH && !call.tooling => {
            upsert::upsert(site, call, door, object, field, value)
        }
        ["jobs", path @ ..] if !call.tooling && !call.nested => crate::bulk::v2::serve(site, call, path),
        ["composite"] if create && !call.nested => composite::series(site, call),
        ["composite", "batch"] if create && !call.nested => composite::batch(site, call),
        ["composite", "sobjects"] if !call.tooling => collection::answer(site, call, door),
        [] | ["limits"] | ["query" | "queryAll", ..] | ["sobjects"] | ["sobjects", _, "describe"] => {
            method("HEAD, GET")
        }
        ["sobjects", _] => method("HEAD, GET, POST"),
        ["sobjects", _, _] => method("HEAD, GET, PATCH, DELETE"),
        ["sobjects", _, _, _] => method("HEAD, GET, PATCH"),
        ["composite"] | ["composite", "batch"] => method("POST"),
        _ => Err(ApiError::not_found()),
    }
}
