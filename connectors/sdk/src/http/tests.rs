use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;

/// A server on loopback that answers `/` with its greeting and `/away` with a redirect; and a count of its calls.
async fn server(away: String) -> (u16, Arc<AtomicUsize>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let router = Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/away", get(move || async move { (StatusCode::FOUND, [(header::LOCATION, away)]) }))
        .layer(axum::middleware::map_request(move |request: axum::extract::Request| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { request }
        }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (port, calls)
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_called_only_where_that_is_allowed() {
    let (port, calls) = server(String::new()).await;
    let url = format!("http://localhost:{port}/");

    let strict = client(&HttpOptions::default()).expect("a client");
    let error = strict.get(&url).send().await.expect_err("loopback is refused");
    let refused = AddressRefused::find(&error).expect("the reason is found");
    assert_eq!(refused.host, "localhost");
    assert_eq!(calls.load(Ordering::SeqCst), 0);

    let local = client(&HttpOptions { allow_loopback: true, ..HttpOptions::default() }).expect("a client");
    assert_eq!(local.get(&url).send().await.expect("an answer").status(), StatusCode::OK);
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let (elsewhere, calls) = server(String::new()).await;
    let (port, _) = server(format!("http://127.0.0.1:{elsewhere}/")).await;
    let client = client(&HttpOptions { allow_loopback: true, ..HttpOptions::default() }).expect("a client");
    let answer = client.get(format!("http://127.0.0.1:{port}/away")).bearer_auth("secret").send().await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::FOUND);
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}
