//! Answers in XML, for those who ask for it: `Accept: application/xml`.

use axum::http::{HeaderMap, header};
use quick_xml::escape::escape;
use serde_json::{Map, Value};

use crate::metadata::xml::Element;
use crate::org::{FieldType, ObjectType};
use crate::surface::{Answer, ApiError, Content};

/// Whether a caller wants XML rather than JSON.
pub(super) fn asked(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accept = accept.to_ascii_lowercase();
    accept.contains("application/xml") && !accept.contains("json") && !accept.contains("*/*")
}

/// A path without the ending that asks for a form: `.json` (false) or `.xml` (true).
pub(super) fn ending(path: &str) -> (&str, Option<bool>) {
    let is_name = |stem: &str| !stem.ends_with('/') && !stem.contains("/apexrest/");
    match (path.strip_suffix(".json"), path.strip_suffix(".xml")) {
        (Some(stem), _) if is_name(stem) => (stem, Some(false)),
        (_, Some(stem)) if is_name(stem) => (stem, Some(true)),
        _ => (path, None),
    }
}

/// Whether a body is XML.
pub(super) fn is_sent(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/xml") || kind.eq_ignore_ascii_case("text/xml")
}

/// A record that is written as XML, `<Account><Name>Acme</Name></Account>`, as the JSON of a call would have it.
pub(super) fn record(body: &[u8], object: &ObjectType) -> Result<Map<String, Value>, ApiError> {
    let root = Element::parse_in(body, "").map_err(|error| {
        let (line, column) = (error.at.line, error.at.column);
        ApiError::bad("XML_PARSER_ERROR", format!("{} at [line:{line}, column:{column}]", error.message))
    })?;
    let one = |child: &Element| {
        let kind = object.field(&child.name).map(|field| field.kind);
        let value = match (child.text.as_str(), kind) {
            _ if child.attribute("nil") == Some("true") => Value::Null,
            ("true", Some(FieldType::Boolean)) => true.into(),
            ("false", Some(FieldType::Boolean)) => false.into(),
            ("", _) => Value::Null,
            (text, Some(kind)) if kind.is_number() => {
                text.parse::<f64>().map_or_else(|_| text.into(), Value::from)
            }
            (text, _) => text.into(),
        };
        (child.name.clone(), value)
    };
    Ok(root.children.iter().map(one).collect())
}

/// The answer with its JSON as XML; what is no JSON stays as it is.
pub(super) fn of(answer: Answer, segments: &[String]) -> Answer {
    let value = match &answer.content {
        Content::Json(value) => value.clone(),
        Content::Text(text) => serde_json::from_str(text).unwrap_or_default(),
        Content::Bytes(bytes, kind) if kind.starts_with("application/json") => {
            serde_json::from_slice(bytes).unwrap_or_default()
        }
        Content::Bytes(..) | Content::Nothing => return answer,
    };
    let failed = !answer.status.is_success();
    let text = written(&value, root(&value, segments, failed));
    Answer { content: Content::Bytes(text.into(), "application/xml;charset=UTF-8"), ..answer }
}

/// What the document's element is called.
fn root<'a>(value: &'a Value, segments: &[String], failed: bool) -> &'a str {
    let own = value.pointer("/attributes/type").and_then(Value::as_str);
    match segments.first().map(String::as_str) {
        _ if failed => "Errors",
        Some("query" | "queryAll") => "QueryResult",
        Some("limits") => "LimitsSnapshot",
        Some("sobjects") => match (own, segments.len()) {
            (Some(own), _) => own,
            (None, 1) => "DescribeGlobal",
            (None, _) if value.get("fields").is_some() => "DescribeSObject",
            (None, _) => "Result",
        },
        Some("composite") => "Results",
        Some(_) => "Response",
        None => "Resources",
    }
}

fn written(value: &Value, root: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    match value {
        // A list has its parts one by one in an element named for one of them.
        Value::Array(parts) => {
            let each = root.strip_suffix('s').unwrap_or("Item");
            out.push_str(&format!("<{root}>"));
            parts.iter().for_each(|part| element(&mut out, each, part));
            out.push_str(&format!("</{root}>"));
        }
        other => element(&mut out, root, other),
    }
    out
}

fn element(out: &mut String, name: &str, value: &Value) {
    // Names of members are names of fields and the like; those that are none keep their letters and digits.
    let name: String =
        name.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-')).collect();
    let name = if name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        name
    } else {
        format!("_{name}")
    };
    match value {
        Value::Array(parts) => parts.iter().for_each(|part| element(out, &name, part)),
        Value::Null => out.push_str(&format!(
            "<{name} xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"/>"
        )),
        Value::Object(members) => {
            out.push_str(&format!("<{name}{}>", attributes(members)));
            for (member, value) in members.iter().filter(|(member, _)| *member != "attributes") {
                element(out, member, value);
            }
            out.push_str(&format!("</{name}>"));
        }
        Value::String(text) => {
            let plain: String =
                text.chars().filter(|letter| !letter.is_control() || "\t\r\n".contains(*letter)).collect();
            out.push_str(&format!("<{name}>{}</{name}>", escape(plain.as_str())));
        }
        other => out.push_str(&format!("<{name}>{other}</{name}>")),
    }
}

/// `attributes` of a record are attributes of its element.
fn attributes(members: &Map<String, Value>) -> String {
    let own = members.get("attributes").and_then(Value::as_object);
    let texts = own.into_iter().flatten().filter_map(|(name, value)| Some((name, value.as_str()?)));
    texts.map(|(name, value)| format!(" {name}=\"{}\"", escape(value))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_lists_and_refusals_have_their_elements() {
        let record = json!({"attributes": {"type": "Account", "url": "/x"}, "Name": "a & b", "Fax": null});
        let segments = ["sobjects".to_owned(), "Account".to_owned()];
        assert_eq!(root(&record, &segments, false), "Account");
        let text = written(&record, "Account");
        assert!(
            text.contains("<Account type=\"Account\" url=\"/x\"><Name>a &amp; b</Name><Fax xsi:nil=\"true\""),
            "{text}"
        );
        let refusal = written(&json!([{"errorCode": "NOT_FOUND", "message": "x"}]), "Errors");
        assert!(
            refusal.ends_with(
                "<Errors><Error><errorCode>NOT_FOUND</errorCode><message>x</message></Error></Errors>"
            ),
            "{refusal}"
        );
        assert!(
            written(&json!({"records": [{"Id": 1}, {"Id": 2}]}), "QueryResult")
                .contains("<records><Id>1</Id></records><records>")
        );
    }
}
