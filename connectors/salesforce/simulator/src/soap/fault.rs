//! Refusals in SOAP's form.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

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
    pub(crate) fn too_large() -> Self {
        let message = format!("The request exceeds the maximum of {} bytes", super::BODY_MAX);
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, ..Self::client(message) }
    }
}

impl From<ApiError> for SoapFault {
    fn from(error: ApiError) -> Self {
        if error == ApiError::session() { Self::session() } else { Self::api(&error.code, error.message) }
    }
}

impl IntoResponse for SoapFault {
    fn into_response(self) -> Response {
        let mut message = String::new();
        escape(&mut message, &self.message);
        let body = match &self.code {
            None => format!("<faultcode>soapenv:Client</faultcode><faultstring>{message}</faultstring>"),
            Some(code) => {
                let mut escaped = String::new();
                escape(&mut escaped, code);
                let (code, kind) = (escaped, kind(code));
                let place = if kind == "InvalidSObjectFault" {
                    "<sf:row>-1</sf:row><sf:column>-1</sf:column>"
                } else {
                    ""
                };
                format!(
                    "<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring><detail><sf:{kind} xsi:type=\"sf:{kind}\"><sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{message}</sf:exceptionMessage>{place}</sf:{kind}></detail>"
                )
            }
        };
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:sf=\"urn:fault.partner.soap.sforce.com\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body><soapenv:Fault>{body}</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        );
        let mut response = (self.status, text).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
        response
    }
}

fn kind(code: &str) -> &'static str {
    match code {
        "INVALID_TYPE" => "InvalidSObjectFault",
        _ => "UnexpectedErrorFault",
    }
}
