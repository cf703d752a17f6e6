//! One organisation and the daemon's own broker over it: real tokens over HTTP, a clock that both share, and a store
//! whose owner can die at any commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use provision_core::access::Role;
use provision_core::ports::{
    Accounts as _, Admin as _, BeginAuthorization, Callback, Clock, CompleteAuthorization, CreateAccount,
    CreateBinding, CreateTenant, Mutation, Randomness, UpdateLicense,
};
use provision_core::{AccountName, Fault, Principal, Timestamp};
use provision_reconcile::{
    Broker, Context, ControlPlane, Envelope, KeyProvider, Registry, Runtime, Settings,
};
use provision_salesforce::{Delivery, EnvironmentConfig, SalesforceConfig, SalesforceConnector};
use provision_store::artifact::ArtifactStore;
use provision_store::engine::memory::MemoryStore;
use provision_store::{
    CommitError, Committed, Entry, Key, ListOptions, Page, Prefix, ReadError, Revision, Store, Txn, Watch,
    WatchError,
};
use provision_tests::person::Person;
use provision_tests::world::console;
use rand::RngCore as _;
use salesforce_simulator::org::{Clock as _, ManualClock};
use salesforce_simulator::{Config, Simulator};
use secrecy::{ExposeSecret as _, SecretBox};
use tokio_util::sync::CancellationToken;

/// What outlives a daemon.
pub struct Lane {
    pub org: Simulator,
    pub clock: Arc<ManualClock>,
    data: Arc<MemoryStore>,
    artifacts: tempfile::TempDir,
    connector: Arc<SalesforceConnector>,
    http: reqwest::Client,
    console: String,
}

/// One life of a daemon, as far as grants are concerned.
pub struct Life {
    pub plane: ControlPlane,
    pub broker: Arc<Broker>,
    /// Cancelled when the daemon has died.
    pub dead: CancellationToken,
    pub shutdown: CancellationToken,
}

struct OrgClock(Arc<ManualClock>);

impl Clock for OrgClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp_millis(self.0.now_ms()).expect("the clock is in range")
    }
}

struct Random;

impl Randomness for Random {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

struct OneKey;

impl KeyProvider for OneKey {
    fn current(&self) -> String {
        "soak".to_owned()
    }

    fn key(&self, id: &str) -> Option<Arc<SecretBox<[u8; 32]>>> {
        (id == "soak").then(|| Arc::new(SecretBox::new(Box::new([7; 32]))))
    }
}

/// A store whose owner dies before or after a commit: nothing that comes later happens in this life.
#[derive(Debug)]
struct Mortal {
    inner: Arc<MemoryStore>,
    left: AtomicI64,
    dead: CancellationToken,
}

impl Mortal {
    async fn point(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.dead.cancel();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Store for Mortal {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.inner.get(key).await
    }

    async fn list(&self, prefix: &Prefix, options: ListOptions) -> Result<Page, ReadError> {
        self.inner.list(prefix, options).await
    }

    async fn commit(&self, txn: Txn) -> Result<Committed, CommitError> {
        self.point().await;
        let committed = self.inner.commit(txn).await;
        self.point().await;
        committed
    }

    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, WatchError> {
        self.inner.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, ReadError> {
        self.inner.revision().await
    }

    async fn close(&self) {}
}

pub fn account_name() -> AccountName {
    "tenants/acme/serviceAccounts/main".parse().expect("a name")
}

fn by(principal: &str) -> Mutation {
    Mutation { principal: Principal::new(principal).expect("a principal"), method: "Soak", idempotency: None }
}

impl Lane {
    /// An organisation that rotates refresh tokens, and an account that is authorised in it.
    pub async fn start(seed: u64) -> Result<Lane, String> {
        let clock = Arc::new(ManualClock::new(1_764_000_000_000));
        let config = Config { clock: clock.clone(), objects: 10, seed, ..Config::default() };
        let org = Simulator::start(config).await.map_err(|e| e.to_string())?;
        let ready = org.ready();
        let connector = SalesforceConnector::new(SalesforceConfig {
            sandbox: Some(EnvironmentConfig {
                login_url: ready.base_url.parse().map_err(|_| "no URL")?,
                client_id: ready.client_id.clone(),
                client_secrets: ready.client_secret.clone().into(),
                refresh_tokens: Default::default(),
                delivery: Delivery::Source,
            }),
            allow_loopback: true,
            ..SalesforceConfig::new(ready.pubsub_url.parse().map_err(|_| "no URL")?)
        })
        .map_err(|e| e.to_string())?;
        let options =
            provision_connector_sdk::http::HttpOptions { allow_loopback: true, ..Default::default() };
        let lane = Lane {
            clock,
            data: Arc::new(MemoryStore::new()),
            artifacts: tempfile::tempdir().map_err(|e| e.to_string())?,
            connector: Arc::new(connector),
            http: provision_connector_sdk::http::client(&options).map_err(|e| e.to_string())?,
            console: console().await,
            org,
        };
        let life = lane.live(None);
        lane.found(&life).await.map_err(|fault| format!("{fault:?}"))?;
        life.shutdown.cancel();
        Ok(lane)
    }

    /// A daemon on the data; `dies_at` counts the points before and after its commits.
    pub fn live(&self, dies_at: Option<i64>) -> Life {
        let (dead, shutdown) = (CancellationToken::new(), CancellationToken::new());
        let mut connectors = Registry::default();
        connectors.add(self.connector.clone());
        let context = Arc::new(Context {
            store: Arc::new(Mortal {
                inner: self.data.clone(),
                left: AtomicI64::new(dies_at.unwrap_or(i64::MAX)),
                dead: dead.clone(),
            }),
            artifacts: ArtifactStore::open(self.artifacts.path()).expect("a folder"),
            clock: Arc::new(OrgClock(self.clock.clone())),
            randomness: Arc::new(Random),
            connectors,
            envelope: Envelope::new(Arc::new(OneKey), Arc::new(Random)),
            settings: Settings { callback_url: self.console.clone(), ..Settings::default() },
            shutdown: shutdown.clone(),
        });
        let broker = Broker::new(context.clone(), self.http.clone());
        let runtime = Runtime::new(context.clone(), broker.clone());
        let plane = ControlPlane::new(context, broker.clone(), runtime);
        Life { plane, broker, dead, shutdown }
    }

    pub fn connector(&self) -> &SalesforceConnector {
        &self.connector
    }

    async fn found(&self, life: &Life) -> Result<(), Fault> {
        let name = account_name();
        let tenant = CreateTenant { id: name.tenant.clone(), display_name: "Acme".to_owned() };
        life.plane.create_tenant(by("platform"), tenant).await?;
        let license = UpdateLicense {
            tenant: name.tenant.clone(),
            connector: "salesforce".parse()?,
            start_time: None,
            expire_time: None,
            grace_period: Duration::ZERO,
            etag: None,
        };
        life.plane.update_license(by("platform"), license).await?;
        let binding = CreateBinding {
            tenant: name.tenant.clone(),
            principal: Principal::new("admin")?,
            role: Role::GlobalAdministrator,
        };
        life.plane.create_binding(by("platform"), binding).await?;
        let account = CreateAccount {
            tenant: name.tenant,
            id: Some(name.account),
            display_name: "Main".to_owned(),
            connector: "salesforce".parse()?,
            environment: "sandbox".to_owned(),
            settings: Default::default(),
            validate_only: false,
        };
        life.plane.create(by("admin"), account).await?;
        self.authorize(life).await
    }

    /// The administrator authorises the account, for the first time or again.
    pub async fn authorize(&self, life: &Life) -> Result<(), Fault> {
        let request = BeginAuthorization { name: account_name(), redirect_uri: None, login_hint: None };
        let begun = life.plane.begin_authorization(by("admin"), request).await?;
        let page = Person::admin(&self.org).allow(begun.url.expose_secret()).await;
        let value = |name: &str| {
            let found = page.url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        let request = CompleteAuthorization {
            expected: Some(account_name()),
            state: value("state").into(),
            callback: Callback::Code(value("code").into()),
        };
        life.plane.complete_authorization(by("admin"), request).await.map(drop)
    }
}
