//! The calling app's credentials, in the form or in a Basic header.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::org::ConnectedApp;

/// Status, error and description of a refusal.
pub(super) type Refused = (StatusCode, &'static str, &'static str);

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

/// Fails unless the caller is the app. `status` is the one for wrong or missing credentials.
pub(super) fn check(
    app: &ConnectedApp,
    headers: &HeaderMap,
    form: &Form,
    status: StatusCode,
) -> Result<(), Refused> {
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(basic);
    let (id, secret) = match basic {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (form.get("client_id").map(str::to_owned), form.get("client_secret").map(str::to_owned)),
    };
    match id {
        None if status == StatusCode::UNAUTHORIZED => {
            Err((status, "invalid_client", "invalid client credentials"))
        }
        None => Err((status, "invalid_request", "missing required parameter: client_id")),
        Some(id) if id != app.client_id => Err((status, "invalid_client_id", "client identifier invalid")),
        Some(_) if secret.as_deref() != Some(app.client_secret.as_str()) => {
            Err((status, "invalid_client", "invalid client credentials"))
        }
        Some(_) => Ok(()),
    }
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
