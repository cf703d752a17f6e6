use provision_core::Reason;
use provision_core::account::{Phase, State};
use provision_core::operation::OperationState;
use provision_core::ports::{Accounts as _, Idempotency, Operations as _, RefreshInventory};

use crate::world::{Crash, World, account_name, by};

#[tokio::test]
async fn the_whole_way_ends_protected() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let operation = life.provision().await.expect("started");
    let operation = life.done(&operation.name).await.expect("done");
    assert_eq!(operation.state, OperationState::Succeeded, "{:?}", operation.failure);
    assert!(operation.api_calls > 0);
    let account = life.account().await;
    assert_eq!((account.phase, account.state()), (Phase::Active, State::Protected));
    assert_eq!(life.told().await, ["ACCOUNT_AUTHORIZED", "Fake SANDBOX protected."]);
    assert!(world.application.state().created.values().all(|count| *count == 1));
    life.end().await;
}

#[tokio::test]
async fn a_throttled_step_waits_and_goes_on() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.connector.throttle.store(3, std::sync::atomic::Ordering::SeqCst);
    let operation = life.provision().await.expect("started");
    assert_eq!(life.done(&operation.name).await.expect("done").state, OperationState::Succeeded);
    assert_eq!(life.connector.throttle.load(std::sync::atomic::Ordering::SeqCst), 0);
    life.end().await;
}

#[tokio::test]
async fn a_second_operation_is_refused_while_the_first_runs_and_cancel_ends_it() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.connector.throttle.store(u32::MAX / 2, std::sync::atomic::Ordering::SeqCst);
    let first = life.provision().await.expect("started");
    let fault = life.refresh(false).await.expect_err("one at a time");
    assert_eq!(fault.reason(), Reason::OperationInProgress);
    assert_eq!(fault.metadata()["operation"], first.name.to_string());
    life.plane.cancel(by("admin"), &first.name).await.expect("cancelled");
    let ended = life.done(&first.name).await.expect("done");
    assert_eq!(ended.state, OperationState::Cancelled);
    assert_eq!(life.account().await.phase, Phase::Ready);
    life.end().await;
}

#[tokio::test]
async fn the_same_request_id_has_one_effect_and_another_body_is_refused() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.tenant().await;
    let mut by = by("admin");
    by.idempotency = Some(Idempotency { request_id: "r1".into(), fingerprint: "f1".into() });
    let first = life.plane.create(by.clone(), life.create_request()).await.expect("made");
    let again = life.plane.create(by.clone(), life.create_request()).await.expect("the same");
    assert_eq!(first.value.0.uid, again.value.0.uid);
    by.idempotency = Some(Idempotency { request_id: "r1".into(), fingerprint: "f2".into() });
    let fault = life.plane.create(by, life.create_request()).await.expect_err("another body");
    assert_eq!(fault.reason(), Reason::RequestIdReused);
    life.end().await;
}

#[tokio::test]
async fn concurrent_starts_with_one_request_id_give_one_operation() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let mut by = by("admin");
    by.idempotency = Some(Idempotency { request_id: "r2".into(), fingerprint: "f".into() });
    let request = RefreshInventory { name: account_name(), accept_fall: false };
    let starts = (0..8).map(|_| life.plane.refresh_inventory(by.clone(), request.clone()));
    let names: std::collections::BTreeSet<_> = futures::future::join_all(starts)
        .await
        .into_iter()
        .map(|started| started.expect("started or found").name)
        .collect();
    assert_eq!(names.len(), 1);
    life.end().await;
}

#[tokio::test]
async fn an_old_plan_is_refused() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let request = provision_core::ports::ProvisionAccount {
        name: account_name(),
        plan_etag: "P0".into(),
        validate_only: false,
    };
    assert_eq!(
        life.plane.provision(by("admin"), request).await.expect_err("stale").reason(),
        Reason::PlanStale
    );
    life.end().await;
}

#[tokio::test]
async fn without_a_licence_nothing_is_made_and_nothing_is_called() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    let create = provision_core::ports::CreateTenant {
        id: "acme".parse().expect("valid"),
        display_name: String::new(),
    };
    provision_core::ports::Admin::create_tenant(&life.plane, by("platform"), create).await.expect("tenant");
    let fault = life.plane.create(by("admin"), life.create_request()).await.expect_err("no licence");
    assert_eq!(fault.reason(), Reason::LicenseMissing);
    life.end().await;
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.tenant().await;
    let mut request = life.create_request();
    request.settings.insert("colour".into(), "planted".into());
    let fault = life.plane.create(by("admin"), request).await.expect_err("unknown setting");
    assert_eq!(fault.reason(), Reason::InvalidRequest);
    assert!(fault.violations()[0].subject.starts_with("service_account.settings"));
    life.end().await;
}
