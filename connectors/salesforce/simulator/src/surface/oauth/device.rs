//! The device flow: something without a browser asks, a person elsewhere types its word and allows it, and it polls.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::client::Form;
use super::lifecycle::{self, Issued, Refused};
use super::{pages, person, redirect, scope, uncached};
use crate::org::{Device, Org, Verdict};
use crate::surface::Site;

/// Where a person types the word.
pub(super) const PAGE: &str = "/setup/connect";
/// How long a device may wait for a person.
const LIFETIME_MS: i64 = 10 * 60 * 1000;
/// Seconds between two polls, at least.
const INTERVAL_S: i64 = 5;
/// Devices that wait at once; the oldest is forgotten.
const DEVICES_MAX: usize = 1_000;
/// Letters of the word: none that look like others.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ23456789";
const WORD_LENGTH: usize = 8;

/// What a device is told that asks: its code, and the word for the person.
pub(super) fn ask(org: &Org, base: &str, form: &Form) -> Result<Value, Refused> {
    let id = form.get("client_id").ok_or(("invalid_request", "missing required parameter: client_id"))?;
    let app = org.app_of(id).ok_or(("invalid_client_id", "client identifier invalid"))?;
    let scope = form.get("scope").unwrap_or_default();
    scope::granted(app, Some(scope)).ok_or(("invalid_scope", "the requested scope is not allowed"))?;
    let code = org.secrets.word(64);
    let word: String = {
        let random = org.secrets.word(WORD_LENGTH);
        random.bytes().map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()])).collect()
    };
    let now = org.now_ms();
    let mut state = org.write();
    let devices = &mut state.grants.devices;
    devices.retain(|_, device| now - device.asked_ms < 2 * LIFETIME_MS);
    while devices.len() >= DEVICES_MAX {
        let oldest = devices.iter().min_by_key(|(_, device)| device.asked_ms).map(|(code, _)| code.clone());
        oldest.and_then(|code| devices.remove(&code));
    }
    let device = Device {
        client_id: app.client_id.clone(),
        scope: scope.to_owned(),
        word: word.clone(),
        asked_ms: now,
        polled_ms: None,
        verdict: Verdict::Open,
    };
    devices.insert(code.clone(), device);
    Ok(json!({
        "device_code": code, "user_code": word, "verification_uri": format!("{base}{PAGE}"), "interval": INTERVAL_S,
    }))
}

/// What a device is told that polls: tokens once a person has allowed it.
pub(super) fn poll<'a>(org: &'a Org, form: &Form) -> Result<Issued<'a>, Refused> {
    let id = form.get("client_id").ok_or(("invalid_request", "missing required parameter: client_id"))?;
    let app = org.app_of(id).ok_or(("invalid_client_id", "client identifier invalid"))?;
    let code = form.get("code").or_else(|| form.get("device_code"));
    let code = code.ok_or(("invalid_request", "missing required parameter: code"))?;
    let now = org.now_ms();
    let (user, wanted) = {
        let mut state = org.write();
        let devices = &mut state.grants.devices;
        let known = devices.get_mut(code).filter(|device| device.client_id == app.client_id);
        let device = known.ok_or(("invalid_grant", "invalid device code"))?;
        if now - device.asked_ms >= LIFETIME_MS {
            devices.remove(code);
            return Err(("invalid_grant", "expired device code"));
        }
        let hasty = device.polled_ms.is_some_and(|before| now - before < INTERVAL_S * 1_000);
        device.polled_ms = Some(now);
        match device.verdict {
            Verdict::Denied => {
                devices.remove(code);
                return Err(("access_denied", "end-user denied authorization"));
            }
            Verdict::Open if hasty => return Err(("slow_down", "polling too frequently")),
            Verdict::Open => return Err(("authorization_pending", "authorization is pending")),
            Verdict::Allowed(user) => {
                let scope = device.scope.clone();
                devices.remove(code);
                (user, scope)
            }
        }
    };
    let scope = scope::granted(app, Some(&wanted));
    let scope = scope.ok_or(("invalid_scope", "the requested scope is not allowed"))?;
    Ok(lifecycle::grant(org, app, user, scope))
}

/// `GET /setup/connect`: asks for the word, then for the person, then for the permission.
pub(super) async fn open(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let org = &site.org;
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let Some(word) = form.get("user_code") else {
        return uncached(pages::device_word(None).into_response());
    };
    let Some((name, scopes)) = waiting(org, word) else {
        return uncached(pages::device_word(Some("The code is invalid or has expired.")).into_response());
    };
    let Some(user) = person::of_browser(org, &headers) else {
        let start = format!("{PAGE}?{}", encoded(word));
        return uncached(pages::plain_login(&start, &site.base_url(&headers), None).into_response());
    };
    let username = org.read().users.get(&user).map(|user| user.username.clone()).unwrap_or_default();
    uncached(pages::device(&word.to_ascii_uppercase(), &name, &username, &org.name, &scopes).into_response())
}

/// `POST /setup/connect`: Allow or Deny.
pub(super) async fn decide(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let org = &site.org;
    let form = Form::parse(&body);
    let word = form.get("user_code").unwrap_or_default();
    let Some(user) = person::of_browser(org, &headers) else {
        return redirect(&format!("{PAGE}?{}", encoded(word)));
    };
    let verdict = if form.get("save").is_some() { Verdict::Allowed(user) } else { Verdict::Denied };
    let now = org.now_ms();
    let found = {
        let mut state = org.write();
        let mut devices = state.grants.devices.values_mut();
        let found = devices.find(|device| {
            device.verdict == Verdict::Open
                && device.word.eq_ignore_ascii_case(word)
                && now - device.asked_ms < LIFETIME_MS
        });
        found.map(|device| device.verdict = verdict).is_some()
    };
    if !found {
        return uncached(pages::device_word(Some("The code is invalid or has expired.")).into_response());
    }
    uncached(pages::device_done(matches!(verdict, Verdict::Allowed(_))).into_response())
}

/// Name and scopes of the app whose device waits with this word.
fn waiting(org: &Org, word: &str) -> Option<(String, String)> {
    let now = org.now_ms();
    let state = org.read();
    let mut devices = state.grants.devices.values();
    let device = devices.find(|device| {
        device.verdict == Verdict::Open
            && device.word.eq_ignore_ascii_case(word)
            && now - device.asked_ms < LIFETIME_MS
    })?;
    let app = org.app_of(&device.client_id)?;
    Some((app.name.clone(), scope::granted(app, Some(&device.scope))?))
}

fn encoded(word: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("user_code", word).finish()
}
