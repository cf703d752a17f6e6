//! OAuth 2.0 as Salesforce does it: pages in the browser, tokens behind them.

mod authorize;
mod client;
mod device;
mod direct;
mod format;
mod front_door;
mod identity;
mod jwt;
mod lifecycle;
mod packaging;
mod pages;
mod person;
mod scope;
mod token;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/services/oauth2/authorize", get(authorize::open))
        .route("/", get(person::home))
        .route("/login", post(authorize::login))
        .route("/packaging/installPackage.apexp", get(packaging::open).post(packaging::start))
        .route("/setup/secur/RemoteAccessAuthorizationPage.apexp", post(authorize::decide))
        .route("/setup/secur/RemoteAccessErrorPage.apexp", get(authorize::error_page))
        .route("/services/oauth2/token", post(token::exchange))
        .route(device::PAGE, get(device::open).post(device::decide))
        .route("/services/oauth2/revoke", get(token::revoke_by_query).post(token::revoke))
        .route("/services/oauth2/introspect", post(token::introspect))
        .route(
            "/services/oauth2/singleaccess",
            get(front_door::single_access).post(front_door::single_access),
        )
        .route("/secur/frontdoor.jsp", get(front_door::open).post(front_door::open))
        .route("/lightning/{*page}", get(person::home))
        .route("/home/home.jsp", get(person::home))
        .route("/id/keys", get(identity::keys))
        .route("/services/oauth2/userinfo", get(identity::userinfo).post(identity::userinfo))
        .route("/id/{org}/{user}", get(identity::identity))
        .route("/.well-known/openid-configuration", get(identity::configuration))
}

/// A refusal in OAuth's own form.
pub(super) fn refusal(status: StatusCode, error: &str, description: &str) -> Response {
    let body = json!({"error": error, "error_description": description});
    uncached((status, axum::Json(body)).into_response())
}

fn bad(error: &str, description: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, error, description)
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}

fn redirect(to: &str) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(location) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    uncached(response)
}
