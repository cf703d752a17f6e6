//! Every step × every crash, for every operation. A daemon dies at each commit (before it, and after it with the answer
//! lost) and in the middle of each outside call (before it leaves, and after it has arrived); or it lives on and the
//! answer of a commit or a call is lost. Whoever asked asks again, and all must end as if nothing had happened, with each
//! effect once. A new step is covered unasked; a new operation is one more [`Scenario`].

mod deprovisioning;
mod inventory;
mod provisioning;
mod reauthorization;
mod repair;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use provision_core::account::{ConditionType, Phase, ServiceAccount, State, Status};
use provision_core::filter::Filter;
use provision_core::operation::{Operation, OperationKind, OperationState};
use provision_core::ports::{Admin as _, Components, ListQuery, Operations};
use provision_core::{Fault, Reason, Result};

use crate::world::{Crash, Life, Strike, World, account_name};

/// More points than any operation has; the test fails if one never gets through.
const POINTS_MAX: i64 = 1_000;
/// How often a caller asks again who was told to try again.
const ASKS_MAX: u32 = 5;
/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An operation, as a caller sees it.
#[async_trait]
pub trait Scenario: Sync {
    /// What holds before, brought about by a daemon to which nothing happens.
    async fn prepare(&self, world: &World, life: &Life);

    /// Asks for the operation, or for the one that an earlier call has started, and waits for its end. A caller who got
    /// no answer calls it again.
    async fn ask(&self, world: &World, life: &Life) -> Result<()>;

    /// Whether an end that differs from the undisturbed one is right too: it must say who has to do what.
    fn may_end(&self, _end: &End) -> bool {
        false
    }
}

/// Where everything stands in the end, without what differs from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub state: State,
    pub conditions: BTreeMap<ConditionType, String>,
    pub components: BTreeMap<String, String>,
    /// Kind, state and reason of failure of every operation, oldest first.
    pub operations: Vec<String>,
    /// Texts of all notifications but those of the channel.
    pub told: Vec<String>,
    /// What the audit trail says of operations and grants.
    pub audit: BTreeMap<String, u32>,
    /// Effects in the application by name, and how often each happened.
    pub effects: BTreeMap<String, u32>,
    pub token_reuses: u32,
}

/// Runs a scenario undisturbed, then with the misfortune at each point there is; answers how many there were.
pub async fn at_every_point(scenario: &dyn Scenario) -> i64 {
    let (undisturbed, _) = strikes(scenario, Crash::never()).await;
    assert!(undisturbed.effects.values().all(|count| *count == 1), "{undisturbed:#?}");
    let mut points = 0;
    for strike in [Strike::Death, Strike::AnswerLost] {
        for point in 0.. {
            assert!(point < POINTS_MAX, "an operation has more points than expected");
            let (end, struck) = strikes(scenario, Crash::at(strike, point)).await;
            if end != undisturbed {
                assert!(
                    scenario.may_end(&end) && end.token_reuses == 0,
                    "{strike:?} at point {point} ends elsewhere:\n{end:#?}\nundisturbed:\n{undisturbed:#?}"
                );
            }
            if !struck {
                break;
            }
            points += 1;
        }
    }
    points
}

/// One run; true where the misfortune came.
async fn strikes(scenario: &dyn Scenario, crash: std::sync::Arc<Crash>) -> (End, bool) {
    let world = World::new().await;
    let first = world.live(Crash::never()).await;
    scenario.prepare(&world, &first).await;
    first.end().await;

    let victim = world.live(crash.clone()).await;
    victim.runtime.recover().await.expect("recovered");
    let died = tokio::select! {
        asked = insist(scenario, &world, &victim) => {
            asked.unwrap_or_else(|fault| panic!("{crash:?}: {fault:?}"));
            false
        }
        () = crash.dead.cancelled() => true,
    };
    victim.end().await;
    let next = world.live(Crash::never()).await;
    next.runtime.recover().await.expect("recovered");
    if died {
        insist(scenario, &world, &next).await.unwrap_or_else(|fault| panic!("after {crash:?}: {fault:?}"));
    }
    // A channel that was interrupted on the way opens again by itself.
    let flows = |account: &ServiceAccount| account.condition(ConditionType::EventsFlowing) != Status::False;
    next.until(|account| account.phase != Phase::Active || flows(account)).await;
    let end = End::of(&world, &next).await;
    next.end().await;
    (end, crash.has_struck())
}

/// Asks until there is another answer than to try again.
async fn insist(scenario: &dyn Scenario, world: &World, life: &Life) -> Result<()> {
    let mut asks = 1;
    loop {
        if asks > 1 {
            // What an unanswered commit has begun is taken up by whoever looks for it.
            life.reap().await;
        }
        let asked = tokio::time::timeout(PATIENCE, scenario.ask(world, life)).await;
        match asked.map_err(|_elapsed| Fault::internal_error("no answer in time"))? {
            Err(fault) if asks < ASKS_MAX && is_passing(&fault) => asks += 1,
            answer => return answer,
        }
    }
}

/// Whether a caller is told that trying again may help.
fn is_passing(fault: &Fault) -> bool {
    matches!(fault.reason(), Reason::SaasUnavailable | Reason::StoreUnavailable)
}

/// The one operation of a kind: the one that is there, whoever started it, or a new one. Waits for its end and demands
/// that it succeeded.
pub async fn succeeded<F>(life: &Life, kind: OperationKind, number: usize, start: F) -> Result<Operation>
where
    F: Future<Output = Result<Operation>>,
{
    let known = operations(life).await.into_iter().filter(|operation| operation.kind == kind).nth(number);
    let name = match known {
        Some(operation) => operation.name,
        None => start.await?.name,
    };
    let ended = life.done(&name).await?;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    Ok(ended)
}

/// All operations, oldest first.
async fn operations(life: &Life) -> Vec<Operation> {
    let query = ListQuery { page_size: 100, after: None, filter: Filter::default() };
    let listed = Operations::list(&life.plane, &account_name().tenant, query).await;
    let mut all = listed.expect("listed").items;
    all.sort_by_key(|operation| operation.create_time);
    all
}

impl End {
    async fn of(world: &World, life: &Life) -> End {
        let account = life.account().await;
        let conditions = account.conditions.iter().map(|c| (c.kind, format!("{:?}", c.status))).collect();
        let query = || ListQuery { page_size: 1_000, after: None, filter: Filter::default() };
        let components = Components::list(&life.plane, &account_name(), query()).await.expect("listed").items;
        let ended = |operation: Operation| {
            let reason = operation.failure.map(|failure| failure.reason.as_str());
            format!("{} {} {}", operation.kind.as_str(), operation.state.as_str(), reason.unwrap_or_default())
        };
        let trail = life.plane.audit_events(&account_name().tenant, query()).await.expect("listed").items;
        let mut audit = BTreeMap::new();
        for event in
            trail.into_iter().filter(|e| e.action.starts_with("Operation") || e.action.starts_with("Grant"))
        {
            *audit.entry(event.action).or_default() += 1;
        }
        let (effects, token_reuses) = {
            let state = world.application.state();
            (state.effects(), state.reuses)
        };
        End {
            state: account.state(),
            conditions,
            components: components.into_iter().map(|c| (c.full_name, format!("{:?}", c.state))).collect(),
            operations: operations(life).await.into_iter().map(ended).collect(),
            // A channel may be interrupted and come back on the way.
            told: life.told().await.into_iter().filter(|text| !text.starts_with("EVENTS_")).collect(),
            audit,
            effects,
            token_reuses,
        }
    }
}
