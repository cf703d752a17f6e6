//! Bulk API 2.0: `jobs/ingest` and `jobs/query`, in REST's own errors.

mod ingest;
mod job;
mod query;

pub(super) use ingest::Ingest;
pub(super) use query::Query;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::csv::Format;
use crate::org::Id;
use crate::surface::rest::Call;
use crate::surface::{Answer, ApiError, ApiResult, Content, Site};

/// Jobs on one page of a list.
const PAGE: usize = 1_000;

/// Serves everything below `jobs`.
pub(crate) fn serve(site: &Site, call: &Call, path: &[&str]) -> ApiResult {
    match path {
        ["ingest", rest @ ..] => ingest::serve(site, call, rest),
        ["query", rest @ ..] => query::serve(site, call, rest),
        _ => Err(ApiError::not_found()),
    }
}

/// A text of a body's member, `None` where it is missing or null.
fn text<'a>(body: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}

/// `columnDelimiter`, `lineEnding` and `contentType` of a new job.
fn format(body: &serde_json::Map<String, Value>) -> Result<Format, ApiError> {
    let bad = |name: &str, value: &str| {
        ApiError::bad("JSON_PARSER_ERROR", format!("Unrecognized value '{value}' for {name}"))
    };
    let content = text(body, "contentType").unwrap_or("CSV");
    if !content.eq_ignore_ascii_case("CSV") {
        return Err(bad("contentType", content));
    }
    let word = text(body, "columnDelimiter").unwrap_or("COMMA");
    let delimiter = job::DELIMITERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    let (_, delimiter) = *delimiter.ok_or_else(|| bad("columnDelimiter", word))?;
    match text(body, "lineEnding").unwrap_or("LF").to_ascii_uppercase().as_str() {
        "LF" => Ok(Format { delimiter, crlf: false }),
        "CRLF" => Ok(Format { delimiter, crlf: true }),
        other => Err(bad("lineEnding", other)),
    }
}

fn id(text: &str) -> Result<Id, ApiError> {
    Id::parse(text).ok_or_else(ApiError::not_found)
}

/// A file as an answer.
fn file(text: impl Into<bytes::Bytes>) -> Answer {
    Answer { status: StatusCode::OK, headers: Vec::new(), content: Content::Bytes(text.into(), "text/csv") }
}

/// One page of jobs, the oldest first; a locator is a position.
fn list(call: &Call, jobs: Vec<Value>, kind: &str) -> Answer {
    let from: usize =
        call.parameter("queryLocator").and_then(|at| at.parse().ok()).unwrap_or(0).min(jobs.len());
    let to = jobs.len().min(from + PAGE);
    let next = (to < jobs.len()).then(|| format!("{}/jobs/{kind}?queryLocator={to}", call.root));
    Answer::ok(json!({"done": next.is_none(), "records": jobs[from..to], "nextRecordsUrl": next}))
}
