//! Building the services, and what can be wrong with how they are set up.

use std::sync::Arc;

use axum::Router;
use provision_api::google::longrunning::operations_server::OperationsServer;
use provision_api::v1::admin_service_server::AdminServiceServer;
use provision_api::v1::component_service_server::ComponentServiceServer;
use provision_api::v1::connector_service_server::ConnectorServiceServer;
use provision_api::v1::inventory_service_server::InventoryServiceServer;
use provision_api::v1::notification_service_server::NotificationServiceServer;
use provision_api::v1::provisioning_service_server::ProvisioningServiceServer;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_reflection::server::Builder;

use crate::REQUEST_SIZE_MAX;
use crate::door::Door;
use crate::gate::{Gate, gate};
use crate::health::HealthHandle;
use crate::permissions::{Table, descriptor_sets, pool};
use crate::service::Service;
use crate::settings::{Ports, Settings};

/// Why the services cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// A method says nowhere what it asks of its caller.
    #[error("method {0} has no permission: give it the option (provisioning.v1.permission) in its .proto")]
    MethodWithoutPermission(String),
    /// A method asks for a permission that no role carries.
    #[error("method {method} asks for permission '{permission}', which no role carries")]
    UnknownPermission { method: String, permission: String },
    /// A principal is a platform administrator by one entry and not by another.
    #[error("principal '{0}' is a platform administrator in one entry and not in another")]
    PrincipalContradicted(String),
    /// Two principals have the same token.
    #[error("principals '{0}' and '{1}' have the same token")]
    TokenTwice(String, String),
    /// A limit is zero, or a list empty, and nothing could be served.
    #[error("setting '{0}' must not be zero or empty")]
    Zero(&'static str),
    /// The embedded descriptor sets are damaged.
    #[error("the descriptor sets cannot be read: {0}")]
    Descriptors(String),
}

/// The services, ready to be served.
#[derive(Clone)]
pub struct Api {
    /// All services behind authentication, limits, traces and metrics.
    pub router: Router,
    /// What `grpc.health.v1` answers.
    pub health: HealthHandle,
}

/// Builds the services. From `shutdown` on, open streams end with CLOSING and health answers NOT_SERVING. Must be called
/// within a tokio runtime.
pub async fn api(ports: Ports, settings: Settings, shutdown: CancellationToken) -> Result<Api, StartError> {
    let table = Table::get()?;
    let keeper = Arc::new(Gate::new(table, &settings)?);
    let services: Vec<String> = pool()?.services().map(|s| s.full_name().to_owned()).collect();
    let health = HealthHandle::new(&services, &ports.connectors.manifests()).await;
    let at_shutdown = (health.clone(), shutdown.clone());
    tokio::spawn(async move {
        at_shutdown.1.cancelled().await;
        at_shutdown.0.stop().await;
    });

    let health_server = health.server(shutdown.clone());
    let service = Service::new(Arc::new(Door::new(ports, settings, shutdown)));
    macro_rules! sized {
        ($server:expr) => {
            $server.max_decoding_message_size(REQUEST_SIZE_MAX)
        };
    }
    let mut routes = Routes::builder();
    routes
        .add_service(sized!(ProvisioningServiceServer::new(service.clone())))
        .add_service(sized!(InventoryServiceServer::new(service.clone())))
        .add_service(sized!(ComponentServiceServer::new(service.clone())))
        .add_service(sized!(NotificationServiceServer::new(service.clone())))
        .add_service(sized!(AdminServiceServer::new(service.clone())))
        .add_service(sized!(ConnectorServiceServer::new(service.clone())))
        .add_service(sized!(OperationsServer::new(service)))
        .add_service(health_server)
        .add_service(reflection().build_v1().map_err(|e| StartError::Descriptors(e.to_string()))?)
        .add_service(reflection().build_v1alpha().map_err(|e| StartError::Descriptors(e.to_string()))?);
    let router = routes.routes().into_axum_router().layer(axum::middleware::from_fn_with_state(keeper, gate));
    Ok(Api { router, health })
}

/// Reflection over everything that is mounted, whichever of its two versions is asked.
fn reflection() -> Builder<'static> {
    descriptor_sets()
        .into_iter()
        .fold(Builder::configure().include_reflection_service(false), |builder, set| {
            builder.register_encoded_file_descriptor_set(set)
        })
}
