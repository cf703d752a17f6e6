//! JSON Web Tokens that apps sign: reading and verifying them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::org::{ConnectedApp, Org};

/// A token, read and not yet verified.
pub(super) struct Assertion<'a> {
    /// Header and claims, as they were signed.
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: String,
    claims: Value,
}

impl<'a> Assertion<'a> {
    /// Three parts, of which two are JSON.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
        let json = |part: &str| serde_json::from_slice::<Value>(&bytes(part)?).ok();
        Some(Self {
            signed,
            signature: bytes(signature)?,
            algorithm: json(header)?["alg"].as_str()?.to_owned(),
            claims: json(claims)?,
        })
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims[claim].as_str().filter(|text| !text.is_empty())
    }

    /// Whether one of the app's keys signed it, by RS256.
    pub(super) fn is_of(&self, app: &ConnectedApp) -> bool {
        self.algorithm == "RS256"
            && app.keys.iter().any(|key| key.verifies(self.signed.as_bytes(), &self.signature))
    }

    /// Whether `exp` has passed; `None` without it. It counts seconds. There is no limit to the future: some clients
    /// count milliseconds, and Salesforce takes those.
    pub(super) fn is_over(&self, now_ms: i64) -> Option<bool> {
        let claim = &self.claims["exp"];
        let exp = claim.as_f64().or_else(|| claim.as_str()?.trim().parse().ok())?;
        Some(exp <= now_ms as f64 / 1000.0)
    }

    /// Whether one of the audiences is this org: the common login host of its kind, or itself, by the URL that it was
    /// called at or its token endpoint there.
    pub(super) fn is_for(&self, org: &Org, base: &str) -> bool {
        let audience = |value: &Value| {
            let text = value.as_str().unwrap_or_default().trim_end_matches('/');
            let host = text.strip_suffix("/services/oauth2/token").unwrap_or(text);
            host == org.kind.login_url() || is_same_host(host, base)
        };
        match &self.claims["aud"] {
            Value::Array(all) => all.iter().any(audience),
            one => audience(one),
        }
    }
}

/// Whether two URLs name one listener: all names of this machine are names of the org.
fn is_same_host(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let url = url::Url::parse(text).ok()?;
        let host = url.host_str()?.to_owned();
        let local =
            matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost");
        let host = if local { "localhost".to_owned() } else { host };
        (url.path() == "/").then(|| (url.scheme().to_owned(), host, url.port_or_known_default()))
    };
    parts(one).is_some_and(|one| parts(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_an_assertion_or_none(text in "[-A-Za-z0-9_=.]{0,120}") {
            let _ = Assertion::parse(&text);
        }
    }

    #[test]
    fn expiry_is_read_as_seconds_however_it_is_written() {
        let over = |exp: &str| {
            let claims = URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}"));
            let text = format!("{}.{claims}.AA", URL_SAFE_NO_PAD.encode("{\"alg\":\"RS256\"}"));
            Assertion::parse(&text).and_then(|assertion| assertion.is_over(1_000_000))
        };
        assert_eq!(over("1001"), Some(false));
        assert_eq!(over("\"999\""), Some(true));
        assert_eq!(over("1000"), Some(true));
        assert_eq!(over("1300000"), Some(false), "milliseconds are seconds of a far future");
        assert_eq!(over("null"), None);
    }

    #[test]
    fn names_of_this_machine_are_one() {
        assert!(is_same_host("http://127.0.0.1:7500", "http://localhost:7500"));
        assert!(is_same_host("https://a.my.salesforce.com:443", "https://a.my.salesforce.com"));
        assert!(!is_same_host("https://127.0.0.1:7500", "http://127.0.0.1:7500"));
        assert!(!is_same_host("http://127.0.0.1:7501", "http://127.0.0.1:7500"));
        assert!(!is_same_host("", "http://127.0.0.1:7500"));
    }
}
