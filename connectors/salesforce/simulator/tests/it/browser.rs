//! A person with a browser, and the app that sent them there.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode};
use salesforce_simulator::Credentials;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::client::World;

pub const CALLBACK: &str = "http://127.0.0.1:9/oauth/callback";
pub const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123";

/// What the app asks for when nothing else is said.
pub fn asked(world: &World) -> BTreeMap<&'static str, String> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()));
    BTreeMap::from([
        ("response_type", "code".to_owned()),
        ("client_id", world.ready().client_id.clone()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("state", "st&te=1".to_owned()),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256".to_owned()),
        ("scope", "api refresh_token id".to_owned()),
        ("prompt", "login".to_owned()),
    ])
}

pub async fn open(world: &World, asked: &BTreeMap<&'static str, String>) -> Response {
    world.http.get(world.url("/services/oauth2/authorize")).query(asked).send().await.expect("answers")
}

/// The hidden value that ties a form to its request.
pub fn page_token(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"page\" value=\"").expect("a form");
    rest.split_once('"').expect("closes").0.to_owned()
}

pub async fn login(world: &World, page: &str, who: &Credentials) -> Response {
    let form = [("page", page), ("username", &who.username), ("pw", &who.password)];
    world.http.post(world.url("/login")).form(&form).send().await.expect("answers")
}

pub async fn decide(world: &World, page: &str, button: &str) -> Response {
    let url = world.url("/setup/secur/RemoteAccessAuthorizationPage.apexp");
    world.http.post(url).form(&[("page", page), (button, "x")]).send().await.expect("answers")
}

/// Where a redirect leads.
pub fn location(response: &Response) -> String {
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()[LOCATION].to_str().expect("text").to_owned()
}

pub fn parameters(location: &str) -> BTreeMap<String, String> {
    let base = Url::parse("http://localhost").expect("parses");
    base.join(location).expect("parses").query_pairs().into_owned().collect()
}

/// The whole way to a code.
pub async fn code(world: &World, asked: &BTreeMap<&'static str, String>, who: &Credentials) -> String {
    let page = page_token(&open(world, asked).await.text().await.expect("text"));
    let mut response = login(world, &page, who).await;
    if response.status() == StatusCode::OK {
        response = decide(world, &page, "save").await;
    }
    parameters(&location(&response)).remove("code").expect("a code")
}

/// A call of the token endpoint with the app's credentials in the form.
pub async fn token(world: &World, fields: &[(&str, &str)]) -> (StatusCode, Value) {
    let ready = world.ready();
    let mut form =
        vec![("client_id", ready.client_id.as_str()), ("client_secret", ready.client_secret.as_str())];
    form.extend(fields);
    post(world, "/services/oauth2/token", &form).await
}

pub async fn post(world: &World, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
    let response = world.http.post(world.url(path)).form(form).send().await.expect("answers");
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or(Value::Null))
}

pub async fn exchange(world: &World, code: &str) -> (StatusCode, Value) {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    token(world, &fields).await
}

/// A whole grant of the administrator.
pub async fn grant(world: &World) -> Value {
    let code = code(world, &asked(world), &world.ready().admin).await;
    let (status, answer) = exchange(world, &code).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

pub async fn refresh(world: &World, token_value: &str) -> (StatusCode, Value) {
    token(world, &[("grant_type", "refresh_token"), ("refresh_token", token_value)]).await
}
