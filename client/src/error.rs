//! What can go wrong, with all that the server said about it.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_api::google::rpc;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, RpcStatusExt as _, StatusExt as _};

/// Why a call did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The options or arguments cannot be used; nothing was sent.
    #[error("{0}")]
    Options(String),
    /// The server, or the way to it, answered with an error.
    #[error("{}: {}", .0.reason, .0.message)]
    Rejected(Box<Rejection>),
    /// The server answered something that this API does not allow.
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The gRPC code.
    pub code: Code,
    /// Stable UPPER_SNAKE_CASE reason; the code's name where the answer came without one.
    pub reason: String,
    /// For people.
    pub message: String,
    /// Facts that belong to the reason, for example `permission`.
    pub metadata: BTreeMap<String, String>,
    /// What is wrong with the request, or with the state of things.
    pub violations: Vec<Violation>,
    /// Wait this long before trying again.
    pub retry_after: Option<Duration>,
    /// Where to read on, or where to act.
    pub help: Vec<HelpLink>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The request's field, or the subject of the failed check.
    pub subject: String,
    /// For people.
    pub description: String,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpLink {
    /// For people.
    pub description: String,
    /// The address.
    pub url: String,
}

impl Error {
    /// The gRPC code; errors of the client's own have the one that a server would use.
    pub fn code(&self) -> Code {
        match self {
            Error::Options(_) => Code::InvalidArgument,
            Error::Rejected(rejection) => rejection.code,
            Error::Protocol(_) => Code::Internal,
        }
    }

    /// Stable UPPER_SNAKE_CASE reason.
    pub fn reason(&self) -> &str {
        match self {
            Error::Options(_) => "OPTIONS_INVALID",
            Error::Rejected(rejection) => &rejection.reason,
            Error::Protocol(_) => "PROTOCOL_BROKEN",
        }
    }

    /// The error answer, where there was one.
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Error::Rejected(rejection) => Some(rejection),
            Error::Options(_) | Error::Protocol(_) => None,
        }
    }

    /// The pause that the server asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        self.rejection().and_then(|r| r.retry_after)
    }

    /// True when the server was out of reach or said so of something that it needs.
    pub fn is_unavailable(&self) -> bool {
        self.code() == Code::Unavailable
    }

    /// From the `error` of an operation.
    pub fn from_operation(status: &rpc::Status) -> Error {
        let code = Code::from_i32(status.code);
        Rejection::new(code, status.message.clone(), status.get_error_details()).into()
    }

    pub(crate) fn unreachable(endpoint: &str, error: &tonic::transport::Error) -> Error {
        let message = format!("cannot reach {endpoint}: {}", chain(error));
        Error::transport(Code::Unavailable, "SERVER_UNREACHABLE", message)
    }

    pub(crate) fn deadline(deadline: Duration) -> Error {
        let message = format!("no answer within {} s", deadline.as_secs_f32());
        Error::transport(Code::DeadlineExceeded, "DEADLINE_EXCEEDED", message)
    }

    /// An error that arose between us and the server.
    pub(crate) fn transport(code: Code, reason: &str, message: String) -> Error {
        let mut rejection = Rejection::new(code, message, ErrorDetails::new());
        rejection.reason = reason.to_owned();
        rejection.into()
    }
}

impl Rejection {
    fn new(code: Code, message: String, details: ErrorDetails) -> Rejection {
        let fields = details
            .bad_request()
            .into_iter()
            .flat_map(|b| &b.field_violations)
            .map(|v| Violation { subject: v.field.clone(), description: v.description.clone() });
        let checks = details
            .precondition_failure()
            .into_iter()
            .flat_map(|p| &p.violations)
            .map(|v| Violation { subject: v.subject.clone(), description: v.description.clone() });
        let quotas = details
            .quota_failure()
            .into_iter()
            .flat_map(|q| &q.violations)
            .map(|v| Violation { subject: v.subject.clone(), description: v.description.clone() });
        let violations = fields.chain(checks).chain(quotas).collect();
        let help = details
            .help()
            .into_iter()
            .flat_map(|h| &h.links)
            .map(|link| HelpLink { description: link.description.clone(), url: link.url.clone() });
        Rejection {
            code,
            reason: details
                .error_info()
                .map_or_else(|| code_name(code).to_owned(), |info| info.reason.clone()),
            message,
            metadata: details.error_info().into_iter().flat_map(|info| info.metadata.clone()).collect(),
            violations,
            retry_after: details.retry_info().and_then(|r| r.retry_delay),
            help: help.collect(),
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Error {
        Error::Rejected(Box::new(rejection))
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Error {
        // A status with a source was not sent by the server: the connection broke under the call.
        let lost =
            matches!(status.code(), Code::Unknown | Code::Internal | Code::Cancelled | Code::Unavailable);
        if let (true, Some(cause)) = (lost, std::error::Error::source(&status)) {
            let message = format!("the connection was lost: {}", chain(cause));
            return Error::transport(Code::Unavailable, "SERVER_UNREACHABLE", message);
        }
        // tonic reports its own deadline as CANCELLED.
        if status.code() == Code::Cancelled && status.message() == "Timeout expired" {
            return Error::transport(
                Code::DeadlineExceeded,
                "DEADLINE_EXCEEDED",
                "no answer within the deadline".to_owned(),
            );
        }
        let message = match status.message() {
            "" => code_name(status.code()).to_lowercase().replace('_', " "),
            text => text.to_owned(),
        };
        Rejection::new(status.code(), message, status.get_error_details()).into()
    }
}

/// The code as the specification writes it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// The innermost cause says most; tonic's own layers only say that there was an error.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = Vec::<String>::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if text != "transport error" && !texts.iter().any(|t| t.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    if texts.is_empty() { error.to_string() } else { texts.join(": ") }
}
