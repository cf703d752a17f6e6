//! The step of triggers: in deployments of bounded size, and without the objects that Salesforce refuses a trigger.
//!
//! A few triggers are deployed at once: a deployment that fails is rolled back as a whole, so it says what a validation
//! would. Many are validated first. What is refused by name is left out and told to the daemon, which stores it before the
//! next try; the tries are bounded.

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{Applied, ApplyProgress, ApplyRequest, Begin, ConnectorFault, FaultClass};

use super::batch::{Group, LIMITS, cut};
use super::deploy::{self, Outcome};
use super::handle::{At, Handle, Job};
use super::{CLOCK_SKEW, ROUNDS_MAX, failure, since, verdict};
use crate::api::Org;
use crate::api::metadata::{DeployResult, Purpose, Tests};
use crate::plan::foreign;
use crate::render::{Archive, Rendered, names};
use crate::snapshot::{Snapshot, Standing};
use crate::steps::{Catalogue, broken};

/// Up to so many objects are deployed without a validation before.
pub(crate) const DIRECT_MAX: usize = 10;
/// Deployments that a step takes beyond those that its size needs: what is never seen must not be deployed for ever.
const SPARE_BATCHES: u32 = 3;

/// What comes next.
#[derive(Default)]
struct Next {
    at: At,
    /// Unset: by the number of objects.
    validate: Option<bool>,
    validated: Option<String>,
    /// A deployment may have been started since then.
    since: Option<provision_connector_sdk::core::Timestamp>,
}

pub(super) async fn apply(org: &Org<'_>, request: ApplyRequest<'_>) -> Result<ApplyProgress, ConnectorFault> {
    let next = match request.begin {
        Begin::Fresh => Next::default(),
        Begin::Uncertain { since } => Next { since: Some(since - CLOCK_SKEW), ..Next::default() },
        Begin::Resume { handle } => match Handle::parse(handle)? {
            Handle::Deploy { job, id, at } => match deploy::poll(org, job, &id, at).await? {
                Outcome::Running(waiting) => return Ok(waiting.into()),
                Outcome::Succeeded(result) => match job {
                    Job::Own => match ended(&request, &result) {
                        Some(done) => return Ok(done),
                        None => Next { at: At { batch: at.batch + 1, round: 0 }, ..Next::default() },
                    },
                    Job::Check => {
                        let validated = Some(id).filter(|_| org.is_production());
                        return Ok(deploy::next(org, false, at, validated, "Salesforce accepts it").into());
                    }
                    Job::Adopted => Next { at, ..Next::default() },
                },
                Outcome::Failed(_) if job == Job::Adopted => Next { at, ..Next::default() },
                Outcome::Failed(result) => return failed(org, &request, &result, job, at),
            },
            Handle::Next { validate, at, since: seconds, validated } => {
                Next { at, validate: Some(validate), validated, since: Some(since(seconds)) }
            }
            _ => return Err(broken("a handle of another step".to_owned())),
        },
    };
    proceed(org, &request, next).await
}

/// A deployment succeeded: the step is done, if nothing was left for another. Salesforce's word is taken for it; the
/// plan's own look at everything comes later.
fn ended(request: &ApplyRequest<'_>, result: &DeployResult) -> Option<ApplyProgress> {
    let successes = &result.details.as_ref()?.component_successes;
    let mut applied = Vec::with_capacity(request.step.components.len());
    for component in &request.step.components {
        if is_refused(request, &component.full_name) {
            continue;
        }
        let success = successes.iter().find(|one| one.is(&component.kind, Some(&component.full_name)))?;
        applied.push(Applied {
            kind: component.kind.clone(),
            full_name: component.full_name.clone(),
            remote_id: success.id.clone().unwrap_or_default(),
        });
    }
    Some(ApplyProgress::Done { applied, refused: Vec::new() })
}

fn is_refused(request: &ApplyRequest<'_>, full_name: &str) -> bool {
    request.refused.iter().any(|refused| refused.full_name == full_name)
}

/// Leaves out what was refused by name, if that is all that is wrong and something is left.
fn failed(
    org: &Org<'_>,
    request: &ApplyRequest<'_>,
    result: &DeployResult,
    job: Job,
    at: At,
) -> Result<ApplyProgress, ConnectorFault> {
    if let Some(waiting) = deploy::again(org, result, job, at) {
        return Ok(waiting.into());
    }
    let fault = || failure::of(result);
    let catalogue = Catalogue::of(org.target()?, request.plan)?;
    let reasons = verdict::refused_objects(result, &catalogue).ok_or_else(fault)?;
    let is_gone = |object: &str| {
        reasons.contains_key(object) || request.refused.iter().any(|refused| refused.object_type == object)
    };
    let is_repeated = reasons.keys().all(|object| request.refused.iter().any(|r| r.object_type == *object));
    if is_repeated
        || at.round + 1 >= ROUNDS_MAX
        || request.plan.object_types.iter().all(|object| is_gone(object))
    {
        return Err(fault());
    }
    let message = format!("Salesforce refuses the triggers of {} objects: they are left out", reasons.len());
    let at = At { round: at.round + 1, ..at };
    Ok(deploy::next(org, true, at, None, &message).without(verdict::refusals(&reasons)))
}

/// Looks what is missing, and starts the deployment or validation of as much of it as one takes.
async fn proceed(
    org: &Org<'_>,
    request: &ApplyRequest<'_>,
    next: Next,
) -> Result<ApplyProgress, ConnectorFault> {
    let target = org.target()?;
    let (snapshot, started) = Snapshot::take_code(org, next.since).await?;
    if let Some(waiting) = deploy::adopted(org, &started, next.at) {
        return Ok(waiting.into());
    }
    let catalogue = Catalogue::of(target, request.plan)?;
    let wanted = request.step.components.iter().filter(|planned| !is_refused(request, &planned.full_name));
    let components: Vec<Rendered> =
        wanted.map(|planned| catalogue.need(planned)).collect::<Result<_, _>>()?;
    let standings: Vec<Standing> =
        components.iter().map(|component| snapshot.standing(&target, component)).collect();
    if let Some((component, _)) =
        components.iter().zip(&standings).find(|(_, standing)| matches!(standing, Standing::Foreign { .. }))
    {
        return Err(foreign(component));
    }
    let groups = lacking(&catalogue, &components, &standings);
    if groups.is_empty() {
        return done(request, &catalogue, &components, &standings);
    }
    let (batch, left) = cut(&groups, LIMITS);
    if next.at.batch > needed(request) + SPARE_BATCHES {
        let amiss: Vec<_> =
            components.iter().zip(&standings).filter(|(_, standing)| !standing.is_present()).collect();
        return Err(failure::not_observed(&amiss));
    }
    tracing::debug!(objects = batch.len(), left = left.len(), at = ?next.at, "a deployment of triggers");
    let validate = next.validate.unwrap_or(groups.len() > DIRECT_MAX);
    start(org, batch, validate, &next).await
}

/// Deployments that a step of this size needs.
fn needed(request: &ApplyRequest<'_>) -> u32 {
    // Four files an object, and two components.
    u32::try_from(request.step.components.len() / 4_000).unwrap_or(u32::MAX / 2) + 1
}

/// What is not as it should be, with what goes with it.
fn lacking<'a>(
    catalogue: &Catalogue<'a>,
    components: &'a [Rendered],
    standings: &[Standing],
) -> Vec<Group<'a>> {
    let mut groups: Vec<(Group<'a>, bool)> = Vec::new();
    for (component, standing) in components.iter().zip(standings) {
        let object = catalogue.object_of(&component.full_name);
        let present = standing.is_present();
        match groups.last_mut() {
            Some((group, all_present)) if group.object == object => {
                group.components.push(component);
                *all_present &= present;
            }
            _ => groups.push((Group { object, components: vec![component] }, present)),
        }
    }
    groups.into_iter().filter(|(_, all_present)| !all_present).map(|(group, _)| group).collect()
}

fn done(
    request: &ApplyRequest<'_>,
    catalogue: &Catalogue<'_>,
    components: &[Rendered],
    standings: &[Standing],
) -> Result<ApplyProgress, ConnectorFault> {
    if !components.iter().any(|component| catalogue.object_of(&component.full_name).is_some()) {
        let fault = Fault::new(Reason::ComponentRejected, "Salesforce refused the triggers of all objects");
        return Err(ConnectorFault::rejected(request.refused.iter().take(20).fold(
            fault,
            |fault, refused| {
                fault.violation(format!("{} {}", refused.kind, refused.full_name), refused.reason.clone())
            },
        )));
    }
    let applied = components.iter().zip(standings).map(|(component, standing)| Applied {
        kind: component.kind.to_owned(),
        full_name: component.full_name.clone(),
        remote_id: standing.id().to_owned(),
    });
    Ok(ApplyProgress::Done { applied: applied.collect(), refused: Vec::new() })
}

async fn start(
    org: &Org<'_>,
    batch: &[Group<'_>],
    validate: bool,
    next: &Next,
) -> Result<ApplyProgress, ConnectorFault> {
    let sent: Vec<&Rendered> = batch.iter().flat_map(|group| group.components.iter().copied()).collect();
    let job = if validate { Job::Check } else { Job::Own };
    if let (false, Some(validated)) = (validate, &next.validated) {
        match org.start_validated(validated).await {
            Ok(id) => return Ok(deploy::started(org, job, id, next.at, sent.len()).into()),
            // It is too old, or the organisation has changed: everything is sent once more.
            Err(fault) if matches!(fault.class, FaultClass::Gone | FaultClass::Rejected) => {
                tracing::info!(validated, fault = ?fault, "Salesforce does not deploy what it has validated");
            }
            Err(fault) => return Err(fault),
        }
    }
    let archive = Archive::of(&sent, &org.inner.config.api_version).map_err(broken)?;
    let tests = if org.is_production() {
        let tests = sent.iter().filter(|component| names::is_trigger_test(&component.full_name));
        Tests::Specified(tests.map(|component| component.full_name.clone()).collect())
    } else {
        Tests::Default
    };
    let purpose = if validate { Purpose::Validation } else { Purpose::Change };
    let id = org.start_deploy(archive.bytes, &tests, purpose).await?;
    Ok(deploy::started(org, job, id, next.at, sent.len()).into())
}
