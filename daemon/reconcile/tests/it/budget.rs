//! Allowances of calls: what is left is kept for what is more urgent, people are told, and a restart forgets nothing.

use std::time::Duration;

use provision_core::Reason;
use provision_core::account::{Beside, ConditionType, State, Status};
use provision_core::operation::OperationState;
use provision_core::ports::{Accounts, Operations as _, Preconditions as _};
use provision_reconcile::Settings;

use crate::reaching;
use crate::world::{Crash, Life, World, account_name, by};

/// Looks again soon, by the world's clock.
fn probing(settings: &mut Settings) {
    settings.budget.probe_interval = Duration::from_millis(40);
    settings.budget.store_interval = Duration::from_millis(20);
}

async fn beside(life: &Life) -> Beside {
    Accounts::get(&life.plane, &account_name()).await.expect("there").value.1
}

#[tokio::test]
async fn at_95_percent_provisioning_passes_while_the_inventory_waits_for_calls_to_come_back() {
    let world = World::new().await;
    let life = world
        .live_with(Crash::never(), |settings| {
            probing(settings);
            // Held until the world's clock says so.
            settings.budget.probe_interval = Duration::from_secs(600);
        })
        .await;
    life.runtime.watch(life.plane.clone());
    life.until_read(&world).await;
    world.application.state().allowance = Some((950, 1_000));
    life.protect().await;
    assert_eq!(life.account().await.state(), State::Protected);
    reaching::account(&life, |account| account.condition(ConditionType::WithinApiBudget) == Status::False)
        .await;

    let reading = life.refresh(false).await.expect("started");
    let waiting = reaching::operation(&life, &reading.name, |o| o.throttled_until.is_some()).await;
    assert_eq!(waiting.state, OperationState::Running);
    assert!(waiting.current_step().expect("a step").message.contains("of the organisation's 1000 API calls"));
    let budget = beside(&life).await.budget.expect("known");
    assert!(budget.limit == 1_000 && budget.used >= 950, "{budget:?}");
    assert!(budget.throttled_until.is_some());

    let explained = life.plane.explain(&account_name()).await.expect("explained");
    let cause = explained.causes.iter().find(|c| c.reason == "API_BUDGET_EXHAUSTED").expect("told");
    assert!(explained.protected, "what waits takes no protection away");
    assert!(cause.evidence.iter().any(|e| e.contains("of 1000 calls used")), "{:?}", cause.evidence);
    life.plane.cancel(by("admin"), &reading.name).await.expect("cancelled");
    assert_eq!(life.done(&reading.name).await.expect("done").state, OperationState::Cancelled);
    life.end().await;
}

#[tokio::test]
async fn what_waits_goes_on_when_calls_come_back() {
    let world = World::new().await;
    let life = world.live_with(Crash::never(), probing).await;
    life.runtime.watch(life.plane.clone());
    life.until_read(&world).await;
    world.application.state().allowance = Some((990, 1_000));
    life.plane.check(by("admin"), &account_name()).await.expect("checked");
    let reading = life.refresh(false).await.expect("started");
    reaching::operation(&life, &reading.name, |o| o.throttled_until.is_some()).await;
    world.application.state().allowance = Some((10, 1_000));
    assert_eq!(life.done(&reading.name).await.expect("done").state, OperationState::Succeeded);
    reaching::account(&life, |account| account.condition(ConditionType::WithinApiBudget) == Status::True)
        .await;
    life.end().await;
}

#[tokio::test]
async fn a_restart_does_not_forget_that_calls_are_used_up() {
    let world = World::new().await;
    let tune = |settings: &mut Settings| {
        probing(settings);
        settings.budget.probe_interval = Duration::from_secs(600);
    };
    let life = world.live_with(Crash::never(), tune).await;
    life.runtime.watch(life.plane.clone());
    life.until_read(&world).await;
    world.application.state().allowance = Some((995, 1_000));
    life.plane.check(by("admin"), &account_name()).await.expect("checked");
    reaching::account(&life, |account| account.condition(ConditionType::WithinApiBudget) == Status::False)
        .await;
    life.end().await;

    let life = world.live_with(Crash::never(), tune).await;
    let refused =
        life.plane.plan(by("admin"), &account_name(), Default::default()).await.expect_err("held back");
    assert_eq!(refused.reason(), Reason::ApiBudgetExhausted);
    assert_eq!(refused.metadata()["limit"], "1000");
    world.clock.advance(601);
    life.plane.plan(by("admin"), &account_name(), Default::default()).await.expect("the probe");
    life.end().await;
}
