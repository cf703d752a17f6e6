//! Several calls in one.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Door, Target, call as build, dispatch};
use crate::surface::{Answer, ApiError, ApiResult, Content, Site};
use crate::transaction::Transaction;

const SERIES_MAX: usize = 25;
const SERIES_QUERIES_MAX: usize = 5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    #[serde(default)]
    all_or_none: bool,
    composite_request: Vec<Sub>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sub {
    method: String,
    url: String,
    reference_id: String,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    http_headers: Map<String, Value>,
}

fn parsed<T: for<'de> Deserialize<'de>>(call: &Call) -> Result<T, ApiError> {
    serde_json::from_value(Value::Object(call.object()?))
        .map_err(|error| ApiError::bad("JSON_PARSER_ERROR", error.to_string()))
}

/// `POST …/composite`: one call against the limit, 200 whatever its parts say.
pub(super) fn series(site: &Site, call: &Call) -> ApiResult {
    let series: Series = parsed(call)?;
    if series.composite_request.len() > SERIES_MAX {
        let message = format!("Limit of {SERIES_MAX} reached for operations in composite request");
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    if series.composite_request.iter().filter(|sub| is_costly(&sub.url)).count() > SERIES_QUERIES_MAX {
        let message = format!(
            "Limit of {SERIES_QUERIES_MAX} reached for query and collection operations in composite request"
        );
        return Err(ApiError::bad("LIMIT_EXCEEDED", message));
    }
    if !series.all_or_none {
        return Ok(Answer::text(shown(&all(site, call, series.composite_request, &mut Door::Own))));
    }
    let mut tx = Transaction::begin(&site.org, call.rights.clone());
    let parts = all(site, call, series.composite_request, &mut Door::Within(&mut tx));
    let (parts, _) = ended(tx, parts);
    Ok(Answer::text(shown(&parts)))
}

const GRAPHS_MAX: usize = 75;
const NODES_MAX: usize = 500;

#[derive(Deserialize)]
struct Graphs {
    graphs: Vec<Graph>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Graph {
    graph_id: String,
    composite_request: Vec<Sub>,
}

/// `POST …/composite/graph`: series that stand or fall each for itself, longer than others may be.
pub(super) fn graphs(site: &Site, call: &Call) -> ApiResult {
    let Graphs { graphs } = parsed(call)?;
    let nodes: usize = graphs.iter().map(|graph| graph.composite_request.len()).sum();
    for (count, max, what) in [(graphs.len(), GRAPHS_MAX, "graphs"), (nodes, NODES_MAX, "nodes")] {
        if count > max {
            let message = format!("Limit of {max} reached for {what} in composite graph request");
            return Err(ApiError::bad("LIMIT_EXCEEDED", message));
        }
    }
    let mut shown_graphs = Vec::with_capacity(graphs.len());
    for graph in graphs {
        let mut tx = Transaction::begin(&site.org, call.rights.clone());
        let parts = all(site, call, graph.composite_request, &mut Door::Within(&mut tx));
        let (parts, good) = ended(tx, parts);
        let series = shown(&parts);
        let id = Value::from(graph.graph_id);
        shown_graphs.push(format!("{{\"graphId\":{id},\"graphResponse\":{series},\"isSuccessful\":{good}}}"));
    }
    Ok(Answer::text(format!("{{\"graphs\":[{}]}}", shown_graphs.join(","))))
}

/// Commits when all parts are good; else all is undone, and says so.
fn ended(tx: Transaction, mut parts: Vec<Part>) -> (Vec<Part>, bool) {
    let good = |part: &Part| part.status.is_success() || part.status == StatusCode::NOT_MODIFIED;
    if parts.iter().all(good) {
        tx.commit();
        return (parts, true);
    }
    drop(tx);
    parts.iter_mut().filter(|part| good(part)).for_each(Part::undo);
    (parts, false)
}

/// What a part of a series is answered.
struct Part {
    reference: String,
    status: StatusCode,
    headers: Map<String, Value>,
    /// JSON.
    body: String,
}

impl Part {
    /// It was good, and went with those that were not.
    fn undo(&mut self) {
        let message =
            "The transaction was rolled back since another operation in the same transaction failed.";
        let halted = ApiError::bad("PROCESSING_HALTED", message);
        (self.status, self.body) = (halted.status, halted.to_list().to_string());
        self.headers.clear();
    }
}

/// Runs the parts of a series, each with the results of those before it at hand.
fn all(site: &Site, call: &Call, subs: Vec<Sub>, door: &mut Door<'_>) -> Vec<Part> {
    let refers = |sub: &Sub| {
        sub.url.contains("@{") || sub.body.as_ref().is_some_and(|body| body.to_string().contains("@{"))
    };
    let referred = subs.iter().any(refers);
    let mut seen: Map<String, Value> = Map::new();
    let mut answered = Vec::with_capacity(subs.len());
    for sub in subs {
        let answer = resolved(&sub, &seen).and_then(|(url, body)| {
            run(site, call, door, &sub.method, &url, body.as_ref(), &sub.http_headers)
        });
        let (status, headers, body) = parts(answer);
        if referred && status.is_success() {
            seen.insert(sub.reference_id.clone(), serde_json::from_str(&body).unwrap_or_default());
        }
        answered.push(Part { reference: sub.reference_id, status, headers, body });
    }
    answered
}

fn shown(parts: &[Part]) -> String {
    let mut text = String::from("{\"compositeResponse\":[");
    for (at, Part { reference, status, headers, body }) in parts.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let rest =
            json!({"httpHeaders": headers, "httpStatusCode": status.as_u16(), "referenceId": reference});
        // The body comes first and is text already: `{"body":…` and then the other keys.
        text.push_str(&format!("{comma}{{\"body\":{body},{}", &rest.to_string()[1..]));
    }
    text.push_str("]}");
    text
}

/// Queries, their further pages and collections: a series may hold five of them.
fn is_costly(url: &str) -> bool {
    let path = url.split_once('?').map_or(url, |(path, _)| path);
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).skip(3).peekable();
    segments.next_if_eq(&"tooling");
    match segments.next() {
        Some("query" | "queryAll") => true,
        Some("composite") => segments.next() == Some("sobjects"),
        _ => false,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    #[serde(default)]
    halt_on_error: bool,
    batch_requests: Vec<BatchSub>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchSub {
    method: String,
    url: String,
    #[serde(default)]
    rich_input: Option<Value>,
}

/// `POST …/composite/batch`: independent parts, each of which counts against the limit.
pub(super) fn batch(site: &Site, call: &Call) -> ApiResult {
    let batch: Batch = parsed(call)?;
    if batch.batch_requests.len() > SERIES_MAX {
        return Err(ApiError::bad(
            "LIMIT_EXCEEDED",
            format!("Limit of {SERIES_MAX} reached for batch requests"),
        ));
    }
    let mut failed = false;
    let mut results: Vec<String> = Vec::new();
    crate::surface::gate::count_more(&site.org, batch.batch_requests.len().saturating_sub(1) as u64);
    for sub in batch.batch_requests {
        if failed && batch.halt_on_error {
            let halted = ApiError::new(
                StatusCode::PRECONDITION_FAILED,
                "BATCH_PROCESSING_HALTED",
                "Batch processing halted by request",
            );
            results.push(json!({"statusCode": 412, "result": [halted.to_json()]}).to_string());
            continue;
        }
        let url =
            if sub.url.starts_with('/') { sub.url.clone() } else { format!("/services/data/{}", sub.url) };
        let (status, _, body) =
            parts(run(site, call, &mut Door::Own, &sub.method, &url, sub.rich_input.as_ref(), &Map::new()));
        failed |= !status.is_success();
        results.push(format!("{{\"statusCode\":{},\"result\":{body}}}", status.as_u16()));
    }
    Ok(Answer::text(format!("{{\"hasErrors\":{failed},\"results\":[{}]}}", results.join(","))))
}

fn run(
    site: &Site,
    outer: &Call,
    door: &mut Door<'_>,
    method: &str,
    url: &str,
    body: Option<&Value>,
    headers: &Map<String, Value>,
) -> ApiResult {
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| ApiError::bad("INVALID_HTTP_METHOD", "unknown method"))?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    if !path.starts_with("/services/data/v") {
        return Err(ApiError::not_found());
    }
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let pair = HeaderName::from_bytes(name.as_bytes())
            .ok()
            .zip(value.as_str().and_then(|value| HeaderValue::from_str(value).ok()));
        map.extend(pair.map(|(name, value)| (Some(name), value)));
    }
    let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
    let call = build(outer.rights.clone(), method, &Target { path, query }, map, bytes, true)?;
    dispatch(site, &call, door)
}

/// Status, headers and the body as JSON text.
fn parts(answer: ApiResult) -> (StatusCode, Map<String, Value>, String) {
    match answer {
        Ok(answer) => {
            let headers = answer
                .headers
                .iter()
                .map(|(name, value)| (canonical(name.as_str()), Value::from(value.clone())));
            let body = match answer.content {
                Content::Json(body) => body.to_string(),
                Content::Text(body) => body,
                Content::Nothing | Content::Bytes(..) => "null".to_owned(),
            };
            (answer.status, headers.collect(), body)
        }
        Err(error) => (error.status, Map::new(), error.to_list().to_string()),
    }
}

/// `last-modified` → `Last-Modified`; `etag` → `ETag`.
fn canonical(name: &str) -> String {
    if name == "etag" {
        return "ETag".to_owned();
    }
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join("-")
}

/// Puts `@{reference.field}` into URL and body.
fn resolved(sub: &Sub, seen: &Map<String, Value>) -> Result<(String, Option<Value>), ApiError> {
    let url = fill(&sub.url, seen)?;
    let body = sub.body.as_ref().map(|body| fill_value(body, seen)).transpose()?;
    Ok((url, body))
}

fn fill_value(value: &Value, seen: &Map<String, Value>) -> Result<Value, ApiError> {
    Ok(match value {
        Value::String(text) => fill(text, seen)?.into(),
        Value::Array(all) => all.iter().map(|one| fill_value(one, seen)).collect::<Result<_, _>>()?,
        Value::Object(all) => {
            let pairs = all.iter().map(|(name, one)| Ok((name.clone(), fill_value(one, seen)?)));
            Value::Object(pairs.collect::<Result<_, ApiError>>()?)
        }
        other => other.clone(),
    })
}

fn fill(text: &str, seen: &Map<String, Value>) -> Result<String, ApiError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("@{") {
        filled.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after
            .find('}')
            .ok_or_else(|| ApiError::bad("PROCESSING_HALTED", "Invalid reference specified"))?;
        let path = &after[..end];
        let unknown = || {
            ApiError::bad(
                "PROCESSING_HALTED",
                format!("Invalid reference specified. No value for {path} found"),
            )
        };
        let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
        let value = Value::Object(seen.clone()).pointer(&pointer).cloned().ok_or_else(unknown)?;
        filled.push_str(value.as_str().unwrap_or(&value.to_string()));
        rest = &after[end + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}
