//! The Metadata API.

mod catalog;
mod change;
mod deploy;
mod retrieve;

use super::Caller;
use super::envelope::{Envelope, operation_name};
use super::fault::SoapFault;
use super::write::Xml;
use crate::fault::Operation;
use crate::metadata::xml::Element;
use crate::org::{Id, Org, State};

/// The operations served.
const OPERATIONS: &[&str] = &[
    "cancelDeploy",
    "checkDeployStatus",
    "checkRetrieveStatus",
    "checkStatus",
    "createMetadata",
    "deleteMetadata",
    "deploy",
    "deployRecentValidation",
    "describeMetadata",
    "listMetadata",
    "readMetadata",
    "renameMetadata",
    "retrieve",
    "updateMetadata",
    "upsertMetadata",
];

/// Whether the operation is served.
pub(super) fn knows(envelope: &Envelope) -> bool {
    OPERATIONS.contains(&envelope.operation.name.as_str())
}

/// What a request means to the fault rules.
pub(super) fn meaning(body: &[u8]) -> Operation {
    match operation_name(body).as_deref() {
        Some("deploy" | "deployRecentValidation") => Operation::DeployStart,
        Some("checkDeployStatus") => Operation::DeployPoll,
        Some("cancelDeploy") => Operation::DeployCancel,
        _ => Operation::Other,
    }
}

/// Does it.
pub(super) fn answer(caller: &Caller<'_>, envelope: Envelope) -> Result<Xml, SoapFault> {
    if !caller.rights.may_deploy() {
        let message =
            "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions";
        return Err(SoapFault::api("INSUFFICIENT_ACCESS", message));
    }
    let response = format!("{}Response", envelope.operation.name);
    let mut out = Xml::default();
    out.open(&response);
    let asked = &envelope.operation;
    match asked.name.as_str() {
        "deploy" => deploy::start(caller, asked, &mut out)?,
        "checkDeployStatus" => deploy::check(caller, asked, &mut out)?,
        "cancelDeploy" => deploy::cancel(caller, asked, &mut out)?,
        "deployRecentValidation" => deploy::quick(caller, asked, &mut out)?,
        "checkStatus" => deploy::check_any(caller, asked, &mut out)?,
        "retrieve" => retrieve::start(caller, asked, &mut out)?,
        "checkRetrieveStatus" => retrieve::check(caller, asked, &mut out)?,
        "describeMetadata" => catalog::describe(caller, asked, &mut out),
        "listMetadata" => catalog::list(caller, asked, &mut out)?,
        "readMetadata" => catalog::read(caller, asked, &mut out)?,
        "createMetadata" | "updateMetadata" | "upsertMetadata" | "deleteMetadata" | "renameMetadata" => {
            change::change(caller, asked, envelope.all_or_none(), &mut out)?;
        }
        _ => return Err(envelope.unknown(caller.dialect)),
    }
    out.close(&response);
    Ok(out)
}

/// The id in an element.
fn id_of(asked: &Element, name: &str) -> Result<Id, SoapFault> {
    let text = asked.text_of(name).unwrap_or_default();
    Id::parse(text).ok_or_else(|| SoapFault::api("INVALID_ID_FIELD", format!("Invalid id value: {text}")))
}

/// `60.0` or `60`; the version of the URL where there is none.
fn version_of(caller: &Caller<'_>, asked: &Element, name: &str) -> u32 {
    let number = asked.text_of(name).and_then(|text| text.split('.').next()?.parse().ok());
    number.unwrap_or(caller.version)
}

/// First and last name of a user.
fn name_of(state: &State, org: &Org, id: Id) -> String {
    state.users.get(&id).map_or_else(|| org.name.clone(), crate::org::User::name)
}
