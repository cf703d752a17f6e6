use provision_core::Reason;
use provision_core::account::Phase;
use provision_core::ports::{Accounts as _, BeginAuthorization, Callback, CompleteAuthorization};

use crate::world::{Crash, Life, World, account_name, by};

async fn created(world: &World) -> Life {
    let life = world.live(Crash::never()).await;
    life.tenant().await;
    life.plane.create(by("admin"), life.create_request()).await.expect("made");
    life
}

#[tokio::test]
async fn a_state_is_used_once() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    let fault = life.complete(&state, world.application.issue_code()).await.expect_err("used");
    assert_eq!(fault.reason(), Reason::AuthorizationStateInvalid);
    assert_eq!(life.account().await.phase, Phase::Ready);
    life.end().await;
}

#[tokio::test]
async fn a_later_authorisation_replaces_an_earlier_one() {
    let world = World::new().await;
    let life = created(&world).await;
    let earlier = life.begin().await;
    let later = life.begin().await;
    let fault = life.complete(&earlier, world.application.issue_code()).await.expect_err("replaced");
    assert_eq!(fault.reason(), Reason::AuthorizationStateInvalid);
    life.complete(&later, world.application.issue_code()).await.expect("authorised");
    life.end().await;
}

#[tokio::test]
async fn a_state_of_another_account_is_refused_and_not_used_up() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    let request = CompleteAuthorization {
        expected: Some("tenants/acme/serviceAccounts/other".parse().expect("valid")),
        state: state.clone().into(),
        callback: Callback::Code(world.application.issue_code().into()),
    };
    let fault = life.plane.complete_authorization(by("admin"), request).await.expect_err("foreign");
    assert_eq!(fault.reason(), Reason::AuthorizationStateInvalid);
    life.complete(&state, world.application.issue_code()).await.expect("still good");
    life.end().await;
}

#[tokio::test]
async fn a_stale_authorisation_is_refused() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    world.clock.advance(601);
    let fault = life.complete(&state, world.application.issue_code()).await.expect_err("stale");
    assert_eq!(fault.reason(), Reason::AuthorizationExpired);
    assert_eq!(life.account().await.phase, Phase::Draft);
    assert_eq!(world.application.state().tokens_issued, 0);
    life.end().await;
}

#[tokio::test]
async fn the_reaper_ends_what_never_came_back() {
    let world = World::new().await;
    let life = created(&world).await;
    life.begin().await;
    world.clock.advance(601);
    life.runtime.reap(life.plane.clone());
    let ended = async {
        while life.account().await.phase != Phase::Draft {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.expect("ended");
    life.end().await;
}

#[tokio::test]
async fn a_refusal_goes_back_to_draft() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    let request = CompleteAuthorization {
        expected: None,
        state: state.into(),
        callback: Callback::Refused { error: "access_denied".into(), description: "end-user denied".into() },
    };
    let fault = life.plane.complete_authorization(by("admin"), request).await.expect_err("denied");
    assert_eq!(fault.reason(), Reason::AuthorizationDenied);
    assert_eq!(life.account().await.phase, Phase::Draft);
    life.end().await;
}

#[tokio::test]
async fn another_environment_is_refused_and_its_grant_revoked() {
    let world = World::new().await;
    let life = created(&world).await;
    world.application.state().environment = "production".into();
    let state = life.begin().await;
    let fault = life.complete(&state, world.application.issue_code()).await.expect_err("mismatch");
    assert_eq!(fault.reason(), Reason::EnvironmentMismatch);
    assert_eq!(world.application.state().revoked, ["refresh-1"]);
    assert_eq!(life.account().await.identity, None);
    life.end().await;
}

#[tokio::test]
async fn an_organisation_belongs_to_one_account() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    let mut second = life.create_request();
    second.id = Some("second".parse().expect("valid"));
    life.plane.create(by("admin"), second).await.expect("made");
    let name = "tenants/acme/serviceAccounts/second".parse().expect("valid");
    let begin = BeginAuthorization { name, redirect_uri: None, login_hint: None };
    let begun = life.plane.begin_authorization(by("admin"), begin).await.expect("begun");
    let url = url::Url::parse(secrecy::ExposeSecret::expose_secret(&begun.url)).expect("a URL");
    let state = url.query_pairs().find(|(k, _)| k == "state").expect("state").1.into_owned();
    let request = CompleteAuthorization {
        expected: None,
        state: state.into(),
        callback: Callback::Code(world.application.issue_code().into()),
    };
    let fault = life.plane.complete_authorization(by("admin"), request).await.expect_err("taken");
    assert_eq!(fault.reason(), Reason::OrgAlreadyProvisioned);
    assert_eq!(world.application.state().revoked, ["refresh-2"]);
    life.end().await;
}

#[tokio::test]
async fn only_configured_redirects_are_taken() {
    let world = World::new().await;
    let life = created(&world).await;
    let begin = |uri: &str| {
        let request =
            BeginAuthorization { name: account_name(), redirect_uri: Some(uri.to_owned()), login_hint: None };
        life.plane.begin_authorization(by("admin"), request)
    };
    begin("https://console.example/back").await.expect("configured");
    let fault = begin("https://evil.example/back").await.expect_err("not configured");
    assert_eq!(fault.violations()[0].subject, "redirect_uri");
    life.end().await;
}

/// Wherever a daemon dies while an authorisation comes back: the next one shows it kept, or ends it, and nobody is left
/// waiting for a browser that has been.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_while_an_authorisation_comes_back_leaves_nobody_waiting() {
    let mut points = 0;
    loop {
        let world = World::new().await;
        let first = created(&world).await;
        let state = first.begin().await;
        first.end().await;
        let crash = Crash::after(points);
        let dying = world.live(crash.clone()).await;
        let died = tokio::select! {
            done = dying.complete(&state, world.application.issue_code()) => { done.expect("authorised"); false }
            () = crash.dead.cancelled() => true,
        };
        dying.end().await;

        let next = world.live(Crash::never()).await;
        world.clock.advance(601);
        next.runtime.reap(next.plane.clone());
        let settled = async {
            while next.account().await.phase == Phase::AwaitingAuthorization {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let settled = tokio::time::timeout(std::time::Duration::from_secs(20), settled).await;
        assert!(settled.is_ok(), "point {points}: the account waits for ever");
        if next.account().await.phase == Phase::Draft {
            let state = next.begin().await;
            next.complete(&state, world.application.issue_code()).await.expect("begun again");
        }
        assert_eq!(next.account().await.phase, Phase::Ready, "point {points}");
        next.end().await;
        if !died {
            break;
        }
        points += 1;
    }
    assert!(points >= 8, "only {points} points were passed");
}
