//! The one place where a fault of the domain becomes a status of the wire.

use std::collections::HashMap;

use provision_core::fault::Fault;
use provision_core::operation::Operation;
use provision_core::{Code, Reason};
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt, pb};

/// `ErrorInfo.domain` of every error.
pub(crate) const DOMAIN: &str = "provisioning";

// A status travels in HTTP headers, which clients accept up to 16 KiB; it is encoded in base64, and the message goes
// twice. The bounds below keep the sum well under that.
const MESSAGE_MAX: usize = 1_000;
const DESCRIPTION_MAX: usize = 250;
const METADATA_VALUE_MAX: usize = 500;
const METADATA_ENTRIES_MAX: usize = 8;
const VIOLATIONS_MAX: usize = 12;

/// The status that tells `fault` to the caller: its public half, and nothing of the internal one.
pub(crate) fn to_status(fault: &Fault) -> Status {
    let mut details = ErrorDetails::new();
    let metadata: HashMap<String, String> = fault
        .metadata()
        .iter()
        .take(METADATA_ENTRIES_MAX)
        .map(|(key, value)| (key.clone(), cut(value, METADATA_VALUE_MAX)))
        .collect();
    details.set_error_info(fault.reason().as_str(), DOMAIN, metadata);
    for violation in fault.violations().iter().take(VIOLATIONS_MAX) {
        let subject = cut(&violation.subject, DESCRIPTION_MAX);
        let description = cut(&violation.description, DESCRIPTION_MAX);
        match fault.code() {
            Code::InvalidArgument => details.add_bad_request_violation(subject, description),
            _ => details.add_precondition_failure_violation(fault.reason().as_str(), subject, description),
        };
    }
    if let Some(delay) = fault.retry_delay() {
        details.set_retry_info(Some(delay));
    }
    if let Some(link) = fault.help_link() {
        details.add_help_link("Where to mend it", cut(link, METADATA_VALUE_MAX));
    }
    Status::with_error_details(code(fault.code()), cut(fault.message(), MESSAGE_MAX), details)
}

/// The `google.rpc.Status` of an operation that ended without success.
pub(crate) fn of_operation(operation: &Operation) -> pb::Status {
    let (reason, message) = match &operation.failure {
        Some(failure) => (failure.reason, failure.message.clone()),
        None => (Reason::OperationCancelled, "the operation was cancelled".to_owned()),
    };
    let info = pb::ErrorInfo {
        reason: reason.as_str().to_owned(),
        domain: DOMAIN.to_owned(),
        metadata: operation.failure_metadata.clone().into_iter().collect(),
    };
    let mut details = vec![crate::convert::any("google.rpc.ErrorInfo", &info)];
    let violations: Vec<_> = operation
        .failure_violations
        .iter()
        .map(|violation| pb::precondition_failure::Violation {
            r#type: reason.as_str().to_owned(),
            subject: violation.subject.clone(),
            description: violation.description.clone(),
        })
        .collect();
    if !violations.is_empty() {
        let failure = pb::PreconditionFailure { violations };
        details.push(crate::convert::any("google.rpc.PreconditionFailure", &failure));
    }
    pb::Status { code: code(reason.code()) as i32, message, details }
}

fn code(code: Code) -> tonic::Code {
    match code {
        Code::Cancelled => tonic::Code::Cancelled,
        Code::InvalidArgument => tonic::Code::InvalidArgument,
        Code::DeadlineExceeded => tonic::Code::DeadlineExceeded,
        Code::NotFound => tonic::Code::NotFound,
        Code::AlreadyExists => tonic::Code::AlreadyExists,
        Code::PermissionDenied => tonic::Code::PermissionDenied,
        Code::ResourceExhausted => tonic::Code::ResourceExhausted,
        Code::FailedPrecondition => tonic::Code::FailedPrecondition,
        Code::Aborted => tonic::Code::Aborted,
        Code::OutOfRange => tonic::Code::OutOfRange,
        Code::Internal => tonic::Code::Internal,
        Code::Unavailable => tonic::Code::Unavailable,
        Code::Unauthenticated => tonic::Code::Unauthenticated,
    }
}

/// At most `max` bytes of the text, cut at a character.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = (0..=max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// Writes the operator's half of a fault to the log, once; faults without one are the caller's business alone.
pub(crate) fn log(fault: &Fault, method: &str, principal: &str) {
    let reason = fault.reason().as_str();
    match (fault.code(), fault.internal()) {
        (Code::Internal, internal) => {
            tracing::error!(method, principal, reason, internal = internal.unwrap_or(""), "call failed");
        }
        (_, Some(internal)) => tracing::warn!(method, principal, reason, internal, "call refused"),
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_reason_keeps_its_code_and_carries_one_error_info() {
        for reason in Reason::ALL {
            let fault = Fault::new(*reason, "text").meta("key", "value").with_internal("secret backend text");
            let status = to_status(&fault);
            assert_eq!(status.code(), code(reason.code()));
            let details = status.get_details_error_info().expect("ErrorInfo");
            assert_eq!((details.reason.as_str(), details.domain.as_str()), (reason.as_str(), DOMAIN));
            assert_eq!(details.metadata["key"], "value");
            assert!(!format!("{status:?}").contains("backend"), "internal text is told");
            assert_eq!(status.get_error_details_vec().len(), 1);
        }
    }

    #[test]
    fn violations_stand_where_the_code_says() {
        let request = to_status(&Fault::invalid("name", "is wrong").violation("etag", "too"));
        let fields: Vec<_> = request
            .get_details_bad_request()
            .expect("BadRequest")
            .field_violations
            .into_iter()
            .map(|v| v.field)
            .collect();
        assert_eq!(fields, ["name", "etag"]);

        let checks = Fault::new(Reason::PreconditionChecksFailed, "2 checks failed")
            .violation("api", "switch it on")
            .retry_after(Duration::from_secs(3))
            .link("https://help.example/x");
        let status = to_status(&checks);
        assert_eq!(status.get_details_precondition_failure().expect("there").violations[0].subject, "api");
        assert_eq!(status.get_details_retry_info().expect("there").retry_delay, Some(Duration::from_secs(3)));
        assert_eq!(status.get_details_help().expect("there").links[0].url, "https://help.example/x");
    }

    #[test]
    fn a_huge_fault_still_fits_into_headers() {
        let mut fault = Fault::new(Reason::InvalidRequest, "ü".repeat(100_000));
        for number in 0..1_000 {
            let text = "ü".repeat(10_000);
            fault = fault.violation(format!("field{number}"), text.clone()).meta(&format!("k{number}"), text);
        }
        let size: usize = to_status(&fault)
            .into_http::<()>()
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 32)
            .sum();
        assert!(size < 16_384, "{size}");
    }
}
