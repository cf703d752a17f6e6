//! Ways in without a browser: signed assertions, user name and password, the app's own credentials.

use axum::http::HeaderMap;

use super::client::Form;
use super::jwt::Assertion;
use super::lifecycle::{self, Issued, Refused};
use super::person;
use crate::org::{AppPolicy, ConnectedApp, Id, Org};

/// The grant type of signed assertions.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// `urn:ietf:params:oauth:grant-type:jwt-bearer`: the app vouches for a user who has allowed it, or whom an administrator
/// has approved. It never hands out a refresh token.
pub(super) fn jwt_bearer<'a>(org: &'a Org, base: &str, form: &Form) -> Result<Issued<'a>, Refused> {
    const INVALID: Refused = ("invalid_grant", "invalid assertion");
    let text = form.get("assertion").ok_or(("invalid_request", "missing required parameter: assertion"))?;
    let assertion = Assertion::parse(text).ok_or(INVALID)?;
    let issuer = assertion.text("iss").ok_or(INVALID)?;
    let app = org.app_of(issuer).ok_or(("invalid_client_id", "client identifier invalid"))?;
    if !assertion.is_of(app) {
        return Err(INVALID);
    }
    if assertion.is_over(org.now_ms()).ok_or(INVALID)? {
        return Err(("invalid_grant", "expired authorization code"));
    }
    if !assertion.is_for(org, base) {
        return Err(("invalid_grant", "Audience validation failed"));
    }
    // `prn` is what early drafts called the subject.
    let username = assertion.text("sub").or_else(|| assertion.text("prn")).ok_or(INVALID)?;
    let user = org.user_named(username).ok_or(NOT_APPROVED)?;
    let scope = allowed_scope(org, app, user)?;
    Ok(lifecycle::issue(org, app, user, scope))
}

const NOT_APPROVED: Refused = ("invalid_grant", "user hasn't approved this consumer");

/// What a user, or an administrator for them, has allowed the app before.
fn allowed_scope(org: &Org, app: &ConnectedApp, user: Id) -> Result<String, Refused> {
    if org.conditions().app_policy == AppPolicy::Blocked {
        return Err(("OAUTH_APP_BLOCKED", "this app is blocked by admin"));
    }
    let state = org.read();
    let username = state.users.get(&user).map(|user| user.username.as_str()).unwrap_or_default();
    if app.approves(username) {
        return Ok(app.scopes_without_refresh());
    }
    if org.conditions().app_policy == AppPolicy::AdminApprovedOnly {
        return Err(("invalid_app_access", "user is not admin approved to access this app"));
    }
    // All that was allowed, by whichever login.
    let mut scopes: Vec<&str> = Vec::new();
    for grant in state.grants.of_user(user, &app.client_id) {
        for scope in grant.scope.split(' ').filter(|scope| *scope != "refresh_token") {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
    }
    if scopes.is_empty() { Err(NOT_APPROVED) } else { Ok(scopes.join(" ")) }
}

/// `password`: the user's name and password, with the security token behind it.
pub(super) fn password<'a>(org: &'a Org, app: &'a ConnectedApp, form: &Form) -> Result<Issued<'a>, Refused> {
    let (Some(username), Some(password)) = (form.get("username"), form.get("password")) else {
        return Err(("invalid_request", "missing required parameter: username or password"));
    };
    const FAILURE: Refused = ("invalid_grant", "authentication failure");
    if !org.config.logins.password_flow {
        return Err(FAILURE);
    }
    let user = org.user_of_password(username, password).ok_or(FAILURE)?;
    if org.conditions().app_policy == AppPolicy::Blocked {
        return Err(("OAUTH_APP_BLOCKED", "this app is blocked by admin"));
    }
    org.note_login(user);
    Ok(lifecycle::issue(org, app, user, app.scopes_without_refresh()))
}

/// `client_credentials`: the app logs in as the user that its administrator named for that.
pub(super) fn client_credentials<'a>(
    org: &'a Org,
    app: &'a ConnectedApp,
    headers: &HeaderMap,
) -> Result<Issued<'a>, Refused> {
    if person::is_named_common_host(headers) {
        return Err(("invalid_grant", "request not supported on this domain"));
    }
    const OFF: Refused = ("invalid_grant", "no client credentials user enabled");
    let user = app.run_as.as_deref().and_then(|name| org.user_named(name)).ok_or(OFF)?;
    if org.conditions().app_policy == AppPolicy::Blocked {
        return Err(("OAUTH_APP_BLOCKED", "this app is blocked by admin"));
    }
    Ok(lifecycle::issue(org, app, user, app.scopes_without_refresh()))
}
