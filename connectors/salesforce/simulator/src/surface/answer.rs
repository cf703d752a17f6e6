//! Answers and refusals in Salesforce's form.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

/// What an answer carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Nothing,
    Json(Value),
    /// JSON that is text already.
    Text(String),
    Bytes(Bytes, &'static str),
}

/// A REST answer, before it becomes HTTP or part of a composite answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: Vec<(HeaderName, String)>,
    pub content: Content,
}

impl Answer {
    /// 200 with JSON.
    pub fn ok(value: Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    /// JSON with a status.
    pub fn json(status: StatusCode, value: Value) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(value) }
    }

    /// 200 with JSON made straight from what it shows, without a tree in between.
    pub fn shown(shown: &impl serde::Serialize) -> ApiResult {
        let text = serde_json::to_string(shown).map_err(|error| {
            let message = format!("An unexpected error occurred: {error}");
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", message)
        })?;
        Ok(Self::text(text))
    }

    /// 200 with a text that is JSON.
    pub fn text(json: String) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), content: Content::Text(json) }
    }

    /// 200 with bytes of a media type.
    pub fn bytes(bytes: Bytes, kind: &'static str) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), content: Content::Bytes(bytes, kind) }
    }

    /// A status alone.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), content: Content::Nothing }
    }

    /// With one more header.
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        const JSON: &str = "application/json;charset=UTF-8";
        let (kind, body) = match self.content {
            Content::Nothing => (None, Body::empty()),
            Content::Json(value) => (Some(JSON), Body::from(value.to_string())),
            Content::Text(text) => (Some(JSON), Body::from(text)),
            Content::Bytes(bytes, kind) => (Some(kind), Body::from(bytes)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        if let Some(kind) = kind {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            // Header values are made here from ids and dates: all ASCII.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// A refusal: an HTTP status, Salesforce's error code, words for people, the fields at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
    pub fields: Vec<String>,
    /// Further refusals of the same record.
    pub more: Vec<ApiError>,
}

/// What handlers return.
pub type ApiResult = Result<Answer, ApiError>;

impl ApiError {
    /// A refusal with this status.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), fields: Vec::new(), more: Vec::new() }
    }

    /// 400.
    pub fn bad(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 404 for a path that leads nowhere.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
    }

    /// 415 for a body in a form that is not taken.
    pub fn media_type(kind: &str) -> Self {
        let message = format!("Content-Type header specified in HTTP request is not supported: {kind}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    /// 404 for a record that is not there, or not for the caller.
    pub fn no_record() -> Self {
        let message = "Provided external ID field does not exist or is not accessible: Id";
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// 405.
    pub fn method(method: &axum::http::Method, allowed: &str) -> Self {
        let allowed = allowed.replace(' ', "");
        let message = format!("HTTP Method '{method}' not allowed. Allowed are {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message)
    }

    /// 503 for a write while nothing can be written.
    pub fn maintenance() -> Self {
        let code = "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, crate::org::MAINTENANCE)
    }

    /// 401.
    pub fn session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    /// Names the fields at fault.
    pub fn on(mut self, fields: Vec<String>) -> Self {
        self.fields = fields;
        self
    }

    /// With others of the same record.
    pub fn and(mut self, more: Vec<ApiError>) -> Self {
        self.more = more;
        self
    }

    /// The error array.
    pub fn to_list(&self) -> Value {
        std::iter::once(self).chain(&self.more).map(ApiError::to_json).collect()
    }

    /// The object of the error array.
    pub fn to_json(&self) -> Value {
        let mut error = json!({"message": self.message, "errorCode": self.code});
        if !self.fields.is_empty() {
            error["fields"] = json!(self.fields);
        }
        error
    }

    /// The row form, which says `statusCode` where the other says `errorCode`.
    pub fn to_row_json(&self) -> Value {
        json!({"statusCode": self.code, "message": self.message, "fields": self.fields})
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        Answer::json(self.status, self.to_list()).into_response()
    }
}
