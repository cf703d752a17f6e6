//! Uninstalling, which local components that use the package stand in the way of.

use std::sync::Arc;

use super::content;
use super::install::Refused;
use super::model::{Progress, UninstallRequest};
use crate::ledger::Kind;
use crate::org::{Id, Org, prefix};

/// Requests that are kept; the oldest are forgotten.
const REQUESTS_MAX: usize = 1_000;

/// Takes a request to uninstall the version that is there.
pub(crate) fn order(org: &Arc<Org>, version: Id, by: Id) -> Result<Id, Refused> {
    let now_ms = org.now_ms();
    let id = org.ids.next(prefix::PACKAGE_UNINSTALL_REQUEST);
    {
        let mut state = org.write();
        let packages = &mut state.packages;
        if !packages.installed.values().any(|one| one.version == version) {
            return Err(Refused::NoSuchVersion);
        }
        if packages.busy() {
            return Err(Refused::Busy);
        }
        while packages.uninstalls.len() >= REQUESTS_MAX {
            packages.uninstalls.pop_first();
        }
        let progress = Progress::Queued;
        let request = UninstallRequest { id, version, progress, by, created_ms: now_ms, modified_ms: now_ms };
        packages.uninstalls.insert(id, request);
    }
    let org = Arc::clone(org);
    tokio::spawn(async move {
        let _turn = org.setup.lock().await;
        set(&org, id, Progress::InProgress);
        org.clock.sleep(org.config.package_install_time).await;
        let outcome = uninstall(&org, version);
        let progress = match outcome {
            Ok(()) => Progress::Success,
            Err(why) => Progress::Error(vec![why]),
        };
        let kind = match progress {
            Progress::Success => Kind::PackageUninstalled,
            _ => Kind::PackageUninstallFailed,
        };
        set(&org, id, progress);
        org.note(kind, Some(by), version.as_str(), &[("request", id.as_str())]);
    });
    Ok(id)
}

fn set(org: &Org, id: Id, progress: Progress) {
    let now_ms = org.now_ms();
    if let Some(request) = org.write().packages.uninstalls.get_mut(&id) {
        (request.progress, request.modified_ms) = (progress, now_ms);
    }
}

fn uninstall(org: &Org, version: Id) -> Result<(), String> {
    if org.is_read_only() {
        return Err(crate::org::MAINTENANCE.to_owned());
    }
    let now_ms = org.now_ms();
    let mut state = org.write();
    let Some(installed) = state.packages.installed.values().find(|one| one.version == version).cloned()
    else {
        return Err("The package is not installed.".to_owned());
    };
    let namespace = installed.package.namespace.clone();
    if let Some(user) = content::referrer(&state.metadata, &namespace) {
        return Err(format!(
            "This package can't be uninstalled. Components of the package are referenced elsewhere in this organization: {user}. Remove the reference and try again."
        ));
    }
    let mut next = content::without_package(&state.metadata, &namespace);
    content::forget_missing(&mut next);
    let gone: Vec<String> = state
        .metadata
        .objects()
        .filter(|object| next.object(&object.name).is_none())
        .map(|object| object.name.clone())
        .collect();
    Arc::make_mut(&mut state.assignments).retain(|_, one| next.permission_sets.contains_key(&one.set));
    state.put_metadata(next, now_ms);
    gone.iter().for_each(|object| state.records.drop_table(object));
    state.packages.installed.remove(&installed.package.id);
    Ok(())
}
