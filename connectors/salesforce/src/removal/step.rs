//! Carrying out a step of a removal.

use provision_connector_sdk::core::Timestamp;
use provision_connector_sdk::core::operation::Leftover;
use provision_connector_sdk::core::plan::PlannedComponent;
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{Begin, ConnectorFault, FaultClass, RemoveProgress, RemoveRequest};

use super::handle::{Handle, REFUSALS_MAX};
use super::refusal::{self, Refusal};
use super::survey::{Found, Survey};
use super::{CLASSES, LAST_TEST, OBJECTS, TRIGGERS, leftover, records};
use crate::api::Org;
use crate::api::metadata::{DeployResult, Purpose, Tests};
use crate::apply::deploy::{self, Outcome, Waiting};
use crate::apply::{self, At, CLOCK_SKEW, Job, failure};
use crate::quarantine;
use crate::render::{Archive, QUARANTINE_OBJECTS, REMOVAL_TEST, Rendered};
use crate::steps::{ASSIGNMENT, broken};

/// What one deployment deletes at most: Salesforce takes 7,500 classes and triggers.
const AT_ONCE: usize = 7_000;
/// Deployments that a step takes beyond those that its size needs: what never goes must not be deleted for ever.
const SPARE_BATCHES: u32 = 3;

/// Where a step is.
#[derive(Default)]
struct Place {
    at: At,
    refused_by: Vec<String>,
    /// A deployment may have been started since then.
    since: Option<Timestamp>,
    /// A deployment may be started in this call: should its answer be lost, the next call knows to look for it.
    may_start: bool,
}

pub(crate) async fn remove(
    org: &Org<'_>,
    request: RemoveRequest<'_>,
) -> Result<RemoveProgress, ConnectorFault> {
    let place = match request.begin {
        Begin::Fresh => Place { may_start: true, ..Place::default() },
        Begin::Uncertain { since } => {
            Place { since: Some(since - CLOCK_SKEW), may_start: true, ..Place::default() }
        }
        Begin::Resume { handle } => {
            let Handle { waits_for, refused_by } = Handle::parse(handle)?;
            match waits_for {
                apply::Handle::Deploy { job, id, at } => {
                    let over = Place { at, ..Place::default() };
                    match deploy::poll(org, job, &id, at).await? {
                        Outcome::Running(waiting) => return Ok(running(waiting, refused_by)),
                        Outcome::Failed(result) if job == Job::Own => {
                            return failed(org, request, &result, at, refused_by);
                        }
                        Outcome::Succeeded(_) if job == Job::Own => {
                            Place { at: At { batch: at.batch + 1, round: 0 }, refused_by, ..over }
                        }
                        // What was not surely started by this step proves nothing.
                        Outcome::Succeeded(_) | Outcome::Failed(_) => Place { refused_by, ..over },
                    }
                }
                apply::Handle::Next { at, since, .. } => {
                    Place { at, refused_by, since: Some(apply::since(since)), may_start: true }
                }
                _ => return Err(broken("a handle of another step".to_owned())),
            }
        }
    };
    proceed(org, request, place).await
}

fn running(waiting: Waiting, refused_by: Vec<String>) -> RemoveProgress {
    let Waiting { handle, done, total, message, poll_after } = waiting;
    let handle = Handle { waits_for: handle, refused_by }.to_string();
    RemoveProgress::Running { handle, done, total, message, poll_after }
}

/// Leaves out what was refused by name, if that is all that is wrong.
fn failed(
    org: &Org<'_>,
    request: RemoveRequest<'_>,
    result: &DeployResult,
    at: At,
    mut refused_by: Vec<String>,
) -> Result<RemoveProgress, ConnectorFault> {
    if let Some(waiting) = deploy::again(org, result, Job::Own, at) {
        return Ok(running(waiting, refused_by));
    }
    if let Some(denied) = refusal::denied(result) {
        return Err(denied);
    }
    let refusals = refusal::refusals(result, request.step);
    if refusals.is_empty() || refused_by.len() == REFUSALS_MAX {
        return Err(failure::of(result));
    }
    refused_by.push(result.id.clone());
    let message = format!("Salesforce refuses to delete {} components: they are left out", refusals.len());
    Ok(running(deploy::next(org, false, At { round: 0, ..at }, None, &message), refused_by))
}

/// What earlier deployments of the step have refused. One that Salesforce has forgotten refuses nothing.
async fn earlier(
    org: &Org<'_>,
    request: RemoveRequest<'_>,
    refused_by: &[String],
) -> Result<Vec<Refusal>, ConnectorFault> {
    let mut all = Vec::new();
    for id in refused_by {
        match org.deploy_result(id).await {
            Ok(result) => all.extend(refusal::refusals(&result, request.step)),
            Err(fault) if fault.class == FaultClass::Gone => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(all)
}

/// Looks what is still there, and deletes what can be.
async fn proceed(
    org: &Org<'_>,
    request: RemoveRequest<'_>,
    place: Place,
) -> Result<RemoveProgress, ConnectorFault> {
    if let Some(since) = place.since {
        let started = org.deployments_of(&org.identity()?.user_id, since).await?;
        if let Some(waiting) = deploy::adopted(org, &started, place.at) {
            return Ok(running(waiting, place.refused_by));
        }
    }
    let refusals = earlier(org, request, &place.refused_by).await?;
    let survey = Survey::take(org).await?;
    let instance_url = &org.identity()?.instance_url;
    let (mut leftovers, mut doomed) = (Vec::new(), Vec::new());
    for component in &request.step.components {
        let Some(found) = survey.find(&component.kind, &component.full_name) else { continue };
        let refusal = refusals.iter().find(|one| found.is(&one.kind, &one.full_name));
        match refusal {
            _ if !found.is_ours => leftovers.push(leftover::foreign(instance_url, found)),
            Some(refusal) => leftovers.push(leftover::refused(instance_url, found, &refusal.words)),
            None => doomed.push(found),
        }
    }
    let (assignments, doomed): (Vec<&Found>, Vec<&Found>) =
        doomed.into_iter().partition(|found| found.kind == ASSIGNMENT);
    take_back(org, &assignments).await?;
    if doomed.is_empty() {
        leftovers.extend(kept_for_a_while(org, request, &leftovers)?);
        return Ok(RemoveProgress::Done { leftovers });
    }
    if place.at.batch > needed(request.step.components.len()) + SPARE_BATCHES {
        return Err(still_there(&doomed));
    }
    if !place.may_start {
        let message = format!("{} components are still there", doomed.len());
        return Ok(running(deploy::next(org, false, place.at, None, &message), place.refused_by));
    }
    let some = &doomed[..doomed.len().min(AT_ONCE)];
    let id = start(org, request, &survey, some).await?;
    Ok(running(deploy::started(org, Job::Own, id, place.at, some.len()), place.refused_by))
}

/// The permission set is taken from everybody who has it: Salesforce deletes none that is assigned.
async fn take_back(org: &Org<'_>, assignments: &[&Found]) -> Result<(), ConnectorFault> {
    if assignments.is_empty() {
        return Ok(());
    }
    // The last moment at which it can be seen; whoever removes has disposed of it before.
    let held = quarantine::held(org).await?;
    if held > 0 {
        return Err(ConnectorFault::rejected(
            Fault::new(
                Reason::QuarantineNotEmpty,
                "quarantined content is held in the organisation and nowhere else: say what becomes of it, and begin again",
            )
            .meta("at_least", held.to_string()),
        ));
    }
    quarantine::forget_canaries(org).await?;
    let ids: Vec<String> = assignments.iter().map(|found| found.id.clone()).collect();
    records::delete(org, &ids).await
}

async fn start(
    org: &Org<'_>,
    request: RemoveRequest<'_>,
    survey: &Survey,
    doomed: &[&Found],
) -> Result<String, ConnectorFault> {
    let gone: Vec<(&str, &str)> = doomed.iter().map(|found| (found.kind, found.full_name.as_str())).collect();
    let target = org.target()?;
    let test = target.app.removal_test();
    let is_taken = survey.find(test.kind, REMOVAL_TEST).is_some_and(|found| !found.is_ours);
    let (added, tests): (Vec<&Rendered>, Tests) = match request.step.id.as_str() {
        TRIGGERS | CLASSES | LAST_TEST if !org.is_production() => (Vec::new(), Tests::Default),
        TRIGGERS | CLASSES if !is_taken => (vec![&test], Tests::Specified(vec![test.full_name.clone()])),
        TRIGGERS | CLASSES | LAST_TEST => (Vec::new(), Tests::Local),
        _ => (Vec::new(), Tests::Default),
    };
    let archive = Archive::removing(&gone, &added, &org.inner.config.api_version).map_err(broken)?;
    let purpose = Purpose::Removal { purge: !org.is_production() };
    org.start_deploy(archive.bytes, &tests, purpose).await
}

/// Objects of the step with content, which production keeps in a list of deleted ones.
fn kept_for_a_while(
    org: &Org<'_>,
    request: RemoveRequest<'_>,
    stay: &[Leftover],
) -> Result<Vec<Leftover>, ConnectorFault> {
    if request.step.id != OBJECTS || !org.is_production() {
        return Ok(Vec::new());
    }
    let instance_url = &org.identity()?.instance_url;
    let is_gone = |component: &&PlannedComponent| {
        QUARANTINE_OBJECTS.contains(&component.full_name.as_str())
            && !stay.iter().any(|leftover| leftover.full_name == component.full_name)
    };
    let gone = request.step.components.iter().filter(is_gone);
    Ok(gone.map(|component| leftover::erased_later(instance_url, &component.full_name)).collect())
}

/// Deployments that a step of this size needs.
fn needed(components: usize) -> u32 {
    u32::try_from(components / AT_ONCE).unwrap_or(u32::MAX / 2) + 1
}

/// Salesforce says that all is gone.
fn still_there(doomed: &[&Found]) -> ConnectorFault {
    let first = doomed.first().map(|found| format!("{} {}", found.kind, found.full_name)).unwrap_or_default();
    let message = format!(
        "{} of the deleted components are still there, {first} among them: somebody makes them anew, or Salesforce is at \
         fault",
        doomed.len()
    );
    ConnectorFault::rejected(Fault::new(Reason::ComponentNotObserved, message))
}
