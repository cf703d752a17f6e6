//! Describes over REST, with conditions.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::StatusCode;
use axum::http::header::{ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use serde_json::json;

use super::Call;
use crate::describe::{Global, ObjectFacts, Style, Summary, entity_tag};
use crate::org::date_time;
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// `GET …/sobjects`, with conditions.
pub(super) fn global(site: &Site, call: &Call) -> ApiResult {
    let metadata = site.org.metadata();
    let etag = entity_tag(&metadata, &call.rights, call.tooling);
    let modified_ms = metadata.schema_modified_ms();
    let answer = if unchanged(call, &etag, modified_ms) {
        Answer::empty(StatusCode::NOT_MODIFIED)
    } else {
        Answer::shown(&Global::of(&metadata, &call.rights, call.tooling, Some(style(call))))?
    };
    Ok(dated(answer, etag, modified_ms))
}

/// `GET …/sobjects/X`.
pub(super) fn basic(site: &Site, call: &Call, name: &str) -> ApiResult {
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let object = view.object(name).ok_or_else(ApiError::not_found)?;
    let summary = Summary::of(object, view.rights.object(object), Some(style(call)));
    Answer::shown(&json!({"objectDescribe": summary, "recentItems": []}))
}

/// `GET …/sobjects/X/describe`, with conditions.
pub(super) fn object(site: &Site, call: &Call, name: &str) -> ApiResult {
    let metadata = site.org.metadata();
    let object = if call.tooling { metadata.tooling_object(name) } else { metadata.object(name) };
    let object = object.filter(|object| call.rights.object(object).read).ok_or_else(ApiError::not_found)?;
    let modified_ms = metadata.object_modified_ms(object);
    let facts = ObjectFacts::of(&metadata, &call.rights, object, Some(style(call)));
    let mut answer = Answer::shown(&facts)?;
    let mut hash = DefaultHasher::new();
    if let crate::surface::Content::Text(text) = &answer.content {
        text.hash(&mut hash);
    }
    let etag = format!("\"{:016x}\"", hash.finish());
    if unchanged(call, &etag, modified_ms) {
        answer = Answer::empty(StatusCode::NOT_MODIFIED);
    }
    Ok(dated(answer, etag, modified_ms))
}

fn style(call: &Call) -> Style {
    Style { version: call.version, tooling: call.tooling }
}

/// Whether the caller's copy is still good. As HTTP has it, `If-None-Match` decides alone where it is given.
fn unchanged(call: &Call, etag: &str, modified_ms: i64) -> bool {
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(tags) = header(IF_NONE_MATCH) {
        return tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag);
    }
    let since = header(IF_MODIFIED_SINCE).and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok());
    since.is_some_and(|since| modified_ms <= since.timestamp_millis())
}

fn dated(answer: Answer, etag: String, modified_ms: i64) -> Answer {
    let modified = date_time(modified_ms).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.with(ETAG, etag).with(LAST_MODIFIED, modified)
}
