//! What runs: a simulated org, and a daemon with a fresh configuration, store and key.

use std::path::PathBuf;

use provision_client::{Client, ConnectOptions, SecretString};
use provisiond::Daemon;
use provisiond::config::Config;
use rand::RngCore as _;
use salesforce_simulator::{Config as OrgConfig, Environment as OrgEnvironment, Simulator};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::story::Story;
use crate::{Args, Environment};

/// The vendor's administrator, and the customer's.
pub const PLATFORM_ADMINISTRATOR: &str = "platform@vendor.example";
pub const GLOBAL_ADMINISTRATOR: &str = "admin@acme.example";

/// What runs.
pub struct World {
    pub org: Simulator,
    pub daemon: Daemon,
    pub directory: TempDir,
    /// Token of the vendor's platform administrator.
    pub platform_token: String,
    /// Token of the customer's Global administrator.
    pub admin_token: String,
}

impl World {
    /// Address of the gRPC API.
    pub fn grpc(&self) -> String {
        self.daemon.grpc_addr().to_string()
    }

    /// A connection for the holder of `token`.
    pub async fn client(&self, token: &str) -> Result<Client, Failure> {
        let options = ConnectOptions::new(format!("http://{}", self.grpc())).token(SecretString::from(token));
        Ok(Client::connect(options).await?)
    }

    /// Ends everything and removes what it left on disk.
    pub async fn stop(self) {
        self.daemon.stop().await;
        self.org.stop().await;
        // What cannot be removed lies in the temporary directory of the machine, which is cleaned anyway.
        let _ = self.directory.close();
    }
}

/// Starts both, telling where they are. The daemon writes its log where `PROVISIOND_LOG` says how (`info`).
pub async fn start(args: &Args, story: &Story) -> Result<World, Failure> {
    story.step(&format!("A Salesforce {} org", args.environment.display_name()), "simulated");
    let org = Simulator::start(OrgConfig {
        environment: match args.environment {
            Environment::Sandbox => OrgEnvironment::Sandbox,
            Environment::Production => OrgEnvironment::Production,
        },
        objects: args.objects as usize,
        ..OrgConfig::default()
    })
    .await
    .map_err(|e| Failure::because("SIMULATOR_START_FAILED")(&e))?;
    let ready = org.ready();
    story.fact("organisation", &ready.org_id);
    story.fact("objects", &args.objects.to_string());
    story.fact("REST and OAuth", &ready.base_url);
    story.fact("Pub/Sub", &ready.pubsub_url);

    story.step("The daemon", "provisiond, with its journal in a fresh directory");
    let directory = tempfile::Builder::new()
        .prefix("provisiond-quickstart-")
        .tempdir()
        .map_err(|e| Failure::because("DIRECTORY_FAILED")(&e))?;
    let (platform_token, admin_token) = (token(), token());
    let config = configure(args, &org, &directory, &platform_token, &admin_token)?;
    if std::env::var_os("PROVISIOND_LOG").is_some() {
        provisiond::telemetry::log(&config.log).map_err(|e| Failure::new("CONFIGURATION_FAILED", e))?;
    }
    let daemon = Daemon::start(config).await.map_err(|e| Failure::because("DAEMON_START_FAILED")(&e))?;
    let world = World { org, daemon, directory, platform_token, admin_token };
    story.fact("gRPC", &world.grpc());
    story.fact("callback page", &format!("http://{}", world.daemon.http_addr()));
    story.fact("directory", &world.directory.path().display().to_string());
    Ok(world)
}

/// Writes the key and the configuration file, and reads it as the daemon does.
fn configure(
    args: &Args,
    org: &Simulator,
    directory: &TempDir,
    platform_token: &str,
    admin_token: &str,
) -> Result<Config, Failure> {
    let failed = |e: &dyn std::error::Error| Failure::because("CONFIGURATION_FAILED")(e);
    let key = directory.path().join("keys").join("master.key");
    provisiond::keys::generate(&key).map_err(|e| failed(&e))?;
    let ready = org.ready();
    let text = format!(
        r#"[server]
grpc = "127.0.0.1:0"
http = "127.0.0.1:0"

[store]
engine = "journal"
path = {data:?}

[keys]
file = {key:?}

[[principals]]
name = "{PLATFORM_ADMINISTRATOR}"
token_sha256 = "{platform}"
platform_administrator = true

[[principals]]
name = "{GLOBAL_ADMINISTRATOR}"
token_sha256 = "{admin}"

[connectors.salesforce]
allow_loopback = true
pubsub_url = "{pubsub_url}"

[connectors.salesforce.{environment}]
login_url = "{base_url}"
client_id = "{client_id}"
client_secret = "{client_secret}"
"#,
        data = directory.path().join("data"),
        platform = digest(platform_token),
        admin = digest(admin_token),
        pubsub_url = ready.pubsub_url,
        environment = args.environment.id(),
        base_url = ready.base_url,
        client_id = ready.client_id,
        client_secret = ready.client_secret,
    );
    let file: PathBuf = directory.path().join("provisiond.toml");
    std::fs::write(&file, text).map_err(|e| failed(&e))?;
    Config::load(&file).map_err(|e| failed(&e))
}

/// A fresh token of 128 bits.
fn token() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// As the configuration has it: the daemon never holds a token.
fn digest(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
