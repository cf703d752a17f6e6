//! `grpc.health.v1`: the daemon, each service, the store, each connector.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use provision_core::ConnectorId;
use provision_core::connector::Manifest;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_health::server::{HealthReporter, HealthService};

const DAEMON: &str = "";
const STORE: &str = "store";

/// Sets what health answers.
#[derive(Clone)]
pub struct HealthHandle {
    reporter: HealthReporter,
    names: Arc<BTreeSet<String>>,
}

impl HealthHandle {
    /// Everything serves.
    pub(crate) async fn new(services: &[String], connectors: &[&Manifest]) -> Self {
        let names: BTreeSet<String> = [DAEMON.to_owned(), STORE.to_owned()]
            .into_iter()
            .chain(services.iter().cloned())
            .chain(connectors.iter().map(|m| connector_name(&m.id)))
            .collect();
        let handle = HealthHandle { reporter: HealthReporter::new(), names: Arc::new(names) };
        handle.all(ServingStatus::Serving).await;
        handle
    }

    /// The store answers, or it does not; without it the daemon serves nothing either.
    pub async fn set_store(&self, serving: bool) {
        for name in [STORE, DAEMON] {
            self.reporter.set_service_status(name, status(serving)).await;
        }
    }

    /// The connector works, or it does not.
    pub async fn set_connector(&self, id: &ConnectorId, serving: bool) {
        self.reporter.set_service_status(connector_name(id), status(serving)).await;
    }

    /// The daemon stops: nothing serves.
    pub(crate) async fn stop(&self) {
        self.all(ServingStatus::NotServing).await;
    }

    async fn all(&self, status: ServingStatus) {
        for name in self.names.iter() {
            self.reporter.set_service_status(name, status).await;
        }
    }

    pub(crate) fn server(&self, shutdown: CancellationToken) -> HealthServer<EndingHealth> {
        let inner = HealthService::from_health_reporter(self.reporter.clone());
        HealthServer::new(EndingHealth { inner, shutdown })
    }
}

fn connector_name(id: &ConnectorId) -> String {
    format!("connector/{id}")
}

fn status(serving: bool) -> ServingStatus {
    if serving { ServingStatus::Serving } else { ServingStatus::NotServing }
}

/// The health service of tonic, whose watches end when the daemon stops: an open one would hold the server.
pub(crate) struct EndingHealth {
    inner: HealthService,
    shutdown: CancellationToken,
}

#[tonic::async_trait]
impl Health for EndingHealth {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        self.inner.check(request).await
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let shutdown = self.shutdown.clone();
        let watch = self.inner.watch(request).await?.into_inner();
        Ok(Response::new(watch.take_until(shutdown.cancelled_owned()).boxed()))
    }
}
