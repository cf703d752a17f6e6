//! Bodies that are JSON, and what is said of those that are not.

use axum::http::{Method, header};
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::Call;
use crate::surface::ApiError;

/// Reads a JSON object; refusals name the place, in the words of the parser that Salesforce uses.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    let refused = |message: String| ApiError::bad("JSON_PARSER_ERROR", message);
    if body.iter().all(u8::is_ascii_whitespace) {
        let message = "The HTTP entity body is required, but this request has no entity body.";
        return Err(refused(message.to_owned()));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(value) => {
            let token = match value {
                Value::Array(_) => "START_ARRAY",
                Value::String(_) => "VALUE_STRING",
                Value::Number(_) => "VALUE_NUMBER_INT",
                Value::Bool(true) => "VALUE_TRUE",
                Value::Bool(false) => "VALUE_FALSE",
                Value::Null | Value::Object(_) => "VALUE_NULL",
            };
            Err(refused(format!("Unexpected token {token}: a JSON object is required at [line:1, column:1]")))
        }
        Err(error) => Err(refused(words(body, &error))),
    }
}

fn words(body: &[u8], error: &serde_json::Error) -> String {
    let place = format!("at [line:{}, column:{}]", error.line(), error.column());
    if error.classify() == Category::Eof {
        return format!("Unexpected end-of-input {place}");
    }
    let line = body.split(|byte| *byte == b'\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.get(..error.column().saturating_sub(1)).unwrap_or_default();
    let letter = String::from_utf8_lossy(line.get(before.len()..).unwrap_or_default()).chars().next();
    let Some(letter) = letter else { return format!("Unexpected end-of-input {place}") };
    let code = u32::from(letter);
    let text = error.to_string();
    let expected = match () {
        () if text.contains("key must be a string") => "was expecting double-quote to start field name",
        () if text.contains("expected `:`") => "was expecting a colon to separate field name and value",
        () if text.contains("expected `,`") => "was expecting comma to separate entries",
        () if text.contains("trailing characters") => "nothing may follow the JSON object",
        () => "expected a valid value (number, String, array, object, 'true', 'false' or 'null')",
    };
    format!("Unexpected character ('{letter}' (code {code})): {expected} {place}")
}

/// Refuses a body whose media type no resource takes.
pub(super) fn takes(call: &Call) -> Result<(), ApiError> {
    let writes = [Method::POST, Method::PATCH, Method::PUT].contains(&call.method);
    if !writes || call.body.is_empty() {
        return Ok(());
    }
    let kind =
        call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let upload = call.segments.first().is_some_and(|first| first == "jobs");
    let fits = match media.as_str() {
        "application/json" | "multipart/form-data" => true,
        // Single records are taken in XML too.
        "application/xml" | "text/xml" => {
            call.segments.first().is_some_and(|first| first == "sobjects") && call.segments.len() <= 3
        }
        // Rows of a bulk job, which some clients send without a word.
        "text/csv" | "application/octet-stream" | "text/plain" | "" => upload,
        _ => false,
    };
    if fits { Ok(()) } else { Err(ApiError::media_type(kind)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_broken_body_is_told_with_its_place() {
        for (body, words) in [
            ("", "The HTTP entity body is required, but this request has no entity body."),
            ("{\"Name\": ", "Unexpected end-of-input at [line:1, column:9]"),
            (
                "{Name: 1}",
                "Unexpected character ('N' (code 78)): was expecting double-quote to start field name at [line:1, column:2]",
            ),
            ("{\"a\" 1}", "was expecting a colon"),
            ("{\"a\": 1 2}", "was expecting comma"),
            ("{\"a\":\nnope}", "at [line:2, column:2]"),
            ("[1]", "Unexpected token START_ARRAY"),
        ] {
            let message = object(body.as_bytes()).expect_err("refused").message;
            assert!(message.contains(words), "{body}: {message}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = object(&body);
        }
    }
}
