//! Several calls in one.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Target, call as build, dispatch, write};
use crate::org::Id;
use crate::surface::{Answer, ApiError, ApiResult, Content, Site};

const SERIES_MAX: usize = 25;
const SERIES_QUERIES_MAX: usize = 5;
const COLLECTION_MAX: usize = 200;

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
    if series.all_or_none && series.composite_request.iter().any(|sub| sub.method != "GET") {
        return Err(ApiError::bad(
            "NOT_SUPPORTED",
            "this simulator does not roll back a composite request: allOrNone is for reads only",
        ));
    }
    let refers = |sub: &Sub| {
        sub.url.contains("@{") || sub.body.as_ref().is_some_and(|body| body.to_string().contains("@{"))
    };
    let referred = series.composite_request.iter().any(refers);
    let mut seen: Map<String, Value> = Map::new();
    let mut answers = String::from("{\"compositeResponse\":[");
    for (at, sub) in series.composite_request.into_iter().enumerate() {
        let answer = resolved(&sub, &seen)
            .and_then(|(url, body)| run(site, call, &sub.method, &url, body.as_ref(), &sub.http_headers));
        let (status, headers, body) = parts(answer);
        let comma = if at == 0 { "" } else { "," };
        let rest = json!({"httpHeaders": headers, "httpStatusCode": status.as_u16(), "referenceId": sub.reference_id});
        // The body comes first and is text already: `{"body":…` and then the other keys.
        answers.push_str(&format!("{comma}{{\"body\":{body},{}", &rest.to_string()[1..]));
        if referred && status.is_success() {
            seen.insert(sub.reference_id, serde_json::from_str(&body).unwrap_or_default());
        }
    }
    answers.push_str("]}");
    Ok(Answer::text(answers))
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
            parts(run(site, call, &sub.method, &url, sub.rich_input.as_ref(), &Map::new()));
        failed |= !status.is_success();
        results.push(format!("{{\"statusCode\":{},\"result\":{body}}}", status.as_u16()));
    }
    Ok(Answer::text(format!("{{\"hasErrors\":{failed},\"results\":[{}]}}", results.join(","))))
}

fn run(
    site: &Site,
    outer: &Call,
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
    dispatch(site, &call)
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
        Err(error) => (error.status, Map::new(), json!([error.to_json()]).to_string()),
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

/// `…/composite/sobjects`: up to 200 records; 200 even when rows fail.
pub(super) fn collection(site: &Site, call: &Call) -> ApiResult {
    if call.method == Method::DELETE {
        return delete_all(site, call);
    }
    if call.method != Method::POST && call.method != Method::PATCH {
        return Err(ApiError::method(&call.method, "POST, PATCH, DELETE"));
    }
    let body = call.object()?;
    refuse_all_or_none(body.get("allOrNone") == Some(&Value::Bool(true)))?;
    let records = body.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
    limit(records.len())?;
    let create = call.method == Method::POST;
    let rows = records.iter().map(|record| {
        row(if create { create_one(site, call, record) } else { update_one(site, call, record) })
    });
    Ok(Answer::ok(rows.collect()))
}

fn limit(count: usize) -> Result<(), ApiError> {
    if count > COLLECTION_MAX {
        let message =
            format!("record limit reached. cannot submit more than {COLLECTION_MAX} records in this request");
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    Ok(())
}

fn refuse_all_or_none(asked: bool) -> Result<(), ApiError> {
    if asked {
        return Err(ApiError::bad(
            "NOT_SUPPORTED",
            "this simulator does not roll back a collection: allOrNone has to be false",
        ));
    }
    Ok(())
}

fn row(result: Result<Id, ApiError>) -> Value {
    match result {
        Ok(id) => json!({"id": id, "success": true, "errors": []}),
        Err(error) => json!({"success": false, "errors": [error.to_row_json()]}),
    }
}

fn typed(record: &Value) -> Result<(&str, &Map<String, Value>), ApiError> {
    let name = record.pointer("/attributes/type").and_then(Value::as_str);
    name.zip(record.as_object())
        .ok_or_else(|| ApiError::bad("INVALID_INPUT", "attributes.type is required for each record"))
}

fn create_one(site: &Site, call: &Call, record: &Value) -> Result<Id, ApiError> {
    let (name, body) = typed(record)?;
    let object = write::target(&site.org, &call.rights, name)?;
    write::create(&site.org, &call.rights, &object, body)
}

fn update_one(site: &Site, call: &Call, record: &Value) -> Result<Id, ApiError> {
    let (name, body) = typed(record)?;
    let mut body = body.clone();
    let id =
        ["id", "Id"].iter().find_map(|key| body.remove(*key)).and_then(|id| id.as_str().and_then(Id::parse));
    let id = id.ok_or_else(|| ApiError::bad("MISSING_ARGUMENT", "Id not specified in an update call"))?;
    let object = write::target(&site.org, &call.rights, name)?;
    write::update(&site.org, &call.rights, &object, id, &body)?;
    Ok(id)
}

fn delete_all(site: &Site, call: &Call) -> ApiResult {
    refuse_all_or_none(call.parameter("allOrNone") == Some("true"))?;
    let ids: Vec<&str> =
        call.parameter("ids").unwrap_or_default().split(',').filter(|id| !id.is_empty()).collect();
    limit(ids.len())?;
    let rows = ids.into_iter().map(|text| row(delete_one(site, call, text)));
    Ok(Answer::ok(rows.collect()))
}

fn delete_one(site: &Site, call: &Call, text: &str) -> Result<Id, ApiError> {
    let id = Id::parse(text).ok_or_else(|| ApiError::bad("MALFORMED_ID", format!("malformed id {text}")))?;
    let object = site.org.read().metadata.object_of(id).cloned().ok_or_else(ApiError::no_record)?;
    if !call.rights.object(&object).read {
        return Err(ApiError::no_record());
    }
    write::delete(&site.org, &call.rights, &object, id)?;
    Ok(id)
}
