//! Refusals of the API that a person has to mend: which it is, and what to do.

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::{Fault, Reason};

use super::ERROR_CODE;

/// A permission that Salesforce names in its words.
const PERMISSIONS: [(&str, &str); 11] = [
    ("api enabled", "ApiEnabled"),
    ("author apex", "AuthorApex"),
    ("customize application", "CustomizeApplication"),
    ("manage profiles and permission sets", "ManageProfilesPermissionsets"),
    ("assign permission sets", "AssignPermissionSets"),
    ("view setup", "ViewSetup"),
    ("view all data", "ViewAllData"),
    ("modify metadata", "ModifyMetadata"),
    ("modify all data", "ModifyAllData"),
    ("query all files", "QueryAllFiles"),
    ("download appexchange packages", "InstallPackaging"),
];

/// API Access Control, or an app that is not installed: renewing the token cannot help, whatever the status says.
pub(crate) fn is_policy(message: &str) -> bool {
    message.contains("not valid for use with the REST API")
        || message.contains("Connected app is not attached to Agent")
}

/// The object that Salesforce says it does not support, where it is one of its own: all organisations have those that we
/// ask for, and hide them from users without the right. Custom objects may really be missing.
fn hidden_type(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("sObject type '")?;
    let (name, rest) = rest.split_once('\'')?;
    (rest.starts_with(" is not supported") && !name.contains("__")).then_some(name)
}

pub(super) fn is_known(code: &str, message: &str) -> bool {
    match code {
        "INVALID_SESSION_ID" => is_policy(message),
        "INVALID_TYPE" => hidden_type(message).is_some(),
        "API_DISABLED_FOR_ORG"
        | "API_CURRENTLY_DISABLED"
        | "FUNCTIONALITY_NOT_ENABLED"
        | "INSUFFICIENT_ACCESS"
        | "INSUFFICIENT_ACCESS_OR_READONLY"
        | "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
        | "FORBIDDEN" => true,
        _ => false,
    }
}

/// What a known refusal means. `words` are Salesforce's.
pub(super) fn of(code: &str, words: &str, internal: String) -> ConnectorFault {
    let (reason, fix) = match code {
        "INVALID_SESSION_ID" => (
            Reason::AppNotInstalled,
            "the app is not let in: a Salesforce administrator installs or approves it (Setup > Connected Apps OAuth \
             Usage, and Setup > API Access Control)",
        ),
        "API_DISABLED_FOR_ORG" => (
            Reason::SaasApiNotEnabled,
            "the organisation's edition has no API, or it is switched off: Salesforce enables it",
        ),
        "FUNCTIONALITY_NOT_ENABLED" => {
            (Reason::SaasApiNotEnabled, "the organisation lacks this feature: Salesforce enables it")
        }
        "INVALID_TYPE" => {
            let name = hidden_type(words).unwrap_or_default();
            let fault = Fault::new(
                Reason::SaasPermissionMissing,
                format!(
                    "Salesforce does not show {name} to the service account's user ({code}); a Salesforce administrator \
                     gives the user what is missing; the preconditions name each permission"
                ),
            );
            return ConnectorFault::denied(fault.meta(ERROR_CODE, code).with_internal(internal));
        }
        "API_CURRENTLY_DISABLED" => (
            Reason::SaasPermissionMissing,
            "a Salesforce administrator gives the service account's user \"API Enabled\"",
        ),
        _ => (
            Reason::SaasPermissionMissing,
            "a Salesforce administrator gives the service account's user what is missing; the preconditions name each \
             permission",
        ),
    };
    let fault = Fault::new(reason, format!("Salesforce answered: {words} ({code}); {fix}"))
        .meta(ERROR_CODE, code)
        .with_internal(internal);
    ConnectorFault::denied(match permission(code, words) {
        Some(name) => fault.meta("permission", name),
        None => fault,
    })
}

fn permission(code: &str, words: &str) -> Option<&'static str> {
    if code == "API_CURRENTLY_DISABLED" {
        return Some("ApiEnabled");
    }
    let words = words.to_ascii_lowercase();
    PERMISSIONS.iter().find(|(title, _)| words.contains(title)).map(|(_, name)| *name)
}
