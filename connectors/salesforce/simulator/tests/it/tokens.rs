//! Tokens: exchange, rotation, revocation, introspection, identity.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use salesforce_simulator::Config;
use salesforce_simulator::ledger::Kind;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::browser::*;
use crate::client::World;

fn refused(error: &str, description: &str) -> (StatusCode, Value) {
    (StatusCode::BAD_REQUEST, json!({"error": error, "error_description": description}))
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("{name} is missing from {answer}"))
}

#[tokio::test]
async fn the_answer_is_salesforces() {
    let world = World::new().await;
    let answer = grant(&world).await;
    assert!(answer.get("expires_in").is_none());
    assert_eq!(text(&answer, "instance_url"), world.ready().base_url);
    assert_eq!(text(&answer, "token_type"), "Bearer");
    assert_eq!(text(&answer, "scope"), "api refresh_token id");
    assert!(text(&answer, "access_token").starts_with(&format!("{}!", &world.ready().org_id[..15])));
    assert!(text(&answer, "refresh_token").starts_with("5Aep"));
    assert!(text(&answer, "id").starts_with(&format!(
        "{}/id/{}/005",
        world.ready().base_url,
        world.ready().org_id
    )));
    let issued: i64 = text(&answer, "issued_at").parse().expect("milliseconds in a string");
    assert_eq!(issued, crate::client::NOON);
    let mut mac = Hmac::<Sha256>::new_from_slice(world.ready().client_secret.as_bytes()).expect("any length");
    mac.update(text(&answer, "id").as_bytes());
    mac.update(text(&answer, "issued_at").as_bytes());
    assert_eq!(text(&answer, "signature"), STANDARD.encode(mac.finalize().into_bytes()));
}

#[tokio::test]
async fn without_the_refresh_scope_there_is_no_refresh_token() {
    let world = World::new().await;
    let mut asked = asked(&world);
    asked.insert("scope", "api".to_owned());
    let code = code(&world, &asked, &world.ready().admin).await;
    let (_, answer) = exchange(&world, &code).await;
    assert!(answer.get("refresh_token").is_none());
    assert!(answer.get("access_token").is_some());
}

#[tokio::test]
async fn exchanges_that_do_not_fit_are_refused_in_salesforces_words() {
    let world = World::new().await;
    let fresh = async || code(&world, &asked(&world), &world.ready().admin).await;
    let grant_type = ("grant_type", "authorization_code");
    let callback = ("redirect_uri", CALLBACK);
    let one = fresh().await;
    assert_eq!(token(&world, &[grant_type, callback, ("code", &one)]).await.1["error"], "invalid_grant");
    let one = fresh().await;
    let fields = [
        grant_type,
        callback,
        ("code", &one),
        ("code_verifier", "another-verifier-of-at-least-43-characters-xyz"),
    ];
    assert_eq!(token(&world, &fields).await.1["error"], "invalid_request");
    let one = fresh().await;
    let fields =
        [grant_type, ("redirect_uri", "http://localhost/else"), ("code", &one), ("code_verifier", VERIFIER)];
    assert_eq!(
        token(&world, &fields).await,
        refused("redirect_uri_mismatch", "redirect_uri must match configuration")
    );
    assert_eq!(token(&world, &[("grant_type", "wish")]).await.1["error"], "unsupported_grant_type");
    assert_eq!(token(&world, &[grant_type, ("code", "aPrxnope==")]).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn the_app_proves_itself_in_the_form_or_by_basic() {
    let world = World::new().await;
    let path = "/services/oauth2/token";
    let id = world.ready().client_id.as_str();
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("client_id", id),
        ("client_secret", "wrong"),
    ];
    assert_eq!(post(&world, path, &form).await, refused("invalid_client", "invalid client credentials"));
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("client_id", "nobody"),
        ("client_secret", "x"),
    ];
    assert_eq!(post(&world, path, &form).await, refused("invalid_client_id", "client identifier invalid"));
    let answer = grant(&world).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&answer, "refresh_token"))];
    let request =
        world.http.post(world.url(path)).basic_auth(id, Some(&world.ready().client_secret)).form(&form);
    assert_eq!(request.send().await.expect("answers").status(), StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_rotates_and_a_rotated_token_ends_the_family() {
    let world = World::new().await;
    let first = grant(&world).await;
    let (status, second) = refresh(&world, text(&first, "refresh_token")).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    for answer in [&first, &second] {
        world.api(text(answer, "access_token")).get("/limits").await;
    }
    let reused = refresh(&world, text(&first, "refresh_token")).await;
    assert_eq!(reused, refused("invalid_grant", "expired access/refresh token"));
    for answer in [&first, &second] {
        let response =
            world.api(text(answer, "access_token")).send(reqwest::Method::GET, "/limits", None).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(refresh(&world, text(&second, "refresh_token")).await.0, StatusCode::BAD_REQUEST);
    let revoked = world.simulator.ledger().of(Kind::GrantRevoked);
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0].detail["reason"], "a rotated refresh token was used again");
}

#[tokio::test]
async fn without_rotation_the_refresh_token_stays() {
    let world = World::with(Config { rotate_refresh_tokens: false, ..Config::default() }).await;
    let first = grant(&world).await;
    for _ in 0..2 {
        let (status, answer) = refresh(&world, text(&first, "refresh_token")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(answer.get("refresh_token").is_none());
    }
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_is_told_to_wait() {
    let world = World::new().await;
    let answer = grant(&world).await;
    let token = text(&answer, "refresh_token");
    let (a, b) = tokio::join!(refresh(&world, token), refresh(&world, token));
    let (won, lost) = if a.0 == StatusCode::OK { (a, b) } else { (b, a) };
    assert_eq!(won.0, StatusCode::OK);
    assert_eq!(lost, refused("invalid_grant", "token request is already being processed"));
    assert_eq!(refresh(&world, text(&won.1, "refresh_token")).await.0, StatusCode::OK, "the grant lives on");
}

#[tokio::test]
async fn the_sixth_grant_ends_the_first() {
    let world = World::new().await;
    let mut grants = Vec::new();
    for _ in 0..6 {
        grants.push(grant(&world).await);
    }
    assert_eq!(refresh(&world, text(&grants[0], "refresh_token")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(refresh(&world, text(&grants[1], "refresh_token")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_sessions() {
    let world = World::new().await;
    let answer = grant(&world).await;
    let path = "/services/oauth2/revoke";
    assert_eq!(post(&world, path, &[("token", text(&answer, "refresh_token"))]).await.0, StatusCode::OK);
    let response = world.api(text(&answer, "access_token")).send(reqwest::Method::GET, "/limits", None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        post(&world, path, &[("token", "5Aepnothing")]).await,
        refused("invalid_token", "invalid token")
    );
}

#[tokio::test]
async fn introspection_tells_live_from_dead_and_asks_who_wants_to_know() {
    let world = World::new().await;
    let answer = grant(&world).await;
    let ready = world.ready();
    let ask = async |token: &str| {
        let form =
            [("token", token), ("client_id", &ready.client_id), ("client_secret", &ready.client_secret)];
        post(&world, "/services/oauth2/introspect", &form).await.1
    };
    let live = ask(text(&answer, "access_token")).await;
    assert_eq!(live["active"], json!(true));
    assert_eq!(live["username"], json!(ready.admin.username));
    assert_eq!(live["exp"], json!(crate::client::NOON / 1000 + 7200));
    assert_eq!(ask(text(&answer, "refresh_token")).await["token_type"], "refresh_token");
    assert_eq!(ask("nothing").await, json!({"active": false}));
    let anonymous =
        post(&world, "/services/oauth2/introspect", &[("token", text(&answer, "access_token"))]).await;
    assert_eq!(anonymous.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_slides_with_use_and_ends_without() {
    let world = World::new().await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(7199));
        world.admin().get("/limits").await;
    }
    world.clock.advance(Duration::from_secs(7200));
    let (status, body) = world.admin().call(reqwest::Method::GET, "/limits", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(body, json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]));
}

#[tokio::test]
async fn the_identity_endpoints_refuse_in_plain_text() {
    let world = World::new().await;
    let answer = grant(&world).await;
    let identity = text(&answer, "id").to_owned();
    for url in [identity.clone(), world.url("/services/oauth2/userinfo")] {
        let dead = world.http.get(&url).bearer_auth("00Dx!y").send().await.expect("answers");
        assert_eq!(dead.status(), StatusCode::FORBIDDEN);
        assert_eq!(dead.text().await.expect("text"), "Bad_OAuth_Token");
        let live =
            world.http.get(&url).bearer_auth(text(&answer, "access_token")).send().await.expect("answers");
        let live: Value = live.json().await.expect("json");
        assert_eq!(live["organization_id"], json!(world.ready().org_id));
        assert_eq!(live["user_id"].as_str(), identity.rsplit('/').next());
    }
}

#[tokio::test]
async fn a_deactivated_user_is_locked_out_at_once() {
    let world = World::new().await;
    let answer = grant(&world).await;
    world.org().deactivate_user(world.org().admin);
    assert_eq!(
        refresh(&world, text(&answer, "refresh_token")).await,
        refused("inactive_user", "user is inactive")
    );
    let response = world.api(text(&answer, "access_token")).send(reqwest::Method::GET, "/limits", None).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}
