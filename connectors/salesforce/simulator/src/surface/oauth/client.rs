//! The calling app's credentials: in the form, in a Basic header, or as an assertion that it signed.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::jwt::Assertion;
use crate::org::{ConnectedApp, Org};

/// Status, error and description of a refusal.
pub(super) type Refused = (StatusCode, &'static str, &'static str);

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A form, as the OAuth endpoints take it. The first value of a name counts.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// A value that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// The app that calls, once it has proved itself. `status` is the one for wrong or missing credentials; `base` is the
/// URL that it called.
pub(super) fn check<'a>(
    org: &'a Org,
    base: &str,
    headers: &HeaderMap,
    form: &Form,
    status: StatusCode,
) -> Result<&'a ConnectedApp, Refused> {
    let wrong = (status, "invalid_client", "invalid client credentials");
    if form.get("client_assertion_type") == Some(ASSERTION_TYPE) {
        return asserted(org, base, form).ok_or(wrong);
    }
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(basic);
    let (id, secret) = match basic {
        Some((id, secret)) => (Some(id), Some(secret).filter(|secret| !secret.is_empty())),
        None => (form.get("client_id").map(str::to_owned), form.get("client_secret").map(str::to_owned)),
    };
    let Some(id) = id else {
        return Err(match status {
            StatusCode::UNAUTHORIZED => wrong,
            _ => (status, "invalid_request", "missing required parameter: client_id"),
        });
    };
    let app = org.app_of(&id).ok_or((status, "invalid_client_id", "client identifier invalid"))?;
    match secret {
        None if !app.secret_required => Ok(app),
        Some(secret) if secret == org.secret_of(app) => Ok(app),
        _ => Err(wrong),
    }
}

/// The app that signed the client assertion of a form.
fn asserted<'a>(org: &'a Org, base: &str, form: &Form) -> Option<&'a ConnectedApp> {
    let assertion = Assertion::parse(form.get("client_assertion")?)?;
    let id = assertion.text("iss").filter(|issuer| assertion.text("sub") == Some(*issuer))?;
    let app =
        org.app_of(id).filter(|app| form.get("client_id").is_none_or(|named| named == app.client_id))?;
    let holds =
        assertion.is_of(app) && assertion.is_over(org.now_ms()) == Some(false) && assertion.is_for(org, base);
    holds.then_some(app)
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    // RFC 6749 has both parts form-encoded before they are joined.
    let decode = |part: &str| {
        url::form_urlencoded::parse(format!("v={part}").as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}
