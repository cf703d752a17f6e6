//! Apps that clients log in by: what the vendor or an administrator registered of them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::certificate::{self, CertificateError, Verifier};

/// Stands for every user in [`AppAccess::preauthorized`].
pub const ALL_USERS: &str = "*";

/// Scopes of an app that does not name its own.
pub const SCOPES: [&str; 8] = ["api", "id", "profile", "email", "openid", "web", "full", "refresh_token"];

/// An app registered with the org.
#[derive(Clone)]
pub struct ConnectedApp {
    pub name: String,
    pub client_id: String,
    pub client_secret: String,
    /// Exact callback URLs; empty = any http loopback URL.
    pub callbacks: Vec<String>,
    pub scopes: Vec<String>,
    /// Whether each refresh hands out a new refresh token.
    pub rotates: bool,
    /// Whether an administrator has installed it in this org.
    pub installed: bool,
    /// Whether it must send its secret where it exchanges codes and refreshes: a public app need not.
    pub secret_required: bool,
    /// Whether an authorize request needs a code challenge.
    pub pkce_required: bool,
    /// What its signed assertions are verified with, one after the other.
    pub keys: Vec<Verifier>,
    /// User names, or [`ALL_USERS`], that an administrator has approved.
    pub preauthorized: Vec<String>,
    /// User name that the client credentials flow logs in; `None` = the flow is off.
    pub run_as: Option<String>,
}

impl ConnectedApp {
    /// Whether an administrator has approved this user.
    pub fn approves(&self, username: &str) -> bool {
        self.preauthorized.iter().any(|name| name == ALL_USERS || name.eq_ignore_ascii_case(username))
    }

    /// The scopes of a login without a page, where none can be asked for: all but the one for refreshing.
    pub fn scopes_without_refresh(&self) -> String {
        let kept: Vec<&str> =
            self.scopes.iter().map(String::as_str).filter(|scope| *scope != "refresh_token").collect();
        kept.join(" ")
    }
}

/// An app that can be logged in by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyApp {
    pub name: String,
    pub client_id: String,
    pub client_secret: String,
}

impl std::fmt::Debug for ReadyApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadyApp").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How an app gets in without a person at a browser.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppAccess {
    /// PEM files: X.509 certificates (their dates do not count, as on Salesforce) or RSA public keys.
    pub certificates: Vec<PathBuf>,
    /// User names that an administrator has approved; `*` = everybody.
    pub preauthorized: Vec<String>,
    /// User name that the client credentials flow logs in; `None` = the flow is off.
    pub run_as: Option<String>,
}

/// The keys in certificates.
pub(super) fn keys(certificates: &[PathBuf]) -> Result<Vec<Verifier>, CertificateError> {
    certificates.iter().map(|path| certificate::load(path)).collect()
}

/// A further app of the org, as a JSON file says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppSettings {
    pub name: String,
    /// `None` = one is made.
    #[serde(default)]
    pub client_id: Option<String>,
    /// `None` = one is made.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// Exact callback URLs; empty = any http loopback URL.
    #[serde(default)]
    pub callbacks: Vec<String>,
    /// Empty = all that a simulated app may have.
    #[serde(default)]
    pub scopes: Vec<String>,
    #[serde(default)]
    pub rotates: bool,
    #[serde(default = "yes")]
    pub secret_required: bool,
    #[serde(default)]
    pub pkce_required: bool,
    /// As [`AppAccess::certificates`].
    #[serde(default)]
    pub certificates: Vec<PathBuf>,
    /// As [`AppAccess::preauthorized`].
    #[serde(default)]
    pub preauthorized: Vec<String>,
    /// As [`AppAccess::run_as`].
    #[serde(default)]
    pub run_as: Option<String>,
}

fn yes() -> bool {
    true
}

/// The Salesforce CLI's own app, which every org knows: public, with one callback.
pub(super) fn salesforce_cli() -> ConnectedApp {
    ConnectedApp {
        name: "Salesforce CLI".to_owned(),
        client_id: "PlatformCLI".to_owned(),
        client_secret: String::new(),
        callbacks: vec!["http://localhost:1717/OauthRedirect".to_owned()],
        scopes: SCOPES.map(str::to_owned).to_vec(),
        rotates: false,
        installed: true,
        secret_required: false,
        pkce_required: false,
        keys: Vec::new(),
        preauthorized: Vec::new(),
        run_as: None,
    }
}

impl super::Org {
    /// The consumer secret of an app at the moment.
    pub fn secret_of(&self, app: &ConnectedApp) -> String {
        let rotated = self.conditions().client_secret.clone().filter(|_| app.client_id == self.app.client_id);
        rotated.unwrap_or_else(|| app.client_secret.clone())
    }

    /// The app with this consumer key.
    pub fn app_of(&self, client_id: &str) -> Option<&ConnectedApp> {
        std::iter::once(&self.app).chain(&self.apps).find(|app| app.client_id == client_id)
    }
}
