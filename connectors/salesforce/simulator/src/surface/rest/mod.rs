//! REST: one dispatcher for calls from outside and for the parts of a composite call.

mod anonymous;
mod changed;
mod collection;
mod composite;
mod cursors;
mod describe;
mod door;
mod inside;
mod json_body;
mod layouts;
pub(crate) mod limits;
mod lists;
mod multipart;
pub(in crate::surface) mod packaging;
mod parents;
mod password;
mod query;
mod recent;
mod records;
mod related;
pub(crate) mod search;
mod streams;
mod tabs;
mod tests;
mod tooling;
mod tree;
mod upsert;
mod values;
mod versions;
mod write;
mod xml;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

pub(crate) use collection::{apply, doomed};
pub(crate) use cursors::{Cursor, Cursors, Remaining};
pub(crate) use door::{Door, thrown};
pub(crate) use inside::Asker;
pub(crate) use limits::daily_api_requests;
pub(crate) use multipart::form_parts;
pub(crate) use parents::is_key;
pub(super) use versions::{RETIRED, VERSIONS};
pub(crate) use write::{changed_row, new_row, target};

use super::body::BodyError;
use super::{Answer, ApiError, ApiResult, BODY_MAX, Site};
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

    /// The path of the call.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.root, self.segments.join("/"))
    }

    /// The org as this call's user sees it.
    pub(crate) fn view<'a>(&'a self, org: &'a Org, state: &'a OrgState) -> View<'a> {
        View { org, state, rights: &self.rights, tooling: self.tooling }
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<serde_json::Map<String, serde_json::Value>, ApiError> {
        json_body::object(&self.body)
    }
}

/// Serves everything that no other route takes.
pub(super) async fn serve(State(site): State<Site>, request: Request) -> Response {
    let (path, ending) = xml::ending(request.uri().path());
    let path = path.to_owned();
    // A refusal comes in the form that the answer would have had.
    let in_xml = ending.unwrap_or_else(|| xml::asked(request.headers()));
    let shown = move |answer: ApiResult, segments: &[String]| {
        let answer = answer.unwrap_or_else(|error| Answer::json(error.status, error.to_list()));
        if in_xml { xml::of(answer, segments).into_response() } else { answer.into_response() }
    };
    if path.trim_end_matches('/') == "/services/data" {
        return shown(versions::list(request.method()), &[]);
    }
    let Some(rights) = request.extensions().get::<Rights>().cloned() else {
        return shown(Err(ApiError::not_found()), &[]);
    };
    let (mut parts, body) = request.into_parts();
    if in_xml {
        // What is to be written anew must not come packed.
        parts.headers.remove(axum::http::header::ACCEPT_ENCODING);
    }
    let max = if path.contains("/jobs/ingest") { crate::bulk::CONTENT_MAX } else { BODY_MAX };
    let body = match super::body::read(&parts.headers, body, max).await {
        Ok(body) => body,
        Err(error) => return shown(Err(unreadable(error)), &[]),
    };
    let query = parts.uri.query().unwrap_or_default();
    let target = Target { path: &path, query };
    let call = call(rights, parts.method, &target, parts.headers, body, false).map(overridden);
    let call = match call.and_then(|call| json_body::takes(&call).map(|()| call)) {
        Ok(call) => call,
        Err(refusal) => return shown(Err(refusal), &[]),
    };
    // Queries over a large org compute for a while; the listener's threads stay free.
    let segments = call.segments.clone();
    match tokio::task::spawn_blocking(move || dispatch(&site, &call, &mut Door::Own)).await {
        Ok(answer) => shown(answer, &segments),
        Err(error) => {
            tracing::error!(%error, path, "a handler failed");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            shown(Err(ApiError::new(status, "UNKNOWN_EXCEPTION", "An unexpected error occurred.")), &[])
        }
    }
}

fn unreadable(error: BodyError) -> ApiError {
    match error {
        BodyError::TooLarge => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_ENTITY_TOO_LARGE", error.to_string())
        }
        BodyError::Encoding => ApiError::bad("INVALID_CONTENT_ENCODING", error.to_string()),
        BodyError::Unknown => {
            ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", error.to_string())
        }
    }
}

/// Clients that cannot send every method send a POST and name the other: `?_HttpMethod=PATCH`.
fn overridden(mut call: Call) -> Call {
    let named = call.parameter("_HttpMethod").map(str::to_ascii_uppercase);
    let named = named.and_then(|name| Method::from_bytes(name.as_bytes()).ok());
    if let Some(named) = named.filter(|_| call.method == Method::POST) {
        call.method = named;
    }
    call
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
        ["limits", "recordCount"] if read && !call.tooling => limits::record_count(site, call),
        ["tabs"] if read && !call.tooling => Ok(tabs::list(site, call)),
        ["theme"] if read && !call.tooling => Ok(tabs::theme(site, call)),
        ["quickActions"] if read && !call.tooling => Ok(Answer::ok(serde_json::json!([]))),
        ["actions" | "process" | "appMenu", ..] if read && !call.tooling => {
            lists::serve(site, call, &segments).unwrap_or_else(|| Err(ApiError::not_found()))
        }
        ["recent"] if read && !call.tooling => recent::list(site, call, door),
        ["search"] if read => search::find(site, call, door),
        ["parameterizedSearch"] if read || create => search::parameterized(site, call, door),
        ["query" | "queryAll"] if read => query::start(site, call, door),
        ["query" | "queryAll", locator] if read => query::more(site, call, door, locator),
        ["event", "eventSchema", id] if read && !call.tooling => streams::schema_by_id(site, call, id),
        ["sobjects", rest @ ..] => sobjects(site, call, door, rest),
        ["jobs", path @ ..] if !call.tooling && !call.nested => crate::bulk::v2::serve(site, call, path),
        ["graphql"] if create && !call.tooling && !call.nested => graphql(site, call),
        ["graphql"] if !call.tooling && !call.nested => method("POST"),
        ["composite", rest @ ..] => composite(site, call, door, rest),
        ["runTestsSynchronous"] | ["runTestsAsynchronous"] | ["executeAnonymous"] if call.tooling => {
            method("GET,HEAD,POST")
        }
        ["limits", ..] | ["tabs"] | ["theme"] | ["recent"] if call.tooling => Err(ApiError::not_found()),
        ["parameterizedSearch"] => method("GET,HEAD,POST"),
        [] | ["limits"] | ["limits", "recordCount"] | ["tabs"] | ["theme"] | ["recent"] | ["search"] => {
            method("GET,HEAD")
        }
        ["query" | "queryAll"] | ["query" | "queryAll", _] => method("GET,HEAD"),
        _ => Err(ApiError::not_found()),
    }
}

/// Since this version there is GraphQL.
const GRAPHQL_SINCE: u32 = 51;

fn graphql(site: &Site, call: &Call) -> ApiResult {
    if call.version < GRAPHQL_SINCE {
        return Err(ApiError::not_found());
    }
    let body = call.object()?;
    Ok(Answer::ok(crate::graphql::answer(&site.org, &site.org.snapshot(), &call.rights, &body)))
}

/// Answers a call about records.
fn sobjects(site: &Site, call: &Call, door: &mut Door<'_>, path: &[&str]) -> ApiResult {
    let (read, create) =
        (call.method == Method::GET || call.method == Method::HEAD, call.method == Method::POST);
    let (patch, delete) = (call.method == Method::PATCH, call.method == Method::DELETE);
    let method = |allowed: &str| Err(ApiError::method(&call.method, allowed));
    match path {
        [] if read => describe::global(site, call),
        ["User", user, "password"] if !call.tooling => password::answer(site, call, user),
        [object, "describe"] if read => describe::object(site, call, object),
        [object, "describe", what] if read && !call.tooling => layouts::serve(site, call, object, what),
        [object, what @ ("listviews" | "quickActions" | "compactLayouts")] if read && !call.tooling => {
            layouts::serve(site, call, object, what)
        }
        [object, "eventSchema"] if read && !call.tooling => streams::schema_of_event(site, call, object),
        [object, "updated"] if read => changed::updated(site, call, object),
        [object, "deleted"] if read => changed::deleted(site, call, object),
        [object] if read => describe::basic(site, call, object),
        [table] if streams::serves(call, table) => streams::write(site, call, table, None),
        [table, id] if streams::serves(call, table) => streams::write(site, call, table, Some(id)),
        [object] if create && call.tooling => tooling::create(site, call, door, object),
        [object] | [object, "Id" | "id"] if create => records::create(site, call, door, object),
        [object, id] if read => records::get(site, call, door, object, id),
        [object, id] if patch && call.tooling => tooling::update(site, call, door, object, id),
        [object, id] if delete && call.tooling => tooling::delete(site, call, door, object, id),
        [object, id] if patch => records::update(site, call, door, object, id),
        [object, id] if delete => records::delete(site, call, door, object, id),
        [object, id, word] => match related::serve(site, call, door, (object, id, word)) {
            Some(answer) => answer,
            None if read => upsert::by_external_id_or_blob(site, call, door, object, id, word),
            None if call.tooling => method("GET,HEAD"),
            None if patch => upsert::upsert(site, call, door, object, id, word),
            None if delete => upsert::delete(site, call, door, object, id, word),
            None => method("DELETE,GET,HEAD,PATCH"),
        },
        [] | [_, "describe" | "updated" | "deleted" | "listviews" | "quickActions" | "compactLayouts"] => {
            method("GET,HEAD")
        }
        [_] => method("GET,HEAD,POST"),
        [_, _] => method("DELETE,GET,HEAD,PATCH"),
        _ => Err(ApiError::not_found()),
    }
}

/// Answers a call that holds several.
fn composite(site: &Site, call: &Call, door: &mut Door<'_>, path: &[&str]) -> ApiResult {
    let create = call.method == Method::POST;
    let method = |allowed: &str| Err(ApiError::method(&call.method, allowed));
    match path {
        [] if create && !call.nested => composite::series(site, call),
        ["batch"] if create && !call.nested => composite::batch(site, call),
        ["graph"] if create && !call.nested && !call.tooling => composite::graphs(site, call),
        ["tree", object] if create && !call.tooling => tree::create(site, call, door, object),
        ["sobjects"] if !call.tooling => collection::answer(site, call, door),
        ["sobjects", object] if !call.tooling => match &call.method {
            &Method::GET | &Method::HEAD | &Method::POST => collection::fetch(site, call, door, object),
            _ => method("GET,HEAD,POST"),
        },
        ["sobjects", object, key] if !call.tooling => match &call.method {
            &Method::PATCH => collection::upsert(site, call, door, object, key),
            _ => method("PATCH"),
        },
        [] if call.method == Method::GET && !call.nested => Ok(versions::composites(call)),
        [] => method("GET,HEAD,POST"),
        ["batch"] | ["graph"] | ["tree", _] => method("POST"),
        _ => Err(ApiError::not_found()),
    }
}
