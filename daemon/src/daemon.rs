//! Joins everything and runs it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::file;
use provision_connector_sdk::http::HttpOptions;
use provision_core::ports::Clock;
use provision_grpc::HealthHandle;
use provision_reconcile::{
    Broker, Context, ControlPlane, Envelope, GrantSettings, Registry, Runtime, Settings,
};
use provision_store::artifact::ArtifactStore;
use provision_store::engine::journal::{JournalOptions, JournalStore};
use provision_store::engine::memory::MemoryStore;
use provision_store::{Key, Store, Txn};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::{Config, Engine, TlsSection};
use crate::connectors;
use crate::environment::{SystemClock, SystemRandomness};
use crate::keys::{FileKeys, KeyFileError, ReadableKeys};
use crate::reload::Reload;
use crate::telemetry;

/// How long the parts have to end at a stop; the whole stop stays under five seconds.
const STOP_PATIENCE: Duration = Duration::from_millis(4_500);
/// A certificate chain or its key.
const TLS_FILE_BYTES_MAX: u64 = 1024 * 1024;
/// How often it is looked whether the store takes commits.
const PROBE_INTERVAL: Duration = Duration::from_secs(15);

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    #[error("the store cannot be opened: {0}")]
    Store(String),
    #[error("{0}")]
    Config(String),
    #[error("cannot listen on {address}: {cause}")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error("{what} cannot be read: {cause}")]
    File { what: String, cause: std::io::Error },
    #[error("the services cannot start: {0}")]
    Services(String),
    #[error("what an earlier daemon left cannot be taken up: {0}")]
    Recover(String),
}

/// A running daemon.
pub struct Daemon {
    grpc: SocketAddr,
    http: SocketAddr,
    shutdown: CancellationToken,
    servers: JoinSet<Result<(), String>>,
    runtime: Arc<Runtime>,
    broker: Arc<Broker>,
    reload: Arc<Reload>,
    store: Arc<dyn Store>,
    /// Artifacts of an engine that forgets.
    _forgotten: Option<tempfile::TempDir>,
}

impl Daemon {
    /// Checks what the configuration points to, without starting anything.
    pub fn check(config: &Config) -> Result<(), StartError> {
        install_tls_provider();
        FileKeys::read(&config.keys.file, config.store.path.as_deref())?;
        if let Some(tls) = &config.server.tls {
            identity(tls)?;
        }
        connectors::configured(&config.connectors).map_err(StartError::Config)?;
        Ok(())
    }

    /// Starts every part. When it returns, both listeners answer.
    pub async fn start(config: Config) -> Result<Daemon, StartError> {
        install_tls_provider();
        let metrics = telemetry::metrics();
        let keys = FileKeys::read(&config.keys.file, config.store.path.as_deref())?;
        let token_keys = keys.derive("page and resume tokens v1");
        let keys = Arc::new(ReadableKeys::new(keys));
        let tls = config.server.tls.as_ref().map(identity).transpose()?;
        let connectors = connectors::configured(&config.connectors).map_err(StartError::Config)?;
        let registry = connectors.registry.clone();
        let grpc_listener = listen(*config.server.grpc.as_ref()).await?;
        let http_listener = listen(*config.server.http.as_ref()).await?;
        let grpc = address(&grpc_listener)?;
        let http = address(&http_listener)?;
        let (store, artifacts, forgotten) = open_store(&config).await?;

        let shutdown = CancellationToken::new();
        let randomness = Arc::new(SystemRandomness);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let context = Arc::new(Context {
            store: store.clone(),
            artifacts,
            clock: clock.clone(),
            randomness: randomness.clone(),
            connectors: registry.clone(),
            envelope: Envelope::new(keys.clone(), randomness),
            settings: settings(&config, http)?,
            shutdown: shutdown.clone(),
        });
        let client = provision_connector_sdk::http::client(&HttpOptions {
            extra_root_ca: config.connectors.salesforce.as_ref().and_then(|s| s.ca_file.clone()),
            allow_loopback: config.connectors.salesforce.as_ref().is_some_and(|s| s.allow_loopback),
            ..HttpOptions::default()
        })
        .map_err(|e| StartError::Config(e.to_string()))?;
        let broker = Broker::new(context.clone(), client);
        let runtime = Runtime::new(context.clone(), broker.clone());
        let plane = Arc::new(ControlPlane::new(context, broker.clone(), runtime.clone()));

        let api = provision_grpc::api(
            ports(&plane, registry, clock),
            grpc_settings(&config, token_keys),
            shutdown.clone(),
        )
        .await
        .map_err(|e| StartError::Services(e.to_string()))?;
        let render = move || metrics.as_ref().map(|m| m.render()).unwrap_or_default();
        let pages = provision_web::router(plane.clone(), Arc::new(render));
        runtime.recover().await.map_err(|fault| StartError::Recover(format!("{fault:?}")))?;
        runtime.reap((*plane).clone());
        runtime.watch((*plane).clone());
        runtime.look_after_grants();
        let reload = Arc::new(Reload { keys, connectors, broker: broker.clone() });

        let mut servers = JoinSet::new();
        let token = shutdown.clone();
        let grpc_tls = tls
            .as_ref()
            .map(|(cert, key)| provision_grpc::TlsIdentity { cert_pem: cert.clone(), key_pem: key.clone() });
        servers.spawn(async move {
            provision_grpc::serve(grpc_listener, grpc_tls, api.router, token).await.map_err(|e| e.to_string())
        });
        let token = shutdown.clone();
        let web_tls = tls.map(|(cert_pem, key_pem)| provision_web::TlsIdentity { cert_pem, key_pem });
        servers.spawn(async move {
            provision_web::serve(http_listener, web_tls, pages, token).await.map_err(|e| e.to_string())
        });
        let (sealing, token) = (reload.clone(), shutdown.clone());
        servers.spawn(async move {
            if let Err(what) = sealing.seal_anew().await {
                tracing::warn!(what, "what older keys seal could not be sealed anew");
            }
            token.cancelled().await;
            Ok(())
        });
        servers.spawn(probe(store.clone(), api.health, shutdown.clone()));
        Ok(Daemon { grpc, http, shutdown, servers, runtime, broker, reload, store, _forgotten: forgotten })
    }

    /// Where the gRPC API listens.
    pub fn grpc_addr(&self) -> SocketAddr {
        self.grpc
    }

    /// Where the pages listen.
    pub fn http_addr(&self) -> SocketAddr {
        self.http
    }

    /// Takes key file and client secrets from a configuration that was read again; all else of it needs a restart.
    /// Answers what is wrong, and then goes on with what there was.
    pub async fn reload(&self, config: &Config) -> Result<(), String> {
        self.reload.take(config).await
    }

    /// Returns when a listener has failed.
    pub async fn failed(&mut self) -> String {
        while let Some(ended) = self.servers.join_next().await {
            match ended {
                Ok(Ok(())) => {}
                Ok(Err(failure)) => return failure,
                Err(panic) => return panic.to_string(),
            }
        }
        std::future::pending().await
    }

    /// Ends everything within five seconds: streams close with their token, operations stop where they are and are
    /// taken up at the next start.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        let all = async {
            while self.servers.join_next().await.is_some() {}
            self.runtime.drain().await;
            // An exchange between its answer and its commit must not be cut.
            self.broker.drain().await;
            self.store.close().await;
        };
        if tokio::time::timeout(STOP_PATIENCE, all).await.is_err() {
            tracing::warn!("some parts did not end in time");
        }
    }
}

fn install_tls_provider() {
    // An error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|cause| StartError::File { what: "a listener's address".to_owned(), cause })
}

fn identity(tls: &TlsSection) -> Result<(String, SecretString), StartError> {
    let read = |path: &std::path::Path| {
        file::read_text(path, TLS_FILE_BYTES_MAX)
            .map_err(|cause| StartError::File { what: path.display().to_string(), cause })
    };
    Ok((read(&tls.cert)?, SecretString::from(read(&tls.key)?)))
}

async fn open_store(
    config: &Config,
) -> Result<(Arc<dyn Store>, ArtifactStore, Option<tempfile::TempDir>), StartError> {
    let failed = |e: &dyn std::fmt::Display| StartError::Store(e.to_string());
    match (config.store.engine, &config.store.path) {
        (Engine::Journal, Some(path)) => {
            let store = JournalStore::open(path.join("store"), JournalOptions::default())
                .await
                .map_err(|e| failed(&e))?;
            let artifacts = ArtifactStore::open(&path.join("artifacts")).map_err(|e| failed(&e))?;
            Ok((Arc::new(store), artifacts, None))
        }
        _ => {
            let dir = tempfile::tempdir().map_err(|e| failed(&e))?;
            let artifacts = ArtifactStore::open(dir.path()).map_err(|e| failed(&e))?;
            Ok((Arc::new(MemoryStore::new()), artifacts, Some(dir)))
        }
    }
}

fn settings(config: &Config, http: SocketAddr) -> Result<Settings, StartError> {
    let base = match &config.server.public_url {
        Some(url) => url.clone(),
        None => {
            let scheme = if config.server.tls.is_some() { "https" } else { "http" };
            Url::parse(&format!("{scheme}://{http}")).map_err(|e| StartError::Config(e.to_string()))?
        }
    };
    let page = |path| base.join(path).map_err(|e| StartError::Config(format!("server.public_url: {e}")));
    let operations = &config.operations;
    Ok(Settings {
        callback_url: page(provision_web::CALLBACK_PATH)?.to_string(),
        reauthorize_url: page(provision_web::REAUTHORIZE_PATH)?.to_string(),
        console_redirect_uris: config.oauth.console_redirect_uris.iter().map(Url::to_string).collect(),
        operation_deadline: Duration::from_secs(operations.deadline_seconds.into()),
        canary_patience: Duration::from_secs(operations.canary_patience_seconds.into()),
        step_attempts_max: operations.attempts_max,
        grants: grants(config),
        budget: config.api_budget.settings(),
        drift: config.drift.settings(),
        removal_after: match config.licenses.removal_after_days {
            0 => None,
            days => Some(Duration::from_secs(u64::from(days) * 24 * 3600)),
        },
        ..Settings::default()
    })
}

fn grants(config: &Config) -> GrantSettings {
    let grants = &config.grants;
    GrantSettings {
        keep_alive: Duration::from_secs(u64::from(grants.keep_alive_hours) * 3600),
        refresh_ahead: Duration::from_secs(grants.refresh_ahead_seconds.into()),
        announce_ahead: Duration::from_secs(u64::from(grants.announce_ahead_days) * 24 * 3600),
        ..GrantSettings::default()
    }
}

fn ports(plane: &Arc<ControlPlane>, registry: Registry, clock: Arc<dyn Clock>) -> provision_grpc::Ports {
    provision_grpc::Ports {
        accounts: plane.clone(),
        preconditions: plane.clone(),
        watch: plane.clone(),
        operations: plane.clone(),
        inventory: plane.clone(),
        components: plane.clone(),
        notifications: plane.clone(),
        admin: plane.clone(),
        access: plane.clone(),
        connectors: Arc::new(registry),
        clock,
    }
}

fn grpc_settings(config: &Config, token_keys: Vec<[u8; 32]>) -> provision_grpc::Settings {
    let principals = config
        .principals
        .iter()
        .map(|p| provision_grpc::PrincipalEntry {
            principal: p.name.clone(),
            token_sha256: p.token_sha256,
            platform_administrator: p.platform_administrator,
        })
        .collect();
    let mut settings = provision_grpc::Settings::new(principals, token_keys);
    settings.console_redirect_uris = config.oauth.console_redirect_uris.iter().map(Url::to_string).collect();
    settings.heartbeat = Duration::from_secs(config.streams.heartbeat_seconds.into());
    settings
}

/// Says by `grpc.health.v1` whether the store takes commits.
async fn probe(
    store: Arc<dyn Store>,
    health: HealthHandle,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let key = Key::new("probe").map_err(|e| e.to_string())?;
    loop {
        let taken = store.commit(Txn::new().put(key.clone(), "")).await;
        if let Err(error) = &taken {
            tracing::error!(%error, "the store takes no commits");
        }
        health.set_store(taken.is_ok()).await;
        tokio::select! {
            () = tokio::time::sleep(PROBE_INTERVAL) => {}
            () = shutdown.cancelled() => return Ok(()),
        }
    }
}
