use provision_core::account::Phase;
use provision_core::ports::{Accounts as _, DeleteAccount, Idempotency, Mutation};
use provision_core::{Reason, Result};

use crate::world::{Crash, Life, World, account_name, by};

fn request() -> DeleteAccount {
    DeleteAccount { name: account_name(), etag: None, validate_only: false }
}

async fn gone(life: &Life) -> bool {
    match life.plane.get(&account_name()).await {
        Ok(_) => false,
        Err(fault) => fault.reason() == Reason::ResourceNotFound,
    }
}

/// Keys of the store that name the account.
async fn left(world: &World) -> Vec<String> {
    use provision_store::{Prefix, read_all};
    let mut keys = Vec::new();
    for kind in [
        "account",
        "channel",
        "credential",
        "plan",
        "inventory",
        "component",
        "preconditions",
        "inventory-checkpoint",
        "authorization-pointer",
        "authorization",
        "organization",
    ] {
        let prefix = Prefix::new(format!("{kind}/")).expect("valid");
        let all = read_all(world.data.as_ref(), &prefix, 1_000).await.expect("read");
        keys.extend(all.entries.into_iter().map(|e| e.key.as_str().to_owned()));
    }
    keys
}

#[tokio::test]
async fn a_deleted_account_leaves_its_grant_revoked_and_its_organisation_free() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    life.plan().await;
    life.begin().await;
    let only = DeleteAccount { validate_only: true, ..request() };
    life.plane.delete(by("admin"), only).await.expect("would be done");
    assert_eq!(world.application.state().revoked, Vec::<String>::new());
    life.plane.delete(by("admin"), request()).await.expect("deleted");
    assert!(gone(&life).await);
    assert_eq!(world.application.state().revoked, ["refresh-1"]);
    assert_eq!(left(&world).await, Vec::<String>::new());

    let other = life.create_other("tenants/acme/serviceAccounts/other").await;
    let state = life.begin_of(&other).await;
    life.complete_of(&other, &state, world.application.issue_code()).await.expect("the organisation is free");
    life.end().await;
}

#[tokio::test]
async fn an_account_that_was_never_authorised_goes_without_a_call() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let wrong = DeleteAccount { etag: Some("W0".into()), ..request() };
    let fault = life.plane.delete(by("admin"), wrong).await.expect_err("another state");
    assert_eq!(fault.reason(), Reason::EtagMismatch);
    life.plane.delete(by("admin"), request()).await.expect("deleted");
    assert!(gone(&life).await);
    let fault = life.plane.delete(by("admin"), request()).await.expect_err("gone");
    assert_eq!(fault.reason(), Reason::ResourceNotFound);
    life.end().await;
}

#[tokio::test]
async fn an_account_with_components_stays() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    let operation = life.provision().await.expect("started");
    let busy = life.plane.delete(by("admin"), request()).await.expect_err("busy");
    assert!(matches!(busy.reason(), Reason::OperationInProgress), "{busy}");
    life.done(&operation.name).await.expect("done");
    let fault = life.plane.delete(by("admin"), request()).await.expect_err("present");
    assert_eq!(fault.reason(), Reason::ComponentsPresent);
    assert_eq!(fault.metadata()["components"], "4");
    assert_eq!(world.application.state().revoked, Vec::<String>::new(), "the grant was not touched");
    life.end().await;
}

#[tokio::test]
async fn a_grant_that_cannot_be_revoked_keeps_its_account() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_authorized(&world).await;
    world.application.state().revoke_fails = true;
    let fault = life.plane.delete(by("admin"), request()).await.expect_err("unanswered");
    assert_eq!(fault.reason(), Reason::SaasUnavailable);
    assert_eq!(life.account().await.phase, Phase::Ready);
    world.application.state().revoke_fails = false;
    life.plane.delete(by("admin"), request()).await.expect("deleted");
    life.end().await;
}

#[tokio::test]
async fn a_repeated_call_has_one_effect() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let idempotency = Some(Idempotency { request_id: "r1".into(), fingerprint: "f".into() });
    let by = Mutation { idempotency, ..by("admin") };
    life.plane.delete(by.clone(), request()).await.expect("deleted");
    life.plane.create(crate::world::by("admin"), life.create_request()).await.expect("a namesake");
    life.plane.delete(by, request()).await.expect("answered again");
    assert!(!gone(&life).await, "the namesake is another account");
    life.end().await;
}

#[tokio::test]
async fn an_authorisation_that_comes_back_after_the_deletion_is_refused() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let state = life.begin().await;
    life.plane.delete(by("admin"), request()).await.expect("deleted");
    let fault = life.complete(&state, world.application.issue_code()).await.expect_err("gone");
    assert_eq!(fault.reason(), Reason::AuthorizationStateInvalid);
    assert_eq!(world.application.state().tokens_issued, 0);
    life.end().await;
}

/// Wherever the daemon dies, asking again ends in the same place.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_was_cut_short_is_ended_by_the_next() {
    for points in 0.. {
        assert!(points < 100, "a deletion has more crash points than expected");
        let world = World::new().await;
        let first = world.live(Crash::never()).await;
        first.until_read(&world).await;
        first.plan().await;
        first.end().await;
        let crash = Crash::after(points);
        let dying = world.live(crash.clone()).await;
        let died = tokio::select! {
            deleted = dying.plane.delete(by("admin"), request()) => deleted.map(|()| false).expect("deleted"),
            () = crash.dead.cancelled() => true,
        };
        dying.end().await;
        let next = world.live(Crash::never()).await;
        let again: Result<()> = next.plane.delete(by("admin"), request()).await;
        if let Err(fault) = again {
            assert_eq!(fault.reason(), Reason::ResourceNotFound, "point {points}");
        }
        assert_eq!(left(&world).await, Vec::<String>::new(), "point {points}");
        assert!(world.application.state().grant_dead, "point {points}");
        next.end().await;
        if !died {
            assert!(points > 1, "only {points} crash points were passed");
            break;
        }
    }
}
