//! A server of the API on a free port. It answers samples, fails where a test says so, and remembers what it was asked.

mod admin;
mod notifications;
mod operations;
mod provisioning;
mod reading;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use provision_client::api::google::longrunning::Operation;
use provision_client::api::google::longrunning::operations_server::OperationsServer;
use provision_client::api::v1::admin_service_server::AdminServiceServer;
use provision_client::api::v1::component_service_server::ComponentServiceServer;
use provision_client::api::v1::connector_service_server::ConnectorServiceServer;
use provision_client::api::v1::inventory_service_server::InventoryServiceServer;
use provision_client::api::v1::notification_service_server::NotificationServiceServer;
use provision_client::api::v1::provisioning_service_server::ProvisioningServiceServer;
use provision_client::api::v1::{
    CheckPreconditionsResponse, ServiceAccount, StreamNotificationsResponse, WatchServiceAccountsResponse,
};
use provision_client::{Client, ConnectOptions, Timeouts};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};

use crate::samples;

/// The token that the server knows.
pub const TOKEN: &str = "token-of-the-tests";

/// One connection's share of a stream: its messages, then the end (or the error).
pub type StreamScript = Vec<Result<StreamNotificationsResponse, Status>>;

/// The same of a watch of accounts.
pub type WatchScript = Vec<Result<WatchServiceAccountsResponse, Status>>;

/// What the server does and has seen.
pub struct Script {
    /// Errors that the next calls of a method get.
    pub failures: HashMap<&'static str, VecDeque<Status>>,
    /// Each call in order: method and the request's text.
    pub calls: Vec<(&'static str, String)>,
    /// The one account.
    pub account: ServiceAccount,
    /// What GetServiceAccount answers next, before `account`.
    pub account_next: VecDeque<ServiceAccount>,
    /// What an operation answers next; the last one stays.
    pub operation: VecDeque<Operation>,
    /// What the next connections of a stream deliver; without one a stream stays open and silent.
    pub streams: VecDeque<StreamScript>,
    /// The same of a watch.
    pub watches: VecDeque<WatchScript>,
    /// What CheckPreconditions answers.
    pub checks: CheckPreconditionsResponse,
    /// Where the app is installed.
    pub installation_url: String,
    /// How large an export is said to be, where that is not the truth.
    pub export_bytes: Option<i64>,
}

/// A running fake.
#[derive(Clone)]
pub struct Fake {
    script: Arc<Mutex<Script>>,
    address: SocketAddr,
}

impl Fake {
    pub async fn start() -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("address");
        let script = Script {
            failures: HashMap::new(),
            calls: Vec::new(),
            account: samples::account(),
            account_next: VecDeque::new(),
            operation: VecDeque::from([samples::operation_done()]),
            streams: VecDeque::new(),
            watches: VecDeque::new(),
            checks: samples::checks(),
            installation_url: String::new(),
            export_bytes: None,
        };
        let fake = Fake { script: Arc::new(Mutex::new(script)), address };
        let server = tonic::transport::Server::builder()
            .add_service(ProvisioningServiceServer::new(fake.clone()))
            .add_service(InventoryServiceServer::new(fake.clone()))
            .add_service(ComponentServiceServer::new(fake.clone()))
            .add_service(NotificationServiceServer::new(fake.clone()))
            .add_service(AdminServiceServer::new(fake.clone()))
            .add_service(ConnectorServiceServer::new(fake.clone()))
            .add_service(OperationsServer::new(fake.clone()))
            .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
        tokio::spawn(server);
        fake
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().expect("script")
    }

    /// Makes the next calls of `method` fail with these.
    pub fn fail(&self, method: &'static str, statuses: impl IntoIterator<Item = Status>) {
        self.script().failures.entry(method).or_default().extend(statuses);
    }

    /// The texts of the requests of `method`, in order.
    pub fn requests(&self, method: &str) -> Vec<String> {
        self.script().calls.iter().filter(|(m, _)| *m == method).map(|(_, request)| request.clone()).collect()
    }

    /// A client that gives up soon.
    pub async fn client(&self) -> Client {
        let mut options = ConnectOptions::new(self.url()).token(TOKEN.into());
        options.timeouts = Timeouts { outage: std::time::Duration::from_secs(2), ..Timeouts::default() };
        Client::connect(options).await.expect("connected")
    }

    /// Every call passes here first.
    fn enter<T: std::fmt::Debug>(&self, method: &'static str, request: &Request<T>) -> Result<(), Status> {
        let expected = format!("Bearer {TOKEN}");
        let given = request.metadata().get("authorization").and_then(|v| v.to_str().ok());
        if given != Some(expected.as_str()) {
            return Err(samples::refusal(
                tonic::Code::Unauthenticated,
                "CREDENTIALS_INVALID",
                "who are you?",
            ));
        }
        let mut script = self.script();
        script.calls.push((method, format!("{:?}", request.get_ref())));
        match script.failures.get_mut(method).and_then(VecDeque::pop_front) {
            Some(status) => Err(status),
            None => Ok(()),
        }
    }
}
