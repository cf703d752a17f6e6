//! Cases of carrying out a plan.

use std::time::Duration;

use provision_core::component::ComponentState;
use provision_core::inventory::Inventory;
use provision_core::plan::{ObjectSelection, Plan, PlanStep, PlannedAction, PlannedComponent, StepKind};

use super::contract::Suite;
use super::events::Events;
use super::expect::{Outcome, ensure, fails, same, succeeds};
use super::looking::propose;
use crate::connector::{Applied, ApplyProgress, ApplyRequest, Begin};
use crate::fault::FaultClass;
use crate::session::Session;

/// More often than this no step of a small plan is asked how it stands.
const POLLS_MAX: usize = 2000;
/// A simulated application needs no longer waits than this.
const WAIT_MAX: Duration = Duration::from_millis(100);

pub(super) fn components(plan: &Plan) -> Vec<PlannedComponent> {
    plan.steps.iter().flat_map(|step| step.components.iter().cloned()).collect()
}

fn apply_steps(plan: &Plan) -> impl Iterator<Item = &PlanStep> {
    plan.steps.iter().filter(|step| step.kind == StepKind::Apply)
}

pub(super) async fn nothing_is_there(suite: &Suite<'_>, plan: &Plan) -> Outcome {
    let before = suite.world.effects();
    let components = components(plan);
    ensure(
        components.iter().all(|component| component.action == PlannedAction::Create),
        "a plan for a new organisation does not create everything",
    )?;
    for state in observe(suite, plan, &components).await? {
        same("a component's state", &ComponentState::Missing, &state)?;
    }
    suite.unchanged_since(before, "observe")
}

pub(super) async fn observe(
    suite: &Suite<'_>,
    plan: &Plan,
    components: &[PlannedComponent],
) -> Result<Vec<ComponentState>, String> {
    let seen = suite.world.connector().observe(&suite.session, plan, components).await;
    let seen = succeeds("observe", seen)?;
    same("the number of observations", &components.len(), &seen.len())?;
    for (component, observation) in components.iter().zip(&seen) {
        let (asked, answered) =
            ((&component.kind, &component.full_name), (&observation.kind, &observation.full_name));
        same("the order of observations", &asked, &answered)?;
        ensure(
            observation.state == ComponentState::Present || !observation.message.is_empty(),
            format!("{} is not as it should be and nobody is told how", component.full_name),
        )?;
    }
    Ok(seen.into_iter().map(|observation| observation.state).collect())
}

/// The steps in their order, as the reconciler takes them.
pub(super) async fn carry_out(suite: &Suite<'_>, plan: &Plan, events: &mut Events) -> Outcome {
    for step in &plan.steps {
        match step.kind {
            StepKind::Apply => {
                let applied = apply(suite, plan, step, Begin::Fresh).await?.1;
                let brought = |c: &PlannedComponent| {
                    applied.iter().any(|a| a.kind == c.kind && a.full_name == c.full_name)
                };
                for component in &step.components {
                    ensure(
                        brought(component),
                        format!("{} says nothing of {}", step.id, component.full_name),
                    )?;
                }
                same("what a step brings in", &step.components.len(), &applied.len())?;
            }
            StepKind::OpenEvents => events.open(suite).await?,
            StepKind::Verify => {
                let before = suite.world.effects();
                succeeds("verify", suite.world.connector().verify(&suite.session, plan).await)?;
                suite.unchanged_since(before, "verify")?;
            }
            StepKind::Canary => {}
            other => return Err(format!("{} is of kind {other:?}: that is the daemon's", step.id)),
        }
    }
    Ok(())
}

/// Asks until the step is done; answers the last handle and what was brought in.
async fn apply(
    suite: &Suite<'_>,
    plan: &Plan,
    step: &PlanStep,
    begin: Begin<'_>,
) -> Result<(Option<String>, Vec<Applied>), String> {
    let key = format!("contract/{}", step.id);
    let mut handle: Option<String> = None;
    for _ in 0..POLLS_MAX {
        let begin = handle.as_deref().map_or(begin, |handle| Begin::Resume { handle });
        let request = ApplyRequest { plan, step, idempotency_key: &key, begin, refused: &[] };
        match succeeds(&step.id, suite.world.connector().apply(&suite.session, request).await)? {
            ApplyProgress::Done { applied, .. } => return Ok((handle, applied)),
            ApplyProgress::Running { handle: running, done, total, poll_after, .. } => {
                ensure(done <= total, format!("{}: {done} of {total}", step.id))?;
                ensure(!poll_after.is_zero(), format!("{} is asked without a pause", step.id))?;
                handle = Some(running);
                tokio::time::sleep(poll_after.min(WAIT_MAX)).await;
            }
        }
    }
    Err(format!("{} is not done after {POLLS_MAX} polls", step.id))
}

pub(super) async fn everything_is_there(suite: &Suite<'_>, plan: &Plan) -> Outcome {
    let components = components(plan);
    let states = observe(suite, plan, &components).await?;
    for (component, state) in components.iter().zip(states) {
        ensure(state == ComponentState::Present, format!("{} is {}", component.full_name, state.as_str()))?;
    }
    Ok(())
}

pub(super) async fn again(suite: &Suite<'_>, plan: &Plan) -> Outcome {
    let since = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
    let before = suite.world.effects();
    for step in apply_steps(plan) {
        for begin in [Begin::Fresh, Begin::Uncertain { since }] {
            let (_, applied) = apply(suite, plan, step, begin).await?;
            same("what a step brings in", &step.components.len(), &applied.len())?;
            suite.unchanged_since(before, &format!("{} once more ({begin:?})", step.id))?;
        }
    }
    Ok(())
}

pub(super) async fn further_plan(suite: &Suite<'_>, inventory: &Inventory, plan: &Plan) -> Outcome {
    let further = propose(suite, &ObjectSelection::Listed(plan.object_types.clone()), inventory).await?;
    for component in further.steps.iter().flat_map(|step| &step.components) {
        same(&component.full_name, &PlannedAction::Keep, &component.action)?;
    }
    ensure(
        further.observed_digest != plan.etag,
        "the digest does not tell a provisioned organisation from a new one",
    )
}

/// Last of all: the organisation is not what it was.
pub(super) async fn tampered(suite: &Suite<'_>, plan: &Plan) -> Result<Option<&'static str>, String> {
    let mut spoiled = None;
    for component in components(plan) {
        if suite.world.tamper(&component).await {
            spoiled = Some(component);
            break;
        }
    }
    let Some(component) = spoiled else { return Ok(Some("the world cannot spoil anything")) };
    let states = observe(suite, plan, std::slice::from_ref(&component)).await?;
    ensure(
        matches!(states[0], ComponentState::Modified | ComponentState::Missing),
        format!("{} was spoiled and is {}", component.full_name, states[0].as_str()),
    )?;
    let step = apply_steps(plan).find(|step| step.components.contains(&component));
    if let Some(step) = step {
        apply(suite, plan, step, Begin::Fresh).await?;
        let states = observe(suite, plan, &[component]).await?;
        same("the state after the step was carried out once more", &ComponentState::Present, &states[0])?;
    }
    Ok(None)
}

pub(super) async fn refused(suite: &Suite<'_>, session: &Session, plan: &Plan) -> Outcome {
    let (connector, denied) = (suite.world.connector(), &FaultClass::Denied);
    fails("observe", denied, connector.observe(session, plan, &components(plan)).await)?;
    fails("verify", denied, connector.verify(session, plan).await)?;
    for step in apply_steps(plan) {
        let begin = Begin::Fresh;
        let request = ApplyRequest { plan, step, idempotency_key: "refused", begin, refused: &[] };
        fails(&step.id, denied, connector.apply(session, request).await)?;
    }
    Ok(())
}
