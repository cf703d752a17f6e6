//! One world for a test: a simulated organisation in this process, and the real daemon as a process of its own, with its
//! data in a temporary directory. The daemon can be killed and started again on the same data.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::{ProvisioningPlan, ServiceAccount};
use provision_client::{Client, ConnectOptions, NewAccount, SecretString, names};
use salesforce_simulator::{Config, Environment, Simulator};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::binaries;
use crate::browser::Browser;

/// How long a daemon may take to be ready, or to end.
const DAEMON_PATIENCE: Duration = Duration::from_secs(60);
/// How long an operation may take.
pub const OPERATION_PATIENCE: Duration = Duration::from_secs(120);

/// The vendor's administrator.
pub const PLATFORM: &str = "platform@vendor.example";
/// Principals of the tests; each has the token `token-of-<name>`.
pub const PRINCIPALS: [&str; 6] = [
    "admin@acme.example",
    "operator@acme.example",
    "auditor@acme.example",
    "viewer@acme.example",
    "admin@globex.example",
    "nobody@nowhere.example",
];

/// The token of a principal.
pub fn token_of(principal: &str) -> String {
    format!("token-of-{principal}-planted-secret")
}

/// An organisation and a daemon.
pub struct World {
    pub org: Simulator,
    pub daemon: Daemon,
    pub environment: Environment,
    directory: tempfile::TempDir,
}

/// A running daemon.
pub struct Daemon {
    process: Child,
    pub grpc: String,
    pub http: String,
}

impl World {
    /// A Sandbox of 60 objects.
    pub async fn new() -> World {
        World::with(Config { objects: 60, ..Config::default() }).await
    }

    pub async fn with(config: Config) -> World {
        let environment = config.environment;
        let org = Simulator::start(config).await.expect("the simulator starts");
        let directory = tempfile::tempdir().expect("a temporary directory");
        provisiond_key(&directory);
        let world = World {
            daemon: Daemon { process: idle(), grpc: String::new(), http: String::new() },
            org,
            environment,
            directory,
        };
        world.write_config("127.0.0.1:0", "127.0.0.1:0", "");
        world.started().await
    }

    /// The environment's id in the API.
    pub fn environment_id(&self) -> &'static str {
        match self.environment {
            Environment::Sandbox => "sandbox",
            Environment::Production => "production",
        }
    }

    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub fn config(&self) -> PathBuf {
        self.directory.path().join("provisiond.toml")
    }

    pub fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }

    /// Everything the daemon has logged so far.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Writes the configuration; `more` is appended.
    pub fn write_config(&self, grpc: &str, http: &str, more: &str) {
        let ready = self.org.ready();
        let mut text = format!(
            "[server]\ngrpc = \"{grpc}\"\nhttp = \"{http}\"\n\n[store]\nengine = \"sled\"\npath = {:?}\n\n\
             [keys]\nfile = {:?}\n\n[streams]\nheartbeat_seconds = 1\n\n[log]\nfilter = \"trace\"\nformat = \"json\"\n\n",
            self.data(),
            self.directory.path().join("master.key"),
        );
        for principal in PRINCIPALS.iter().chain([&PLATFORM]) {
            let hash = hex::encode(Sha256::digest(token_of(principal).as_bytes()));
            let platform = *principal == PLATFORM;
            text.push_str(&format!(
                "[[principals]]\nname = \"{principal}\"\ntoken_sha256 = \"{hash}\"\nplatform_administrator = {platform}\n\n"
            ));
        }
        text.push_str(&format!(
            "[connectors.salesforce]\nallow_loopback = true\npubsub_url = \"{}\"\n\n\
             [connectors.salesforce.{}]\nlogin_url = \"{}\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\n{more}",
            ready.pubsub_url,
            self.environment_id(),
            ready.base_url,
            ready.client_id,
            ready.client_secret,
        ));
        std::fs::write(self.config(), text).expect("the configuration is written");
    }

    async fn started(mut self) -> World {
        self.daemon = self.start_daemon().await;
        // The same addresses after a restart: the callback must lead to the same place.
        self.write_config(&self.daemon.grpc, &self.daemon.http, "");
        self
    }

    /// Starts a daemon on the data, and waits until it says that it is ready.
    async fn start_daemon(&self) -> Daemon {
        let mut process = Command::new(binaries::provisiond())
            .arg("serve")
            .arg("--config")
            .arg(self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the daemon starts");
        let stderr = process.stderr.take().expect("piped");
        let log = self.log();
        let (ready, mut is_ready) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            use std::io::Write as _;
            let mut file =
                std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a log file");
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                writeln!(file, "{line}").expect("the log is written");
                if line.contains("provisiond is ready") {
                    let _ = ready.send(line).await;
                }
            }
        });
        let line = tokio::time::timeout(DAEMON_PATIENCE, is_ready.recv()).await.ok().flatten();
        let line = line.unwrap_or_else(|| panic!("the daemon is not ready; its log:\n{}", self.logged()));
        let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        let field = |name: &str| line["fields"][name].as_str().expect("an address").to_owned();
        Daemon { process, grpc: field("grpc"), http: field("http") }
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        self.daemon.process.kill().await.expect("killed");
    }

    /// SIGTERM; answers how long the daemon took to end, and whether it ended well.
    pub async fn terminate(&mut self) -> (Duration, bool) {
        let begun = std::time::Instant::now();
        let pid = self.daemon.process.id().expect("it runs").to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        let ended = tokio::time::timeout(DAEMON_PATIENCE, self.daemon.process.wait()).await;
        (begun.elapsed(), ended.expect("it ends").expect("waited for").success())
    }

    /// Starts the daemon again on the same data and addresses.
    pub async fn restart(&mut self) {
        self.daemon = self.start_daemon().await;
    }

    /// A client of a principal.
    pub async fn client(&self, principal: &str) -> Client {
        let options = ConnectOptions::new(format!("http://{}", self.daemon.grpc))
            .token(SecretString::from(token_of(principal)));
        Client::connect(options).await.expect("connected")
    }

    /// Tenant, licence and the roles of the tests.
    pub async fn prepare(&self) {
        let platform = self.client(PLATFORM).await.admin();
        for tenant in ["acme", "globex"] {
            platform.create_tenant(tenant, tenant).await.expect("tenant");
            let name = format!("tenants/{tenant}");
            platform.set_license(&name, "salesforce", None, None).await.expect("licence");
            platform
                .grant_role(&name, &format!("admin@{tenant}.example"), "globalAdministrator")
                .await
                .expect("role");
        }
        for role in ["operator", "auditor", "viewer"] {
            platform.grant_role("tenants/acme", &format!("{role}@acme.example"), role).await.expect("role");
        }
    }

    /// Creates the account `main`.
    pub async fn create(&self, client: &Client) -> ServiceAccount {
        client
            .accounts()
            .create(NewAccount {
                parent: "tenants/acme".into(),
                id: "main".into(),
                display_name: "Main".into(),
                connector: names::connector("salesforce"),
                environment: self.environment_id().into(),
                ..NewAccount::default()
            })
            .await
            .expect("account")
    }

    /// Plays the administrator's browser through a begun authorisation; answers the page that it ends on.
    pub async fn allow(&self, authorization_url: &str) -> String {
        let (mut browser, asks) = self.log_in(authorization_url).await;
        browser.submit(&asks, &[], "Allow").await.expect("the callback page").body
    }

    /// As [`World::allow`], for a redirect to somewhere else: answers the address that the browser ends at.
    pub async fn allow_to(&self, authorization_url: &str) -> url::Url {
        let (mut browser, asks) = self.log_in(authorization_url).await;
        browser.submit(&asks, &[], "Allow").await.expect("a redirect").url
    }

    async fn log_in(&self, authorization_url: &str) -> (Browser, crate::browser::Page) {
        let admin = &self.org.ready().admin;
        let mut browser = Browser::new().expect("a browser");
        let login = browser.open(authorization_url).await.expect("the login page");
        let fields = [("username", admin.username.as_str()), ("pw", admin.password.as_str())];
        let asks = browser.submit(&login, &fields, "Log In").await.expect("the page that asks");
        (browser, asks)
    }

    /// From nothing to READY with an inventory; answers the account's name.
    pub async fn until_read(&self, client: &Client) -> String {
        let account = self.create(client).await.name;
        let begun = client.accounts().begin_authorization(&account, "", "").await.expect("begun");
        let page = self.allow(&begun.authorization_url).await;
        assert!(page.contains("Access granted"), "{page}");
        let read = client.inventory().refresh(&account).await.expect("started");
        self.done(client, &read.name).await;
        account
    }

    pub async fn plan(&self, client: &Client, account: &str) -> ProvisioningPlan {
        client.accounts().plan(account, vec![]).await.expect("planned")
    }

    /// Waits for an operation and demands that it succeeded.
    pub async fn done(&self, client: &Client, name: &str) -> Operation {
        let done = tokio::time::timeout(OPERATION_PATIENCE, client.operations().wait_done(name, |_| {}))
            .await
            .expect("done in time");
        done.unwrap_or_else(|e| panic!("{name}: {e:?}\n{}", tail(&self.logged())))
    }
}

/// A console's redirect page: takes one browser, and says nothing. Answers its address.
pub async fn console() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (mut browser, _) = listener.accept().await.expect("a browser");
        let mut request = [0u8; 8192];
        let _ = browser.read(&mut request).await;
        let _ = browser.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    });
    format!("http://{address}/console")
}

/// The end of a log, for messages.
fn tail(log: &str) -> String {
    let warnings: Vec<_> =
        log.lines().filter(|l| l.contains("\"WARN\"") || l.contains("\"ERROR\"")).collect();
    warnings[warnings.len().saturating_sub(10)..].join("\n")
}

fn provisiond_key(directory: &tempfile::TempDir) {
    let made = std::process::Command::new(binaries::provisiond())
        .args(["generate-key", "--out"])
        .arg(directory.path().join("master.key"))
        .output()
        .expect("the binary runs");
    assert!(made.status.success(), "{made:?}");
}

/// Stands in until the daemon is started.
fn idle() -> Child {
    Command::new("true").stdin(Stdio::null()).kill_on_drop(true).spawn().expect("`true` runs")
}
