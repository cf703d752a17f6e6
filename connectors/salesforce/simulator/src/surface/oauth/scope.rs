//! Scopes: what the app may ask for.

use crate::org::ConnectedApp;

/// The scopes granted for a request that names `asked`; `None` when it names one that the app was not given.
/// No scope at all asks for everything the app has.
pub(super) fn granted(app: &ConnectedApp, asked: Option<&str>) -> Option<String> {
    let asked: Vec<&str> = asked.unwrap_or_default().split_whitespace().collect();
    if asked.is_empty() {
        return Some(app.scopes.join(" "));
    }
    let mut granted = Vec::new();
    for scope in asked {
        // Two names of the same right.
        let scope = if scope == "offline_access" { "refresh_token" } else { scope };
        let known = app.scopes.iter().find(|known| *known == scope)?.as_str();
        if !granted.contains(&known) {
            granted.push(known);
        }
    }
    Some(granted.join(" "))
}

/// Whether a granted scope list holds a scope.
pub(super) fn holds(granted: &str, scope: &str) -> bool {
    granted.split(' ').any(|one| one == scope)
}

/// What the approval page says a scope allows.
pub(super) fn words(scope: &str) -> &'static str {
    match scope {
        "api" => "Manage user data via APIs",
        "id" => "Access the identity URL service",
        "profile" => "Access your profile",
        "email" => "Access your email address",
        "web" => "Manage user data via Web browsers",
        "full" => "Full access",
        "openid" => "Access unique user identifiers",
        "refresh_token" => "Perform requests at any time",
        _ => "Access your basic information",
    }
}
