use provision_core::Reason;
use provision_core::account::Phase;
use provision_core::operation::{OperationState, RemovalMode};
use provision_core::ports::{
    Accounts as _, BeginAuthorization, DeprovisionAccount, Idempotency, Mutation, Preconditions as _,
};

use crate::world::{Crash, World, account_name, by};

#[tokio::test]
async fn a_deprovisioned_account_takes_no_grant_no_plan_and_no_second_end() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    let told = life.plane.explain(&account_name()).await.expect("explained");
    let reasons: Vec<_> = told.causes.iter().map(|cause| cause.reason.as_str()).collect();
    assert_eq!((told.protected, reasons), (false, vec!["DEPROVISIONED"]));
    let request = BeginAuthorization { name: account_name(), redirect_uri: None, login_hint: None };
    let begun = life.plane.begin_authorization(by("admin"), request).await;
    assert_eq!(begun.expect_err("no grant").reason(), Reason::WrongPhase);
    assert_eq!(life.provision().await.expect_err("no plan").reason(), Reason::WrongPhase);
    assert_eq!(life.refresh(false).await.expect_err("no reading").reason(), Reason::WrongPhase);
    let again = life.deprovision(RemovalMode::Everything, None).await;
    assert_eq!(again.expect_err("over").reason(), Reason::WrongPhase);
    life.end().await;
}

#[tokio::test]
async fn a_dry_run_and_an_old_etag_start_nothing() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    let request = life.deprovision_request(RemovalMode::Everything, None);
    let only = DeprovisionAccount { validate_only: true, ..request.clone() };
    let dry = life.plane.deprovision(by("admin"), only).await.expect("would be started");
    assert!(!dry.steps.is_empty());
    let old = DeprovisionAccount { etag: Some("W0".into()), ..request };
    assert_eq!(
        life.plane.deprovision(by("admin"), old).await.expect_err("old").reason(),
        Reason::EtagMismatch
    );
    assert_eq!(life.account().await.phase, Phase::Active);
    life.end().await;
}

#[tokio::test]
async fn a_repeated_call_finds_its_operation_also_after_the_end() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let idempotency = Some(Idempotency { request_id: "r1".into(), fingerprint: "f".into() });
    let by = Mutation { idempotency, ..by("admin") };
    let request = life.deprovision_request(RemovalMode::Everything, None);
    let first = life.plane.deprovision(by.clone(), request.clone()).await.expect("started");
    let again = life.plane.deprovision(by.clone(), request.clone()).await.expect("found");
    assert_eq!(first.name, again.name);
    life.done(&first.name).await.expect("done");
    let after = life.plane.deprovision(by, request).await.expect("found");
    assert_eq!(after.name, first.name);
    life.end().await;
}

#[tokio::test]
async fn whoever_leaves_needs_no_licence() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.protect().await;
    let end = provision_core::ports::Clock::now(world.clock.as_ref()) + chrono::Duration::seconds(10);
    life.license_until(Some(end), std::time::Duration::ZERO).await;
    world.clock.advance(60);
    let ended = life.deprovisioned(RemovalMode::Everything, None).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{:?}", ended.failure);
    life.end().await;
}
