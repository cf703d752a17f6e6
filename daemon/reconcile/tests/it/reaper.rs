//! What nobody else moves on: licences that end, people who should have acted, operations past their deadline.

use std::sync::atomic::Ordering;
use std::time::Duration;

use provision_core::account::{ConditionType, Phase, State, Status};
use provision_core::operation::{OperationKind, OperationState, StepState};
use provision_core::ports::{Clock as _, ListQuery, Mutation, Operations};
use provision_core::{Principal, Reason};

use crate::reaching;
use crate::world::{Crash, Life, World, account_name};

const DAY: i64 = 24 * 3600;

async fn told(life: &Life, code: &str) -> usize {
    life.told().await.iter().filter(|text| text.contains(code)).count()
}

async fn connected(life: &Life) -> bool {
    let view = provision_core::ports::Accounts::get(&life.plane, &account_name()).await.expect("there");
    view.value.1.channel.is_some_and(|channel| channel.connected)
}

async fn deprovisionings(life: &Life) -> Vec<provision_core::operation::Operation> {
    let query = ListQuery { page_size: 100, after: None, filter: Default::default() };
    let all = Operations::list(&life.plane, &account_name().tenant, query).await.expect("list");
    all.items.into_iter().filter(|o| o.kind == OperationKind::Deprovision).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_that_ends_suspends_after_its_grace_and_renewal_restores() {
    let world = World::new().await;
    let first = world.live(Crash::never()).await;
    first.until_read(&world).await;
    first.protect().await;
    let end = world.clock.now() + chrono::Duration::days(1);
    first.license_until(Some(end), Duration::from_secs(2 * DAY as u64)).await;
    first.reap().await;
    assert_eq!(first.account().await.state(), State::Protected);

    world.clock.advance(DAY + 60);
    first.reap().await;
    first.reap().await;
    assert_eq!(first.account().await.state(), State::Protected, "grace");
    assert_eq!(told(&first, "LICENSE_EXPIRING").await, 1);

    world.clock.advance(2 * DAY);
    first.reap().await;
    first.reap().await;
    let account = first.account().await;
    assert_eq!((account.phase, account.state()), (Phase::Active, State::Suspended));
    assert_eq!(account.condition(ConditionType::Suspended), Status::True);
    assert_eq!(account.next_action.as_ref().expect("one").action, "RENEW_LICENSE");
    assert_eq!(told(&first, "ACCOUNT_SUSPENDED").await, 1);
    let fault = first.provision().await.expect_err("no licence");
    assert_eq!(fault.reason(), Reason::LicenseExpired);
    first.end().await;

    // The next daemon leaves the channel closed.
    let next = world.live(Crash::never()).await;
    next.runtime.recover().await.expect("recovered");
    let before = world.application.state().effects;
    world.application.publish("while suspended");
    next.reap().await;
    assert_eq!(next.account().await.state(), State::Suspended);
    assert_eq!(world.application.state().effects, before, "nothing was touched");

    next.license_until(None, Duration::ZERO).await;
    let account = next.account().await;
    assert_eq!(account.condition(ConditionType::Suspended), Status::False);
    assert_eq!(told(&next, "ACCOUNT_RESUMED").await, 1);
    next.until(|account| account.state() == State::Protected).await;
    let caught_up = async {
        while !connected(&next).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), caught_up).await.expect("the channel opens again");
    next.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_is_removed_when_its_time_is_over_and_not_before() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    life.license_until(Some(world.clock.now() + chrono::Duration::days(1)), Duration::ZERO).await;
    for (days, warnings) in [(2, 0), (22, 1), (6, 2)] {
        world.clock.advance(days * DAY);
        life.reap().await;
        assert_eq!(life.account().await.state(), State::Suspended, "after {days} more days");
        assert_eq!(told(&life, "REMOVAL_DUE").await, warnings, "after {days} more days");
        assert!(deprovisionings(&life).await.is_empty());
    }
    world.clock.advance(2 * DAY);
    life.reap().await;
    let started = deprovisionings(&life).await;
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].principal, Principal::system());
    let ended = life.done(&started[0].name).await.expect("done");
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(life.account().await.phase, Phase::Deprovisioned);
    life.reap().await;
    assert_eq!(deprovisionings(&life).await.len(), 1, "once");
    life.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_act_is_reminded_once_for_each_deadline() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.reap().await;
    assert_eq!(told(&life, "ACTION_OVERDUE").await, 0);
    for times in 1..3 {
        world.clock.advance(14 * DAY + 60);
        life.reap().await;
        life.reap().await;
        assert_eq!(told(&life, "ACTION_OVERDUE").await, times);
    }
    life.end().await;
}

/// The driver died with its daemon, and nothing took the operation up.
#[tokio::test(flavor = "multi_thread")]
async fn an_operation_without_a_driver_is_taken_up_and_an_overdue_one_ended() {
    for (late, state) in [(false, OperationState::Succeeded), (true, OperationState::Failed)] {
        let world = World::new().await;
        let first = world.live(Crash::never()).await;
        first.until_read(&world).await;
        first.end().await;

        let crash = Crash::after(30);
        let dying = world.live(crash.clone()).await;
        let operation = tokio::select! {
            started = dying.provision() => Some(started.expect("started").name),
            () = crash.dead.cancelled() => None,
        };
        crash.dead.cancelled().await;
        dying.end().await;

        let next = world.live(Crash::never()).await;
        let Some(operation) = operation.or(running(&next).await) else {
            panic!("it died before anything was started");
        };
        if late {
            world.clock.advance(7 * 3600);
        }
        next.reap().await;
        let ended = next.done(&operation).await.expect("done");
        assert_eq!(ended.state, state, "{:?}", ended.failure);
        if late {
            assert_eq!(ended.failure.expect("one").reason, Reason::OperationDeadlineExceeded);
            assert_eq!(next.account().await.state(), State::Failed);
        }
        next.end().await;
    }
}

async fn running(life: &Life) -> Option<provision_core::OperationName> {
    let query = ListQuery { page_size: 100, after: None, filter: Default::default() };
    let all = Operations::list(&life.plane, &account_name().tenant, query).await.expect("list");
    all.items.into_iter().find(|o| !o.is_done()).map(|o| o.name)
}

/// The driver lives, and waits for an answer that never comes.
#[tokio::test(flavor = "multi_thread")]
async fn an_operation_whose_driver_hangs_is_ended_past_its_deadline_and_another_can_begin() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.connector.hangs.store(true, Ordering::SeqCst);
    let hanging = life.provision().await.expect("started").name;
    reaching::operation(&life, &hanging, |o| o.steps[0].state != StepState::Pending).await;
    life.reap().await;
    assert!(running(&life).await.is_some(), "it has time");
    world.clock.advance(7 * 3600);
    life.reap().await;
    let ended = life.done(&hanging).await.expect("done");
    assert_eq!(ended.failure.expect("one").reason, Reason::OperationDeadlineExceeded);
    assert_eq!(life.account().await.state(), State::Failed);
    life.connector.hangs.store(false, Ordering::SeqCst);
    life.protect().await;
    life.end().await;
}

/// In each step, as soon as it has begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_provisioning_can_be_cancelled_in_every_step() {
    let mut cancelled = 0;
    for step in 0.. {
        let world = World::new().await;
        let life = world.live(Crash::never()).await;
        life.until_read(&world).await;
        let started = life.provision().await.expect("started");
        if step == started.steps.len() {
            life.done(&started.name).await.expect("done");
            life.end().await;
            break;
        }
        reaching::operation(&life, &started.name, |o| o.steps[step].state != StepState::Pending).await;
        let by = Mutation { principal: Principal::system(), method: "Test", idempotency: None };
        life.plane.cancel(by, &started.name).await.expect("cancelled");
        let ended = life.done(&started.name).await.expect("done");
        let account = life.account().await;
        match ended.state {
            OperationState::Cancelled => {
                assert_eq!(account.phase, Phase::Ready, "step {step}");
                assert!(account.next_action.is_some_and(|next| next.deadline.is_some()), "step {step}");
                cancelled += 1;
            }
            // It was through before the call came.
            other => assert_eq!((other, account.state()), (OperationState::Succeeded, State::Protected)),
        }
        assert_eq!(account.current_operation, None);
        life.protect().await;
        life.end().await;
    }
    assert!(cancelled > 2, "only {cancelled} were cancelled in time");
}
