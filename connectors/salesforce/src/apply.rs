//! Carrying out a step: one deployment, and the record that no deployment can bring.
//!
//! Every call looks first and brings in only what is not there as it should be, so a step can be begun again at any
//! time. A deployment is found again by its id, or, where the answer with the id was lost, by who started it when.

mod failure;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use provision_connector_sdk::core::Fault;
use provision_connector_sdk::{Applied, ApplyProgress, ApplyRequest, Begin, ConnectorFault, FaultClass};
use serde_json::{Map, Value};

use crate::api::Org;
use crate::api::metadata::{DeployResult, Tests, is_deploy_id};
use crate::plan::foreign;
use crate::render::{Archive, Content, Rendered, Scope};
use crate::snapshot::{Snapshot, Standing};
use crate::steps::{self, ASSIGNMENT, Catalogue};

/// Clocks differ: a deployment is looked for from so much before the time that it may have left.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(2);

/// A remote job. What was not surely started by this step proves nothing by its success.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Handle {
    Own(String),
    Adopted(String),
}

impl Handle {
    fn parse(text: &str) -> Result<Self, ConnectorFault> {
        let handle = match text.split_once(':') {
            Some(("own", id)) if is_deploy_id(id) => Some(Handle::Own(id.to_owned())),
            Some(("adopted", id)) if is_deploy_id(id) => Some(Handle::Adopted(id.to_owned())),
            _ => None,
        };
        handle.ok_or_else(|| {
            ConnectorFault::rejected(Fault::internal_error("a handle that is none of this connector's"))
        })
    }

    fn id(&self) -> &str {
        match self {
            Handle::Own(id) | Handle::Adopted(id) => id,
        }
    }
}

impl std::fmt::Display for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Handle::Own(id) => write!(f, "own:{id}"),
            Handle::Adopted(id) => write!(f, "adopted:{id}"),
        }
    }
}

pub(crate) async fn apply(org: &Org<'_>, request: ApplyRequest<'_>) -> Result<ApplyProgress, ConnectorFault> {
    let mut deployed = false;
    match request.begin {
        Begin::Fresh => {}
        Begin::Resume { handle } => {
            let handle = Handle::parse(handle)?;
            let result = poll(org, &handle).await?;
            if !result.done {
                return Ok(running(org, &handle, &result));
            }
            if let Handle::Own(_) = handle {
                if !result.success {
                    return Err(failure::of(&result));
                }
                deployed = true;
            }
        }
        Begin::Uncertain { since } => {
            let user = &org.identity()?.user_id;
            let started = org.deployments_of(user, since - CLOCK_SKEW).await?;
            if let Some(job) = started.iter().find(|job| job.is_running() && is_deploy_id(&job.id)) {
                let handle = Handle::Adopted(job.id.clone());
                return Ok(ApplyProgress::Running {
                    handle: handle.to_string(),
                    done: 0,
                    total: 0,
                    message: "a deployment is under way".to_owned(),
                    poll_after: org.inner.config.deploy_poll_min,
                    refused: Vec::new(),
                });
            }
        }
    }
    complete(org, request, deployed).await
}

/// Looks what is missing, and brings it in.
async fn complete(
    org: &Org<'_>,
    request: ApplyRequest<'_>,
    deployed: bool,
) -> Result<ApplyProgress, ConnectorFault> {
    let identity = org.identity()?;
    let app = &org.inner.app;
    let catalogue = Catalogue::of(app, request.plan, &identity.organization_id, &identity.user_id)?;
    let components: Vec<&Rendered> =
        request.step.components.iter().map(|planned| catalogue.need(planned)).collect::<Result<_, _>>()?;
    let snapshot = Snapshot::take(org).await?;
    let mut standings = Vec::with_capacity(components.len());
    for component in &components {
        let standing = snapshot.standing(app, component);
        if let Standing::Foreign { .. } = standing {
            return Err(foreign(component));
        }
        standings.push(standing);
    }
    let lacking: Vec<(&Rendered, &Standing)> = components
        .iter()
        .copied()
        .zip(&standings)
        .filter(|(component, standing)| component.content != Content::Record && !standing.is_present())
        .collect();
    if !lacking.is_empty() {
        return if deployed {
            Err(failure::not_observed(&lacking))
        } else {
            deploy(org, request, &snapshot, &components, &standings).await
        };
    }
    let mut applied = Vec::with_capacity(components.len());
    for (component, standing) in components.iter().zip(&standings) {
        let remote_id = match standing {
            Standing::Missing if component.kind == ASSIGNMENT => assign(org, &snapshot).await?,
            standing => standing.id().to_owned(),
        };
        applied.push(Applied {
            kind: component.kind.to_owned(),
            full_name: component.full_name.clone(),
            remote_id,
        });
    }
    Ok(ApplyProgress::Done { applied, refused: Vec::new() })
}

async fn deploy(
    org: &Org<'_>,
    request: ApplyRequest<'_>,
    snapshot: &Snapshot,
    components: &[&Rendered],
    standings: &[Standing],
) -> Result<ApplyProgress, ConnectorFault> {
    let app = &org.inner.app;
    // A deployment replaces the whole permission set: what later steps have granted already must stay.
    let widened = app.permission_set(widest_scope(org, snapshot, &request.step.id)?);
    let sent: Vec<&Rendered> = components
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, component)| component.content != Content::Record)
        .filter(|(index, _)| request.step.id != steps::TRIGGERS || !pair_is_present(*index, standings))
        .map(|(_, component)| if component.kind == widened.kind { &widened } else { component })
        .collect();
    let archive = Archive::of(&sent, &org.inner.config.api_version)
        .map_err(|cause| ConnectorFault::rejected(Fault::internal_error(cause)))?;
    let tests = if org.is_production() && archive.has_apex {
        Tests::Specified(tests(org, &request.step.id, &sent))
    } else {
        Tests::Default
    };
    let id = org.start_deploy(archive.bytes, &tests).await?;
    Ok(ApplyProgress::Running {
        handle: Handle::Own(id).to_string(),
        done: 0,
        total: sent.len() as u64,
        message: "deployment handed to Salesforce".to_owned(),
        poll_after: org.inner.config.deploy_poll_min,
        refused: Vec::new(),
    })
}

/// Triggers come in pairs with their tests: one goes with the other, so that it is covered.
fn pair_is_present(index: usize, standings: &[Standing]) -> bool {
    let first = index - index % 2;
    standings[first..].iter().take(2).all(Standing::is_present)
}

/// The permission set's scope for a step: its own, or a wider one if all that it names is there, in whatever version.
fn widest_scope(org: &Org<'_>, snapshot: &Snapshot, step: &str) -> Result<Scope, ConnectorFault> {
    let (app, identity) = (&org.inner.app, org.identity()?);
    let mut scope = steps::scope(step);
    for wider in [steps::QUARANTINE, steps::CLASSES] {
        let components = steps::components(app, wider, &identity.organization_id, &identity.user_id, &[])
            .map_err(|cause| ConnectorFault::rejected(Fault::internal_error(cause)))?;
        // The set itself does not count: it is about to be replaced.
        let exists = components
            .iter()
            .filter(|component| component.kind != "PermissionSet")
            .all(|component| snapshot.can_be_granted(app, component));
        if exists {
            scope = scope.max(steps::scope(wider));
        } else {
            break;
        }
    }
    Ok(scope)
}

fn tests(org: &Org<'_>, step: &str, sent: &[&Rendered]) -> Vec<String> {
    if step == steps::TRIGGERS {
        let classes = sent.iter().filter(|component| component.kind == "ApexClass");
        classes.map(|component| component.full_name.clone()).collect()
    } else {
        org.inner.app.tests()
    }
}

/// Gives the permission set to the session's user. Fields and events are out of reach until then.
async fn assign(org: &Org<'_>, snapshot: &Snapshot) -> Result<String, ConnectorFault> {
    let set = snapshot
        .permission_set_id()
        .ok_or_else(|| ConnectorFault::protocol("a permission set that was there is gone"))?;
    let fields = Map::from_iter([
        ("AssigneeId".to_owned(), Value::from(org.identity()?.user_id.clone())),
        ("PermissionSetId".to_owned(), Value::from(set)),
    ]);
    org.create(ASSIGNMENT, fields).await
}

async fn poll(org: &Org<'_>, handle: &Handle) -> Result<DeployResult, ConnectorFault> {
    let result = org.deploy_result(handle.id()).await;
    result.map_err(|fault| match fault.class {
        // A deployment that was just accepted can be unknown for a moment.
        FaultClass::Gone => ConnectorFault::transient("the deployment is not visible yet"),
        _ if fault.fault.message().contains("INVALID_CROSS_REFERENCE_KEY") => {
            ConnectorFault::transient("the deployment is not visible yet")
        }
        _ => fault,
    })
}

fn running(org: &Org<'_>, handle: &Handle, result: &DeployResult) -> ApplyProgress {
    let testing = result.number_tests_total > 0
        && result.number_components_total > 0
        && result.number_components_deployed == result.number_components_total;
    let (done, total) = if testing {
        (result.number_tests_completed, result.number_tests_total)
    } else {
        (result.number_components_deployed, result.number_components_total)
    };
    let message = match (&result.state_detail, result.status.as_str()) {
        (Some(detail), _) if !detail.is_empty() => crate::faults::words(detail),
        (_, "Pending") => "waiting: another deployment holds the organisation's setup".to_owned(),
        _ if testing => "running tests".to_owned(),
        _ => "deploying".to_owned(),
    };
    ApplyProgress::Running {
        handle: handle.to_string(),
        done,
        total,
        message,
        poll_after: poll_after(org, result),
        refused: Vec::new(),
    }
}

/// The older a deployment, the longer it may still take: it can wait for hours behind others.
fn poll_after(org: &Org<'_>, result: &DeployResult) -> Duration {
    let (min, max) = (org.inner.config.deploy_poll_min, org.inner.config.deploy_poll_max);
    let created = result.created_date.as_deref().and_then(timestamp);
    let age = match (created, result.now) {
        (Some(created), Some(now)) => (now - created).to_std().unwrap_or_default(),
        _ => Duration::ZERO,
    };
    (age / 10).clamp(min, max)
}

/// Salesforce writes its zone without a colon: `2026-11-24T04:00:00.000+0000`.
fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    let parsed = DateTime::parse_from_rfc3339(text);
    let parsed = parsed.or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    parsed.ok().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests_of_handles {
    use super::*;

    #[test]
    fn handles_come_back_as_they_were() {
        for text in ["own:0Af000000000001AAA", "adopted:0Af000000000001AAA"] {
            assert_eq!(Handle::parse(text).expect("a handle").to_string(), text);
        }
        for text in ["", "0Af000000000001AAA", "own:../0Af0000001AAA", "other:0Af000000000001AAA"] {
            assert!(Handle::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_of_both_spellings_are_read() {
        assert!(timestamp("2026-11-24T04:00:00.000+0000").is_some());
        assert_eq!(timestamp("2026-11-24T04:00:00.000Z"), timestamp("2026-11-24T04:00:00.000+0000"));
    }
}
