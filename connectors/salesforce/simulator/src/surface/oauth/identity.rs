//! Who the token belongs to.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::client::Form;
use super::format::Format;
use crate::org::{Id, Org, User, rest_time};
use crate::surface::Site;

/// How long an id token may be believed.
const ID_TOKEN_SECONDS: i64 = 120;

/// The user of the bearer token, and its scope; these endpoints refuse in plain text and with 403. The token may stand
/// in a form too.
pub(super) fn bearer(
    org: &Org,
    headers: &HeaderMap,
    forms: &[&Form],
) -> Result<(User, String), (StatusCode, &'static str)> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("OAuth"))
        .map(|(_, token)| token.trim())
        .or_else(|| {
            forms.iter().find_map(|form| form.get("oauth_token").or_else(|| form.get("access_token")))
        });
    let Some(token) = token else {
        return Err((StatusCode::FORBIDDEN, "Missing_OAuth_Token"));
    };
    let lifetime = org.session_lifetime_ms();
    let mut state = org.write();
    let dead = (StatusCode::FORBIDDEN, "Bad_OAuth_Token");
    let session = state.sessions.touch(token, org.now_ms(), lifetime).ok_or(dead)?;
    let user = state.users.get(&session.user).filter(|user| user.active).cloned();
    Ok((user.ok_or(dead)?, session.scope))
}

/// `/services/oauth2/userinfo`.
pub(super) async fn userinfo(
    State(site): State<Site>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let form = Form::parse(&body);
    let org = &site.org;
    let user = match bearer(org, &headers, &[&query, &form]) {
        Ok((user, _)) => user,
        Err(refusal) => return refusal.into_response(),
    };
    let base = site.base_url(&headers);
    let answer = json!({
        "sub": format!("{base}/id/{}/{}", org.id, user.id),
        "user_id": user.id,
        "organization_id": org.id,
        "preferred_username": user.username,
        "nickname": nickname(&user),
        "name": user.name(),
        "email": user.email,
        "email_verified": true,
        "given_name": user.first_name,
        "family_name": user.last_name,
        "zoneinfo": "America/Los_Angeles",
        "photos": photos(&base),
        "profile": format!("{base}/{}", user.id),
        "picture": format!("{base}/profilephoto/005/F"),
        "address": {},
        "is_salesforce_integration_user": false,
        "urls": urls(&base, org, user.id, "{version}"),
        "active": true,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": -28_800_000,
        "updated_at": rest_time(user.created_ms).replace("+0000", "Z"),
        "is_app_installed": org.app_installed(),
    });
    Format::of(&headers, &query).answer(StatusCode::OK, "user", &answer)
}

/// `/id/{org}/{user}`.
pub(super) async fn identity(
    State(site): State<Site>,
    Path((org_id, user_id)): Path<(String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let org = &site.org;
    let user = match bearer(org, &headers, &[&query]) {
        Ok((user, _)) => user,
        Err(refusal) => return refusal.into_response(),
    };
    if Id::parse(&org_id) != Some(org.id) {
        return (StatusCode::FORBIDDEN, "Wrong_Org").into_response();
    }
    if Id::parse(&user_id) != Some(user.id) {
        return (StatusCode::NOT_FOUND, "Bad_Id").into_response();
    }
    let base = site.base_url(&headers);
    let version = if query.get("version") == Some("latest") { "67.0" } else { "{version}" };
    let answer = json!({
        "id": format!("{base}/id/{}/{}", org.id, user.id),
        "asserted_user": true,
        "user_id": user.id,
        "organization_id": org.id,
        "username": user.username,
        "nick_name": nickname(&user),
        "display_name": user.name(),
        "email": user.email,
        "email_verified": true,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "timezone": "America/Los_Angeles",
        "photos": photos(&base),
        "addr_street": null, "addr_city": null, "addr_state": null, "addr_country": null, "addr_zip": null,
        "mobile_phone": null,
        "mobile_phone_verified": false,
        "is_lightning_login_user": false,
        "status": {"created_date": null, "body": null},
        "urls": urls(&base, org, user.id, version),
        "active": true,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": -28_800_000,
        "last_modified_date": rest_time(user.created_ms),
        "is_app_installed": org.app_installed(),
    });
    Format::of(&headers, &query).answer(StatusCode::OK, "user", &answer)
}

/// `/.well-known/openid-configuration`. Only what is served here is named.
pub(super) async fn configuration(State(site): State<Site>, headers: HeaderMap) -> Response {
    let base = site.base_url(&headers);
    axum::Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/services/oauth2/authorize"),
        "token_endpoint": format!("{base}/services/oauth2/token"),
        "revocation_endpoint": format!("{base}/services/oauth2/revoke"),
        "introspection_endpoint": format!("{base}/services/oauth2/introspect"),
        "userinfo_endpoint": format!("{base}/services/oauth2/userinfo"),
        "jwks_uri": format!("{base}/id/keys"),
        "scopes_supported": site.org.app.scopes,
        "response_types_supported": ["code", "token", "token id_token"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        "display_values_supported": ["page", "popup", "touch"],
    }))
    .into_response()
}

/// `/id/keys`: what id tokens are verified with.
pub(super) async fn keys(State(site): State<Site>) -> Response {
    let made = tokio::task::spawn_blocking(move || site.org.signer.key_set(site.org.config.seed)).await;
    match made {
        Ok(keys) => axum::Json(keys).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The claims of an id token for an app.
pub(super) fn claims(org: &Org, base: &str, user: Id, client_id: &str, issued_ms: i64) -> Value {
    let state = org.read();
    let Some(user) = state.users.get(&user) else { return json!({}) };
    let issued = issued_ms / 1000;
    json!({
        "iss": base,
        "sub": format!("{base}/id/{}/{}", org.id, user.id),
        "aud": client_id,
        "iat": issued,
        "exp": issued + ID_TOKEN_SECONDS,
        "preferred_username": user.username,
        "nickname": nickname(user),
        "name": user.name(),
        "given_name": user.first_name,
        "family_name": user.last_name,
        "email": user.email,
        "email_verified": true,
        "zoneinfo": "America/Los_Angeles",
        "profile": format!("{base}/{}", user.id),
        "picture": format!("{base}/profilephoto/005/F"),
        "photos": photos(base),
        "updated_at": rest_time(user.created_ms).replace("+0000", "Z"),
        "is_salesforce_integration_user": false,
    })
}

fn nickname(user: &User) -> String {
    format!("{}{}", user.first_name, user.last_name).to_lowercase()
}

fn photos(base: &str) -> Value {
    json!({"picture": format!("{base}/profilephoto/005/F"), "thumbnail": format!("{base}/profilephoto/005/T")})
}

fn urls(base: &str, org: &Org, user: Id, version: &str) -> Value {
    let short = org.id.short();
    let rest = format!("{base}/services/data/v{version}/");
    let named = [
        ("enterprise", format!("{base}/services/Soap/c/{version}/{short}")),
        ("metadata", format!("{base}/services/Soap/m/{version}/{short}")),
        ("partner", format!("{base}/services/Soap/u/{version}/{short}")),
        ("rest", rest.clone()),
        ("sobjects", format!("{rest}sobjects/")),
        ("search", format!("{rest}search/")),
        ("query", format!("{rest}query/")),
        ("recent", format!("{rest}recent/")),
        ("tooling_soap", format!("{base}/services/Soap/T/{version}/{short}")),
        ("tooling_rest", format!("{rest}tooling/")),
        ("profile", format!("{base}/{user}")),
        ("feeds", format!("{rest}chatter/feeds")),
        ("groups", format!("{rest}chatter/groups")),
        ("users", format!("{rest}chatter/users")),
        ("feed_items", format!("{rest}chatter/feed-items")),
        ("feed_elements", format!("{rest}chatter/feed-elements")),
        ("custom_domain", base.to_owned()),
    ];
    Value::Object(
        named.into_iter().map(|(name, url)| (name.to_owned(), Value::String(url))).collect::<Map<_, _>>(),
    )
}
