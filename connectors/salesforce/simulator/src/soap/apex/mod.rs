//! The Apex API: code that is run at once, classes that are compiled, tests.

mod anonymous;

use super::envelope::Envelope;
use super::fault::SoapFault;
use super::{Caller, Reply};

/// The operations served.
const OPERATIONS: &[&str] = &["executeAnonymous"];

/// Whether the operation is served.
pub(super) fn knows(envelope: &Envelope) -> bool {
    OPERATIONS.contains(&envelope.operation.name.as_str())
}

/// Does it.
pub(super) fn answer(caller: &Caller<'_>, envelope: &Envelope) -> Result<Reply, SoapFault> {
    if !caller.rights.has("AuthorApex") {
        let message = "Author Apex permission is required";
        return Err(SoapFault::api("INSUFFICIENT_ACCESS", message));
    }
    match envelope.operation.name.as_str() {
        "executeAnonymous" => Ok(anonymous::execute(caller, envelope)),
        _ => Err(envelope.unknown(caller.dialect)),
    }
}
