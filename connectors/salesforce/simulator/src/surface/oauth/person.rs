//! A person at a browser: password, session cookie, the login page that leads to a page of the org.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::client::Form;
use super::{pages, redirect, uncached};
use crate::org::{Id, Org};
use crate::surface::Site;

const COOKIE: &str = "sid";

/// The user whose name and password a form holds, or the words for the login page.
pub(super) fn identify(site: &Site, headers: &HeaderMap, form: &Form) -> Result<Id, &'static str> {
    let org = &site.org;
    let found = {
        let state = org.read();
        let user = state
            .users
            .values()
            .find(|user| form.get("username").is_some_and(|name| user.username.eq_ignore_ascii_case(name)));
        user.filter(|user| form.get("pw") == Some(user.password.as_str()) && user.active).map(|user| user.id)
    };
    let user = found.ok_or(
        "Please check your username and password. If you still can't log in, contact your Salesforce administrator.",
    )?;
    if org.conditions().my_domain_only && is_common_host(headers) {
        return Err(
            "Your organization requires that you log in at its own My Domain URL, not at this login page. Contact your Salesforce administrator for it.",
        );
    }
    if org.read().rights(user).has("ApiUserOnly") {
        return Err("Your account is limited to API access and cannot log in through the browser.");
    }
    Ok(user)
}

/// Whether a request came to a host with one of the two names that all orgs share.
pub(super) fn is_named_common_host(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    host.starts_with("login.") || host.starts_with("test.")
}

/// Whether a request came to a host that all orgs share. Here an IP address stands for `login` and `test`, a name such
/// as `localhost` for the org's own domain.
fn is_common_host(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or(host, |(name, _)| name);
    let bare = name.trim_matches(['[', ']']);
    bare.parse::<std::net::IpAddr>().is_ok() || is_named_common_host(headers)
}

/// Logs a user in; the cookie goes with the answer.
pub(super) fn with_session(site: &Site, user: Id, mut response: Response) -> Response {
    let org = &site.org;
    let sid = org.secrets.word(48);
    org.write().grants.browsers.insert(sid.clone(), user);
    org.note_login(user);
    let secure = if site.scheme == "https" { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={sid}; Path=/; HttpOnly; SameSite=Lax{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// The user of the browser's own session, if it brought one.
pub(super) fn of_browser(org: &Org, headers: &HeaderMap) -> Option<Id> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let sid = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
    let state = org.read();
    let user = state.grants.browsers.get(sid).copied()?;
    state.users.get(&user).filter(|user| user.active).map(|user| user.id)
}

/// `GET /`: the login page, or who is logged in already.
pub(super) async fn home(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let start = form.get("startURL").unwrap_or_default();
    if let Some(user) = of_browser(&site.org, &headers) {
        let name = site.org.read().users.get(&user).map(|user| user.username.clone()).unwrap_or_default();
        return uncached(pages::home(&site.org.name, &name).into_response());
    }
    uncached(pages::plain_login(start, &site.base_url(&headers), None).into_response())
}

/// A login that no authorize request asked for.
pub(super) fn log_in(site: &Site, headers: &HeaderMap, form: &Form) -> Response {
    let start = form.get("startURL").unwrap_or("/");
    match identify(site, headers, form) {
        Ok(user) => with_session(site, user, redirect(inside(start))),
        Err(words) => {
            uncached(pages::plain_login(start, &site.base_url(headers), Some(words)).into_response())
        }
    }
}

/// A path of this org, whatever was asked for.
pub(super) fn inside(start: &str) -> &str {
    let strange = !start.starts_with('/') || start.starts_with("//") || start.contains(['\\', '\r', '\n']);
    if strange { "/" } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        assert_eq!(
            inside("/packaging/installPackage.apexp?p0=04t"),
            "/packaging/installPackage.apexp?p0=04t"
        );
        for strange in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "/a\r\nSet-Cookie: x"]
        {
            assert_eq!(inside(strange), "/");
        }
    }

    #[test]
    fn addresses_stand_for_the_hosts_that_all_orgs_share() {
        let common = |host: &'static str| {
            is_common_host(&HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]))
        };
        assert!(
            common("127.0.0.1:7500") && common("[::1]:80") && common("[::1]") && common("login.localhost:1")
        );
        assert!(!common("localhost:7500") && !common("northwind.localhost"));
    }
}
