use provision_core::Reason;
use provision_core::account::{ConditionType, Status};
use provision_core::operation::OperationState;
use provision_core::plan::ObjectSelection;
use provision_core::ports::Accounts as _;

use crate::application::Trouble;
use crate::world::{Crash, Life, World, account_name, by};

async fn read_again(life: &Life) -> OperationState {
    life.read().await.state
}

/// The application forgets the access token: the next call needs a renewal.
fn expire(world: &World) {
    world.application.state().access_token = "gone".into();
}

#[tokio::test]
async fn an_expired_token_is_renewed_with_rotation() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    for round in 1..=3 {
        expire(&world);
        assert_eq!(read_again(&life).await, OperationState::Succeeded);
        assert_eq!(world.application.state().refreshes, round);
    }
    assert_eq!(world.application.state().reuses, 0);
    life.end().await;
}

#[tokio::test]
async fn many_callers_at_expiry_cause_one_exchange() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    expire(&world);
    let name = account_name();
    let plans = (0..32).map(|_| life.plane.plan(by("admin"), &name, ObjectSelection::Default));
    for plan in futures::future::join_all(plans).await {
        plan.expect("planned");
    }
    let state = world.application.state();
    assert_eq!((state.refreshes, state.reuses), (1, 0));
}

#[tokio::test]
async fn an_exchange_that_had_no_effect_is_tried_again() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    expire(&world);
    world.application.state().next_exchange = Some(Trouble::GatewayTimeout);
    assert_eq!(read_again(&life).await, OperationState::Succeeded);
    assert_eq!(world.application.state().reuses, 0);
    life.end().await;
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_asking_and_never_by_reuse() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    expire(&world);
    world.application.state().next_exchange = Some(Trouble::LoseAnswer);
    assert_eq!(read_again(&life).await, OperationState::Failed);
    assert_eq!(world.application.state().reuses, 0);
    let account = life.account().await;
    assert_eq!(account.condition(ConditionType::Authorized), Status::False);
    let told = life.told().await;
    assert_eq!(told.iter().filter(|t| *t == "REAUTHORIZATION_REQUIRED").count(), 1);
    let refused =
        life.plane.plan(by("admin"), &account_name(), ObjectSelection::Default).await.expect_err("no grant");
    assert_eq!(refused.reason(), Reason::ReauthorizationRequired);

    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised again");
    assert_eq!(read_again(&life).await, OperationState::Succeeded);
    life.end().await;
}

#[tokio::test]
async fn a_daemon_that_dies_in_an_exchange_never_reuses_the_token() {
    // The exchange passes two commits' points (intent, new pair): die at each point around them.
    for points in 0..14 {
        let world = World::new().await;
        let first = world.live(Crash::never()).await;
        first.until_read(&world).await;
        first.end().await;
        expire(&world);
        let crash = Crash::after(points);
        let dying = world.live(crash.clone()).await;
        let name = account_name();
        tokio::select! {
            planned = dying.plane.plan(by("admin"), &name, ObjectSelection::Default) => drop(planned),
            () = crash.dead.cancelled() => {}
        }
        dying.end().await;
        let next = world.live(Crash::never()).await;
        expire(&world);
        let planned = next.plane.plan(by("admin"), &account_name(), ObjectSelection::Default).await;
        let reuses = world.application.state().reuses;
        assert_eq!(reuses, 0, "point {points}");
        if let Err(fault) = planned {
            assert_eq!(fault.reason(), Reason::ReauthorizationRequired, "point {points}: {fault:?}");
        }
        next.end().await;
    }
}
