//! The browser's way: authorize request, login, approval, redirect with a code.

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use url::Url;

use super::client::Form;
use super::{lifecycle, pages, person, redirect, scope, token, uncached};
use crate::org::{AppPolicy, Asked, Code, ConnectedApp, Id, Org, PendingPage, Response as Reply};
use crate::surface::Site;

/// A page left open longer than this has to be asked for again.
const PAGE_LIFETIME_MS: i64 = 60 * 60 * 1000;
/// Pages kept open at once; the oldest is forgotten.
const PAGES_MAX: usize = 1_000;

/// `GET /services/oauth2/authorize`.
pub(super) async fn open(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let org = &site.org;
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let asked = match asked(org, &form) {
        Ok(asked) => asked,
        Err((error, description)) => return stuck(error, description),
    };
    let prompt = form.get("prompt").unwrap_or_default();
    let asks = |word: &str| prompt.split_whitespace().any(|one| one == word);
    let session = if asks("login") { None } else { person::of_browser(org, &headers) };
    let page = org.secrets.word(48);
    let now = org.now_ms();
    {
        let mut state = org.write();
        let pages = &mut state.grants.pages;
        pages.retain(|_, page| now - page.opened_ms < PAGE_LIFETIME_MS);
        while pages.len() >= PAGES_MAX {
            let oldest = pages.iter().min_by_key(|(_, page)| page.opened_ms).map(|(token, _)| token.clone());
            oldest.and_then(|token| pages.remove(&token));
        }
        pages.insert(
            page.clone(),
            PendingPage { asked: asked.clone(), user: None, opened_ms: now, consent: asks("consent") },
        );
    }
    match session {
        Some(user) => logged_in(&site, &headers, &page, user),
        None => uncached(pages::login(&page, &site.base_url(&headers), &asked, None).into_response()),
    }
}

/// What an authorize request asks for, or the words of Salesforce's error page.
fn asked(org: &Org, form: &Form) -> Result<Asked, (&'static str, &'static str)> {
    let id = form.get("client_id").ok_or(("invalid_request", "missing required parameter: client_id"))?;
    let app = org.app_of(id).ok_or(("invalid_client_id", "client identifier invalid"))?;
    let redirect_uri =
        form.get("redirect_uri").ok_or(("redirect_uri_missing", "redirect_uri not provided"))?;
    if !allowed_callback(app, redirect_uri) {
        return Err(("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    let response = match form.get("response_type") {
        Some("code") => Reply::Code,
        Some("token" | "token id_token" | "id_token token") => Reply::Token,
        Some(_) => return Err(("unsupported_response_type", "response type not supported")),
        None => return Err(("invalid_request", "missing required parameter: response_type")),
    };
    let code_challenge = form.get("code_challenge");
    let challenged = code_challenge.is_some() || response == Reply::Token;
    if !challenged && app.pkce_required && !org.conditions().pkce_optional {
        return Err(("invalid_request", "missing required code challenge"));
    }
    // Without a method S256 is meant.
    if !matches!(form.get("code_challenge_method"), None | Some("S256")) {
        return Err(("invalid_request", "code challenge method not supported"));
    }
    Ok(Asked {
        client_id: app.client_id.clone(),
        response,
        redirect_uri: redirect_uri.to_owned(),
        state: form.get("state").map(str::to_owned),
        scope: form.get("scope").unwrap_or_default().to_owned(),
        code_challenge: code_challenge.map(str::to_owned),
        login_hint: form.get("login_hint").map(str::to_owned),
        nonce: form.get("nonce").map(str::to_owned),
    })
}

/// An exact match with a configured callback. With none configured any http loopback URL is taken: a leniency for
/// trying things out that Salesforce does not have.
fn allowed_callback(app: &ConnectedApp, redirect_uri: &str) -> bool {
    if !app.callbacks.is_empty() {
        return app.callbacks.iter().any(|callback| callback == redirect_uri);
    }
    let Ok(url) = Url::parse(redirect_uri) else { return false };
    matches!(url.scheme(), "http" | "https")
        && matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// `POST /login`.
pub(super) async fn login(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let org = &site.org;
    let form = Form::parse(&body);
    if form.get("startURL").is_some() {
        return person::log_in(&site, &headers, &form);
    }
    let page = form.get("page").unwrap_or_default();
    let Some(pending) = pending(org, page) else {
        return stuck("invalid_request", "the login page has expired");
    };
    match person::identify(&site, &headers, &form) {
        Ok(user) => person::with_session(&site, user, logged_in(&site, &headers, page, user)),
        Err(words) => uncached(
            pages::login(page, &site.base_url(&headers), &pending.asked, Some(words)).into_response(),
        ),
    }
}

/// What follows a login: a refusal, the approval page, or, for somebody who has allowed as much before, the redirect.
fn logged_in(site: &Site, headers: &HeaderMap, page: &str, user: Id) -> Response {
    let org = &site.org;
    let Some(pending) = pending(org, page) else {
        return stuck("invalid_request", "the login page has expired");
    };
    let Some(app) = org.app_of(&pending.asked.client_id) else {
        return stuck("invalid_client_id", "client identifier invalid");
    };
    if let Err((error, description)) = may_allow(org, app, user) {
        return stuck(error, description);
    }
    let Some(scopes) = scope::granted(app, Some(&pending.asked.scope)) else {
        return stuck(
            "OAUTH_APPROVAL_ERROR_GENERIC",
            "An unexpected error has occurred during authentication. Please try again.",
        );
    };
    let (name, approved) = {
        let mut state = org.write();
        if let Some(page) = state.grants.pages.get_mut(page) {
            page.user = Some(user);
        }
        let covers = |had: &str| scopes.split(' ').all(|scope| scope::holds(had, scope));
        let approved = state.grants.of_user(user, &app.client_id).any(|grant| covers(&grant.scope));
        (state.users.get(&user).map(|user| user.username.clone()).unwrap_or_default(), approved)
    };
    if approved && !pending.consent {
        return allowed(site, headers, page, pending.asked, user);
    }
    uncached(pages::approval(page, &app.name, &name, &org.name, &scopes).into_response())
}

/// Whether a user may allow the app at all: the administrator's policy decides.
fn may_allow(org: &Org, app: &ConnectedApp, user: Id) -> Result<(), (&'static str, &'static str)> {
    let approved = org.read().users.get(&user).is_some_and(|user| app.approves(&user.username));
    match org.conditions().app_policy {
        AppPolicy::Blocked => Err(("OAUTH_APP_BLOCKED", "this app is blocked by admin")),
        AppPolicy::AdminApprovedOnly if !approved => {
            Err(("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app"))
        }
        AppPolicy::AdminApprovedOnly => Ok(()),
        AppPolicy::NotInstalled | AppPolicy::Installed => {
            let approves =
                approved || app.installed || org.read().rights(user).has("ApproveUninstalledConnectedApps");
            if approves || org.app_installed() {
                Ok(())
            } else {
                Err(("invalid_client", "app must be installed into org"))
            }
        }
    }
}

/// `POST /setup/secur/RemoteAccessAuthorizationPage.apexp`: Allow or Deny.
pub(super) async fn decide(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let org = &site.org;
    let form = Form::parse(&body);
    let page = form.get("page").unwrap_or_default();
    let Some(PendingPage { asked, user: Some(user), .. }) = pending(org, page) else {
        return stuck("invalid_request", "the approval page has expired");
    };
    if form.get("save").is_some() {
        return allowed(&site, &headers, page, asked, user);
    }
    org.write().grants.pages.remove(page);
    let mut answer = vec![("error", "access_denied"), ("error_description", "end-user denied authorization")];
    answer.extend(asked.state.as_deref().map(|state| ("state", state)));
    back(&asked, &answer)
}

fn allowed(site: &Site, headers: &HeaderMap, page: &str, asked: Asked, user: Id) -> Response {
    let org = &site.org;
    if asked.response == Reply::Token {
        org.write().grants.pages.remove(page);
        return with_tokens(site, headers, &asked, user);
    }
    let code = format!("aPrx{}==", org.secrets.word(64));
    let now = org.now_ms();
    {
        let mut state = org.write();
        state.grants.pages.remove(page);
        state.grants.codes.retain(|_, code| now - code.issued_ms < 2 * lifecycle::CODE_LIFETIME_MS);
        state
            .grants
            .codes
            .insert(code.clone(), Code { asked: asked.clone(), user, issued_ms: now, used: false });
    }
    let mut answer = vec![("code", code.as_str())];
    answer.extend(asked.state.as_deref().map(|state| ("state", state)));
    back(&asked, &answer)
}

/// The end of the user-agent flow: what the token endpoint would answer stands in the redirect.
fn with_tokens(site: &Site, headers: &HeaderMap, asked: &Asked, user: Id) -> Response {
    let org = &site.org;
    let Some(app) = org.app_of(&asked.client_id) else {
        return stuck("invalid_client_id", "client identifier invalid");
    };
    let scopes = scope::granted(app, Some(&asked.scope)).unwrap_or_default();
    let mut issued = lifecycle::grant(org, app, user, scopes);
    issued.nonce.clone_from(&asked.nonce);
    let answer = token::fields(org, &site.base_url(headers), &issued);
    let mut answer: Vec<(&str, &str)> =
        answer.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
    answer.extend(asked.state.as_deref().map(|state| ("state", state)));
    back(asked, &answer)
}

/// `GET /setup/secur/RemoteAccessErrorPage.apexp`.
pub(super) async fn error_page(RawQuery(query): RawQuery) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    let error = form.get("error").unwrap_or("OAUTH_APPROVAL_ERROR_GENERIC");
    let description = form.get("error_description").unwrap_or_default();
    uncached(pages::error(error, description).into_response())
}

fn pending(org: &Org, page: &str) -> Option<PendingPage> {
    let now = org.now_ms();
    let state = org.read();
    state.grants.pages.get(page).filter(|page| now - page.opened_ms < PAGE_LIFETIME_MS).cloned()
}

fn stuck(error: &str, description: &str) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("error", error)
        .append_pair("error_description", description)
        .finish();
    redirect(&format!("/setup/secur/RemoteAccessErrorPage.apexp?{query}"))
}

fn back(asked: &Asked, answer: &[(&str, &str)]) -> Response {
    match Url::parse(&asked.redirect_uri) {
        Ok(mut url) => {
            match asked.response {
                Reply::Code => drop(url.query_pairs_mut().extend_pairs(answer)),
                Reply::Token => {
                    let mut fragment = url::form_urlencoded::Serializer::new(String::new());
                    url.set_fragment(Some(&fragment.extend_pairs(answer).finish()));
                }
            }
            redirect(url.as_str())
        }
        // A configured callback that is no URL matched exactly; there is nowhere to go.
        Err(_) => stuck("redirect_uri_mismatch", "redirect_uri must match configuration"),
    }
}
