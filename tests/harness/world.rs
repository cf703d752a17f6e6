//! One world for a test: a simulated organisation in this process, and the real daemon as a process of its own, with its
//! data in a temporary directory. The daemon can be killed and started again on the same data.

use std::path::{Path, PathBuf};
use std::time::Duration;

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::{ProvisioningPlan, ServiceAccount};
use provision_client::{Client, ConnectOptions, NewAccount, SecretString, names};
use salesforce_simulator::{Config, Environment, Simulator};

use crate::daemon::{Daemon, tail};
use crate::held::Held;
use crate::person::Person;
use crate::setup::{self, Setup, id_of, other_than};
use crate::{binaries, relay};

/// How long an operation may take.
pub const OPERATION_PATIENCE: Duration = Duration::from_secs(120);

/// Variables for a daemon's environment, by its data directory.
pub type Variables<'a> = dyn Fn(&Path) -> Vec<(String, String)> + Sync + 'a;

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

/// An organisation, perhaps a second one, and a daemon.
pub struct World {
    pub org: Simulator,
    /// The organisation of the other environment, where the setup has one.
    pub other: Option<Simulator>,
    pub daemon: Daemon,
    pub environment: Environment,
    directory: tempfile::TempDir,
    /// The same addresses after a restart: the callback must lead to the same place.
    grpc: Held,
    http: Held,
    /// The connectors' part of the configuration.
    connectors: String,
    log_filter: &'static str,
    /// Of the daemon's process, beside the inherited one.
    variables: Vec<(String, String)>,
}

impl World {
    /// A Sandbox of 60 objects.
    pub async fn new() -> World {
        World::made(Setup::default()).await
    }

    pub async fn with(config: Config) -> World {
        World::made(Setup { org: config, ..Setup::default() }).await
    }

    pub async fn made(setup: Setup) -> World {
        World::made_in(setup, &|_| Vec::new()).await
    }

    /// As [`World::made`], with variables for the daemon's environment made of its data directory, which is there by
    /// then.
    pub async fn made_in(setup: Setup, variables: &Variables<'_>) -> World {
        let environment = setup.org.environment;
        let org = Simulator::start(setup.org).await.expect("the simulator starts");
        let other = match setup.other {
            Some(config) => Some(Simulator::start(config).await.expect("the other simulator starts")),
            None => None,
        };
        let pubsub_url = match &other {
            Some(other) => relay::start(&[&org, other]).await,
            None => org.ready().pubsub_url.clone(),
        };
        let (own, wrong) = (id_of(environment), id_of(other_than(environment)));
        let mut connectors = setup::connector(&pubsub_url);
        if let Some(there) = other.as_ref().or(setup.crossed.then_some(&org)) {
            connectors.push_str(&setup::environment(wrong, there.ready()));
        }
        connectors.push_str(&setup::environment(own, org.ready()));
        connectors.push_str(&setup.more);
        let directory = tempfile::tempdir().expect("a temporary directory");
        provisiond_key(&directory);
        let daemon = Daemon::none();
        let (grpc, http) = (Held::new(), Held::new());
        let mut world = World {
            org,
            other,
            daemon,
            environment,
            directory,
            grpc,
            http,
            connectors,
            log_filter: setup.log,
            variables: Vec::new(),
        };
        std::fs::create_dir(world.data()).expect("a data directory");
        world.variables = variables(&world.data());
        world.write_config(&world.grpc.address(), &world.http.address(), "");
        world.restart().await;
        world
    }

    /// The environment's id in the API.
    pub fn environment_id(&self) -> &'static str {
        id_of(self.environment)
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
        let mut text = setup::daemon(self.directory.path(), grpc, http, self.log_filter);
        text.push_str(&self.connectors);
        text.push_str(more);
        std::fs::write(self.config(), text).expect("the configuration is written");
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        self.daemon.kill().await;
    }

    /// SIGTERM; answers how long the daemon took to end, and whether it ended well.
    pub async fn terminate(&mut self) -> (Duration, bool) {
        self.daemon.terminate().await
    }

    /// Starts the daemon again on the same data and addresses.
    pub async fn restart(&mut self) {
        self.daemon = Daemon::start(&self.config(), &self.log(), &self.variables).await;
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

    /// Creates an account of a tenant with settings (a JSON object), in any environment.
    pub async fn create_with(
        &self,
        client: &Client,
        tenant: &str,
        id: &str,
        environment: &str,
        settings: &[(&str, &str)],
    ) -> ServiceAccount {
        let value = |text: &str| prost_types::Value {
            kind: Some(prost_types::value::Kind::StringValue(text.to_owned())),
        };
        let fields = settings.iter().map(|(name, text)| ((*name).to_owned(), value(text)));
        let new = NewAccount {
            parent: names::tenant(tenant),
            id: id.to_owned(),
            display_name: id.to_owned(),
            connector: names::connector("salesforce"),
            environment: environment.to_owned(),
            settings: Some(prost_types::Struct { fields: fields.collect() }),
            ..NewAccount::default()
        };
        client.accounts().create(new).await.expect("account")
    }

    /// Begins an authorisation; answers the page to open.
    pub async fn begin(&self, client: &Client, account: &str) -> String {
        client.accounts().begin_authorization(account, "", "").await.expect("begun").authorization_url
    }

    /// Plays the administrator's browser through a begun authorisation; answers the page that it ends on.
    pub async fn allow(&self, authorization_url: &str) -> String {
        Person::admin(&self.org).allow(authorization_url).await.body
    }

    /// As [`World::allow`], for a redirect to somewhere else: answers the address that the browser ends at.
    pub async fn allow_to(&self, authorization_url: &str) -> url::Url {
        Person::admin(&self.org).allow(authorization_url).await.url
    }

    /// Authorises an account as the organisation's administrator, and reads the organisation.
    pub async fn authorized(&self, client: &Client, account: &str) {
        let page = self.allow(&self.begin(client, account).await).await;
        assert!(page.contains("Access granted"), "{page}");
        self.read(client, account).await;
    }

    /// Reads the organisation; answers the operation.
    pub async fn read(&self, client: &Client, account: &str) -> Operation {
        let read = client.inventory().refresh(account).await.expect("started");
        self.done(client, &read.name).await
    }

    /// From nothing to READY with an inventory; answers the account's name.
    pub async fn until_read(&self, client: &Client) -> String {
        let account = self.create(client).await.name;
        self.authorized(client, &account).await;
        account
    }

    /// Plans the default set and provisions it; answers the operation.
    pub async fn protect(&self, client: &Client, account: &str) -> Operation {
        let plan = self.plan(client, account).await;
        let operation = client.accounts().provision(account, &plan.etag).await.expect("started");
        self.done(client, &operation.name).await
    }

    pub async fn plan(&self, client: &Client, account: &str) -> ProvisioningPlan {
        client.accounts().plan(account, vec![]).await.expect("planned")
    }

    /// Waits for an operation and demands that it succeeded.
    pub async fn done(&self, client: &Client, name: &str) -> Operation {
        let done = tokio::time::timeout(OPERATION_PATIENCE, client.operations().wait_done(name, |_| {}))
            .await
            .expect("done in time");
        done.unwrap_or_else(|e| panic!("{name}: {e:?}\n{}", tail(&self.log())))
    }
}

/// A console's redirect page, which says nothing. Answers its address.
pub async fn console() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((mut browser, _)) = listener.accept().await {
            let mut request = [0u8; 8192];
            let _ = browser.read(&mut request).await;
            let _ =
                browser.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    });
    format!("http://{address}/console")
}

fn provisiond_key(directory: &tempfile::TempDir) {
    let made = std::process::Command::new(binaries::provisiond())
        .args(["generate-key", "--out"])
        .arg(directory.path().join("master.key"))
        .output()
        .expect("the binary runs");
    assert!(made.status.success(), "{made:?}");
}
