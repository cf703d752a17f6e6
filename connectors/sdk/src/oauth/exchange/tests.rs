//! Against small servers on loopback, one per way in which an exchange can go.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use provision_core::ports::Randomness;

use super::*;
use crate::http::{HttpOptions, client};
use crate::oauth::*;

struct Fixed;

impl Randomness for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    client(&HttpOptions { request_timeout: Duration::from_secs(5), ..HttpOptions::default() })
        .expect("client")
}

fn spec(base: &str) -> AuthorizationSpec {
    let url = |path: &str| Url::parse(&format!("{base}{path}")).expect("url");
    AuthorizationSpec {
        issuer: base.to_owned(),
        authorize_url: url("/authorize"),
        token_url: url("/token"),
        revoke_url: url("/revoke"),
        introspect_url: Some(url("/introspect")),
        client_id: "the-client".to_owned(),
        client_secrets: vec![SecretString::from("the-secret")],
        scopes: vec!["api".to_owned(), "refresh_token".to_owned()],
        extra_parameters: vec![("prompt".to_owned(), "login".to_owned())],
    }
}

/// A server that gives one answer at every path, and what it was sent.
async fn server(status: u16, content_type: &'static str, body: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let answer = move |form: String| async move {
        log.lock().expect("log").push(form);
        let status = ::http::StatusCode::from_u16(status).expect("status");
        let headers = [
            (::http::header::CONTENT_TYPE, content_type),
            (::http::header::LOCATION, "http://127.0.0.1:1/elsewhere"),
        ];
        (status, headers, body).into_response() as Response
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    let router = Router::new().route("/{path}", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, seen)
}

const JSON: &str = "application/json;charset=UTF-8";
const ANSWER: &str = r#"{"access_token":"00Dx!planted-access","refresh_token":"5Aep-planted","id_token":"planted.jwt",
    "instance_url":"https://x.my.salesforce.com","issued_at":"1700000000000","token_type":"Bearer","scope":"api id"}"#;

async fn refresh_at(base: &str) -> Result<TokenAnswer, TokenFault> {
    refresh(&http(), &spec(base), &SecretString::from("planted-old")).await
}

#[tokio::test]
async fn a_code_is_exchanged_with_its_verifier_and_the_answer_hides_its_secrets() {
    let (base, seen) = server(200, JSON, ANSWER.to_owned()).await;
    let verifier = PkceVerifier::generate(&Fixed);
    let redirect = Url::parse("http://127.0.0.1:9/callback").expect("url");
    // Spawned, as the broker does: the future can move between threads.
    let answer = tokio::spawn({
        let (spec, verifier) = (spec(&base), verifier.clone());
        async move { exchange_code(&http(), &spec, &redirect, &SecretString::from("c=="), &verifier).await }
    })
    .await
    .expect("no panic")
    .expect("an answer");
    assert_eq!(answer.access_token.expose_secret(), "00Dx!planted-access");
    assert_eq!(answer.refresh_token.as_ref().map(|t| t.expose_secret()), Some("5Aep-planted"));
    assert_eq!(answer.extra["instance_url"], "https://x.my.salesforce.com");
    assert_eq!(answer.extra["scope"], "api id");
    assert!(!answer.extra.contains_key("id_token"));
    let shown = format!("{answer:?} {verifier:?}");
    assert!(!shown.contains("planted") && !shown.contains(verifier.secret().expose_secret()), "{shown}");

    let form = seen.lock().expect("log").remove(0);
    for part in [
        "grant_type=authorization_code",
        "code=c%3D%3D",
        "client_id=the-client",
        "client_secret=the-secret",
        "redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback",
        &format!("code_verifier={}", verifier.secret().expose_secret()),
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_its_own_words() {
    let body = r#"{"error":"invalid_grant","error_description":"expired access/refresh token"}"#;
    let (base, _) = server(400, JSON, body.to_owned()).await;
    let refused = TokenFault::Refused {
        error: "invalid_grant".to_owned(),
        description: "expired access/refresh token".to_owned(),
    };
    assert_eq!(refresh_at(&base).await.err(), Some(refused));
}

#[tokio::test]
async fn answers_that_prove_that_nothing_happened_are_told_from_those_that_do_not() {
    let page = "<html>Service Not Available</html>";
    let long = format!("{{\"access_token\":\"{}\"}}", "x".repeat(ANSWER_BYTES_MAX));
    for (status, content_type, body, certain) in [
        (503, "text/html", page, true),
        (500, JSON, "{}", true),
        (200, "text/html", page, true),
        (302, "text/html", "", true),
        (400, "text/plain", "no words of ours", true),
        (504, "text/html", page, false),
        (200, JSON, r#"{"access_token":"planted-cut"#, false),
        (200, JSON, "", false),
        (200, JSON, r#"{"token_type":"Bearer"}"#, false),
        (200, JSON, long.as_str(), false),
    ] {
        let (base, _) = server(status, content_type, body.to_owned()).await;
        let fault = refresh_at(&base).await.expect_err("no token");
        let seen = match &fault {
            TokenFault::Unavailable(_) => true,
            TokenFault::Ambiguous(_) => false,
            other => panic!("{status} {body:.40}: {other}"),
        };
        assert_eq!(seen, certain, "{status} {body:.40}: {fault}");
        assert!(!fault.to_string().contains("planted"), "{fault}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_leave_is_told_from_one_whose_answer_is_lost() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    let taker = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        // Taken in whole and never answered.
        let mut buffer = [0_u8; 4096];
        let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await;
    });
    let lost = refresh_at(&base).await;
    assert!(matches!(lost, Err(TokenFault::Ambiguous(_))), "{lost:?}");
    taker.await.expect("done, and the port is closed");
    let refused = refresh_at(&base).await;
    assert!(matches!(refused, Err(TokenFault::Unsent(_))), "{refused:?}");
}

#[tokio::test]
async fn introspection_and_revocation() {
    let token = SecretString::from("t");
    let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0);
    for (status, body, expected) in [
        (
            200,
            r#"{"active":true,"scope":"api","exp":1700000000}"#,
            Introspection::Active { expire_time: at(1_700_000_000) },
        ),
        (200, r#"{"active":true}"#, Introspection::Active { expire_time: None }),
        (200, r#"{"active":false}"#, Introspection::Inactive),
        (401, r#"{"error":"invalid_client"}"#, Introspection::NoAnswer),
        (503, "<html>", Introspection::NoAnswer),
    ] {
        let (base, seen) = server(status, JSON, body.to_owned()).await;
        assert_eq!(introspect(&http(), &spec(&base), &token, TokenKind::Refresh).await, expected, "{body}");
        assert!(seen.lock().expect("log")[0].contains("token_type_hint=refresh_token"));
    }
    for (status, body, gone) in [
        (200, "", true),
        (400, r#"{"error":"invalid_token"}"#, true),
        (400, r#"{"error":"invalid_client"}"#, false),
    ] {
        let (base, _) = server(status, JSON, body.to_owned()).await;
        assert_eq!(revoke(&http(), &spec(&base), &token).await.is_ok(), gone, "{body}");
    }
}

#[test]
fn the_authorisation_page_gets_the_challenge_and_not_the_verifier() {
    let verifier = PkceVerifier::generate(&Fixed);
    let redirect = Url::parse("https://vendor.example/callback").expect("url");
    let state = SecretString::from("the-state");
    let url = authorization_url(&spec("https://login.example"), &redirect, &state, &verifier, Some("a@b.c"));
    let pairs: std::collections::BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs["response_type"], "code");
    assert_eq!(pairs["client_id"], "the-client");
    assert_eq!(pairs["redirect_uri"], redirect.as_str());
    assert_eq!(pairs["state"], "the-state");
    assert_eq!(pairs["scope"], "api refresh_token");
    assert_eq!(pairs["prompt"], "login");
    assert_eq!(pairs["login_hint"], "a@b.c");
    assert_eq!(pairs["code_challenge_method"], "S256");
    assert_eq!(pairs["code_challenge"], verifier.challenge().as_str());
    assert!(
        !url.as_str().contains(verifier.secret().expose_secret()) && !url.as_str().contains("the-secret")
    );
}

#[test]
fn a_hint_of_the_callers_own_takes_the_place_of_the_connectors() {
    let mut spec = spec("https://login.example");
    spec.extra_parameters.push(("login_hint".to_owned(), "expected@b.c".to_owned()));
    let verifier = PkceVerifier::generate(&Fixed);
    let redirect = Url::parse("https://vendor.example/callback").expect("url");
    let hints = |hint: Option<&str>| -> Vec<String> {
        let url = authorization_url(&spec, &redirect, &SecretString::from("s"), &verifier, hint);
        let pairs = url.query_pairs().into_owned();
        pairs.filter(|(name, _)| name == "login_hint").map(|(_, value)| value).collect()
    };
    assert_eq!(hints(None), ["expected@b.c"]);
    assert_eq!(hints(Some("a@b.c")), ["a@b.c"]);
}

#[tokio::test]
async fn an_endpoint_whose_name_leads_astray_is_told_apart() {
    let (base, seen) = server(200, "application/json", "{}".to_owned()).await;
    let spec = spec(&base.replace("127.0.0.1", "localhost"));
    let refused = refresh(&http(), &spec, &SecretString::from("5Aep")).await.expect_err("nothing is sent");
    assert!(
        matches!(&refused, TokenFault::AddressRefused(refused) if refused.host == "localhost"),
        "{refused:?}"
    );
    assert!(seen.lock().expect("log").is_empty());
}
