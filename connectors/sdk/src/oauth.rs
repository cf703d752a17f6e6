//! The OAuth 2.0 client (authorisation code with PKCE S256) that the daemon's credential broker calls with a
//! connector's [`AuthorizationSpec`].
//!
//! Each function makes at most one exchange. What a failed one left behind decides what may follow, so
//! [`TokenFault`] tells them apart; above all, an exchange whose answer was lost may have used up the token that
//! it presented.

mod exchange;
mod pkce;
mod secrets;

use std::fmt;

use oauth2::{ClientId, CsrfToken, RedirectUrl, ResponseType, Scope};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use thiserror::Error;
use url::Url;

use provision_core::Timestamp;

use crate::connector::AuthorizationSpec;
use crate::http::AddressRefused;
pub use exchange::{exchange_code, introspect, refresh, revoke};
pub use pkce::{PkceVerifier, PkceVerifierError};
pub use secrets::ClientSecrets;

/// What the token endpoint gave.
#[derive(Clone)]
pub struct TokenAnswer {
    pub access_token: SecretString,
    /// Set where the application gave one: the first time, and at each exchange where it rotates them.
    pub refresh_token: Option<SecretString>,
    /// All else that was answered, without the secrets; `scope` among it.
    pub extra: Map<String, Value>,
}

impl fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAnswer")
            .field("rotated", &self.refresh_token.is_some())
            .field("extra", &self.extra.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Why there is no token. The texts are for the operator's log and carry no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenFault {
    /// The endpoint refused: [`crate::Connector::token_error`] tells what that means.
    #[error("refused: {error}: {description}")]
    Refused { error: String, description: String },
    /// The request never left: nothing has happened.
    #[error("not sent: {0}")]
    Unsent(String),
    /// The endpoint's name leads to an address that is not called: nothing has happened, and nothing will until the
    /// operator acts.
    #[error("not sent: {0}")]
    AddressRefused(AddressRefused),
    /// The application said that it cannot answer now: nothing has happened.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The request left and no readable answer came: the token it presented may be used up.
    #[error("no readable answer: {0}")]
    Ambiguous(String),
}

/// What the application says of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introspection {
    /// It lives, and ends then where the application says so. What is used may live on beyond it.
    Active {
        expire_time: Option<Timestamp>,
    },
    Inactive,
    /// It cannot be asked, or did not answer.
    NoAnswer,
}

/// Which kind of token is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Access,
    Refresh,
}

impl TokenKind {
    fn hint(self) -> &'static str {
        match self {
            TokenKind::Access => "access_token",
            TokenKind::Refresh => "refresh_token",
        }
    }
}

/// Where to send the administrator's browser. It carries `state` and the PKCE challenge, so it is told to nobody but
/// the caller who began the authorisation.
pub fn authorization_url(
    spec: &AuthorizationSpec,
    redirect_uri: &Url,
    state: &SecretString,
    verifier: &PkceVerifier,
    login_hint: Option<&str>,
) -> Url {
    let client = oauth2::basic::BasicClient::new(ClientId::new(spec.client_id.clone()))
        .set_auth_uri(oauth2::AuthUrl::from_url(spec.authorize_url.clone()));
    let state = CsrfToken::new(state.expose_secret().to_owned());
    let mut request = client
        .authorize_url(|| state)
        .set_response_type(&ResponseType::new("code".to_owned()))
        .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
        .set_pkce_challenge(verifier.challenge())
        .add_scopes(spec.scopes.iter().cloned().map(Scope::new));
    // A hint of the caller's own takes the place of the connector's.
    let replaced = |name: &str| login_hint.is_some() && name == "login_hint";
    for (name, value) in spec.extra_parameters.iter().filter(|(name, _)| !replaced(name)) {
        request = request.add_extra_param(name.clone(), value.clone());
    }
    if let Some(hint) = login_hint {
        request = request.add_extra_param("login_hint", hint.to_owned());
    }
    request.url().0
}
