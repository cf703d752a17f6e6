use provision_core::account::{Actor, ConditionType, Phase, Status};
use provision_core::ports::{Accounts as _, BeginAuthorization, Callback, CompleteAuthorization};
use provision_core::{AccountName, Fault, Reason, Result};

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

/// Authorises another account in the same organisation; answers why it is refused.
async fn second(life: &Life, world: &World, name: &AccountName) -> Fault {
    let state = life.begin_of(name).await;
    life.complete_of(name, &state, world.application.issue_code()).await.expect_err("taken")
}

#[tokio::test]
async fn an_organisation_belongs_to_one_account_whose_grant_is_looked_after() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    let name = life.create_other("tenants/acme/serviceAccounts/second").await;
    let before = world.application.state().identified;
    let fault = second(&life, &world, &name).await;
    assert_eq!(fault.reason(), Reason::OrgAlreadyProvisioned);
    assert_eq!(fault.metadata()["service_account"], account_name().to_string());
    assert_eq!(world.application.state().revoked, ["refresh-2"]);
    assert_eq!(
        world.application.state().identified,
        before + 2,
        "the fresh grant, then the one that lives there"
    );
    assert_eq!(life.account().await.condition(ConditionType::Authorized), Status::True);
    life.end().await;
}

#[tokio::test]
async fn another_tenant_learns_nothing_of_whose_organisation_it_is() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    life.tenant_of("rival").await;
    let name = life.create_other("tenants/rival/serviceAccounts/second").await;
    let fault = second(&life, &world, &name).await;
    assert_eq!(fault.reason(), Reason::OrgAlreadyProvisioned);
    assert!(!format!("{} {:?}", fault.message(), fault.metadata()).contains("acme"), "{fault:?}");
    life.end().await;
}

#[tokio::test]
async fn a_grant_that_went_with_the_refused_one_is_found_out() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    let name = life.create_other("tenants/acme/serviceAccounts/second").await;
    world.application.state().revokes_all = true;
    second(&life, &world, &name).await;
    assert_eq!(life.account().await.condition(ConditionType::Authorized), Status::False);
    assert!(life.told().await.contains(&"REAUTHORIZATION_REQUIRED".to_owned()));
    life.end().await;
}

#[tokio::test]
async fn a_refused_second_authorisation_leaves_the_first_grant_and_shows() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    world.application.state().failing = ["right.read"].into();
    let state = life.begin().await;
    let fault = life.complete(&state, world.application.issue_code()).await.expect_err("refused");
    assert_eq!(fault.reason(), Reason::PreconditionChecksFailed);
    let account = life.account().await;
    assert_eq!(account.phase, Phase::Ready);
    let condition = Life::condition(&account, ConditionType::Authorized);
    assert_eq!(condition.status, Status::True);
    assert!(condition.message.contains("a later authorisation was refused"), "{}", condition.message);
    assert_eq!(life.read().await.failure, None, "the grant works");
    life.end().await;
}

#[tokio::test]
async fn of_two_callbacks_at_once_one_is_taken() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    let (one, two) = tokio::join!(
        life.complete(&state, world.application.issue_code()),
        life.complete(&state, world.application.issue_code())
    );
    let faults: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].reason(), Reason::AuthorizationStateInvalid);
    assert_eq!(world.application.state().tokens_issued, 1);
    assert_eq!(life.account().await.phase, Phase::Ready);
    life.end().await;
}

#[tokio::test]
async fn a_code_that_was_used_elsewhere_is_refused() {
    let world = World::new().await;
    let life = created(&world).await;
    let code = world.application.issue_code();
    world.application.state().codes.insert(code.clone(), true);
    let state = life.begin().await;
    let fault = life.complete(&state, code).await.expect_err("used");
    assert_eq!(fault.reason(), Reason::AuthorizationRejected);
    assert_eq!(life.account().await.phase, Phase::Draft);
    life.end().await;
}

#[tokio::test]
async fn a_state_that_was_cut_or_changed_is_refused_and_nothing_is_used_up() {
    let world = World::new().await;
    let life = created(&world).await;
    let state = life.begin().await;
    let longer = format!("{state}A");
    let upper = state.to_ascii_uppercase();
    for bad in ["", "x", &state[..state.len() - 1], &longer, &upper] {
        let fault = life.complete(bad, world.application.issue_code()).await.expect_err(bad);
        assert_eq!(fault.reason(), Reason::AuthorizationStateInvalid);
    }
    assert_eq!(world.application.state().tokens_issued, 0);
    life.complete(&state, world.application.issue_code()).await.expect("the right one still is good");
    life.end().await;
}

#[tokio::test]
async fn what_never_came_back_says_what_to_look_for() {
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
    let condition = Life::condition(&life.account().await, ConditionType::Authorized);
    assert_eq!(condition.reason, "AUTHORIZATION_EXPIRED");
    assert!(
        condition.message.ends_with("What it can be: the app is blocked; the app is not installed"),
        "{}",
        condition.message
    );
    life.end().await;
}

#[tokio::test]
async fn an_app_that_is_installed_first_is_the_next_action() {
    let world = World::new().await;
    world.application.state().installation = true;
    let life = created(&world).await;
    let install = |account: &provision_core::account::ServiceAccount| {
        let next = account.next_action.clone().expect("named");
        (next.actor, next.action, next.link)
    };
    let expected =
        (Actor::SaasAdmin, "INSTALL_APP".to_owned(), Some("https://apps.example/install".to_owned()));
    assert_eq!(install(&life.account().await), expected);
    let request = BeginAuthorization { name: account_name(), redirect_uri: None, login_hint: None };
    let begun = life.plane.begin_authorization(by("admin"), request).await.expect("begun");
    assert_eq!(begun.installation_url.as_deref(), Some("https://apps.example/install"));
    assert_eq!(install(&life.account().await).1, "AUTHORIZE");
    let state = life.begin().await;
    let request = CompleteAuthorization {
        expected: None,
        state: state.into(),
        callback: Callback::Refused { error: "access_denied".into(), description: String::new() },
    };
    life.plane.complete_authorization(by("admin"), request).await.expect_err("denied");
    assert_eq!(install(&life.account().await), expected);
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
