//! The sections of the configuration file.

use std::net::SocketAddr;
use std::path::PathBuf;

use provision_core::Principal;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use url::Url;

use super::watching::{ApiBudgetSection, DriftSection};

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: ServerSection,
    pub store: StoreSection,
    pub keys: KeysSection,
    #[serde(default)]
    pub principals: Vec<PrincipalSection>,
    #[serde(default)]
    pub oauth: OauthSection,
    #[serde(default)]
    pub operations: OperationsSection,
    #[serde(default)]
    pub licenses: LicensesSection,
    #[serde(default)]
    pub grants: GrantsSection,
    #[serde(default)]
    pub drift: DriftSection,
    #[serde(default)]
    pub api_budget: ApiBudgetSection,
    #[serde(default)]
    pub streams: StreamsSection,
    #[serde(default)]
    pub log: LogSection,
    #[serde(default)]
    pub connectors: ConnectorsSection,
}

/// `[server]`: where the daemon listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSection {
    pub grpc: Spanned<SocketAddr>,
    pub http: Spanned<SocketAddr>,
    /// Base of the callback page, as browsers reach it; the HTTP listener's own address where unset.
    pub public_url: Option<Url>,
    pub tls: Option<TlsSection>,
}

/// `[server.tls]`: for both listeners.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsSection {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// `[store]`: where the daemon remembers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSection {
    pub engine: Engine,
    pub path: Option<PathBuf>,
}

/// Storage engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Forgets everything at the end; for trying out.
    Memory,
    Journal,
}

/// `[keys]`: the keys that seal secrets at rest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysSection {
    pub file: PathBuf,
}

/// `[[principals]]`: who may call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrincipalSection {
    #[serde(deserialize_with = "principal")]
    pub name: Principal,
    #[serde(deserialize_with = "digest")]
    pub token_sha256: [u8; 32],
    #[serde(default)]
    pub platform_administrator: bool,
}

/// `[oauth]`: redirects of consoles.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OauthSection {
    #[serde(default)]
    pub console_redirect_uris: Vec<Url>,
}

/// `[operations]`: patience.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperationsSection {
    pub deadline_seconds: u32,
    pub canary_patience_seconds: u32,
    pub attempts_max: u32,
}

impl Default for OperationsSection {
    fn default() -> Self {
        OperationsSection { deadline_seconds: 6 * 3600, canary_patience_seconds: 120, attempts_max: 12 }
    }
}

/// `[licenses]`: what happens when one has lapsed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LicensesSection {
    /// Days after which a suspended account is deprovisioned; 0: never.
    pub removal_after_days: u32,
}

impl Default for LicensesSection {
    fn default() -> Self {
        LicensesSection { removal_after_days: 30 }
    }
}

/// `[grants]`: how grants are looked after.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrantsSection {
    /// A grant that nobody uses is exchanged this often, so that it does not end for want of use.
    pub keep_alive_hours: u32,
    /// An access token that is in use is exchanged so long before its end.
    pub refresh_ahead_seconds: u32,
    /// People are told so long before a grant ends.
    pub announce_ahead_days: u32,
}

impl Default for GrantsSection {
    fn default() -> Self {
        GrantsSection { keep_alive_hours: 6 * 24, refresh_ahead_seconds: 300, announce_ahead_days: 7 }
    }
}

/// `[streams]`: notification streams.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StreamsSection {
    pub heartbeat_seconds: u32,
}

impl Default for StreamsSection {
    fn default() -> Self {
        StreamsSection { heartbeat_seconds: 15 }
    }
}

/// `[log]`: how the log is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// Directives such as `info` or `info,provision_reconcile=debug`.
    pub filter: String,
    pub format: LogFormat,
}

impl Default for LogSection {
    fn default() -> Self {
        LogSection { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

/// Formats of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// `[connectors]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorsSection {
    pub salesforce: Option<SalesforceSection>,
}

/// `[connectors.salesforce]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SalesforceSection {
    pub pubsub_url: Option<Url>,
    pub ca_file: Option<PathBuf>,
    #[serde(default)]
    pub allow_loopback: bool,
    #[serde(default)]
    pub further_clouds: Vec<SalesforceCloud>,
    #[serde(default)]
    pub egress_addresses: Vec<String>,
    pub api_version: Option<String>,
    pub sandbox: Option<EnvironmentSection>,
    pub production: Option<EnvironmentSection>,
}

/// A cloud of Salesforce's with hosts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SalesforceCloud {
    Government,
    China,
}

/// `[connectors.salesforce.sandbox]` and `[connectors.salesforce.production]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSection {
    pub login_url: Url,
    pub client_id: String,
    pub client_secret: Option<SecretString>,
    /// One secret a line, the current one first; a second line is the one before it.
    pub client_secret_file: Option<PathBuf>,
    /// The app's policy ends refresh tokens that were not used for so many days; 0: it does not.
    #[serde(default = "refresh_token_idle_days")]
    pub refresh_token_idle_days: u32,
    /// The app's policy ends refresh tokens so many days after the authorisation.
    pub refresh_token_lifetime_days: Option<u32>,
    /// Unset: the package where one is named, the source otherwise.
    pub delivery: Option<DeliveryKind>,
    pub package_id: Option<String>,
    pub package_namespace: Option<String>,
    #[serde(default)]
    pub package_install: PackageInstaller,
    pub package_minimum_version: Option<String>,
}

/// How the app comes into organisations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryKind {
    Source,
    Package,
}

/// Who installs the package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageInstaller {
    #[default]
    Administrator,
    Daemon,
}

/// What applies to the apps of vendors where the policy says "until revoked".
fn refresh_token_idle_days() -> u32 {
    30
}

fn principal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Principal, D::Error> {
    let text = String::deserialize(deserializer)?;
    Principal::new(text).map_err(serde::de::Error::custom)
}

fn digest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0u8; 32];
    // The text itself is not repeated: somebody may have put the token there by mistake.
    hex::decode_to_slice(&text, &mut bytes).map_err(|_| {
        serde::de::Error::custom(
            "must be the SHA-256 of a token, 64 hexadecimal digits; see: provisiond hash-token",
        )
    })?;
    Ok(bytes)
}
