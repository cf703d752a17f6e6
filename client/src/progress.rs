//! What an operation carries.

use prost::Message;
use provision_api::google::longrunning::Operation;
use provision_api::google::longrunning::operation::Result as Outcome;
use provision_api::v1::OperationMetadata;

use crate::error::Error;

/// What a wait tells its caller.
#[derive(Debug)]
pub enum Progress<'a> {
    /// The operation moved on.
    Moved(&'a OperationMetadata),
    /// The server cannot be reached just now; the wait goes on.
    Unreachable(&'a Error),
}

/// The metadata of an operation.
///
/// # Errors
/// [`Error::Protocol`] when it is not there or of another type.
pub fn metadata(operation: &Operation) -> Result<OperationMetadata, Error> {
    let any = operation.metadata.as_ref();
    unpack(any, "OperationMetadata").map_err(|why| Error::Protocol(format!("an operation's metadata {why}")))
}

/// The response of a done operation; `message` is its type's short name, for example `ServiceAccount`.
///
/// # Errors
/// [`Error::Protocol`] when it is not there or of another type.
pub fn response<M: Message + Default>(operation: &Operation, message: &str) -> Result<M, Error> {
    let any = match &operation.result {
        Some(Outcome::Response(any)) => Some(any),
        Some(Outcome::Error(_)) | None => None,
    };
    unpack(any, message).map_err(|why| Error::Protocol(format!("an operation's response {why}")))
}

fn unpack<M: Message + Default>(any: Option<&prost_types::Any>, message: &str) -> Result<M, String> {
    let any = any.ok_or("is missing")?;
    let full_name = any.type_url.rsplit('/').next().unwrap_or_default();
    if full_name != format!("provisioning.v1.{message}") {
        return Err(format!("is of type '{full_name}', not {message}"));
    }
    M::decode(any.value.as_slice()).map_err(|e| format!("cannot be decoded: {e}"))
}
