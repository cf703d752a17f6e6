//! The step that brings the package: installed by the daemon where it may, seen otherwise.

use std::time::Duration;

use provision_connector_sdk::core::plan::PlannedAction;
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{Applied, ApplyProgress, ApplyRequest, Begin, ConnectorFault};
use serde::Deserialize;
use serde_json::json;

use super::{Installed, not_installed, standing};
use crate::api::rest::{Catalogue, quoted};
use crate::api::{Call, Org};
use crate::apply::{Handle, is_install_id};
use crate::delivery::{PackageConfig, PackageInstall, PackageVersion};
use crate::faults::words;
use crate::steps::broken;

/// So often an installation that failed for a reason that passes is tried again.
const TRIES_MAX: u32 = 10;
/// An installation takes minutes.
const POLL_SHARE: u32 = 2;
/// Words of failures that pass by themselves: somebody else installs, or the version is too young to be seen.
const PASSING: [&str; 7] = [
    "try again in a few minutes",
    "not yet available",
    "package_unavailable",
    "unable to obtain exclusive access",
    "organization administration setup",
    "uninstall of this package is in progress",
    "already in progress",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RequestRow {
    id: String,
}

/// How an installation stands. Salesforce's pages and its clients spell the states differently.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RequestState {
    status: String,
    errors: Option<Errors>,
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<ErrorRow>,
}

#[derive(Deserialize)]
struct ErrorRow {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OfferedRow {
    major_version: u32,
    minor_version: u32,
    patch_version: u32,
    build_number: u32,
}

/// The version that the configured id stands for; absent where Salesforce does not show it yet. One call. Looks only.
pub(crate) async fn offered(
    org: &Org<'_>,
    config: &PackageConfig,
) -> Result<Option<PackageVersion>, ConnectorFault> {
    // Salesforce takes this form of the condition and no other.
    let soql = format!(
        "SELECT MajorVersion, MinorVersion, PatchVersion, BuildNumber FROM SubscriberPackageVersion WHERE Id = {}",
        quoted(&config.version_id)
    );
    let rows: Vec<OfferedRow> = match org.query(Catalogue::Tooling, &soql).await {
        Ok(rows) => rows,
        Err(fault) if fault.fault.reason() == Reason::SaasRejected => Vec::new(),
        Err(fault) => return Err(fault),
    };
    Ok(rows.into_iter().next().map(|row| {
        PackageVersion([row.major_version, row.minor_version, row.patch_version, row.build_number])
    }))
}

pub(crate) async fn apply(org: &Org<'_>, request: ApplyRequest<'_>) -> Result<ApplyProgress, ConnectorFault> {
    let config = org
        .delivery()?
        .package()
        .ok_or_else(|| broken("a step for a package, and none is configured".to_owned()))?;
    let tries = match request.begin {
        Begin::Resume { handle } => match Handle::parse(handle)? {
            Handle::Install { id, tries } => {
                if let Some(progress) = poll(org, &id, tries).await? {
                    return Ok(progress);
                }
                tries
            }
            Handle::InstallAgain { tries } => tries,
            _ => return Err(broken("a handle of another step".to_owned())),
        },
        Begin::Fresh | Begin::Uncertain { .. } => 0,
    };
    let installed = standing(org).await?;
    let wants_newest =
        request.step.components.iter().any(|component| component.action != PlannedAction::Keep);
    let needed = if wants_newest {
        offered(org, config).await?.max(config.minimum_version)
    } else {
        config.minimum_version
    };
    match installed {
        Some(installed) if needed.is_none_or(|needed| installed.version >= needed) => {
            Ok(done(&request, &installed))
        }
        installed if config.install == PackageInstall::Administrator => match installed {
            // An upgrade is offered; what is there is enough.
            Some(installed) if config.minimum_version.is_none_or(|minimum| installed.version >= minimum) => {
                Ok(done(&request, &installed))
            }
            installed => Err(not_installed(org, config, installed.as_ref())),
        },
        _ => install(org, config, tries).await,
    }
}

fn done(request: &ApplyRequest<'_>, installed: &Installed) -> ApplyProgress {
    let applied = request.step.components.iter().map(|component| Applied {
        kind: component.kind.clone(),
        full_name: component.full_name.clone(),
        remote_id: installed.id.clone(),
    });
    ApplyProgress::Done { applied: applied.collect(), refused: Vec::new() }
}

/// Starts the installation, unless one is under way.
async fn install(org: &Org<'_>, config: &PackageConfig, tries: u32) -> Result<ApplyProgress, ConnectorFault> {
    let soql = format!(
        "SELECT Id FROM PackageInstallRequest WHERE SubscriberPackageVersionKey = {} AND Status = 'IN_PROGRESS'",
        quoted(&config.version_id)
    );
    let running: Vec<RequestRow> = org.query(Catalogue::Tooling, &soql).await?;
    if let Some(row) = running.into_iter().find(|row| is_install_id(&row.id)) {
        return Ok(running_as(org, row.id, tries));
    }
    // For administrators alone: everybody else gets what they need by the permission set.
    let body = json!({
        "SubscriberPackageVersionKey": config.version_id,
        "NameConflictResolution": "Block",
        "SecurityType": "None",
    });
    let call = Call::post(org.data("/tooling/sobjects/PackageInstallRequest"), &body);
    match org.call(call).await.and_then(|answer| answer.json::<Created>()) {
        Ok(created) if is_install_id(&created.id) => Ok(running_as(org, created.id, tries)),
        Ok(_) => Err(ConnectorFault::unknown("an installation was answered with a strange id")),
        Err(fault) if passes(fault.fault.message()) && tries < TRIES_MAX => {
            Ok(again(org, tries + 1, fault.fault.message()))
        }
        Err(fault) => Err(fault),
    }
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

/// `None` once it has succeeded.
async fn poll(org: &Org<'_>, id: &str, tries: u32) -> Result<Option<ApplyProgress>, ConnectorFault> {
    let path = org.data(&format!("/tooling/sobjects/PackageInstallRequest/{id}"));
    let state: RequestState = org.call(Call::get(path)).await?.json()?;
    match state.status.to_ascii_uppercase().replace('_', "").as_str() {
        "SUCCESS" => Ok(None),
        "ERROR" => {
            let messages = state.errors.map(|errors| errors.errors).unwrap_or_default();
            let said: Vec<String> = messages.iter().map(|error| words(&error.message)).collect();
            let said =
                if said.is_empty() { "Salesforce gives no reason".to_owned() } else { said.join("; ") };
            if passes(&said) && tries < TRIES_MAX {
                return Ok(Some(again(org, tries + 1, &said)));
            }
            Err(ConnectorFault::rejected(
                Fault::new(
                    Reason::ComponentRejected,
                    format!("Salesforce did not install the package: {said}"),
                )
                .meta("install_request", id),
            ))
        }
        _ => Ok(Some(running_as(org, id.to_owned(), tries))),
    }
}

fn passes(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    PASSING.iter().any(|words| said.contains(words))
}

fn running_as(org: &Org<'_>, id: String, tries: u32) -> ApplyProgress {
    let (min, max) = (org.inner.config.deploy_poll_min, org.inner.config.deploy_poll_max);
    waiting(Handle::Install { id, tries }, "the package is being installed", (max / POLL_SHARE).max(min))
}

fn again(org: &Org<'_>, tries: u32, said: &str) -> ApplyProgress {
    waiting(Handle::InstallAgain { tries }, &format!("tried again: {said}"), org.inner.config.deploy_poll_max)
}

fn waiting(handle: Handle, message: &str, poll_after: Duration) -> ApplyProgress {
    ApplyProgress::Running {
        handle: handle.to_string(),
        done: 0,
        total: 1,
        message: message.to_owned(),
        poll_after,
        refused: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        assert!(passes("PACKAGE_UNAVAILABLE: this version is not yet available"));
        assert!(passes("unable to obtain exclusive access to this record"));
        assert!(!passes("Beta packages cannot be installed in production organizations."));
    }
}
