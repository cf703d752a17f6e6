//! Answers in the encoding that was asked for: JSON, XML or a form.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use quick_xml::escape::escape;
use serde_json::Value;

use super::client::Form;
use super::uncached;

/// An encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
    UrlEncoded,
}

impl Format {
    /// What the parameter `format` or, without it, the Accept header asks for.
    pub(super) fn of(headers: &HeaderMap, form: &Form) -> Self {
        match form.get("format") {
            Some("xml") => return Self::Xml,
            Some("urlencoded") => return Self::UrlEncoded,
            Some(_) => return Self::Json,
            None => {}
        }
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        // The first that is known counts; browsers name HTML first, and get JSON.
        for kind in accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim()) {
            match kind {
                "application/json" | "*/*" | "text/html" => return Self::Json,
                "application/xml" | "text/xml" => return Self::Xml,
                "application/x-www-form-urlencoded" => return Self::UrlEncoded,
                _ => {}
            }
        }
        Self::Json
    }

    /// A flat object as an answer that nobody may keep. `root` is the element around it in XML.
    pub(super) fn answer(self, status: StatusCode, root: &str, answer: &Value) -> Response {
        let (kind, body) = match self {
            Self::Json => ("application/json;charset=UTF-8", answer.to_string()),
            Self::Xml => {
                let mut text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><{root}>");
                inside(&mut text, answer);
                text.push_str(&format!("</{root}>"));
                ("application/xml;charset=UTF-8", text)
            }
            Self::UrlEncoded => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in answer.as_object().into_iter().flatten() {
                    form.append_pair(name, &plain(value));
                }
                ("application/x-www-form-urlencoded;charset=UTF-8", form.finish())
            }
        };
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        uncached(response)
    }
}

/// Elements named like the members, which are names of XML all.
fn inside(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                text.push_str(&format!("<{name}>"));
                inside(text, value);
                text.push_str(&format!("</{name}>"));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| inside(text, value)),
        other => text.push_str(&escape(plain(other))),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_goes_before_the_header() {
        let accept =
            |value: &'static str| HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))]);
        let of = |accepted, form: &str| Format::of(&accept(accepted), &Form::parse(form.as_bytes()));
        assert_eq!(of("application/xml", "format=json"), Format::Json);
        assert_eq!(of("application/xml;q=0.9", ""), Format::Xml);
        assert_eq!(of("text/html,application/xml", ""), Format::Json);
        assert_eq!(of("application/x-www-form-urlencoded", ""), Format::UrlEncoded);
        assert_eq!(of("image/png", ""), Format::Json);
    }
}
