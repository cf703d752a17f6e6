//! Refusals in SOAP's form.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::dialect::Dialect;
use super::write::escape;
use crate::surface::ApiError;

/// A fault. It never holds a session id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoapFault {
    /// Salesforce's exception code; `None` for a request that is not understood.
    code: Option<String>,
    message: String,
    status: StatusCode,
}

impl SoapFault {
    /// The request is no envelope, or names no operation.
    pub(crate) fn client(message: impl Into<String>) -> Self {
        Self { code: None, message: message.into(), status: StatusCode::INTERNAL_SERVER_ERROR }
    }

    /// A refusal with Salesforce's code.
    pub(crate) fn api(code: &str, message: impl Into<String>) -> Self {
        Self { code: Some(code.to_owned()), ..Self::client(message) }
    }

    /// No session, one that ended, or a token in a form that SOAP does not take.
    pub(crate) fn session() -> Self {
        let message = "Invalid Session ID found in SessionHeader: Illegal Session";
        Self::api("INVALID_SESSION_ID", message)
    }

    /// The request is larger than is read.
    pub(crate) fn too_large(dialect: Dialect) -> Self {
        let message = format!("The request exceeds the maximum of {} bytes", dialect.body_max());
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::client(message) }
    }
}

impl From<ApiError> for SoapFault {
    fn from(error: ApiError) -> Self {
        if error == ApiError::session() { Self::session() } else { Self::api(&error.code, error.message) }
    }
}

impl SoapFault {
    /// The fault as an answer of this API. The Metadata and Apex APIs give no details.
    pub(crate) fn answer(&self, dialect: Dialect) -> Response {
        let escaped = |text: &str| {
            let mut escaped = String::new();
            escape(&mut escaped, text);
            escaped
        };
        let message = escaped(&self.message);
        let body = match &self.code {
            None => format!("<faultcode>soapenv:Client</faultcode><faultstring>{message}</faultstring>"),
            Some(code) => {
                let (code, kind) = (escaped(code), kind(code));
                let place = if matches!(kind, "InvalidSObjectFault" | "MalformedQueryFault") {
                    "<sf:row>-1</sf:row><sf:column>-1</sf:column>"
                } else {
                    ""
                };
                let detail = match dialect {
                    Dialect::Metadata | Dialect::Apex => String::new(),
                    Dialect::Partner | Dialect::Enterprise => format!(
                        "<detail><sf:{kind} xsi:type=\"sf:{kind}\"><sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{message}</sf:exceptionMessage>{place}</sf:{kind}></detail>"
                    ),
                };
                format!(
                    "<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>{detail}"
                )
            }
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"{}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><soapenv:Fault>{body}</soapenv:Fault></soapenv:Body></soapenv:Envelope>",
            dialect.fault_namespace()
        );
        let mut response = (self.status, text).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
        response
    }
}

/// The element that tells the details of a fault.
fn kind(code: &str) -> &'static str {
    match code {
        "INVALID_TYPE" => "InvalidSObjectFault",
        "INVALID_FIELD" => "InvalidFieldFault",
        "INVALID_ID_FIELD" | "MALFORMED_ID" => "InvalidIdFault",
        "INVALID_LOGIN" | "LOGIN_MUST_USE_SECURITY_TOKEN" | "PASSWORD_LOCKOUT" => "LoginFault",
        "INVALID_NEW_PASSWORD" => "InvalidNewPasswordFault",
        "INVALID_QUERY_LOCATOR" => "InvalidQueryLocatorFault",
        "MALFORMED_QUERY" => "MalformedQueryFault",
        "MALFORMED_SEARCH" => "MalformedSearchFault",
        _ => "UnexpectedErrorFault",
    }
}
