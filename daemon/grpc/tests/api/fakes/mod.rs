//! Ports that keep everything in memory, and the services running over them on a real socket.

mod accounts;
mod notifications;
mod preconditions;
mod reading;
mod tenants;
mod watch;

use std::sync::Arc;
use std::time::Duration;

pub use accounts::{FakeAccounts, account};
pub use notifications::FakeNotifications;
pub use preconditions::FakePreconditions;
use provision_core::ports::Clock;
use provision_core::{AccountName, Principal, TenantId, Timestamp};
use provision_grpc::{HealthHandle, Ports, PrincipalEntry, Settings};
use sha2::{Digest, Sha256};
pub use tenants::FakeTenants;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
pub use watch::FakeWatch;

/// Everything of one test: the ports behind the services, and the way to call them.
pub struct World {
    pub accounts: Arc<FakeAccounts>,
    pub preconditions: Arc<FakePreconditions>,
    pub watch: Arc<FakeWatch>,
    pub notifications: Arc<FakeNotifications>,
    pub tenants: Arc<FakeTenants>,
    pub health: HealthHandle,
    pub shutdown: CancellationToken,
    pub served: tokio::task::JoinHandle<Result<(), provision_grpc::ServeError>>,
    channel: Channel,
    ports: Ports,
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// The time in every test.
pub fn now() -> Timestamp {
    chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("in range")
}

/// Callers by role: principal, token, and whether it is a platform administrator. All but the first and the last are
/// bound in tenant `acme`; `stranger` is a Global administrator of tenant `other`.
pub const CALLERS: [(&str, bool); 6] = [
    ("platform", true),
    ("admin", false),
    ("operator", false),
    ("auditor", false),
    ("viewer", false),
    ("stranger", false),
];

pub fn account_name() -> AccountName {
    "tenants/acme/serviceAccounts/main".parse().expect("valid")
}

pub fn tenant(id: &str) -> TenantId {
    TenantId::new(id).expect("valid")
}

pub fn principal(name: &str) -> Principal {
    Principal::new(name).expect("valid")
}

pub fn settings() -> Settings {
    let entry = |(name, platform_administrator): (&str, bool)| PrincipalEntry {
        principal: principal(name),
        token_sha256: Sha256::digest(format!("{name}-token")).into(),
        platform_administrator,
    };
    let mut settings = Settings::new(CALLERS.into_iter().map(entry).collect(), vec![[42; 32]]);
    settings.console_redirect_uris = vec!["https://console.example/callback".to_owned()];
    settings.heartbeat = Duration::from_millis(20);
    settings.requests_per_second = 100_000;
    settings.request_burst = 100_000;
    settings
}

impl World {
    pub async fn start() -> World {
        World::with(settings()).await
    }

    pub async fn with(settings: Settings) -> World {
        let accounts = Arc::new(FakeAccounts::default());
        let preconditions = Arc::new(FakePreconditions::default());
        let watch = Arc::new(FakeWatch::default());
        let notifications = Arc::new(FakeNotifications::default());
        let tenants = Arc::new(FakeTenants::default());
        tenants.bind_everyone();
        let reading = Arc::new(reading::FakeReading::new());
        let ports = Ports {
            accounts: accounts.clone(),
            preconditions: preconditions.clone(),
            watch: watch.clone(),
            operations: accounts.clone(),
            inventory: reading.clone(),
            components: reading.clone(),
            notifications: notifications.clone(),
            admin: tenants.clone(),
            access: tenants.clone(),
            connectors: reading,
            clock: Arc::new(FixedClock),
        };
        let shutdown = CancellationToken::new();
        let api = provision_grpc::api(ports.clone(), settings, shutdown.clone()).await.expect("starts");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let served = tokio::spawn(provision_grpc::serve(listener, None, api.router, shutdown.clone()));
        let channel = Endpoint::from_shared(format!("http://{address}")).expect("a URL").connect_lazy();
        let health = api.health;
        World {
            accounts,
            preconditions,
            watch,
            notifications,
            tenants,
            health,
            shutdown,
            served,
            channel,
            ports,
        }
    }

    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }
}

/// A request with the caller's token.
pub fn by<T>(caller: &str, body: T) -> Request<T> {
    let mut request = Request::new(body);
    let value = format!("Bearer {caller}-token").parse().expect("ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}

/// The reason in a status, and that there is exactly one.
pub fn reason(status: &Status) -> String {
    use tonic_types::{ErrorDetail, StatusExt};
    let infos: Vec<_> = status
        .get_error_details_vec()
        .into_iter()
        .filter_map(|detail| match detail {
            ErrorDetail::ErrorInfo(info) => Some(info),
            _ => None,
        })
        .collect();
    assert_eq!(infos.len(), 1, "one ErrorInfo in {status:?}");
    assert_eq!(infos[0].domain, "provisioning");
    infos[0].reason.clone()
}

/// The fields that a status finds wrong.
pub fn fields(status: &Status) -> Vec<String> {
    use tonic_types::StatusExt;
    let violations = status.get_details_bad_request().map(|r| r.field_violations);
    violations.unwrap_or_default().into_iter().map(|v| v.field).collect()
}

/// The part of a list that a query asks for, where the cursor is the index of the next item.
pub fn page<T>(items: Vec<T>, query: &provision_core::ports::ListQuery) -> provision_core::ports::Page<T> {
    let from: usize = query.after.as_deref().map_or(0, |after| after.parse().expect("our own cursor"));
    let total = items.len();
    let items: Vec<T> = items.into_iter().skip(from).take(query.page_size).collect();
    let end = from + items.len();
    provision_core::ports::Page { items, next: (end < total).then(|| end.to_string()) }
}
