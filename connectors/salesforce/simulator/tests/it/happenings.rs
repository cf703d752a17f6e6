//! What happens to an org in the middle of somebody's work.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use salesforce_simulator::fault::{Fault, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::Happening;
use serde_json::Value;

use crate::browser::{grant, refresh};
use crate::client::{World, error};

/// An org with a grant; the access and the refresh token of it.
async fn granted(world: &World) -> (String, String) {
    let answer = grant(world).await;
    let text = |name: &str| answer[name].as_str().expect("a token").to_owned();
    (text("access_token"), text("refresh_token"))
}

/// Lets it happen at the next look at the limits, and answers what the caller of that look is told.
async fn meets(world: &World, token: &str, what: Happening) -> (StatusCode, String) {
    world.simulator.faults().add(Rule::once(Operation::Limits, Fault::Happens(what)));
    let (status, body) = world.api(token).call(Method::GET, "/limits", None).await;
    world.simulator.faults().verify().expect("it fired");
    let code = if status.is_success() { String::new() } else { error(&body).0 };
    (status, code)
}

fn refused(answer: &(StatusCode, Value)) -> (&str, &str) {
    let text = |name: &str| answer.1[name].as_str().unwrap_or_default();
    (text("error"), text("error_description"))
}

const NO_SESSION: (StatusCode, &str) = (StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID");

#[tokio::test]
async fn revoked_grants_end_sessions_and_refreshes() {
    let world = World::new().await;
    let (access, token) = granted(&world).await;
    let (status, code) = meets(&world, &access, Happening::GrantsRevoked).await;
    assert_eq!((status, code.as_str()), NO_SESSION);
    let answer = refresh(&world, &token).await;
    assert_eq!(refused(&answer), ("invalid_grant", "expired access/refresh token"));
    assert_eq!(world.simulator.ledger().count(Kind::GrantRevoked), 1);
    world.admin().get("/limits").await;
}

#[tokio::test]
async fn a_deactivated_user_and_a_locked_org_have_their_own_words() {
    let world = World::new().await;
    let (access, token) = granted(&world).await;
    let (status, code) = meets(&world, &access, Happening::UsersDeactivated).await;
    assert_eq!((status, code.as_str()), NO_SESSION);
    assert_eq!(refused(&refresh(&world, &token).await), ("inactive_user", "user is inactive"));

    let world = World::new().await;
    let (access, token) = granted(&world).await;
    let (status, code) = meets(&world, &access, Happening::Locked).await;
    assert_eq!((status, code.as_str()), NO_SESSION);
    let answer = refresh(&world, &token).await;
    assert_eq!(refused(&answer), ("inactive_org", "organization is locked, closed, or suspended"));
    world.org().set_conditions(|conditions| conditions.locked = false);
    assert_eq!(refresh(&world, &token).await.0, StatusCode::OK, "an unlocked org knows its grants");
}

#[tokio::test]
async fn access_to_the_api_can_be_switched_off_and_its_calls_used_up() {
    let world = World::new().await;
    let (access, _) = granted(&world).await;
    let (status, code) = meets(&world, &access, Happening::ApiAccessOff).await;
    assert_eq!((status, code.as_str()), (StatusCode::FORBIDDEN, "API_CURRENTLY_DISABLED"));

    let world = World::new().await;
    let (access, _) = granted(&world).await;
    let (status, code) = meets(&world, &access, Happening::ApiRequestsUsedUp).await;
    assert_eq!((status, code.as_str()), (StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED"));
    world.clock.advance(Duration::from_secs(25 * 60 * 60));
    let later = world.org().open_session(world.org().admin, None, "full");
    world.api(&later).get("/limits").await;
}

#[tokio::test]
async fn a_withdrawn_permission_is_gone_from_who_had_it() {
    let world = World::new().await;
    let (access, _) = granted(&world).await;
    let state = world.org().snapshot();
    assert!(state.rights(world.org().admin).has("AuthorApex"));
    let (status, _) = meets(&world, &access, Happening::PermissionWithdrawn("AuthorApex".into())).await;
    assert_eq!(status, StatusCode::OK);
    assert!(!world.org().snapshot().rights(world.org().admin).has("AuthorApex"));
}

#[tokio::test]
async fn ended_sessions_are_renewed_by_the_grant() {
    let world = World::new().await;
    let (access, token) = granted(&world).await;
    let (status, code) = meets(&world, &access, Happening::SessionsEnded).await;
    assert_eq!((status, code.as_str()), NO_SESSION);
    assert_eq!(refresh(&world, &token).await.0, StatusCode::OK);
}

#[tokio::test]
async fn an_org_that_moved_redirects_and_names_its_new_instance() {
    let world = World::new().await;
    let (access, token) = granted(&world).await;
    let host = world.ready().base_url.replace("http://127.0.0.1", "localhost");
    let moved = Happening::InstanceMoved { host: host.clone() };
    world.simulator.faults().add(Rule::once(Operation::Limits, Fault::Happens(moved)));
    let response = world.api(&access).send(Method::GET, "/limits", None).await;
    assert_eq!(response.status(), StatusCode::MOVED_PERMANENTLY);
    let location = response.headers()["location"].to_str().expect("text");
    assert_eq!(location, format!("http://{host}/services/data/v67.0/limits"));
    let (status, answer) = refresh(&world, &token).await;
    assert_eq!((status, &answer["instance_url"]), (StatusCode::OK, &format!("http://{host}").into()));
}

#[tokio::test]
async fn the_setup_can_be_locked_for_hours() {
    let world = World::new().await;
    let (access, _) = granted(&world).await;
    let lock = Happening::DeployLocked(Duration::from_secs(3 * 60 * 60));
    meets(&world, &access, lock).await;
    let held = || world.org().read().deploys.values().any(|request| request.status == "InProgress");
    assert!(held());
    world.clock.advance(Duration::from_secs(2 * 60 * 60));
    tokio::task::yield_now().await;
    assert!(held());
}

#[tokio::test]
async fn a_refreshed_sandbox_is_another_org_at_the_same_address() {
    let world = World::with(Config::default()).await;
    let (_, token) = granted(&world).await;
    let World { simulator, clock, http } = world;
    let before = simulator.ready().clone();
    let simulator = simulator.refreshed().await.expect("it starts");
    let after = simulator.ready().clone();
    assert_eq!((&after.base_url, &after.pubsub_url), (&before.base_url, &before.pubsub_url));
    assert_eq!((&after.client_id, &after.client_secret), (&before.client_id, &before.client_secret));
    assert_ne!(after.org_id, before.org_id);
    let world = World { simulator, clock, http };
    let answer = refresh(&world, &token).await;
    assert_eq!(refused(&answer), ("invalid_grant", "expired access/refresh token"));
    assert_ne!(granted(&world).await.1, token);
}
