//! Looking after grants: doubts, ends, keys, restores, and authorising again in place.

use std::sync::Arc;

use provision_connector_sdk::{CallCounter, Connector as _, Session};
use provision_core::account::{ConditionType, GrantState, Phase, Status};
use provision_core::ports::{Accounts as _, BeginAuthorization};
use provision_core::{Fault, Reason};
use provision_reconcile::SealedThings;
use provision_store::Store as _;
use provision_store::Txn;
use provision_store::record::{RecordKey, RestoreMarker, encode};
use secrecy::ExposeSecret as _;

use crate::application::Trouble;
use crate::world::{Crash, Life, World, account_name, by};

async fn session(life: &Life) -> Session {
    life.broker.session(&life.account().await, Arc::new(CallCounter::default()))
}

async fn identify(life: &Life) -> Result<(), Fault> {
    life.connector.identify(&session(life).await).await.map(drop).map_err(Fault::from)
}

async fn grant(life: &Life) -> GrantState {
    let view = provision_core::ports::Accounts::get(&life.plane, &account_name()).await.expect("there");
    view.value.1.grant.expect("a grant").state
}

async fn count(life: &Life, text: &str) -> usize {
    life.told().await.iter().filter(|told| *told == text).count()
}

async fn reauthorize(life: &Life) -> Result<String, Fault> {
    let request = BeginAuthorization { name: account_name(), redirect_uri: None, login_hint: None };
    let begun = life.plane.reauthorize(by("admin"), request).await?;
    let url = url::Url::parse(begun.url.expose_secret()).expect("a URL");
    Ok(url.query_pairs().find(|(k, _)| k == "state").expect("state").1.into_owned())
}

#[tokio::test]
async fn a_grant_in_doubt_is_used_while_it_can_be_and_told_early() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_authorized(&world).await;
    {
        let mut state = world.application.state();
        state.next_exchange = Some(Trouble::LoseAnswer);
        state.introspection_down = true;
        // The access token lives on.
        state.keeps_access = true;
    }
    // An idle grant is exchanged to keep it alive: the token that is in use has not ended.
    world.clock.advance(7 * 24 * 3600);
    life.broker.look_at_all().await.expect("looked at");
    assert_eq!(grant(&life).await, GrantState::InDoubt);
    assert_eq!(count(&life, "GRANT_IN_DOUBT").await, 1);
    identify(&life).await.expect("the access token lives");
    assert_eq!(life.account().await.condition(ConditionType::Authorized), Status::True);

    // Until it has ended, nothing is tried.
    world.clock.advance(3_600);
    life.broker.look_at_all().await.expect("looked at");
    assert_eq!((grant(&life).await, world.application.state().reuses), (GrantState::InDoubt, 0));

    // Then one exchange is, and only one.
    world.application.state().access_token = "ended".into();
    let refused = identify(&life).await.expect_err("the grant was lost with the answer");
    assert_eq!(refused.reason(), Reason::ReauthorizationRequired);
    assert_eq!(world.application.state().reuses, 1);
    assert_eq!((grant(&life).await, count(&life, "REAUTHORIZATION_REQUIRED").await), (GrantState::Lost, 1));
    assert_eq!(count(&life, "GRANT_IN_DOUBT").await, 1);
    life.end().await;
}

#[tokio::test]
async fn an_idle_grant_is_kept_alive_and_one_that_cannot_be_is_announced_once_a_day() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_authorized(&world).await;
    world.clock.advance(4 * 24 * 3600);
    life.broker.look_at_all().await.expect("looked at");
    assert_eq!(world.application.state().refreshes, 0);
    world.clock.advance(2 * 24 * 3600);
    life.broker.look_at_all().await.expect("looked at");
    assert_eq!(world.application.state().refreshes, 1);
    assert_eq!(grant(&life).await, GrantState::Valid);

    // The policy of 30 days idle comes close only where no exchange succeeds.
    world.clock.advance(24 * 24 * 3600);
    for _ in 0..3 {
        world.application.state().next_exchange = Some(Trouble::GatewayTimeout);
        world.application.state().introspection_down = true;
        life.broker.look_at_all().await.expect("looked at");
    }
    assert_eq!(count(&life, "GRANT_EXPIRING").await, 1);
    world.clock.advance(24 * 3600);
    life.broker.look_at_all().await.expect("looked at");
    assert_eq!(count(&life, "GRANT_EXPIRING").await, 2);
    life.end().await;
}

#[tokio::test]
async fn a_restored_grant_is_not_used_before_it_was_looked_at() {
    for rotated in [false, true] {
        let world = World::new().await;
        let first = world.live(Crash::never()).await;
        first.until_authorized(&world).await;
        first.end().await;
        let marker = RestoreMarker { restore_time: chrono::DateTime::from_timestamp(1, 0).expect("valid") };
        let txn = Txn::new().put(RecordKey::restore_marker(), encode(&marker).expect("written"));
        world.data.commit(txn).await.expect("marked");
        let known = world.application.state().refresh_token.clone();
        if rotated {
            world.application.state().refresh_token = "a later one".into();
        }
        world.application.state().introspection_down = true;

        let life = world.live(Crash::never()).await;
        life.runtime.recover().await.expect("recovered");
        let refused = identify(&life).await.expect_err("not looked at yet");
        assert_eq!((refused.reason(), grant(&life).await), (Reason::GrantInDoubt, GrantState::InDoubt));
        world.application.state().introspection_down = false;
        match identify(&life).await {
            Ok(()) => assert!(!rotated),
            Err(fault) => assert!(rotated && fault.reason() == Reason::ReauthorizationRequired, "{fault:?}"),
        }
        {
            let state = world.application.state();
            assert_eq!((state.refreshes, state.reuses), (0, 0));
            assert!(rotated || state.refresh_token == known);
        }
        life.end().await;
    }
}

#[tokio::test]
async fn keys_rotate_while_grants_are_in_use() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_authorized(&world).await;
    let grant = SealedThings { grants: 1, ..SealedThings::default() };
    assert_eq!(
        life.broker.sealed_by().await.expect("counted").into_iter().collect::<Vec<_>>(),
        [("k1".to_owned(), grant)]
    );
    world.keys.set(&["k2", "k1"]);
    identify(&life).await.expect("the older key opens");
    assert_eq!(
        life.broker.reseal().await.expect("sealed").into_iter().collect::<Vec<_>>(),
        [("k2".to_owned(), grant)]
    );
    world.keys.set(&["k2"]);
    world.application.state().access_token = "ended".into();
    identify(&life).await.expect("renewed under the new key alone");
    life.end().await;
}

#[tokio::test]
async fn an_account_is_authorised_again_in_place_and_the_old_grant_ends_last() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let refused = reauthorize(&life).await.expect_err("never had a grant");
    assert_eq!(refused.reason(), Reason::WrongPhase);
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    let before = life.account().await;

    let state = reauthorize(&life).await.expect("begun");
    identify(&life).await.expect("the old grant works until the new one is there");
    assert!(world.application.state().revoked.is_empty());
    life.complete(&state, world.application.issue_code()).await.expect("authorised again");
    assert_eq!(world.application.state().revoked, ["refresh-1"]);
    identify(&life).await.expect("the new grant works");
    let after = life.account().await;
    assert_eq!((after.uid.clone(), after.phase), (before.uid, Phase::Ready));

    // Another organisation: the new grant is revoked, and it alone.
    let state = reauthorize(&life).await.expect("begun");
    world.application.state().organization = "org-2".into();
    let refused =
        life.complete(&state, world.application.issue_code()).await.expect_err("another organisation");
    assert_eq!(refused.reason(), Reason::OrgMismatch);
    assert_eq!(world.application.state().revoked, ["refresh-1", "refresh-3"]);
    assert_eq!(life.account().await.condition(ConditionType::Authorized), Status::True);
    life.end().await;
}

#[tokio::test]
async fn what_could_not_be_revoked_is_revoked_later() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_authorized(&world).await;
    let state = reauthorize(&life).await.expect("begun");
    world.application.state().revoke_fails = true;
    life.complete(&state, world.application.issue_code()).await.expect("authorised again");
    assert!(world.application.state().revoked.is_empty());
    world.application.state().revoke_fails = false;
    life.broker.look_at_all().await.expect("looked at");
    assert_eq!(world.application.state().revoked, ["refresh-1"]);
    life.broker.look_at_all().await.expect("looked at");
    assert_eq!(world.application.state().revoked, ["refresh-1"], "once");
    life.end().await;
}
