//! Serving the services on a listener.

use std::time::Duration;

use axum::Router;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use crate::incoming::incoming;

/// Certificate chain and key of a listener.
#[derive(Debug, Clone)]
pub struct TlsIdentity {
    /// The chain, leaf first.
    pub cert_pem: String,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key_pem: SecretString,
}

/// Why serving ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Certificate or key cannot be used.
    #[error("the TLS certificate or key cannot be used: {0}")]
    Tls(#[source] tonic::transport::Error),
    /// The listener failed.
    #[error("serving gRPC failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// From the shutdown on, connections have this long to end by themselves.
const DRAIN: Duration = Duration::from_secs(4);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at the same time; a further one waits.
const CONNECTIONS_MAX: usize = 4_096;
/// Calls that one connection may have open at once.
const STREAMS_PER_CONNECTION_MAX: u32 = 500;
const HEADERS_SIZE_MAX: u32 = 16 * 1024;

/// Serves `router` until `shutdown`, then ends within 5 s: calls may finish, streams close themselves, and what hangs
/// is dropped. A process that gives an identity installs rustls' ring provider first.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsIdentity>,
    router: Router,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let mut server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .http2_max_header_list_size(HEADERS_SIZE_MAX);
    if let Some(tls) = tls {
        let identity = Identity::from_pem(&tls.cert_pem, tls.key_pem.expose_secret());
        let config = ServerTlsConfig::new().identity(identity).timeout(HANDSHAKE_TIMEOUT);
        server = server.tls_config(config).map_err(ServeError::Tls)?;
    }
    let incoming = incoming(listener, CONNECTIONS_MAX);
    let serving = server
        .add_routes(Routes::from(router))
        .serve_with_incoming_shutdown(incoming, shutdown.clone().cancelled_owned());
    let hard_end = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = serving => ended?,
        () = hard_end => tracing::warn!("connections were still open at the end of the drain; dropping them"),
    }
    Ok(())
}
