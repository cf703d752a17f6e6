//! Links that open the org in a browser for somebody who has a token: `singleaccess` and the front door.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use super::client::Form;
use super::{identity, person, redirect, refusal, scope, uncached};
use crate::org::FrontDoor;
use crate::surface::Site;

/// How long a link works; Salesforce says a minute.
const LIFETIME_MS: i64 = 60 * 1000;

/// `GET` and `POST /services/oauth2/singleaccess`.
pub(super) async fn single_access(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let org = &site.org;
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let form = Form::parse(&body);
    let (user, scope) = match identity::bearer(org, &headers, &[&form, &query]) {
        Ok(found) => found,
        Err(refusal) => return refusal.into_response(),
    };
    if !["web", "full", "visualforce"].iter().any(|needed| scope::holds(&scope, needed)) {
        return refusal(StatusCode::FORBIDDEN, "insufficient_scope", "the token has no scope for the web");
    }
    let asked = form.get("redirect_uri").or_else(|| query.get("redirect_uri")).unwrap_or("/");
    // A path, with or without its slash, or a URL of this org.
    let base = site.base_url(&headers);
    let path = asked.strip_prefix(base.as_str()).unwrap_or(asked);
    let start = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let word = org.secrets.word(80);
    let now = org.now_ms();
    {
        let mut state = org.write();
        state.grants.front_doors.retain(|_, door| now - door.made_ms < LIFETIME_MS);
        state.grants.front_doors.insert(word.clone(), FrontDoor { user: user.id, made_ms: now, start });
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("otp", &word).finish();
    let answer = json!({"frontdoor_uri": format!("{base}/secur/frontdoor.jsp?{query}")});
    uncached(axum::Json(answer).into_response())
}

/// `/secur/frontdoor.jsp`: with a link's word, or with a session id of the API. Leads to the login page without either.
pub(super) async fn open(State(site): State<Site>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let org = &site.org;
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let form = Form::parse(&body);
    let get = |name: &str| query.get(name).or_else(|| form.get(name));
    let now = org.now_ms();
    let door = get("otp").and_then(|word| org.write().grants.front_doors.remove(word));
    let door = door.filter(|door| now - door.made_ms < LIFETIME_MS);
    let of_session = || {
        let lifetime = org.session_lifetime_ms();
        let state = org.read();
        let session = state.sessions.peek(get("sid")?, now, lifetime)?;
        let start = get("retURL").or_else(|| get("startURL")).unwrap_or("/");
        Some(FrontDoor { user: session.user, made_ms: now, start: start.to_owned() })
    };
    match door.or_else(of_session) {
        Some(door) => person::with_session(&site, door.user, redirect(person::inside(&door.start))),
        None => redirect("/"),
    }
}
