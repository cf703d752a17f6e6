//! Describes over REST, with conditions.

use axum::http::StatusCode;
use axum::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY,
};
use serde_json::json;

use super::Call;
use crate::describe::{Packing, Page, Style, Summary};
use crate::org::date_time;
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// `GET …/sobjects`, with conditions.
pub(super) fn global(site: &Site, call: &Call) -> ApiResult {
    let metadata = site.org.metadata();
    let base = site.base_url(&call.headers);
    let page = site.rendered.global(&metadata, &call.rights, style(call, &base), packing(call));
    conditional(call, page, metadata.schema_modified_ms())
}

/// `GET …/sobjects/X`.
pub(super) fn basic(site: &Site, call: &Call, name: &str) -> ApiResult {
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let object = view.object(name).ok_or_else(ApiError::not_found)?;
    let base = site.base_url(&call.headers);
    let summary = Summary::of(&state.metadata, object, view.rights.object(object), Some(style(call, &base)));
    let recent = super::recent::of_object(&view, call, object, super::recent::OF_OBJECT_MAX);
    let recent: serde_json::Value = recent.into_iter().map(|(_, record)| record).collect();
    Answer::shown(&json!({"objectDescribe": summary, "recentItems": recent}))
}

/// `GET …/sobjects/X/describe`, with conditions.
pub(super) fn object(site: &Site, call: &Call, name: &str) -> ApiResult {
    let metadata = site.org.metadata();
    let object = if call.tooling { metadata.tooling_object(name) } else { metadata.object(name) };
    let object = object.filter(|object| call.rights.object(object).read).ok_or_else(ApiError::not_found)?;
    let base = site.base_url(&call.headers);
    let page = site.rendered.object(&metadata, &call.rights, object, style(call, &base), packing(call));
    conditional(call, page, metadata.object_modified_ms(object))
}

/// How the caller wants it; the parts of a composite answer are text in a text.
fn packing(call: &Call) -> Packing {
    if call.nested || super::xml::asked(&call.headers) {
        return Packing::Plain;
    }
    let accepted =
        call.headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let gzip = accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let refused = |weight: &str| {
            weight.strip_prefix("q=").is_some_and(|weight| weight.trim_matches(['0', '.']).is_empty())
        };
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip")) && !parts.any(refused)
    });
    if gzip { Packing::Gzip } else { Packing::Plain }
}

fn conditional(call: &Call, page: serde_json::Result<Page>, modified_ms: i64) -> ApiResult {
    let page = page.map_err(|error| {
        let message = format!("An unexpected error occurred: {error}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
    })?;
    let answer = if unchanged(call, &page.etag, modified_ms) {
        Answer::empty(StatusCode::NOT_MODIFIED)
    } else if call.nested {
        Answer::text(String::from_utf8_lossy(&page.body).into_owned())
    } else {
        let answer = Answer::bytes(page.body, "application/json;charset=UTF-8").with(VARY, "accept-encoding");
        match packing(call) {
            Packing::Plain => answer,
            Packing::Gzip => answer.with(CONTENT_ENCODING, "gzip"),
        }
    };
    Ok(dated(answer, page.etag, modified_ms))
}

fn style<'a>(call: &Call, base: &'a str) -> Style<'a> {
    Style { version: call.version, tooling: call.tooling, base }
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
