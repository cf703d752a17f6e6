//! What the org looks like over HTTP: OAuth and its pages, REST, and the gate that every request passes.

mod answer;
mod apexrest;
pub(crate) mod body;
mod classify;
pub(crate) mod gate;
pub(crate) mod oauth;
pub(crate) mod rest;

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio_util::sync::CancellationToken;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

pub use answer::{Answer, ApiError, ApiResult, Content};

use crate::describe::Rendered;
use crate::metadata::Deployments;
use crate::org::Org;
use crate::streaming::Clients;

/// Largest body of a REST request: base64 of the 37.5 MB that a JSON create may carry.
pub const BODY_MAX: usize = 52 << 20;

/// What handlers need.
#[derive(Clone)]
pub(crate) struct Site {
    pub org: Arc<Org>,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Deployments wait for their turn in one queue, whichever API they came by.
    pub deployments: Arc<Deployments>,
    cursors: Arc<Mutex<rest::Cursors>>,
    pub bulk: Arc<crate::bulk::Jobs>,
    /// Describes as they went out before.
    pub rendered: Arc<Rendered>,
    /// Clients of the Streaming API.
    pub listeners: Arc<Clients>,
    /// The server ends: whoever waits is answered.
    pub stop: CancellationToken,
}

impl Site {
    /// Of an org that nobody has called yet.
    pub fn new(org: Arc<Org>, scheme: &'static str, stop: CancellationToken) -> Self {
        Self {
            deployments: Deployments::new(org.clone()),
            org,
            scheme,
            cursors: Arc::default(),
            bulk: Arc::default(),
            rendered: Arc::default(),
            listeners: Arc::default(),
            stop,
        }
    }

    /// Query results with pages to come.
    pub fn cursors(&self) -> MutexGuard<'_, rest::Cursors> {
        self.cursors.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// The base URL as the caller knows this org: Salesforce's answers name the host that was asked, or the one that
    /// the org has moved to.
    pub fn base_url(&self, headers: &axum::http::HeaderMap) -> String {
        if let Some(host) = &self.org.conditions().moved_to {
            return format!("{}://{host}", self.scheme);
        }
        let host =
            headers.get(axum::http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        format!("{}://{host}", self.scheme)
    }
}

/// The newest version of the API here.
pub(crate) fn newest_version() -> u32 {
    *rest::VERSIONS.end()
}

/// Everything served on the HTTP listener. Requests under `/services/data/vNN.0/` reach the handlers with the caller's
/// [`crate::org::Rights`] as an extension: the gate has authenticated and counted them.
pub(crate) fn router(org: Arc<Org>, scheme: &'static str, stop: CancellationToken) -> Router {
    let site = Site::new(org, scheme, stop);
    let deployments = site.deployments.clone();
    let inside = Router::new()
        .merge(oauth::router())
        .merge(apexrest::router())
        .merge(crate::soap::router())
        .merge(crate::bulk::v1::router())
        .merge(crate::streaming::router())
        .fallback(rest::serve)
        .with_state(site.clone())
        .merge(crate::metadata::router(deployments))
        .layer(DefaultBodyLimit::max(BODY_MAX));
    // The gate stands before the routes: it may still mend the path. Answers are compressed for whoever asks, behind
    // everything that reads or cuts them.
    Router::new()
        .fallback_service(inside)
        .layer(axum::middleware::from_fn_with_state(site, gate::pass))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}
