use provision_core::Reason;
use provision_core::account::{ConditionType, Phase, State, Status};
use provision_core::operation::{Disposition, OperationState, RemovalMode};

use super::beside;
use crate::world::{Crash, Life, World};

async fn protected() -> (World, Life) {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    (world, life)
}

fn lose_grant(world: &World) {
    let mut state = world.application.state();
    state.grant_dead = true;
    state.access_token = "revoked".into();
}

#[tokio::test]
async fn kept_components_stay_and_are_listed() {
    let (world, life) = protected().await;
    world.application.state().put_into_quarantine("1", "one");
    let ended = life.deprovisioned(RemovalMode::KeepComponents, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(world.application.state().there().len(), 4);
    let mut names: Vec<_> = ended.leftovers.iter().map(|l| l.full_name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["box", "channel", "trigger-A", "trigger-B"]);
    assert!(world.application.state().grant_dead);
    assert!(world.application.state().disposed.is_empty(), "what lies in kept objects stays");
    assert!(beside(&world).await.iter().all(|key| key.starts_with("component/")));
    life.end().await;
}

#[tokio::test]
async fn local_only_makes_no_call_and_lists_what_may_be_there() {
    let (world, life) = protected().await;
    let calls_before = world.application.state().identified;
    let disposed = life.deprovision(RemovalMode::LocalOnly, Some(Disposition::DeleteAll)).await;
    assert_eq!(disposed.expect_err("no call, no disposition").reason(), Reason::InvalidRequest);
    let ended = life.deprovisioned(RemovalMode::LocalOnly, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(ended.api_calls, 0);
    {
        let state = world.application.state();
        assert_eq!((state.identified, state.revoked.len()), (calls_before, 0));
    }
    assert_eq!(ended.leftovers.len(), 5, "four components and the grant: {:?}", ended.leftovers);
    assert!(ended.leftovers.iter().any(|l| l.kind == "Grant"));
    assert!(beside(&world).await.iter().all(|key| key.starts_with("component/")));
    assert_eq!(life.account().await.phase, Phase::Deprovisioned);
    life.end().await;
}

#[tokio::test]
async fn without_a_grant_both_ways_out_are_named_and_local_only_is_one() {
    let (world, life) = protected().await;
    lose_grant(&world);
    let ended = life.deprovisioned(RemovalMode::Everything, Some(Disposition::DeleteAll)).await;
    let failure = ended.failure.expect("it failed");
    assert_eq!(failure.reason, Reason::ReauthorizationRequired);
    assert!(failure.message.contains("authorise the account again"), "{}", failure.message);
    assert!(failure.message.contains("LOCAL_ONLY"), "{}", failure.message);
    let account = life.account().await;
    assert_eq!((account.phase, account.state()), (Phase::Deprovisioning, State::ActionRequired));
    assert_eq!(account.next_action.expect("somebody acts").action, "REAUTHORIZE_OR_DEPROVISION_LOCALLY");
    let only = provision_core::ports::DeprovisionAccount {
        validate_only: true,
        ..life.deprovision_request(RemovalMode::Everything, None)
    };
    let fault =
        provision_core::ports::Accounts::deprovision(&life.plane, crate::world::by("admin"), only).await;
    assert_eq!(fault.expect_err("would fail").reason(), Reason::ReauthorizationRequired);
    let ended = life.deprovisioned(RemovalMode::LocalOnly, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(ended.leftovers.len(), 4, "the grant is gone: {:?}", ended.leftovers);
    life.end().await;
}

#[tokio::test]
async fn a_fresh_grant_lets_it_go_on() {
    let (world, life) = protected().await;
    lose_grant(&world);
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.failure.expect("it failed").reason, Reason::ReauthorizationRequired);
    let state = life.begin().await;
    let account = life.complete(&state, world.application.issue_code()).await.expect("authorised");
    assert_eq!(account.phase, Phase::Deprovisioning);
    assert_eq!(account.condition(ConditionType::Authorized), Status::True);
    assert_eq!(account.next_action.expect("somebody acts").action, "DEPROVISION");
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    assert_eq!(world.application.state().there(), Vec::<String>::new());
    life.end().await;
}

#[tokio::test]
async fn a_grant_that_cannot_be_revoked_leaves_the_account_on_its_way_out() {
    let (world, life) = protected().await;
    world.application.state().revoke_fails = true;
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    let failure = ended.failure.expect("it failed");
    assert_eq!(failure.reason, Reason::SaasUnavailable);
    assert!(failure.message.contains("LOCAL_ONLY"), "{}", failure.message);
    assert_eq!(world.application.state().there(), Vec::<String>::new(), "what could be done was done");
    world.application.state().revoke_fails = false;
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    life.end().await;
}
