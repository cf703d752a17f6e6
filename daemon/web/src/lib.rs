//! The HTTP pages of provisiond: the OAuth callback, the page that authorises an account again, a page that says what this is, health and metrics.
//!
//! The pages under `/oauth` are where a person outside the vendor meets the daemon. They are plain HTML without
//! third-party content, and never show or repeat `code` or `state`.

mod callback;
mod page;
mod reauthorize;
mod server;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use provision_core::ports::Accounts;
use tower_http::limit::RequestBodyLimitLayer;

pub use server::{ServeError, TlsIdentity, serve};

/// Path of the callback page; redirects of the SaaS application lead there.
pub const CALLBACK_PATH: &str = "/oauth/callback";

/// Where an administrator authorises an account again; tenant, account and the account's uid follow it.
pub const REAUTHORIZE_PATH: &str = "/oauth/reauthorize";

/// No page takes a body.
const BODY_BYTES_MAX: usize = 1024;

/// Renders the metrics in Prometheus' text format.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Clone)]
struct Parts {
    accounts: Arc<dyn Accounts>,
    metrics: Metrics,
}

/// All pages.
pub fn router(accounts: Arc<dyn Accounts>, metrics: Metrics) -> Router {
    Router::new()
        .route(CALLBACK_PATH, get(callback::callback))
        .route(
            &format!("{REAUTHORIZE_PATH}/{{tenant}}/{{account}}/{{uid}}"),
            get(reauthorize::ask).post(reauthorize::begin),
        )
        .route("/", get(|| async { page::about() }))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics_text))
        .fallback(|| async { page::not_found() })
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .layer(axum::middleware::map_response(secured))
        .with_state(Parts { accounts, metrics })
}

async fn metrics_text(State(parts): State<Parts>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (parts.metrics)()).into_response()
}

/// Headers of every answer: nothing is kept, framed, guessed or told to others. A page with a form has a policy of its own.
async fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ));
    response
}

/// A page with its status.
fn html(status: StatusCode, text: String) -> Response {
    (status, axum::response::Html(text)).into_response()
}
