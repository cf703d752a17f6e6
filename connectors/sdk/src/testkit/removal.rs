//! Cases of taking everything out again.

use std::time::Duration;

use provision_core::component::{Component, ComponentState};
use provision_core::plan::{Plan, PlanStep, PlannedAction, PlannedComponent, StepKind};

use super::contract::Suite;
use super::events::Events;
use super::expect::{Outcome, ensure, fails, same, succeeds};
use super::provisioning::{carry_out, components, observe};
use crate::connector::Begin;
use crate::fault::FaultClass;
use crate::removal::{ProposedRemoval, RemovalRequest, RemoveProgress, RemoveRequest};
use crate::session::Session;

/// More often than this no step of a small removal is asked how it stands.
const POLLS_MAX: usize = 2000;
/// A simulated application needs no longer waits than this.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// What the daemon knows of a plan that it carried out.
fn known(plan: &Plan) -> Vec<Component> {
    let operation = format!("tenants/{}/operations/contract", plan.account.tenant);
    let operation: Result<provision_core::ids::OperationName, _> = operation.parse();
    let operation = operation.unwrap_or_else(|fault| unreachable!("{fault}"));
    let known = components(plan).into_iter().map(|planned| Component {
        account: plan.account.clone(),
        kind: planned.kind,
        full_name: planned.full_name,
        state: ComponentState::Present,
        remote_id: String::new(),
        checksum: planned.checksum,
        version: planned.version,
        reason: planned.reason,
        operation: operation.clone(),
        observe_time: None,
        message: String::new(),
        object_type: String::new(),
    });
    known.collect()
}

async fn propose(suite: &Suite<'_>, plan: &Plan) -> Result<ProposedRemoval, String> {
    let known = known(plan);
    let request = RemovalRequest { known: &known };
    succeeds("plan_removal", suite.world.connector().plan_removal(&suite.session, request).await)
}

/// A removal looks only, is the same twice, and names everything that was brought in.
pub(super) async fn planned(suite: &Suite<'_>, plan: &Plan) -> Result<ProposedRemoval, String> {
    let before = suite.world.effects();
    let removal = propose(suite, plan).await?;
    same("the removal", &removal, &propose(suite, plan).await?)?;
    suite.unchanged_since(before, "plan_removal")?;
    let mut ids = std::collections::BTreeSet::new();
    for step in &removal.steps {
        ensure(ids.insert(step.id.as_str()), format!("the step {} is there twice", step.id))?;
        same("the step's kind", &StepKind::Remove, &step.kind)?;
        ensure(!step.components.is_empty(), format!("{} removes nothing", step.id))?;
        let deletes = |component: &PlannedComponent| component.action == PlannedAction::Delete;
        ensure(step.components.iter().all(deletes), format!("{} does more than delete", step.id))?;
    }
    told(&removal)?;
    for component in components(plan) {
        let goes = removal.steps.iter().flat_map(|step| &step.components);
        let goes = goes.map(|one| (&one.kind, &one.full_name));
        let stays = removal.leftovers.iter().map(|one| (&one.kind, &one.full_name));
        ensure(
            goes.chain(stays).any(|one| one == (&component.kind, &component.full_name))
                || comes_with(&removal, plan),
            format!("{} is neither removed nor left over", component.full_name),
        )?;
    }
    Ok(removal)
}

/// Where something stays as a whole (a package that a person uninstalls), its parts are not named one by one.
fn comes_with(removal: &ProposedRemoval, plan: &Plan) -> bool {
    let whole = |leftover: &provision_core::operation::Leftover| {
        components(plan).iter().any(|one| one.kind == leftover.kind && one.full_name == leftover.full_name)
    };
    removal.leftovers.iter().any(whole)
}

fn told(removal: &ProposedRemoval) -> Outcome {
    match removal.leftovers.iter().find(|leftover| leftover.reason.is_empty()) {
        Some(leftover) => Err(format!("nobody is told why {} stays", leftover.full_name)),
        None => Ok(()),
    }
}

/// Asks until the step is done. `forget`: after the first answer its handle is lost, as in a crash.
async fn remove(suite: &Suite<'_>, step: &PlanStep, begin: Begin<'_>, forget: bool) -> Outcome {
    let since = chrono::Utc::now();
    let key = format!("contract/{}", step.id);
    let mut handle: Option<String> = None;
    let mut forgets = forget;
    let mut begin = begin;
    for _ in 0..POLLS_MAX {
        let now = handle.as_deref().map_or(begin, |handle| Begin::Resume { handle });
        let request = RemoveRequest { step, idempotency_key: &key, begin: now };
        match succeeds(&step.id, suite.world.connector().remove(&suite.session, request).await)? {
            RemoveProgress::Done { leftovers } => {
                let silent = leftovers.iter().find(|leftover| leftover.reason.is_empty());
                return silent
                    .map_or(Ok(()), |one| Err(format!("nobody is told why {} stays", one.full_name)));
            }
            RemoveProgress::Running { handle: running, done, total, poll_after, .. } => {
                ensure(done <= total, format!("{}: {done} of {total}", step.id))?;
                ensure(!poll_after.is_zero(), format!("{} is asked without a pause", step.id))?;
                if std::mem::take(&mut forgets) {
                    begin = Begin::Uncertain { since };
                } else {
                    handle = Some(running);
                }
                tokio::time::sleep(poll_after.min(WAIT_MAX)).await;
            }
        }
    }
    Err(format!("{} is not done after {POLLS_MAX} polls", step.id))
}

/// Every step in its order; each handle is lost once.
pub(super) async fn carried_out(suite: &Suite<'_>, removal: &ProposedRemoval) -> Outcome {
    for step in &removal.steps {
        remove(suite, step, Begin::Fresh, true).await?;
    }
    Ok(())
}

/// Nothing of it is left, and the organisation is what it was.
pub(super) async fn nothing_is_left(
    suite: &Suite<'_>,
    plan: &Plan,
    removal: &ProposedRemoval,
    before: Option<String>,
) -> Outcome {
    let stays = |component: &PlannedComponent| {
        removal.leftovers.iter().any(|one| one.kind == component.kind && one.full_name == component.full_name)
    };
    if !comes_with(removal, plan) {
        let components: Vec<PlannedComponent> =
            components(plan).into_iter().filter(|component| !stays(component)).collect();
        let states = observe(suite, plan, &components).await?;
        for (component, state) in components.iter().zip(states) {
            ensure(
                state == ComponentState::Missing,
                format!("{} is {} after its removal", component.full_name, state.as_str()),
            )?;
        }
    }
    let further = propose(suite, plan).await?;
    ensure(further.steps.is_empty(), format!("there is more to remove: {:?}", further.steps))?;
    same("what the organisation has, before and after", &before, &suite.world.portrait())
}

pub(super) async fn again(suite: &Suite<'_>, removal: &ProposedRemoval) -> Outcome {
    let since = chrono::Utc::now() - chrono::TimeDelta::minutes(5);
    let before = suite.world.effects();
    for step in &removal.steps {
        for begin in [Begin::Fresh, Begin::Uncertain { since }] {
            remove(suite, step, begin, false).await?;
            suite.unchanged_since(before, &format!("{} once more ({begin:?})", step.id))?;
        }
    }
    Ok(())
}

/// The organisation is provisioned once more, somebody takes one component over, and the rest is removed.
pub(super) async fn foreign(
    suite: &Suite<'_>,
    plan: &Plan,
    events: &mut Events,
) -> Result<Option<&'static str>, String> {
    carry_out(suite, plan, events).await?;
    let mut disowned = None;
    for component in components(plan).into_iter().rev() {
        if suite.world.disown(&component).await {
            disowned = Some(component);
            break;
        }
    }
    let Some(component) = disowned else { return Ok(Some("the world has nobody else")) };
    let removal = propose(suite, plan).await?;
    told(&removal)?;
    let is_it = |kind: &str, full_name: &str| kind == component.kind && full_name == component.full_name;
    let mut going = removal.steps.iter().flat_map(|step| &step.components);
    ensure(
        !going.any(|one| is_it(&one.kind, &one.full_name)),
        format!("{} is somebody else's, and would be removed", component.full_name),
    )?;
    ensure(
        removal.leftovers.iter().any(|one| is_it(&one.kind, &one.full_name)),
        format!("{} is somebody else's, and nobody is told that it stays", component.full_name),
    )?;
    carried_out(suite, &removal).await?;
    let states = observe(suite, plan, std::slice::from_ref(&component)).await?;
    ensure(
        states[0] != ComponentState::Missing,
        format!("{} was somebody else's, and is gone", component.full_name),
    )?;
    Ok(None)
}

pub(super) async fn refused(suite: &Suite<'_>, session: &Session, removal: &ProposedRemoval) -> Outcome {
    let (connector, denied) = (suite.world.connector(), &FaultClass::Denied);
    fails("plan_removal", denied, connector.plan_removal(session, RemovalRequest { known: &[] }).await)?;
    for step in &removal.steps {
        let request = RemoveRequest { step, idempotency_key: "refused", begin: Begin::Fresh };
        fails(&step.id, denied, connector.remove(session, request).await)?;
    }
    Ok(())
}
