//! How a simulated org is started, and what it tells its users once it is ready.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::org::{Clock, Conditions, Logins, ReadyApp, SystemClock};
use crate::package::Package;

/// The kind of org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    #[default]
    Sandbox,
    Production,
}

/// Everything that can be chosen before the start.
#[derive(Debug, Clone)]
pub struct Config {
    /// REST, OAuth and the pages; port 0 takes a free one.
    pub http: SocketAddr,
    /// Pub/Sub gRPC; port 0 takes a free one.
    pub pubsub: SocketAddr,
    pub environment: Environment,
    /// Objects that the administrator sees in the global describe. Below the number of built-in ones the most important
    /// stay (the set-up tables always do); above it custom objects are generated.
    pub objects: usize,
    /// A file with the objects of a whole org, which are all there beside the built-in ones; `objects` counts for nothing
    /// then. One JSON object a line, plain or gzip.
    pub schema: Option<PathBuf>,
    /// Profiles and permission sets together; `None` = more for a larger org.
    pub profiles: Option<usize>,
    /// Rows of ObjectPermissions in all; `None` = each profile has the usual rights on every object.
    pub object_permission_rows: Option<usize>,
    /// Waited, on the machine's clock, before each HTTP answer.
    pub latency: Duration,
    /// Decides ids, users, generated objects, tokens.
    pub seed: u64,
    /// How often the sandbox was refreshed: each time it is another org, with other ids and without grants, to which the
    /// same app is known.
    pub refreshes: u64,
    /// The app's callback URLs, compared exactly. Empty: any http loopback URL is taken, which Salesforce would not do.
    pub callbacks: Vec<String>,
    /// Whether each refresh hands out a new refresh token and kills the old one.
    pub rotate_refresh_tokens: bool,
    /// Whether the app counts as installed, so that users without "Approve Uninstalled Connected Apps" may allow it.
    pub app_installed: bool,
    /// How people and programs may log in.
    pub logins: Logins,
    /// Live grants of one user to one app; one more ends the oldest.
    pub grants_per_user: usize,
    /// Session timeout, sliding with use.
    pub session_lifetime: Duration,
    /// `DailyApiRequests`; `None` = what the edition has.
    pub daily_api_requests: Option<u64>,
    /// Rows of one page of a query, at most; fewer than asked for, as when rows are wide. `None` = as many as asked for.
    pub page_rows_max: Option<usize>,
    /// Time that a deployment spends on one component, on the org's clock.
    pub deploy_component_time: Duration,
    /// Status polls answered as if the new deployment were not known yet.
    pub deploy_poll_lag: u32,
    /// What AppExchange offers.
    pub packages: Vec<Package>,
    /// Time that a package takes to come in or to go, on the org's clock.
    pub package_install_time: Duration,
    /// What is special about the org.
    pub conditions: Conditions,
    /// Serve https and TLS gRPC with a CA made in this directory.
    pub tls_dir: Option<PathBuf>,
    pub clock: Arc<dyn Clock>,
}

impl Default for Config {
    fn default() -> Self {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            http: loopback,
            pubsub: loopback,
            environment: Environment::Sandbox,
            objects: 200,
            schema: None,
            profiles: None,
            object_permission_rows: None,
            latency: Duration::ZERO,
            seed: 1,
            refreshes: 0,
            callbacks: Vec::new(),
            rotate_refresh_tokens: true,
            app_installed: false,
            logins: Logins::default(),
            grants_per_user: 5,
            session_lifetime: Duration::from_secs(2 * 60 * 60),
            daily_api_requests: None,
            page_rows_max: None,
            deploy_component_time: Duration::from_millis(2),
            deploy_poll_lag: 0,
            packages: Vec::new(),
            package_install_time: Duration::from_millis(500),
            conditions: Conditions::default(),
            tls_dir: None,
            clock: Arc::new(SystemClock),
        }
    }
}

/// A user name and its password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub username: String,
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What a user of the simulator needs to know; the binary prints it as one line of JSON.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ready {
    /// Login host and instance in one, without a trailing slash.
    pub base_url: String,
    pub pubsub_url: String,
    /// 18 characters.
    pub org_id: String,
    pub client_id: String,
    pub client_secret: String,
    /// A System Administrator.
    pub admin: Credentials,
    /// A Standard User.
    pub user: Credentials,
    /// The administrator's security token, for logins with a password that ask for one.
    #[serde(default)]
    pub security_token: String,
    /// A live session of the administrator.
    pub access_token: String,
    /// The CA that signed the listeners' certificate; `None` without TLS.
    pub ca_file: Option<PathBuf>,
    /// What AppExchange offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<OfferedPackage>,
    /// Further apps that were registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apps: Vec<ReadyApp>,
}

/// A package that can be installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedPackage {
    /// `033…`.
    pub id: String,
    pub namespace: String,
    /// Oldest first.
    pub versions: Vec<OfferedVersion>,
}

/// A version that can be installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedVersion {
    /// `04t…`.
    pub id: String,
    pub number: String,
    pub beta: bool,
    /// The page where an administrator installs it.
    pub install_url: String,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { base_url, pubsub_url, org_id, client_id, ca_file, .. } = self;
        f.debug_struct("Ready")
            .field("base_url", base_url)
            .field("pubsub_url", pubsub_url)
            .field("org_id", org_id)
            .field("client_id", client_id)
            .field("ca_file", ca_file)
            .finish_non_exhaustive()
    }
}
