//! One daemon's reconciler, which can die and be started again on the same data.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use provision_core::access::Role;
use provision_core::account::{Condition, ConditionType, ServiceAccount};
use provision_core::component::Component;
use provision_core::filter::Filter;
use provision_core::operation::{Operation, OperationState};
use provision_core::plan::{ObjectSelection, Plan};
use provision_core::ports::{
    AccountWatch, Accounts as _, Admin as _, BeginAuthorization, Callback, Clock, CompleteAuthorization,
    Components, CreateAccount, CreateBinding, CreateTenant, ListQuery, Mutation, Notifications,
    Operations as _, ProvisionAccount, Randomness, RefreshInventory, UpdateLicense,
};
use provision_core::{AccountName, Fault, OperationName, Principal, Result, TenantId, Timestamp};
use provision_reconcile::{
    Broker, Context, ControlPlane, Envelope, KeyProvider, Reaper, Registry, Runtime, Settings,
};
use provision_store::artifact::ArtifactStore;
use provision_store::engine::memory::MemoryStore;
use rand::RngCore as _;
use secrecy::{ExposeSecret as _, SecretBox};
use tokio_util::sync::CancellationToken;

use crate::application::Application;
use crate::connector::FakeConnector;
use crate::store::CrashingStore;

/// What happens to a daemon, and when. Points are counted from 0.
#[derive(Debug)]
pub struct Crash {
    strike: Strike,
    left: AtomicI64,
    pub dead: CancellationToken,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strike {
    /// The daemon dies. Each commit has a point before it and one after it, each outside call likewise.
    Death,
    /// The daemon lives, and the answer of a commit or an outside call that took effect is lost.
    AnswerLost,
}

impl Crash {
    pub fn never() -> Arc<Crash> {
        Crash::after(i64::MAX)
    }

    /// Death at a point.
    pub fn after(points: i64) -> Arc<Crash> {
        Crash::at(Strike::Death, points)
    }

    pub fn at(strike: Strike, point: i64) -> Arc<Crash> {
        Arc::new(Crash { strike, left: AtomicI64::new(point), dead: CancellationToken::new() })
    }

    /// Before an effect: passes, or dies here, and nothing that comes after happens in this life.
    pub async fn point(&self) {
        if self.strike == Strike::Death && self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.dead.cancel();
            std::future::pending::<()>().await;
        }
    }

    /// After an effect: passes, dies here, or says that the answer is lost.
    #[must_use]
    pub async fn answers(&self) -> bool {
        self.point().await;
        self.strike == Strike::Death || self.left.fetch_sub(1, Ordering::SeqCst) != 0
    }

    /// Whether it has happened.
    pub fn has_struck(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }
}

/// What outlives a daemon.
pub struct World {
    pub data: Arc<MemoryStore>,
    pub application: Arc<Application>,
    dir: tempfile::TempDir,
    pub clock: Arc<TestClock>,
    pub keys: Arc<TestKeys>,
    /// Making one costs more than most tests.
    http: reqwest::Client,
}

/// One life of a daemon.
pub struct Life {
    pub context: Arc<Context>,
    pub plane: ControlPlane,
    pub broker: Arc<Broker>,
    pub runtime: Arc<Runtime>,
    pub connector: Arc<FakeConnector>,
    pub shutdown: CancellationToken,
}

pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        // A millisecond a look, so that ids made from it differ in order.
        chrono::DateTime::from_timestamp_millis(self.0.fetch_add(1, Ordering::SeqCst)).expect("in range")
    }
}

struct TestRandomness;
impl Randomness for TestRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// One key, `k1`, until a test puts another one in front.
#[derive(Default)]
pub struct TestKeys(std::sync::Mutex<Vec<String>>);

impl TestKeys {
    /// The keys from now on, the current one first.
    pub fn set(&self, ids: &[&str]) {
        *self.0.lock().expect("unpoisoned") = ids.iter().map(|id| (*id).to_owned()).collect();
    }

    fn ids(&self) -> Vec<String> {
        let ids = self.0.lock().expect("unpoisoned").clone();
        if ids.is_empty() { vec!["k1".to_owned()] } else { ids }
    }
}

impl KeyProvider for TestKeys {
    fn current(&self) -> String {
        self.ids()[0].clone()
    }
    fn key(&self, id: &str) -> Option<Arc<SecretBox<[u8; 32]>>> {
        let known = self.ids().iter().any(|known| known == id);
        known.then(|| Arc::new(SecretBox::new(Box::new([id.as_bytes()[1]; 32]))))
    }
}

impl World {
    pub async fn new() -> World {
        World::over(MemoryStore::new()).await
    }

    pub async fn over(data: MemoryStore) -> World {
        let _ = rustls::crypto::ring::default_provider().install_default();
        World {
            data: Arc::new(data),
            application: Application::start().await,
            dir: tempfile::tempdir().expect("temp dir"),
            clock: Arc::new(TestClock(AtomicI64::new(1_700_000_000_000))),
            keys: Arc::default(),
            http: provision_connector_sdk::http::client(&Default::default()).expect("client"),
        }
    }

    /// Files of the artifact store.
    pub fn artifacts(&self) -> Vec<std::path::PathBuf> {
        let mut files = Vec::new();
        let mut dirs = vec![self.dir.path().to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in
                std::fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("readable").path())
            {
                if entry.is_dir() { dirs.push(entry) } else { files.push(entry) }
            }
        }
        files
    }

    pub async fn live(&self, crash: Arc<Crash>) -> Life {
        self.live_with(crash, |_| {}).await
    }

    /// With settings of its own.
    pub async fn live_with(&self, crash: Arc<Crash>, tune: impl Fn(&mut Settings)) -> Life {
        let tuned = |mut settings: Settings| {
            tune(&mut settings);
            settings
        };
        let shutdown = CancellationToken::new();
        let randomness = Arc::new(TestRandomness);
        let connector = Arc::new(FakeConnector::new(self.application.clone(), crash.clone()));
        self.application.is_called_by(crash.clone());
        let mut connectors = Registry::default();
        connectors.add(connector.clone());
        let context = Arc::new(Context {
            store: Arc::new(CrashingStore { inner: self.data.clone(), crash: crash.clone() }),
            artifacts: ArtifactStore::open(self.dir.path()).expect("artifacts"),
            clock: self.clock.clone(),
            randomness: randomness.clone(),
            connectors,
            envelope: Envelope::new(self.keys.clone(), randomness),
            settings: tuned(Settings {
                callback_url: "http://127.0.0.1:1/oauth/callback".into(),
                console_redirect_uris: vec!["https://console.example/back".into()],
                canary_patience: Duration::from_secs(20),
                retry_delay_min: Duration::from_millis(1),
                retry_delay_max: Duration::from_millis(20),
                ..Settings::default()
            }),
            shutdown: shutdown.clone(),
        });
        let broker = Broker::new(context.clone(), self.http.clone());
        let runtime = Runtime::new(context.clone(), broker.clone());
        let plane = ControlPlane::new(context.clone(), broker.clone(), runtime.clone());
        Life { context, plane, broker, runtime, connector, shutdown }
    }
}

pub fn by(principal: &str) -> Mutation {
    Mutation { principal: Principal::new(principal).expect("valid"), method: "Test", idempotency: None }
}

pub fn account_name() -> AccountName {
    "tenants/acme/serviceAccounts/main".parse().expect("valid")
}

impl Life {
    pub async fn end(self) {
        self.shutdown.cancel();
        self.runtime.drain().await;
    }

    pub async fn tenant(&self) {
        self.tenant_of("acme").await;
    }

    /// A tenant with its licence, and its Global administrator.
    pub async fn tenant_of(&self, id: &str) {
        let tenant: TenantId = id.parse().expect("valid");
        let create = CreateTenant { id: tenant.clone(), display_name: "Acme".into() };
        self.plane.create_tenant(by("platform"), create).await.expect("tenant");
        let license = UpdateLicense {
            tenant: tenant.clone(),
            connector: "fake".parse().expect("valid"),
            start_time: None,
            expire_time: None,
            grace_period: Duration::ZERO,
            etag: None,
        };
        self.plane.update_license(by("platform"), license).await.expect("license");
        let binding = CreateBinding {
            tenant,
            principal: Principal::new("admin").expect("valid"),
            role: Role::GlobalAdministrator,
        };
        self.plane.create_binding(by("platform"), binding).await.expect("binding");
    }

    pub fn create_request(&self) -> CreateAccount {
        let name = account_name();
        CreateAccount {
            tenant: name.tenant,
            id: Some(name.account),
            display_name: "Main".into(),
            connector: "fake".parse().expect("valid"),
            environment: "sandbox".into(),
            settings: Default::default(),
            validate_only: false,
        }
    }

    /// Another account of the same tenant, or of another one.
    pub async fn create_other(&self, name: &str) -> AccountName {
        let name: AccountName = name.parse().expect("valid");
        let request = CreateAccount {
            tenant: name.tenant.clone(),
            id: Some(name.account.clone()),
            ..self.create_request()
        };
        self.plane.create(by("admin"), request).await.expect("made");
        name
    }

    /// What the reaper does until it has looked at everything.
    pub async fn reap(&self) {
        let mut reaper = Reaper::new(self.context.clone(), self.plane.clone());
        for _ in 0..6 {
            reaper.round().await;
        }
    }

    /// The licence ends then; it counts so much longer.
    pub async fn license_until(&self, expire_time: Option<Timestamp>, grace: Duration) {
        let request = UpdateLicense {
            tenant: account_name().tenant,
            connector: "fake".parse().expect("valid"),
            start_time: None,
            expire_time,
            grace_period: grace,
            etag: None,
        };
        self.plane.update_license(by("platform"), request).await.expect("license");
    }

    /// The `state` of a begun authorisation.
    pub async fn begin(&self) -> String {
        self.begin_of(&account_name()).await
    }

    pub async fn begin_of(&self, name: &AccountName) -> String {
        self.try_begin_of(name).await.expect("begun")
    }

    pub async fn try_begin_of(&self, name: &AccountName) -> Result<String> {
        let request = BeginAuthorization { name: name.clone(), redirect_uri: None, login_hint: None };
        let begun = self.plane.begin_authorization(by("admin"), request).await?;
        let url = url::Url::parse(begun.url.expose_secret()).expect("a URL");
        Ok(url.query_pairs().find(|(k, _)| k == "state").expect("state").1.into_owned())
    }

    pub async fn complete(&self, state: &str, code: String) -> Result<ServiceAccount> {
        self.complete_of(&account_name(), state, code).await
    }

    pub async fn complete_of(&self, name: &AccountName, state: &str, code: String) -> Result<ServiceAccount> {
        let request = CompleteAuthorization {
            expected: Some(name.clone()),
            state: state.to_owned().into(),
            callback: Callback::Code(code.into()),
        };
        Ok(self.plane.complete_authorization(by("admin"), request).await?.value.0)
    }

    /// Tenant, licence, account.
    pub async fn until_created(&self) {
        self.tenant().await;
        self.plane.create(by("admin"), self.create_request()).await.expect("account");
    }

    /// Tenant, licence, account, grant.
    pub async fn until_authorized(&self, world: &World) {
        self.until_created().await;
        let state = self.begin().await;
        self.complete(&state, world.application.issue_code()).await.expect("authorised");
    }

    /// Tenant, licence, account, grant, inventory.
    pub async fn until_read(&self, world: &World) {
        self.until_authorized(world).await;
        let read = self.refresh(false).await.expect("started");
        assert_eq!(self.done(&read.name).await.expect("read").state, OperationState::Succeeded);
    }

    pub async fn refresh(&self, accept_fall: bool) -> Result<Operation> {
        let request = RefreshInventory { name: account_name(), accept_fall };
        self.plane.refresh_inventory(by("admin"), request).await
    }

    /// Reads the inventory to its end.
    pub async fn read(&self) -> Operation {
        let started = self.refresh(false).await.expect("started");
        self.done(&started.name).await.expect("done")
    }

    pub async fn provision(&self) -> Result<Operation> {
        let plan = self.plane.plan(by("admin"), &account_name(), ObjectSelection::Default).await?;
        let request = ProvisionAccount { name: account_name(), plan_etag: plan.etag, validate_only: false };
        self.plane.provision(by("admin"), request).await
    }

    /// Provisions to the end.
    pub async fn protect(&self) {
        let started = self.provision().await.expect("started");
        assert_eq!(self.done(&started.name).await.expect("done").state, OperationState::Succeeded);
    }

    /// Waits until the account satisfies `found`.
    pub async fn until(&self, found: impl Fn(&ServiceAccount) -> bool) {
        let tenant = account_name().tenant;
        let wait = async {
            let (_, revision) = AccountWatch::snapshot(&self.plane, &tenant, 100).await.expect("read");
            let mut feed = AccountWatch::watch(&self.plane, &tenant, Some(revision)).await.expect("watched");
            while !found(&self.account().await) {
                feed.next(Duration::from_secs(60)).await.expect("changes");
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait).await.expect("it comes to that in time");
    }

    pub async fn plan(&self) -> Plan {
        self.plane.plan(by("admin"), &account_name(), ObjectSelection::Default).await.expect("planned")
    }

    pub async fn apply(&self, plan: &Plan, validate_only: bool) -> Result<Operation> {
        let request = ProvisionAccount { name: account_name(), plan_etag: plan.etag.clone(), validate_only };
        self.plane.provision(by("admin"), request).await
    }

    pub async fn components(&self, state: &str) -> Vec<Component> {
        let filter = Filter::parse(&format!("state = {state}"), &["state"]).expect("valid");
        let query = ListQuery { page_size: 1_000, after: None, filter };
        Components::list(&self.plane, &account_name(), query).await.expect("listed").items
    }

    pub fn condition(account: &ServiceAccount, kind: ConditionType) -> Condition {
        account.conditions.iter().find(|c| c.kind == kind).cloned().expect("observed")
    }

    pub async fn done(&self, name: &OperationName) -> Result<Operation> {
        let operation = self.plane.wait(name, Duration::from_secs(60)).await?;
        if operation.is_done() { Ok(operation) } else { Err(Fault::internal_error("not done in time")) }
    }

    pub async fn account(&self) -> ServiceAccount {
        self.plane.get_account(&account_name()).await
    }

    /// Texts of all notifications, oldest first.
    pub async fn told(&self) -> Vec<String> {
        let tenant = account_name().tenant;
        let (all, _) = Notifications::snapshot(&self.plane, &tenant, 1_000).await.expect("read");
        all.into_iter().map(|(n, _)| n.text).collect()
    }
}

/// `get` stands in three ports; this is the accounts' one.
trait GetAccount {
    async fn get_account(&self, name: &AccountName) -> ServiceAccount;
}

impl GetAccount for ControlPlane {
    async fn get_account(&self, name: &AccountName) -> ServiceAccount {
        provision_core::ports::Accounts::get(self, name).await.expect("there").value.0
    }
}
