//! Salesforce's Pub/Sub API over gRPC.

mod caller;
mod managed;
mod publish;
mod refusal;
mod service;
mod stream;
mod subscribe;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use crate::org::Org;
use service::Service;
use wire::pub_sub_server::PubSubServer;

pub(crate) use caller::{TopicAccess, topic_access, visible_schema};

/// Messages and service as compiled from the contract.
#[allow(missing_docs, clippy::all)]
pub mod wire {
    tonic::include_proto!("eventbus.v1");
}

/// Largest request: 4 MB, the default of gRPC and of the real service.
const REQUEST_BYTES_MAX: usize = 4 << 20;
/// Streams of one connection.
const STREAMS_MAX: u32 = 1_000;

/// A client that is gone without a word is noticed by its silence to pings, on the machine's own clock.
const PING_EVERY: Duration = Duration::from_secs(60);
const PING_LIMIT: Duration = Duration::from_secs(20);

/// Serves the org's Pub/Sub API until `stop` is cancelled; open streams end then too.
/// `identity` is a PEM certificate chain and its key; without it the listener is plain.
pub async fn serve(
    org: Arc<Org>,
    listener: TcpListener,
    identity: Option<(String, String)>,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let mut server = Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_keepalive_interval(Some(PING_EVERY))
        .http2_keepalive_timeout(Some(PING_LIMIT));
    if let Some((certificate, key)) = identity {
        server = server.tls_config(ServerTlsConfig::new().identity(Identity::from_pem(certificate, key)))?;
    }
    let service =
        PubSubServer::new(Service::new(org, stop.clone())).max_decoding_message_size(REQUEST_BYTES_MAX);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    server.add_service(service).serve_with_incoming_shutdown(incoming, stop.cancelled_owned()).await
}
