//! Differences between plan and organisation: told once, repaired by call and by policy, and never over another
//! organisation.

use std::time::Duration;

use provision_connector_sdk::ConnectorFault;
use provision_core::account::{ConditionType, DriftPolicy, Phase, State, Status};
use provision_core::operation::{Operation, OperationKind, OperationState};
use provision_core::ports::{
    Accounts as _, Idempotency, ListQuery, Operations, Preconditions as _, RepairAccount, UpdateAccount,
};
use provision_core::{Fault, Principal, Reason, Result};
use provision_reconcile::{DriftSettings, Settings};

use crate::application::Amiss;
use crate::reaching;
use crate::world::{Crash, Life, World, account_name, by};

/// Looks all the time.
fn watchful(settings: &mut Settings) {
    settings.drift.interval = Duration::from_millis(60);
}

async fn watched(world: &World, tune: impl Fn(&mut Settings)) -> Life {
    let life = world.live_with(Crash::never(), tune).await;
    life.until_read(world).await;
    life.protect().await;
    life.runtime.watch(life.plane.clone());
    life
}

async fn repair(life: &Life) -> Result<Operation> {
    life.plane.repair(by("admin"), RepairAccount { name: account_name(), validate_only: false }).await
}

async fn policy(life: &Life, drift_policy: DriftPolicy) {
    let update = UpdateAccount {
        name: account_name(),
        etag: None,
        display_name: None,
        settings: None,
        drift_policy: Some(drift_policy),
        validate_only: false,
    };
    life.plane.update(by("admin"), update).await.expect("updated");
}

async fn repairs(life: &Life) -> Vec<Operation> {
    let query = ListQuery { page_size: 1_000, after: None, filter: Default::default() };
    let all = Operations::list(&life.plane, &account_name().tenant, query).await.expect("listed").items;
    all.into_iter().filter(|operation| operation.kind == OperationKind::Repair).collect()
}

fn count(told: &[String], text: &str) -> usize {
    told.iter().filter(|found| *found == text).count()
}

#[tokio::test]
async fn each_difference_is_named_told_once_and_repaired() {
    let world = World::new().await;
    let life = watched(&world, watchful).await;
    {
        let mut state = world.application.state();
        state.amiss.insert("trigger-A".into(), Amiss::SwitchedOff);
        state.amiss.insert("trigger-B".into(), Amiss::Changed);
        state.created.remove("box");
    }
    reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::False).await;
    let account = life.account().await;
    let found = Life::condition(&account, ConditionType::InSync);
    for told in ["Thing trigger-A was switched off", "Thing trigger-B was changed", "Thing box is missing"] {
        assert!(found.message.contains(told), "{}", found.message);
    }
    assert_eq!((account.state(), account.phase), (State::Degraded, Phase::Active));
    for kind in [ConditionType::TriggersInstalled, ConditionType::QuarantineReady] {
        assert_eq!(Life::condition(&account, kind).reason, "DRIFT_DETECTED");
    }
    assert_eq!(life.components("MODIFIED").await.len(), 2);
    assert_eq!(life.components("MISSING").await.len(), 1);

    // It is looked at over and over, and says nothing new.
    reaching::looks(&world, 3).await;
    assert_eq!(count(&life.told().await, "DRIFT_DETECTED"), 1);

    let explained = life.plane.explain(&account_name()).await.expect("explained");
    assert_eq!(explained.causes[0].reason, "DRIFT_DETECTED");
    assert!(explained.causes[0].evidence.iter().any(|e| e.contains("Thing box is MISSING")));
    assert_eq!(explained.causes[0].next_action.as_ref().expect("named").action, "REPAIR");

    let started = repair(&life).await.expect("started");
    let done = life.done(&started.name).await.expect("done");
    assert_eq!(
        (done.kind, done.state),
        (OperationKind::Repair, OperationState::Succeeded),
        "{:?}",
        done.failure
    );
    let account = life.account().await;
    assert_eq!((account.state(), account.condition(ConditionType::InSync)), (State::Protected, Status::True));
    assert_eq!(count(&life.told().await, "ACCOUNT_REPAIRED"), 1);
    assert!(world.application.state().amiss.is_empty());
    assert_eq!(life.components("PRESENT").await.len(), 4);
    life.end().await;
}

#[tokio::test]
async fn what_people_mend_themselves_is_seen_and_refused_components_are_no_difference() {
    let world = World::new().await;
    world.application.state().refuses.insert("trigger-B".into());
    let life = watched(&world, watchful).await;
    reaching::looks(&world, 3).await;
    assert_eq!(life.account().await.state(), State::Protected);
    world.application.state().amiss.insert("trigger-A".into(), Amiss::SwitchedOff);
    reaching::account(&life, |account| account.state() == State::Degraded).await;
    world.application.state().amiss.clear();
    reaching::account(&life, |account| account.state() == State::Protected).await;
    assert!(repairs(&life).await.is_empty());
    life.end().await;
}

#[tokio::test]
async fn another_organisation_is_never_written_to() {
    let world = World::new().await;
    let life = watched(&world, watchful).await;
    policy(&life, DriftPolicy::Repair).await;
    let before = {
        let mut state = world.application.state();
        state.organization = "org-after-refresh".into();
        state.created.clear();
        state.effects
    };
    reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::False).await;
    let account = life.account().await;
    assert_eq!(Life::condition(&account, ConditionType::InSync).reason, "ORG_MISMATCH");
    assert_eq!(account.next_action.as_ref().expect("somebody must act").action, "REPLACE_ACCOUNT");
    let refused = repair(&life).await.expect_err("another organisation");
    assert_eq!(refused.reason(), Reason::OrgMismatch);
    assert_eq!(refused.metadata()["actual"], "org-after-refresh");
    let explained = life.plane.explain(&account_name()).await.expect("explained");
    assert_eq!(explained.causes[0].reason, "ORG_MISMATCH");
    reaching::looks(&world, 3).await;
    assert_eq!(world.application.state().effects, before, "nothing was written");
    assert!(repairs(&life).await.is_empty());
    assert_eq!(count(&life.told().await, "DRIFT_DETECTED"), 1);
    life.end().await;
}

#[tokio::test]
async fn a_policy_repairs_by_itself_so_often_and_no_more() {
    let world = World::new().await;
    let life = watched(&world, |settings| {
        watchful(settings);
        settings.drift = DriftSettings { repairs_per_day_max: 2, ..settings.drift.clone() };
    })
    .await;
    policy(&life, DriftPolicy::Repair).await;
    for round in 1..=2 {
        world.application.state().amiss.insert("trigger-A".into(), Amiss::SwitchedOff);
        reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::False).await;
        reaching::account(&life, |account| account.state() == State::Protected).await;
        assert_eq!(repairs(&life).await.len(), round);
    }
    assert!(repairs(&life).await.iter().all(|r| r.principal == Principal::system()));
    world.application.state().amiss.insert("trigger-A".into(), Amiss::SwitchedOff);
    reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::False).await;
    reaching::looks(&world, 3).await;
    assert_eq!(repairs(&life).await.len(), 2, "the day's repairs are used up");
    world.clock.advance(25 * 3600);
    reaching::account(&life, |account| account.state() == State::Protected).await;
    life.end().await;
}

#[tokio::test]
async fn a_failed_repair_says_so_and_the_next_waits() {
    let world = World::new().await;
    let life = watched(&world, watchful).await;
    policy(&life, DriftPolicy::Repair).await;
    {
        let mut state = world.application.state();
        state.failing = ["storage"].into();
        state.amiss.insert("trigger-A".into(), Amiss::Changed);
    }
    reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::False).await;
    reaching::looks(&world, 4).await;
    assert!(repairs(&life).await.is_empty(), "what a precondition forbids does not begin");
    let refused = repair(&life).await.expect_err("blocked");
    assert_eq!(refused.reason(), Reason::PreconditionChecksFailed);
    world.application.state().failing.clear();
    reaching::account(&life, |account| account.state() == State::Protected).await;
    life.end().await;
}

#[tokio::test]
async fn a_repair_needs_a_provisioned_account_and_the_same_request_is_one_repair() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let early = repair(&life).await.expect_err("nothing to repair");
    assert_eq!(early.reason(), Reason::WrongPhase);
    life.protect().await;
    let request = RepairAccount { name: account_name(), validate_only: true };
    life.plane.repair(by("admin"), request.clone()).await.expect("could begin");
    assert!(repairs(&life).await.is_empty());
    let mut by = by("admin");
    by.idempotency = Some(Idempotency { request_id: "r1".into(), fingerprint: "f1".into() });
    let request = RepairAccount { validate_only: false, ..request };
    let first = life.plane.repair(by.clone(), request.clone()).await.expect("started");
    let second = life.plane.repair(by, request).await.expect("the same");
    assert_eq!(first.name, second.name);
    life.done(&first.name).await.expect("done");
    assert_eq!(life.account().await.state(), State::Protected);
    life.end().await;
}

#[tokio::test]
async fn a_plan_that_was_only_made_does_not_change_what_is_compared() {
    let world = World::new().await;
    let life = watched(&world, watchful).await;
    world.application.state().objects.push("C".into());
    life.read().await;
    life.plan().await;
    reaching::looks(&world, 3).await;
    assert_eq!(life.account().await.condition(ConditionType::InSync), Status::True);
    life.end().await;
}

#[tokio::test]
async fn an_organisation_that_refuses_is_told_and_one_that_is_silent_only_after_a_while() {
    let world = World::new().await;
    let life = watched(&world, watchful).await;
    world.application.state().refusal = Some(ConnectorFault::transient("no answer"));
    reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::Unknown).await;
    assert_eq!(count(&life.told().await, "DRIFT_DETECTED"), 0);
    let fault = Fault::new(Reason::SaasApiNotEnabled, "the API is switched off");
    world.application.state().refusal = Some(ConnectorFault::denied(fault));
    reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::False).await;
    let explained = life.plane.explain(&account_name()).await.expect("explained");
    assert_eq!(explained.causes[0].reason, "SAAS_API_NOT_ENABLED");
    assert!(!explained.protected);
    assert_eq!(count(&life.told().await, "DRIFT_DETECTED"), 1);
    world.application.state().refusal = None;
    reaching::account(&life, |account| account.condition(ConditionType::InSync) == Status::True).await;
    reaching::account(&life, |account| account.state() == State::Protected).await;
    life.end().await;
}

#[tokio::test]
async fn a_look_keeps_to_its_calls() {
    let world = World::new().await;
    let life = watched(&world, |settings| {
        watchful(settings);
        settings.drift.calls_max = 1;
    })
    .await;
    world.application.state().amiss.insert("trigger-A".into(), Amiss::Changed);
    reaching::looks(&world, 3).await;
    // It asks who is there, may not ask further, and says nothing of what it has not seen.
    assert_eq!(life.account().await.condition(ConditionType::InSync), Status::True);
    life.end().await;
}
