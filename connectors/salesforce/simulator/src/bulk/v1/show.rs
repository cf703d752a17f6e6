//! Answers in XML or JSON.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::super::csv::Format;
use super::super::error::row_text;
use super::super::export::Found;
use crate::dml::RowResult;

/// The namespace of every document.
pub(super) const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";

/// How something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Csv,
    Xml,
    Json,
}

/// An answer.
pub(super) struct Shown {
    status: StatusCode,
    wire: Wire,
    body: Bytes,
}

/// Members of a document in their order; what is null is left out of XML.
pub(super) type Members = Vec<(&'static str, Value)>;

impl Wire {
    /// What a caller sends is what they want back, where there is no job yet to go by.
    pub(super) fn asked(headers: &HeaderMap) -> Self {
        let has = |name, word: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains(word))
        };
        let json = has(header::CONTENT_TYPE, "json")
            || (!has(header::CONTENT_TYPE, "xml")
                && has(header::ACCEPT, "application/json")
                && !has(header::ACCEPT, "xml"));
        if json { Self::Json } else { Self::Xml }
    }

    /// Without a charset: clients of this API compare the whole header.
    fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Xml => "application/xml",
            Self::Json => "application/json",
        }
    }
}

impl Shown {
    pub(super) fn raw(wire: Wire, body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, wire, body: body.into() }
    }

    pub(super) fn created(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self
    }

    /// One document.
    pub(super) fn info(wire: Wire, name: &str, members: Members) -> Self {
        if wire == Wire::Json {
            return Self::raw(wire, object(members).to_string());
        }
        let mut out = head(name, "");
        elements(&mut out, members);
        Self::raw(Wire::Xml, out + "</" + name + ">")
    }

    /// A list of documents.
    pub(super) fn list(wire: Wire, name: &str, each: &str, all: Vec<Members>) -> Self {
        if wire == Wire::Json {
            let all: Value = all.into_iter().map(object).collect();
            return Self::raw(wire, json!({each: all}).to_string());
        }
        let mut out = head(name, "");
        for members in all {
            out.push_str(&format!("<{each}>"));
            elements(&mut out, members);
            out.push_str(&format!("</{each}>"));
        }
        Self::raw(Wire::Xml, out + "</" + name + ">")
    }

    /// What became of the rows of a batch.
    pub(super) fn results(wire: Wire, results: &[RowResult]) -> Self {
        match wire {
            Wire::Csv => {
                let format = Format::default();
                let mut out = String::new();
                format.write(&mut out, ["Id", "Success", "Created", "Error"]);
                for result in results {
                    let id = result.id.map(|id| id.to_string()).unwrap_or_default();
                    let flag = |value: bool| if value { "true" } else { "false" };
                    let good = result.errors.is_empty();
                    let error = row_text(&result.errors);
                    format.write(&mut out, [&*id, flag(good), flag(result.created), &*error]);
                }
                Self::raw(wire, out)
            }
            Wire::Json => {
                let one = |result: &RowResult| {
                    let errors = result.errors.iter().map(|error| {
                        json!({"message": error.message, "fields": error.fields, "statusCode": error.status, "extendedErrorDetails": null})
                    });
                    json!({"success": result.errors.is_empty(), "created": result.created, "id": result.id, "errors": errors.collect::<Value>()})
                };
                Self::raw(wire, results.iter().map(one).collect::<Value>().to_string())
            }
            Wire::Xml => {
                let mut out = head("results", "");
                for result in results {
                    out.push_str("<result>");
                    for error in &result.errors {
                        out.push_str("<errors>");
                        error.fields.iter().for_each(|field| element(&mut out, "fields", field));
                        element(&mut out, "message", &error.message);
                        element(&mut out, "statusCode", &error.status);
                        out.push_str("</errors>");
                    }
                    if let Some(id) = result.id {
                        element(&mut out, "id", id.as_str());
                    }
                    element(&mut out, "success", &result.errors.is_empty().to_string());
                    element(&mut out, "created", &result.created.to_string());
                    out.push_str("</result>");
                }
                Self::raw(wire, out + "</results>")
            }
        }
    }

    /// The ids of a query's results.
    pub(super) fn result_list(wire: Wire, ids: &[String]) -> Self {
        if wire == Wire::Json {
            return Self::raw(wire, json!(ids).to_string());
        }
        let mut out = head("result-list", "");
        ids.iter().for_each(|id| element(&mut out, "result", id));
        Self::raw(Wire::Xml, out + "</result-list>")
    }

    /// The rows of a query.
    pub(super) fn rows(wire: Wire, found: &Found) -> Self {
        match wire {
            Wire::Csv if found.records.is_empty() => Self::raw(wire, "Records not found for this query"),
            Wire::Csv => Self::raw(wire, found.csv(Format::default()).0),
            Wire::Json => {
                let rows = found.records.iter().map(|record| numbered(record, found)).collect::<Value>();
                Self::raw(wire, rows.to_string())
            }
            Wire::Xml => {
                let mut out = head("queryResult", " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
                for record in &found.records {
                    out.push_str("<records xsi:type=\"sObject\">");
                    if let Value::Object(record) = record {
                        sobject(&mut out, record);
                    }
                    out.push_str("</records>");
                }
                Self::raw(wire, out + "</queryResult>")
            }
        }
    }
}

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static(self.wire.media());
        let mut response = (self.status, self.body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// Days and moments are milliseconds in the JSON of a query's rows.
fn numbered(record: &Value, found: &Found) -> Value {
    let mut record = record.clone();
    for column in found.columns.iter().filter(|column| column.time) {
        let place = column.path.iter().try_fold(&mut record, |value, step| value.get_mut(step));
        if let Some(place) = place
            && let Some(at) = place.as_str().and_then(crate::soql::moment)
        {
            *place = at.into();
        }
    }
    record
}

fn object(members: Members) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn head(name: &str, more: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{name} xmlns=\"{NAMESPACE}\"{more}>")
}

fn elements(out: &mut String, members: Members) {
    for (name, value) in members {
        match value {
            Value::Null => {}
            // Moments end in Z here, where JSON has +0000.
            Value::String(text) => {
                match text.strip_suffix("+0000").filter(|_| name.contains("Dat") || name.ends_with("stamp")) {
                    Some(moment) => element(out, name, &format!("{moment}Z")),
                    None => element(out, name, &text),
                }
            }
            other => element(out, name, &other.to_string()),
        }
    }
}

fn element(out: &mut String, name: &str, text: &str) {
    // XML 1.0 has no way to write most control characters.
    let plain: String = text
        .chars()
        .map(|letter| if letter.is_control() && !"\t\r\n".contains(letter) { '\u{fffd}' } else { letter })
        .collect();
    out.push_str(&format!("<{name}>{}</{name}>", quick_xml::escape::escape(plain.as_str())));
}

fn sobject(out: &mut String, record: &Map<String, Value>) {
    for (name, value) in record {
        match value {
            Value::Object(attributes) if name == "attributes" => {
                element(out, "type", attributes.get("type").and_then(Value::as_str).unwrap_or_default());
            }
            Value::Object(parent) => {
                out.push_str(&format!("<{name} xsi:type=\"sObject\">"));
                sobject(out, parent);
                out.push_str(&format!("</{name}>"));
            }
            Value::Null => out.push_str(&format!("<{name} xsi:nil=\"true\"/>")),
            Value::String(text) => match text.strip_suffix("+0000").filter(|moment| moment.len() == 23) {
                Some(moment) => element(out, name, &format!("{moment}Z")),
                None => element(out, name, text),
            },
            other => element(out, name, &other.to_string()),
        }
    }
}
