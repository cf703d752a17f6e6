//! Steps whose components come in one deployment, all or none.

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{Applied, ApplyProgress, ApplyRequest, Begin, ConnectorFault, FaultClass};
use serde_json::{Map, Value};

use super::deploy::{self, Outcome};
use super::handle::{At, Handle, Job};
use super::{CLOCK_SKEW, failure, since};
use crate::api::Org;
use crate::api::metadata::{Details, Purpose, Tests};
use crate::package::not_installed;
use crate::plan::foreign;
use crate::render::{Archive, Content, Rendered, Scope};
use crate::snapshot::{Snapshot, Standing};
use crate::steps::{self, ASSIGNMENT, Catalogue, Target, broken};

pub(super) async fn apply(org: &Org<'_>, request: ApplyRequest<'_>) -> Result<ApplyProgress, ConnectorFault> {
    let started_since = match request.begin {
        Begin::Fresh => None,
        Begin::Uncertain { since } => Some((since - CLOCK_SKEW, At::default())),
        Begin::Resume { handle } => match Handle::parse(handle)? {
            Handle::Deploy { job, id, at } => match deploy::poll(org, job, &id, at).await? {
                Outcome::Running(waiting) => return Ok(waiting.into()),
                Outcome::Succeeded(result) if job == Job::Own => {
                    let details = result.details.unwrap_or_default();
                    return ended(org, request, &details, at).await;
                }
                Outcome::Failed(result) if job == Job::Own => {
                    let again = deploy::again(org, &result, job, at);
                    return again.map(ApplyProgress::from).ok_or_else(|| failure::of(&result));
                }
                // What was not surely started by this step proves nothing.
                Outcome::Succeeded(_) | Outcome::Failed(_) => return complete(org, request, false, at).await,
            },
            Handle::Next { at, since: seconds, .. } => Some((since(seconds), at)),
            _ => return Err(broken("a handle of another step".to_owned())),
        },
    };
    let mut at = At::default();
    if let Some((since, place)) = started_since {
        at = place;
        let started = org.deployments_of(&org.identity()?.user_id, since).await?;
        if let Some(waiting) = deploy::adopted(org, &started, at) {
            return Ok(waiting.into());
        }
    }
    complete(org, request, false, at).await
}

/// A deployment of this step succeeded. Salesforce's word is taken for it: the plan's own look at everything comes
/// later. What the deployment does not answer is looked for.
async fn ended(
    org: &Org<'_>,
    request: ApplyRequest<'_>,
    details: &Details,
    at: At,
) -> Result<ApplyProgress, ConnectorFault> {
    let mut applied = Vec::with_capacity(request.step.components.len());
    for component in &request.step.components {
        let remote_id = if component.kind == ASSIGNMENT {
            match details.component_successes.iter().find(|success| success.is("PermissionSet", None)) {
                // Nobody can have been given a set that was not there.
                Some(set) if set.created => match assign(org, set.id.as_deref().unwrap_or_default()).await {
                    Ok(id) => Some(id),
                    Err(fault) if fault.class == FaultClass::Rejected => None,
                    Err(fault) => return Err(fault),
                },
                _ => None,
            }
        } else {
            let is_it = |kind, name| details.component_successes.iter().find(|one| one.is(kind, Some(name)));
            is_it(&component.kind, &component.full_name).and_then(|success| success.id.clone())
        };
        match remote_id {
            Some(remote_id) => applied.push(Applied {
                kind: component.kind.clone(),
                full_name: component.full_name.clone(),
                remote_id,
            }),
            None => return complete(org, request, true, at).await,
        }
    }
    Ok(ApplyProgress::Done { applied, refused: Vec::new() })
}

/// Looks what is missing, and brings it in. `deployed`: this step has just done so.
async fn complete(
    org: &Org<'_>,
    request: ApplyRequest<'_>,
    deployed: bool,
    at: At,
) -> Result<ApplyProgress, ConnectorFault> {
    let target = org.target()?;
    let catalogue = Catalogue::of(target, request.plan)?;
    let components: Vec<Rendered> =
        request.step.components.iter().map(|planned| catalogue.need(planned)).collect::<Result<_, _>>()?;
    let snapshot = Snapshot::take(org).await?;
    let mut standings = Vec::with_capacity(components.len());
    for component in &components {
        let standing = snapshot.standing(&target, component);
        if let Standing::Foreign { .. } = standing {
            return Err(foreign(component));
        }
        standings.push(standing);
    }
    let lacking: Vec<(&Rendered, &Standing)> = components
        .iter()
        .zip(&standings)
        .filter(|(component, standing)| component.content != Content::Record && !standing.is_present())
        .collect();
    if let Some((managed, _)) =
        lacking.iter().find(|(component, _)| matches!(component.content, Content::Managed(_)))
    {
        return Err(not_in_the_package(org, &snapshot, managed));
    }
    if !lacking.is_empty() {
        return if deployed {
            Err(failure::not_observed(&lacking))
        } else {
            start(org, request, &target, &snapshot, &components, at).await
        };
    }
    let mut applied = Vec::with_capacity(components.len());
    for (component, standing) in components.iter().zip(&standings) {
        let remote_id = match standing {
            Standing::Missing if component.kind == ASSIGNMENT => {
                let set = snapshot.permission_set_id();
                assign(org, set.ok_or_else(|| ConnectorFault::protocol("the permission set is gone"))?)
                    .await?
            }
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

fn not_in_the_package(org: &Org<'_>, snapshot: &Snapshot, lacking: &Rendered) -> ConnectorFault {
    let config = org.delivery().ok().and_then(|delivery| delivery.package());
    match (config, snapshot.package()) {
        (Some(config), None) => not_installed(org, config, None),
        (_, installed) => {
            let version = installed.map(|installed| format!(" {}", installed.version)).unwrap_or_default();
            ConnectorFault::rejected(
                Fault::new(
                    Reason::ComponentNotObserved,
                    format!(
                        "the installed package{version} does not bring {} {} as it should: install a newer version",
                        lacking.kind, lacking.full_name
                    ),
                )
                .meta("full_name", lacking.full_name.clone()),
            )
        }
    }
}

async fn start(
    org: &Org<'_>,
    request: ApplyRequest<'_>,
    target: &Target<'_>,
    snapshot: &Snapshot,
    components: &[Rendered],
    at: At,
) -> Result<ApplyProgress, ConnectorFault> {
    let app = target.app;
    // A deployment replaces the whole permission set: what later steps have granted already must stay.
    let widened = app.permission_set(widest_scope(target, snapshot, &request.step.id)?);
    let sent: Vec<&Rendered> = components
        .iter()
        .filter(|component| component.is_deployed())
        .map(|component| if component.kind == widened.kind { &widened } else { component })
        .collect();
    let archive = Archive::of(&sent, &org.inner.config.api_version).map_err(broken)?;
    let tests =
        if org.is_production() && archive.has_apex { Tests::Specified(app.tests()) } else { Tests::Default };
    let id = org.start_deploy(archive.bytes, &tests, Purpose::Change).await?;
    Ok(deploy::started(org, Job::Own, id, at, sent.len()).into())
}

/// The permission set's scope for a step: its own, or a wider one if all that it names is there, in whatever version.
fn widest_scope(target: &Target<'_>, snapshot: &Snapshot, step: &str) -> Result<Scope, ConnectorFault> {
    let mut scope = steps::scope(step);
    for wider in [steps::QUARANTINE, steps::CLASSES] {
        let components = steps::components(target, wider, &[]).map_err(broken)?;
        // The set itself does not count: it is about to be replaced. It names no trigger.
        let exists = components
            .iter()
            .filter(|component| !matches!(component.kind, "PermissionSet" | "ApexTrigger"))
            .all(|component| snapshot.can_be_granted(target, component));
        if exists {
            scope = scope.max(steps::scope(wider));
        } else {
            break;
        }
    }
    Ok(scope)
}

/// Gives the permission set to the session's user. Fields and events are out of reach until then.
async fn assign(org: &Org<'_>, set: &str) -> Result<String, ConnectorFault> {
    let fields = Map::from_iter([
        ("AssigneeId".to_owned(), Value::from(org.identity()?.user_id.clone())),
        ("PermissionSetId".to_owned(), Value::from(set)),
    ]);
    org.create(ASSIGNMENT, fields).await
}
