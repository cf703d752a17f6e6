//! The pages: login, approval, and the ways that never reach the callback.

use std::time::Duration;

use reqwest::StatusCode;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::{Config, Credentials};

use crate::browser::*;
use crate::client::World;

async fn stuck(
    world: &World,
    change: impl FnOnce(&mut std::collections::BTreeMap<&'static str, String>),
) -> (String, String) {
    let mut asked = asked(world);
    change(&mut asked);
    let location = location(&open(world, &asked).await);
    assert!(location.starts_with("/setup/secur/RemoteAccessErrorPage.apexp?"), "{location}");
    let mut parameters = parameters(&location);
    assert!(!parameters.contains_key("state"), "the error page does not echo the state");
    (parameters.remove("error").expect("an error"), parameters.remove("error_description").expect("words"))
}

#[tokio::test]
async fn an_administrator_logs_in_allows_and_is_sent_back_with_a_code_and_the_state() {
    let world = World::new().await;
    let html = open(&world, &asked(&world)).await.text().await.expect("text");
    assert!(html.contains("type=\"password\""));
    let page = page_token(&html);
    let approval = login(&world, &page, &world.ready().admin).await;
    assert_eq!(approval.status(), StatusCode::OK);
    let html = approval.text().await.expect("text");
    for words in
        ["Allow Access?", "Cloud App Security", &world.ready().admin.username, "Perform requests at any time"]
    {
        assert!(html.contains(words), "{words} is missing from {html}");
    }
    let location = location(&decide(&world, &page, "save").await);
    assert!(location.starts_with(CALLBACK));
    assert!(location.contains("%3D%3D"), "a code ends in two equals signs, encoded: {location}");
    assert_eq!(parameters(&location).get("state").map(String::as_str), Some("st&te=1"));
}

#[tokio::test]
async fn a_wrong_password_is_told_on_the_page_and_the_page_still_works() {
    let world = World::new().await;
    let page = page_token(&open(&world, &asked(&world)).await.text().await.expect("text"));
    let wrong = Credentials { username: world.ready().admin.username.clone(), password: "no".to_owned() };
    let html = login(&world, &page, &wrong).await.text().await.expect("text");
    assert!(html.contains("Please check your username and password"));
    assert_eq!(page_token(&html), page);
    assert!(
        login(&world, &page, &world.ready().admin)
            .await
            .text()
            .await
            .expect("text")
            .contains("Allow Access?")
    );
}

#[tokio::test]
async fn a_denial_reaches_the_callback() {
    let world = World::new().await;
    let page = page_token(&open(&world, &asked(&world)).await.text().await.expect("text"));
    login(&world, &page, &world.ready().admin).await;
    let parameters = parameters(&location(&decide(&world, &page, "cancel").await));
    assert_eq!(parameters["error"], "access_denied");
    assert_eq!(parameters["error_description"], "end-user denied authorization");
    assert_eq!(parameters["state"], "st&te=1");
}

#[tokio::test]
async fn faulty_requests_end_on_salesforces_own_error_page() {
    let world = World::new().await;
    let expected = ("invalid_client_id".to_owned(), "client identifier invalid".to_owned());
    assert_eq!(stuck(&world, |asked| drop(asked.insert("client_id", "3MVG9nobody".into()))).await, expected);
    let expected = ("redirect_uri_mismatch".to_owned(), "redirect_uri must match configuration".to_owned());
    assert_eq!(
        stuck(&world, |asked| drop(asked.insert("redirect_uri", "https://evil.example/".into()))).await,
        expected
    );
    let expected = ("invalid_request".to_owned(), "missing required code challenge".to_owned());
    assert_eq!(stuck(&world, |asked| drop(asked.remove("code_challenge"))).await, expected);
    let (error, _) = stuck(&world, |asked| drop(asked.insert("response_type", "id".into()))).await;
    assert_eq!(error, "unsupported_response_type");
    let (error, _) = stuck(&world, |asked| drop(asked.insert("code_challenge_method", "plain".into()))).await;
    assert_eq!(error, "invalid_request");
}

#[tokio::test]
async fn configured_callbacks_are_compared_exactly() {
    let world = World::with(Config { callbacks: vec![CALLBACK.to_owned()], ..Config::default() }).await;
    assert_eq!(open(&world, &asked(&world)).await.status(), StatusCode::OK);
    let (error, _) = stuck(&world, |asked| drop(asked.insert("redirect_uri", format!("{CALLBACK}/")))).await;
    assert_eq!(error, "redirect_uri_mismatch");
}

#[tokio::test]
async fn an_ordinary_user_cannot_allow_an_app_that_is_not_installed() {
    let world = World::new().await;
    let page = page_token(&open(&world, &asked(&world)).await.text().await.expect("text"));
    let response = login(&world, &page, &world.ready().user).await;
    let parameters = parameters(&location(&response));
    assert_eq!(parameters["error"], "invalid_client");
    assert_eq!(parameters["error_description"], "app must be installed into org");
    let installed = World::with(Config { app_installed: true, ..Config::default() }).await;
    code(&installed, &asked(&installed), &installed.ready().user).await;
}

#[tokio::test]
async fn a_scope_that_the_app_lacks_fails_after_the_login() {
    let world = World::new().await;
    let mut asked = asked(&world);
    asked.insert("scope", "api pardot_api".to_owned());
    let page = page_token(&open(&world, &asked).await.text().await.expect("text"));
    let response = login(&world, &page, &world.ready().admin).await;
    assert_eq!(parameters(&location(&response))["error"], "OAUTH_APPROVAL_ERROR_GENERIC");
}

#[tokio::test]
async fn who_allowed_as_much_before_is_not_asked_again_unless_consent_is_prompted() {
    let world = World::new().await;
    grant(&world).await;
    let page = page_token(&open(&world, &asked(&world)).await.text().await.expect("text"));
    assert_eq!(login(&world, &page, &world.ready().admin).await.status(), StatusCode::FOUND);
    let mut asked = asked(&world);
    asked.insert("prompt", "login consent".to_owned());
    let page = page_token(&open(&world, &asked).await.text().await.expect("text"));
    assert_eq!(login(&world, &page, &world.ready().admin).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_browser_that_is_logged_in_skips_the_login_unless_it_is_prompted() {
    let world = World::new().await;
    let page = page_token(&open(&world, &asked(&world)).await.text().await.expect("text"));
    let response = login(&world, &page, &world.ready().admin).await;
    let cookie = response.headers()[reqwest::header::SET_COOKIE].to_str().expect("text").to_owned();
    assert!(cookie.contains("HttpOnly"));
    let mut asked = asked(&world);
    let again = async |asked: &std::collections::BTreeMap<&'static str, String>| {
        let request = world.http.get(world.url("/services/oauth2/authorize")).query(asked);
        let cookie = cookie.split(';').next().expect("a value").to_owned();
        request
            .header(reqwest::header::COOKIE, cookie)
            .send()
            .await
            .expect("answers")
            .text()
            .await
            .expect("text")
    };
    assert!(again(&asked).await.contains("type=\"password\""));
    asked.remove("prompt");
    assert!(again(&asked).await.contains("Allow Access?"));
}

#[tokio::test]
async fn a_code_lives_fifteen_minutes_and_works_once() {
    let world = World::new().await;
    let first = code(&world, &asked(&world), &world.ready().admin).await;
    world.clock.advance(Duration::from_secs(15 * 60));
    let (status, body) = exchange(&world, &first).await;
    assert_eq!(
        (status, body["error_description"].as_str()),
        (StatusCode::BAD_REQUEST, Some("expired authorization code"))
    );
    let second = code(&world, &asked(&world), &world.ready().admin).await;
    world.clock.advance(Duration::from_secs(15 * 60 - 1));
    assert_eq!(exchange(&world, &second).await.0, StatusCode::OK);
    let (_, body) = exchange(&world, &second).await;
    assert_eq!(body["error"], "invalid_grant");
    assert_eq!(world.simulator.ledger().count(Kind::GrantIssued), 1);
}

#[tokio::test]
async fn a_hint_stands_in_the_login_form_as_text() {
    let world = World::new().await;
    let mut asked = asked(&world);
    asked.insert("login_hint", "ada\"><script>@acme.example".to_owned());
    let html = open(&world, &asked).await.text().await.expect("text");
    assert!(html.contains("value=\"ada&quot;&gt;&lt;script&gt;@acme.example\""), "{html}");
}
