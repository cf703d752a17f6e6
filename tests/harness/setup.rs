//! What a world is made of, and the daemon's configuration for it.

use std::fmt::Write as _;
use std::path::Path;

use salesforce_simulator::{Config, Environment, Ready};
use sha2::{Digest as _, Sha256};

use crate::world::{PLATFORM, PRINCIPALS, token_of};

/// What a world is made of.
pub struct Setup {
    /// The organisation.
    pub org: Config,
    /// An organisation of the other environment, in the same daemon.
    pub other: Option<Config>,
    /// The other environment is offered too, and its logins lead to the same organisation: the wrong one.
    pub crossed: bool,
    /// Keys of the organisation's environment in the daemon's configuration, then further sections.
    pub more: String,
    /// What the daemon logs. Everything, unless a test moves much.
    pub log: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            org: Config { objects: 60, ..Config::default() },
            other: None,
            crossed: false,
            more: String::new(),
            log: "trace",
        }
    }
}

/// The id of an environment in the API.
pub fn id_of(environment: Environment) -> &'static str {
    match environment {
        Environment::Sandbox => "sandbox",
        Environment::Production => "production",
    }
}

/// The other one.
pub fn other_than(environment: Environment) -> Environment {
    match environment {
        Environment::Sandbox => Environment::Production,
        Environment::Production => Environment::Sandbox,
    }
}

/// The configuration without its connectors: addresses of the listeners, data and key in `folder`, all principals.
pub(crate) fn daemon(folder: &Path, grpc: &str, http: &str, log: &str) -> String {
    let mut text = format!(
        "[server]\ngrpc = \"{grpc}\"\nhttp = \"{http}\"\n\n[store]\nengine = \"journal\"\npath = {:?}\n\n\
         [keys]\nfile = {:?}\n\n[streams]\nheartbeat_seconds = 1\n\n[log]\nfilter = \"{log}\"\nformat = \"json\"\n\n",
        folder.join("data"),
        folder.join("master.key"),
    );
    for principal in PRINCIPALS.iter().chain([&PLATFORM]) {
        let hash = hex::encode(Sha256::digest(token_of(principal).as_bytes()));
        let platform = *principal == PLATFORM;
        let _ = writeln!(
            text,
            "[[principals]]\nname = \"{principal}\"\ntoken_sha256 = \"{hash}\"\nplatform_administrator = {platform}\n"
        );
    }
    text
}

/// The connector's section.
pub(crate) fn connector(pubsub_url: &str) -> String {
    format!("[connectors.salesforce]\nallow_loopback = true\npubsub_url = \"{pubsub_url}\"\n\n")
}

/// The section of an environment whose logins lead to an organisation. Further keys may follow it.
pub(crate) fn environment(id: &str, org: &Ready) -> String {
    let Ready { base_url, client_id, client_secret, .. } = org;
    format!(
        "[connectors.salesforce.{id}]\nlogin_url = \"{base_url}\"\nclient_id = \"{client_id}\"\n\
         client_secret = \"{client_secret}\"\n"
    )
}
