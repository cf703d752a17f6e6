//! The endpoints an app calls for itself: token, revoke, introspect.

use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::client::{self, Form};
use super::format::Format;
use super::lifecycle::{self, Issued};
use super::{bad, device, direct, identity, refusal, scope, uncached};
use crate::org::Org;
use crate::surface::Site;

/// How long a refresh takes: the window in which a second one with the same token is refused.
const REFRESH_TAKES: Duration = Duration::from_millis(15);

/// `POST /services/oauth2/token`.
pub(super) async fn exchange(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let org = &site.org;
    // Some clients put everything into the URL.
    let form = if body.is_empty() { query.unwrap_or_default().into_bytes() } else { body.to_vec() };
    let form = Form::parse(&form);
    let format = Format::of(&headers, &form);
    // What a device asks for first is no token yet.
    if form.get("grant_type").is_none() && form.get("response_type") == Some("device_code") {
        return match device::ask(org, &site.base_url(&headers), &form) {
            Ok(answer) => format.answer(StatusCode::OK, "OAuth", &answer),
            Err((error, description)) => {
                let answer = json!({"error": error, "error_description": description});
                format.answer(StatusCode::BAD_REQUEST, "OAuth", &answer)
            }
        };
    }
    match issued(&site, &headers, &form).await {
        Ok(issued) => {
            let base = site.base_url(&headers);
            let mut answer = fields(org, &base, &issued);
            if let Some(token) = id_token(&site, &base, &issued).await {
                answer.insert("id_token".to_owned(), token.into());
            }
            format.answer(StatusCode::OK, "OAuth", &Value::Object(answer))
        }
        Err((status, error, description)) => {
            let answer = json!({"error": error, "error_description": description});
            format.answer(status, "OAuth", &answer)
        }
    }
}

/// Tokens for what a form asks for.
async fn issued<'a>(site: &'a Site, headers: &HeaderMap, form: &Form) -> Result<Issued<'a>, client::Refused> {
    let org = &*site.org;
    let bad = |(error, description)| (StatusCode::BAD_REQUEST, error, description);
    let missing = |words| bad(("invalid_request", words));
    let base = site.base_url(headers);
    let app = || client::check(org, &base, headers, form, StatusCode::BAD_REQUEST);
    match form.get("grant_type") {
        Some("authorization_code") => {
            let app = app()?;
            let code = form.get("code").ok_or(missing("missing required parameter: code"))?;
            let (callback, verifier) = (form.get("redirect_uri"), form.get("code_verifier"));
            lifecycle::exchange_code(org, app, code, callback, verifier).map_err(bad)
        }
        Some("refresh_token" | "hybrid_refresh") => {
            let app = app()?;
            let token = form.get("refresh_token");
            let token = token.ok_or(missing("missing required parameter: refresh_token"))?;
            let refresh = lifecycle::begin_refresh(org, app, token).map_err(bad)?;
            tokio::time::sleep(REFRESH_TAKES).await;
            lifecycle::finish_refresh(refresh).map_err(bad)
        }
        Some(direct::JWT_BEARER) => direct::jwt_bearer(org, &base, form).map_err(bad),
        Some("device" | "urn:ietf:params:oauth:grant-type:device_code") => {
            device::poll(org, form).map_err(bad)
        }
        Some("password") => direct::password(org, app()?, form).map_err(bad),
        Some("client_credentials") => direct::client_credentials(org, app()?, headers).map_err(bad),
        _ => Err(bad(("unsupported_grant_type", "grant type not supported"))),
    }
}

/// What the token endpoint answers, but for the id token.
pub(super) fn fields(org: &Org, base: &str, issued: &Issued<'_>) -> Map<String, Value> {
    let id = format!("{base}/id/{}/{}", org.id, issued.user);
    // A string of milliseconds, and no word on when the token ends.
    let issued_at = issued.issued_ms.to_string();
    let mut answer = Map::new();
    let mut put = |name: &str, value: &str| answer.insert(name.to_owned(), value.into());
    put("access_token", &issued.access_token);
    if let Some(token) = &issued.refresh_token {
        put("refresh_token", token);
    }
    put("signature", &lifecycle::signature(&org.secret_of(issued.app), &id, &issued_at));
    put("scope", &issued.scope);
    put("instance_url", base);
    put("id", &id);
    put("token_type", "Bearer");
    put("issued_at", &issued_at);
    put("api_instance_url", base);
    answer
}

/// The id token, where the scope has `openid`.
async fn id_token(site: &Site, base: &str, issued: &Issued<'_>) -> Option<String> {
    let org = site.org.clone();
    if !scope::holds(&issued.scope, "openid") {
        return None;
    }
    let mut claims = identity::claims(&org, base, issued.user, &issued.app.client_id, issued.issued_ms);
    // The left half of the access token's hash.
    let hash = Sha256::digest(issued.access_token.as_bytes());
    claims["at_hash"] = URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2]).into();
    if let Some(nonce) = &issued.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    // The first signature waits for a key to be made.
    tokio::task::spawn_blocking(move || org.signer.sign(org.config.seed, &claims)).await.ok().flatten()
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
    let base = site.base_url(&headers);
    let app = match client::check(org, &base, &headers, &form, StatusCode::UNAUTHORIZED) {
        Ok(app) => app,
        Err((status, error, description)) => return refusal(status, error, description),
    };
    let Some(token) = form.get("token") else {
        return bad("invalid_request", "missing required parameter: token");
    };
    let (now, lifetime) = (org.now_ms(), org.session_lifetime_ms());
    let state = org.read();
    let username = |user| state.users.get(&user).map(|user| user.username.clone()).unwrap_or_default();
    let about = |user, scope: &str, kind: &str, from_ms: i64| {
        json!({
            "active": true,
            "scope": scope,
            "client_id": app.client_id,
            "username": username(user),
            "sub": format!("{base}/id/{}/{user}", org.id),
            "token_type": kind,
            "iat": from_ms / 1000,
            "nbf": from_ms / 1000,
        })
    };
    // An app learns about its own tokens alone.
    let session = state.sessions.peek(token, now, lifetime);
    let session = session.filter(|session| session.app.as_ref() == Some(&app.client_id));
    let grant = state.grants.refresh_tokens.get(token).and_then(|number| state.grants.grants.get(number));
    let answer = if let Some(session) = session {
        let mut answer = about(session.user, &session.scope, "access_token", session.created_ms);
        answer["exp"] = ((session.used_ms + lifetime) / 1000).into();
        answer
    } else if let Some(grant) =
        grant.filter(|grant| grant.refresh_token.as_deref() == Some(token) && grant.app == app.client_id)
    {
        debug_assert!(scope::holds(&grant.scope, "refresh_token"));
        about(grant.user, &grant.scope, "refresh_token", grant.created_ms)
    } else {
        json!({"active": false})
    };
    uncached(axum::Json(answer).into_response())
}
