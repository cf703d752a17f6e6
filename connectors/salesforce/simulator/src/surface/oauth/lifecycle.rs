//! Codes become grants, grants are refreshed, rotated, revoked. No HTTP here.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::scope;
use crate::ledger::Kind;
use crate::org::{AppPolicy, ConnectedApp, Grant, Id, Org, RefreshPolicy};

/// How long an authorization code can be exchanged.
pub(super) const CODE_LIFETIME_MS: i64 = 15 * 60 * 1000;

/// An OAuth error and its description.
pub(super) type Refused = (&'static str, &'static str);

/// Tokens on their way to the app.
pub(super) struct Issued<'a> {
    pub app: &'a ConnectedApp,
    pub access_token: String,
    /// Absent on a refresh without rotation, or when the scope has no refreshing.
    pub refresh_token: Option<String>,
    pub user: Id,
    pub scope: String,
    pub issued_ms: i64,
    /// Of the authorize request, for the id token.
    pub nonce: Option<String>,
}

/// Exchanges an authorization code.
pub(super) fn exchange_code<'a>(
    org: &'a Org,
    app: &'a ConnectedApp,
    code: &str,
    redirect_uri: Option<&str>,
    verifier: Option<&str>,
) -> Result<Issued<'a>, Refused> {
    let now = org.now_ms();
    let code = {
        let mut state = org.write();
        let stored =
            state.grants.codes.get_mut(code).ok_or(("invalid_grant", "invalid authorization code"))?;
        if stored.asked.client_id != app.client_id {
            return Err(("invalid_grant", "invalid authorization code"));
        }
        if stored.used || now - stored.issued_ms >= CODE_LIFETIME_MS {
            return Err(("invalid_grant", "expired authorization code"));
        }
        if redirect_uri != Some(stored.asked.redirect_uri.as_str()) {
            return Err(("redirect_uri_mismatch", "redirect_uri must match configuration"));
        }
        // A wrong verifier spends the code too: nobody may try a second one.
        stored.used = true;
        stored.clone()
    };
    if let Some(challenge) = &code.asked.code_challenge {
        let verifier = verifier.ok_or(("invalid_grant", "missing code verifier"))?;
        if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) != *challenge {
            return Err(("invalid_request", "invalid code verifier"));
        }
    }
    admit(org, code.user)?;
    let scope = scope::granted(app, Some(&code.asked.scope))
        .ok_or(("invalid_scope", "the requested scope is not allowed"))?;
    Ok(Issued { nonce: code.asked.nonce, ..grant(org, app, code.user, scope) })
}

/// Opens a session that cannot be refreshed, and leaves no grant.
pub(super) fn issue<'a>(org: &'a Org, app: &'a ConnectedApp, user: Id, scope: String) -> Issued<'a> {
    let access_token = org.open_session_of(Some(app), user, None, &scope);
    org.note(Kind::GrantIssued, Some(user), app.name.clone(), &[("grant", "none"), ("scope", &scope)]);
    Issued { app, access_token, refresh_token: None, user, scope, issued_ms: org.now_ms(), nonce: None }
}

/// A user's permission to an app, with its first session.
pub(super) fn grant<'a>(org: &'a Org, app: &'a ConnectedApp, user: Id, scope: String) -> Issued<'a> {
    let now = org.now_ms();
    let refresh_token = scope::holds(&scope, "refresh_token").then(|| new_refresh_token(org));
    let (number, over) = {
        let mut state = org.write();
        let grants = &mut state.grants;
        let live: Vec<u64> = grants.of_user(user, &app.client_id).map(|grant| grant.number).collect();
        let over = (live.len() + 1).saturating_sub(org.config.grants_per_user.max(1));
        grants.last += 1;
        let number = grants.last;
        if let Some(token) = &refresh_token {
            grants.refresh_tokens.insert(token.clone(), number);
        }
        let grant = Grant {
            number,
            app: app.client_id.clone(),
            user,
            scope: scope.clone(),
            refresh_token: refresh_token.clone(),
            created_ms: now,
            used_ms: now,
            refreshing: false,
        };
        grants.grants.insert(number, grant);
        (number, live.into_iter().take(over).collect::<Vec<_>>())
    };
    // Beyond the cap the oldest grant ends, silently for the app that held it.
    for oldest in over {
        org.end_grant(oldest, "over the limit of grants per user");
    }
    let access_token = org.open_session_of(Some(app), user, Some(number), &scope);
    org.note(
        Kind::GrantIssued,
        Some(user),
        app.name.clone(),
        &[("grant", &number.to_string()), ("scope", &scope)],
    );
    Issued { app, access_token, refresh_token, user, scope, issued_ms: now, nonce: None }
}

/// A refresh that has been accepted and not yet answered. Dropping it lets the next one in.
pub(super) struct Refresh<'a> {
    org: &'a Org,
    app: &'a ConnectedApp,
    grant: Grant,
}

impl Drop for Refresh<'_> {
    fn drop(&mut self) {
        if let Some(grant) = self.org.write().grants.grants.get_mut(&self.grant.number) {
            grant.refreshing = false;
        }
    }
}

/// Takes a refresh token in. One at a time: a second one meanwhile is told so and may try again. A token that was
/// rotated out ends the whole grant.
pub(super) fn begin_refresh<'a>(
    org: &'a Org,
    app: &'a ConnectedApp,
    token: &str,
) -> Result<Refresh<'a>, Refused> {
    const DEAD: Refused = ("invalid_grant", "expired access/refresh token");
    let number = *org.read().grants.refresh_tokens.get(token).ok_or(DEAD)?;
    let now = org.now_ms();
    let mut state = org.write();
    let grant =
        state.grants.grants.get_mut(&number).filter(|grant| grant.app == app.client_id).ok_or(DEAD)?;
    if grant.refreshing {
        return Err(("invalid_grant", "token request is already being processed"));
    }
    if grant.refresh_token.as_deref() != Some(token) {
        drop(state);
        org.end_grant(number, "a rotated refresh token was used again");
        return Err(DEAD);
    }
    match org.conditions().app_policy {
        AppPolicy::Blocked => return Err(("OAUTH_APP_BLOCKED", "this app is blocked by admin")),
        AppPolicy::AdminApprovedOnly => {
            return Err(("invalid_app_access", "user is not admin approved to access this app"));
        }
        AppPolicy::NotInstalled | AppPolicy::Installed => {}
    }
    if is_over(org.conditions().refresh_policy, grant, now) {
        drop(state);
        org.end_grant(number, "the refresh token policy of the app ended it");
        return Err(DEAD);
    }
    grant.refreshing = true;
    let grant = grant.clone();
    drop(state);
    let refresh = Refresh { org, app, grant };
    admit(org, refresh.grant.user).map(|()| refresh)
}

/// Whether the policy of the app has ended a grant.
fn is_over(policy: RefreshPolicy, grant: &Grant, now: i64) -> bool {
    let passed_by = |since: i64, limit: std::time::Duration| {
        u128::try_from(now - since).is_ok_and(|passed| passed >= limit.as_millis())
    };
    match policy {
        RefreshPolicy::Infinite => false,
        RefreshPolicy::Zero => true,
        RefreshPolicy::Idle(limit) => passed_by(grant.used_ms, limit),
        RefreshPolicy::Lifetime(limit) => passed_by(grant.created_ms, limit),
    }
}

/// Hands out what a refresh has earned.
pub(super) fn finish_refresh<'a>(refresh: Refresh<'a>) -> Result<Issued<'a>, Refused> {
    let (org, app) = (refresh.org, refresh.app);
    let now = org.now_ms();
    let number = refresh.grant.number;
    let rotated = app.rotates.then(|| new_refresh_token(org));
    {
        let mut state = org.write();
        let grants = &mut state.grants;
        // It may have been revoked since.
        let grant =
            grants.grants.get_mut(&number).ok_or(("invalid_grant", "expired access/refresh token"))?;
        grant.used_ms = now;
        if let Some(token) = &rotated {
            grant.refresh_token = Some(token.clone());
            grants.refresh_tokens.insert(token.clone(), number);
        }
    }
    let (user, scope) = (refresh.grant.user, refresh.grant.scope.clone());
    let access_token = org.open_session_of(Some(app), user, Some(number), &scope);
    let rotation = if rotated.is_some() { "yes" } else { "no" };
    org.note(
        Kind::TokenRefreshed,
        Some(user),
        app.name.clone(),
        &[("grant", &number.to_string()), ("rotated", rotation)],
    );
    Ok(Issued { app, access_token, refresh_token: rotated, user, scope, issued_ms: now, nonce: None })
}

/// Revokes an access or refresh token; false when nobody knows it.
pub(super) fn revoke(org: &Org, token: &str) -> bool {
    let number = org.read().grants.refresh_tokens.get(token).copied();
    if let Some(number) = number {
        let live = org.read().grants.grants.contains_key(&number);
        org.end_grant(number, "revoked");
        return live;
    }
    let ended = org.write().sessions.end(token);
    if let Some(session) = &ended {
        org.note(Kind::GrantRevoked, Some(session.user), "session", &[("reason", "revoked")]);
    }
    ended.is_some()
}

/// base64(HMAC-SHA256(client secret, identity URL ‖ issued_at)).
pub(super) fn signature(secret: &str, id: &str, issued_at: &str) -> String {
    match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mut mac) => {
            mac.update(id.as_bytes());
            mac.update(issued_at.as_bytes());
            STANDARD.encode(mac.finalize().into_bytes())
        }
        // HMAC takes keys of any length.
        Err(_) => String::new(),
    }
}

fn new_refresh_token(org: &Org) -> String {
    format!("5Aep{}", org.secrets.word(83))
}

/// Whether the org and the user are there to be logged in.
fn admit(org: &Org, user: Id) -> Result<(), Refused> {
    if org.conditions().locked {
        return Err(("inactive_org", "organization is locked, closed, or suspended"));
    }
    let active = org.read().users.get(&user).is_some_and(|user| user.active);
    if active { Ok(()) } else { Err(("inactive_user", "user is inactive")) }
}
