//! Refusals: a gRPC status, Salesforce's own code in the trailer `error-code`, the RPC id in the trailer `rpc-id` and in
//! the text.

use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};

use crate::fault::Fault;

const PREFIX: &str = "sfdc.platform.eventbus.grpc.";

/// A refusal whose code is `PREFIX` and `code`.
pub(super) fn refusal(status: Code, code: &str, text: &str, rpc_id: &str) -> Status {
    let full = if code.starts_with("sfdc.") { code.to_owned() } else { format!("{PREFIX}{code}") };
    let mut trailers = MetadataMap::new();
    if let Ok(value) = MetadataValue::try_from(full) {
        trailers.insert("error-code", value);
    }
    if let Ok(value) = MetadataValue::try_from(rpc_id) {
        trailers.insert("rpc-id", value);
    }
    Status::with_metadata(status, format!("{text} rpcId: {rpc_id}"), trailers)
}

/// The token is none of this org's, or not any more.
pub(super) fn unauthenticated(rpc_id: &str) -> Status {
    let text = "An authentication exception occurred. Provide valid authentication via metadata headers.";
    refusal(Code::Unauthenticated, "service.auth.error", text, rpc_id)
}

/// The service, or this org's part of it, is going away.
pub(super) fn unavailable(rpc_id: &str) -> Status {
    refusal(Code::Unavailable, "service.unavailable", "The service is temporarily unavailable.", rpc_id)
}

/// What a planned fault looks like over gRPC, for those that end a call.
pub(super) fn of_fault(fault: &Fault, rpc_id: &str) -> Option<Status> {
    match fault {
        Fault::Refused { status, error_code, message } => {
            let code = match status {
                400 => Code::InvalidArgument,
                401 => Code::Unauthenticated,
                403 => Code::PermissionDenied,
                404 => Code::NotFound,
                429 => Code::ResourceExhausted,
                503 => Code::Unavailable,
                _ => Code::Internal,
            };
            Some(refusal(code, error_code, message, rpc_id))
        }
        Fault::SessionInvalid => Some(unauthenticated(rpc_id)),
        Fault::ConnectionReset | Fault::UnavailableHtml => Some(unavailable(rpc_id)),
        Fault::AnswerLost
        | Fault::TruncatedJson
        | Fault::Delayed(_)
        | Fault::Hang
        | Fault::DeployRestarted
        | Fault::Happens(_) => None,
    }
}
