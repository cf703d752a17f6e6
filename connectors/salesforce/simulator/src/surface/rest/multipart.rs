//! Bodies that bring the bytes of a blob field beside the record: `multipart/form-data`, a part of JSON, a part named
//! after the field.

use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::{Call, xml};
use crate::org::{FieldType, ObjectType};
use crate::surface::ApiError;

/// Parts that one body may have: more would be a mistake.
const PARTS_MAX: usize = 8;

/// The record, and the bytes of its blob field where they came beside it.
pub(super) fn body(
    call: &Call,
    object: &ObjectType,
) -> Result<(Map<String, Value>, Option<Bytes>), ApiError> {
    let kind = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !call.nested && xml::is_sent(&call.headers) {
        return Ok((xml::record(&call.body, object)?, None));
    }
    if call.nested || !kind.to_ascii_lowercase().starts_with("multipart/") {
        return Ok((call.object()?, None));
    }
    let boundary = boundary(kind).ok_or_else(|| malformed("boundary is missing"))?;
    let (mut record, mut blob) = (None, None);
    for part in parts(&call.body, boundary)? {
        let field = part.name.as_deref().and_then(|name| object.field(name));
        if field.is_some_and(|field| field.kind == FieldType::Base64) {
            blob = Some(part.content);
        } else if record.is_none() && part.file.is_none() {
            record = Some(Call { body: part.content, ..call.clone() }.object()?);
        } else {
            return Err(malformed("Cannot include more than one non-binary part"));
        }
    }
    Ok((record.ok_or_else(|| malformed("Missing non-binary part"))?, blob))
}

/// The named parts of a form; `None` where the body is none.
pub(crate) fn form_parts(call: &Call) -> Result<Option<Vec<(String, Bytes)>>, ApiError> {
    let kind = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if call.nested || !kind.to_ascii_lowercase().starts_with("multipart/") {
        return Ok(None);
    }
    let boundary = boundary(kind).ok_or_else(|| malformed("boundary is missing"))?;
    let parts = parts(&call.body, boundary)?.into_iter();
    Ok(Some(parts.filter_map(|part| Some((part.name?, part.content))).collect()))
}

struct Part {
    name: Option<String>,
    file: Option<String>,
    content: Bytes,
}

fn malformed(problem: &str) -> ApiError {
    ApiError::bad("INVALID_MULTIPART_REQUEST", format!("Multipart message is malformed: {problem}"))
}

/// The words between parts, from the content type.
fn boundary(kind: &str) -> Option<&str> {
    let word = kind.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim().trim_matches('"'))
    });
    word.filter(|word| !word.is_empty() && word.len() <= 70)
}

fn parts(body: &Bytes, boundary: &str) -> Result<Vec<Part>, ApiError> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut at = find(body, 0, first.as_bytes()).ok_or_else(|| malformed("no part"))? + first.len();
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        if parts.len() == PARTS_MAX {
            return Err(malformed("too many parts"));
        }
        let end = find(body, at, next.as_bytes()).ok_or_else(|| malformed("the last part has no end"))?;
        let head = find(body, at, b"\r\n\r\n").filter(|head| *head <= end);
        let head = head.ok_or_else(|| malformed("a part has no headers"))?;
        let headers = String::from_utf8_lossy(body.get(at..head).unwrap_or_default()).into_owned();
        let content = body.slice((head + 4).min(end)..end);
        parts.push(Part {
            name: parameter(&headers, "name"),
            file: parameter(&headers, "filename"),
            content,
        });
        at = end + next.len();
    }
}

/// A parameter of the part's `Content-Disposition`.
fn parameter(headers: &str, name: &str) -> Option<String> {
    let line = headers.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    line.split(';').find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(body: &[u8], from: usize, wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    while let Some(step) = body.get(at..)?.iter().position(|byte| *byte == first) {
        at += step;
        if body.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_apart_and_bytes_stay_as_they_are() {
        let body = Bytes::from_static(b"--b\r\nContent-Disposition: form-data; name=\"entity_content\"\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Disposition: form-data; name=\"VersionData\"; filename=\"a.bin\"\r\n\r\n\0\r\n--c\r\n--b--\r\n");
        let parts =
            parts(&body, boundary("multipart/form-data; boundary=\"b\"").expect("a word")).expect("two");
        let seen: Vec<_> = parts
            .iter()
            .map(|part| (part.name.as_deref(), part.file.as_deref(), &part.content[..]))
            .collect();
        assert_eq!(
            seen,
            [
                (Some("entity_content"), None, &b"{}"[..]),
                (Some("VersionData"), Some("a.bin"), &b"\0\r\n--c"[..])
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_body_breaks_the_reader(body in proptest::collection::vec(PIECES, 0..20)) {
            let _ = parts(&Bytes::from(body.concat()), "b");
        }
    }

    const PIECES: &str = "--b|--b--|\r\n|\r\n\r\n|Content-Disposition: form-data; name=\"x\"|\\PC{0,5}";
}
