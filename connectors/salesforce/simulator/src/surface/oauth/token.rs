//! The endpoints an app calls for itself: token, revoke, introspect.

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use super::client::{self, Form};
use super::lifecycle::{self, Issued};
use super::{bad, refusal, scope, uncached};
use crate::surface::Site;

/// How long a refresh takes: the window in which a second one with the same token is refused.
const REFRESH_TAKES: Duration = Duration::from_millis(15);

/// `POST /services/oauth2/token`.
pub(super) async fn exchange(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let org = &site.org;
    let form = Form::parse(&body);
    let Some(grant_type) = form.get("grant_type") else {
        return bad("unsupported_grant_type", "grant type not supported");
    };
    if !matches!(grant_type, "authorization_code" | "refresh_token") {
        return bad("unsupported_grant_type", "grant type not supported");
    }
    if let Err((status, error, description)) =
        client::check(&org.app, &headers, &form, StatusCode::BAD_REQUEST)
    {
        return refusal(status, error, description);
    }
    let issued = if grant_type == "authorization_code" {
        let Some(code) = form.get("code") else {
            return bad("invalid_request", "missing required parameter: code");
        };
        lifecycle::exchange_code(org, code, form.get("redirect_uri"), form.get("code_verifier"))
    } else {
        let Some(token) = form.get("refresh_token") else {
            return bad("invalid_request", "missing required parameter: refresh_token");
        };
        match lifecycle::begin_refresh(org, token) {
            Ok(refresh) => {
                tokio::time::sleep(REFRESH_TAKES).await;
                lifecycle::finish_refresh(refresh)
            }
            Err(refused) => Err(refused),
        }
    };
    match issued {
        Ok(issued) => answer(&site, &headers, issued),
        Err((error, description)) => bad(error, description),
    }
}

fn answer(site: &Site, headers: &HeaderMap, issued: Issued) -> Response {
    let org = &site.org;
    let base = site.base_url(headers);
    let id = format!("{base}/id/{}/{}", org.id, issued.user);
    // A string of milliseconds, and no word on when the token ends.
    let issued_at = issued.issued_ms.to_string();
    let mut answer = json!({
        "access_token": issued.access_token,
        "signature": lifecycle::signature(org, &id, &issued_at),
        "scope": issued.scope,
        "instance_url": base,
        "id": id,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "api_instance_url": base,
    });
    if let Some(token) = issued.refresh_token {
        answer["refresh_token"] = token.into();
    }
    uncached(axum::Json(answer).into_response())
}

/// `POST /services/oauth2/revoke`.
pub(super) async fn revoke(State(site): State<Site>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let form = Form::parse(&body);
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    revoked(&site, form.get("token").or_else(|| query.get("token")))
}

/// `GET /services/oauth2/revoke?token=`.
pub(super) async fn revoke_by_query(State(site): State<Site>, RawQuery(query): RawQuery) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    revoked(&site, form.get("token"))
}

fn revoked(site: &Site, token: Option<&str>) -> Response {
    match token {
        None => bad("invalid_request", "missing required parameter: token"),
        Some(token) if lifecycle::revoke(&site.org, token) => uncached(StatusCode::OK.into_response()),
        Some(_) => bad("invalid_token", "invalid token"),
    }
}

/// `POST /services/oauth2/introspect`.
pub(super) async fn introspect(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let org = &site.org;
    let form = Form::parse(&body);
    if let Err((status, error, description)) =
        client::check(&org.app, &headers, &form, StatusCode::UNAUTHORIZED)
    {
        return refusal(status, error, description);
    }
    let Some(token) = form.get("token") else {
        return bad("invalid_request", "missing required parameter: token");
    };
    let base = site.base_url(&headers);
    let (now, lifetime) = (org.now_ms(), org.session_lifetime_ms());
    let state = org.read();
    let username = |user| state.users.get(&user).map(|user| user.username.clone()).unwrap_or_default();
    let about = |user, scope: &str, kind: &str, from_ms: i64| {
        json!({
            "active": true,
            "scope": scope,
            "client_id": org.app.client_id,
            "username": username(user),
            "sub": format!("{base}/id/{}/{user}", org.id),
            "token_type": kind,
            "iat": from_ms / 1000,
            "nbf": from_ms / 1000,
        })
    };
    let session = state.sessions.peek(token, now, lifetime);
    let grant = state.grants.refresh_tokens.get(token).and_then(|number| state.grants.grants.get(number));
    let answer = if let Some(session) = session {
        let mut answer = about(session.user, &session.scope, "access_token", session.created_ms);
        answer["exp"] = ((session.used_ms + lifetime) / 1000).into();
        answer
    } else if let Some(grant) = grant.filter(|grant| grant.refresh_token.as_deref() == Some(token)) {
        debug_assert!(scope::holds(&grant.scope, "refresh_token"));
        about(grant.user, &grant.scope, "refresh_token", grant.created_ms)
    } else {
        json!({"active": false})
    };
    uncached(axum::Json(answer).into_response())
}
