//! Serving the pages on a listener, with or without TLS.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Certificate chain and key of a listener.
#[derive(Debug, Clone)]
pub struct TlsIdentity {
    /// The chain, leaf first.
    pub cert_pem: String,
    /// PKCS#8, PKCS#1 or SEC1.
    pub key_pem: SecretString,
}

/// Why serving cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Certificate or key cannot be used.
    #[error("the TLS certificate or key cannot be used: {0}")]
    Tls(String),
}

/// From the shutdown on, connections have this long to end by themselves.
const DRAIN: Duration = Duration::from_secs(3);
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// A page is answered within this; a browser that reads more slowly is cut off.
const CONNECTION_LIFETIME_MAX: Duration = Duration::from_secs(120);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections at the same time; a further one waits.
const CONNECTIONS_MAX: usize = 1_024;

/// Serves `router` until `shutdown`, then ends within five seconds: pages that are under way may finish. A process that
/// gives an identity installs rustls' ring provider first.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsIdentity>,
    router: Router,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    let acceptor = tls.map(|identity| acceptor(&identity)).transpose()?;
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let next = async || {
        let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        (permit, listener.accept().await)
    };
    loop {
        let (permit, accepted) = tokio::select! {
            next = next() => next,
            () = shutdown.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file handles, most likely: others must end first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (router, acceptor, watcher) = (router.clone(), acceptor.clone(), graceful.watcher());
        tokio::spawn(async move {
            let served = async {
                match acceptor {
                    None => connection(stream, router, watcher).await,
                    Some(acceptor) => {
                        let handshake =
                            tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await;
                        if let Ok(Ok(stream)) = handshake {
                            connection(stream, router, watcher).await;
                        }
                    }
                }
            };
            let _ = tokio::time::timeout(CONNECTION_LIFETIME_MAX, served).await;
            drop(permit);
        });
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections were still open at the end of the drain; dropping them");
    }
    Ok(())
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let serving =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).into_owned();
    if let Err(error) = watcher.watch(serving).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn acceptor(identity: &TlsIdentity) -> Result<TlsAcceptor, ServeError> {
    let wrong = |e: &dyn std::fmt::Display| ServeError::Tls(e.to_string());
    let chain: Vec<_> = CertificateDer::pem_slice_iter(identity.cert_pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|e| wrong(&e))?;
    let key =
        PrivateKeyDer::from_pem_slice(identity.key_pem.expose_secret().as_bytes()).map_err(|e| wrong(&e))?;
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| wrong(&e))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
