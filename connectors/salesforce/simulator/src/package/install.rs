//! Installing: a request, its turn at the org's setup lock, the time it takes, and what comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{InstallRequest, Installed, Package, PackageVersion, Progress, Security};
use super::offer::PackageError;
use super::verdict::{Verdict, verdict};
use super::{access, content};
use crate::ledger::Kind;
use crate::org::{Id, Org, prefix};

/// Another change of the metadata meanwhile makes it start over; this often at most.
const RESTARTS_MAX: usize = 10;
/// Requests that are kept; the oldest finished ones are forgotten.
const REQUESTS_MAX: usize = 1_000;

/// What somebody asks for.
pub(crate) struct InstallOrder {
    pub version: Id,
    pub security: Security,
    /// Installation key.
    pub key: Option<String>,
    pub by: Id,
    /// Values that come back as they were given.
    pub given: BTreeMap<String, serde_json::Value>,
}

/// Why a request is not even taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    NoSuchVersion,
    NotYetVisible,
    /// Only one person can install at a time.
    Busy,
}

/// Takes an order; the request's row tells how it goes on.
pub(crate) fn order(org: &Arc<Org>, order: InstallOrder) -> Result<Id, Refused> {
    let (package, version) = offered(org, order.version).ok_or(Refused::NoSuchVersion)?;
    let id = org.ids.next(prefix::PACKAGE_INSTALL_REQUEST);
    let now_ms = org.now_ms();
    {
        let mut state = org.write();
        let packages = &mut state.packages;
        if verdict(org, packages, &package, &version) == Verdict::Unavailable {
            return Err(Refused::NotYetVisible);
        }
        if packages.busy() {
            return Err(Refused::Busy);
        }
        while packages.installs.len() >= REQUESTS_MAX {
            packages.installs.pop_first();
        }
        let request = InstallRequest {
            id,
            version: version.id,
            security: order.security,
            given: order.given,
            progress: Progress::InProgress,
            by: order.by,
            created_ms: now_ms,
            modified_ms: now_ms,
        };
        packages.installs.insert(id, request);
    }
    org.note(Kind::PackageInstallStarted, Some(order.by), version.id.as_str(), &[("request", id.as_str())]);
    let org = Arc::clone(org);
    tokio::spawn(async move {
        let _turn = org.setup.lock().await;
        org.clock.sleep(org.config.package_install_time).await;
        let worker = Arc::clone(&org);
        let (by, security) = (order.by, order.security);
        let checked = if version.key.is_some() && version.key != order.key {
            Err(vec!["The installation key you've provided is not valid.".to_owned()])
        } else {
            let work = move || install(&worker, &package, &version, security, by);
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
                Err(vec!["An unexpected error occurred during the installation.".to_owned()])
            })
        };
        finish(&org, id, order.by, order.version, checked);
    });
    Ok(id)
}

/// Puts in the packages that the org is born with.
pub(crate) fn install_at_birth(org: &Org) -> Result<(), PackageError> {
    for package in &org.config.packages {
        let Some(version) = package.installed.and_then(|id| package.version(id)) else { continue };
        install(org, &Arc::new(package.clone()), version, Security::None, org.admin)
            .map_err(|wrong| PackageError::Install(package.name.clone(), wrong.join("; ")))?;
    }
    Ok(())
}

/// The package and version of AppExchange with this id.
fn offered(org: &Org, version: Id) -> Option<(Arc<Package>, PackageVersion)> {
    let package = org.config.packages.iter().find(|package| package.version(version).is_some())?;
    let version = package.version(version)?.clone();
    Some((Arc::new(package.clone()), version))
}

fn install(
    org: &Org,
    package: &Arc<Package>,
    version: &PackageVersion,
    security: Security,
    by: Id,
) -> Result<(), Vec<String>> {
    for _ in 0..RESTARTS_MAX {
        let snapshot = org.metadata();
        let said = verdict(org, &org.read().packages, package, version);
        if said != Verdict::Fine {
            return Err(vec![said.words().to_owned()]);
        }
        let same =
            org.read().packages.installed.get(&package.id).is_some_and(|one| one.version == version.id);
        if same {
            return Ok(());
        }
        if org.is_read_only() {
            return Err(vec![crate::org::MAINTENANCE.to_owned()]);
        }
        let mut next = content::with_package(org, &snapshot, package, by)?;
        let now_ms = org.now_ms();
        let fresh = org.ids.next(prefix::INSTALLED_PACKAGE);
        let mut state = org.write();
        if !Arc::ptr_eq(&state.metadata, &snapshot) {
            continue;
        }
        access::grant(&state, &mut next, &package.namespace, security);
        content::forget_missing(&mut next);
        state.put_metadata(next, now_ms);
        let before = state.packages.installed.get(&package.id);
        let installed = Installed {
            id: before.map_or(fresh, |one| one.id),
            package: Arc::clone(package),
            version: version.id,
            first: before.map_or(version.id, |one| one.first),
            installed_ms: now_ms,
            by,
        };
        state.packages.installed.insert(package.id, installed);
        return Ok(());
    }
    Err(vec!["unable to obtain exclusive access to this record".to_owned()])
}

fn finish(org: &Org, id: Id, by: Id, version: Id, outcome: Result<(), Vec<String>>) {
    let now_ms = org.now_ms();
    let good = outcome.is_ok();
    if let Some(request) = org.write().packages.installs.get_mut(&id) {
        request.modified_ms = now_ms;
        request.progress = match outcome {
            Ok(()) => Progress::Success,
            Err(wrong) => Progress::Error(wrong),
        };
    }
    let kind = if good { Kind::PackageInstalled } else { Kind::PackageInstallFailed };
    org.note(kind, Some(by), version.as_str(), &[("request", id.as_str())]);
}
