//! Starting and stopping: listeners, TLS, the one background task per listener.

mod tls;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use tls::{Material, TlsError};
pub(crate) use wire::Wire;

use crate::config::{Config, Credentials, OfferedPackage, OfferedVersion, Ready};
use crate::fault::Faults;
use crate::ledger::Ledger;
use crate::org::{BirthError, ConnectedApp, Org, ReadyApp};
use crate::package::{Package, PackageError};
use crate::{package, pubsub, surface};

/// How long open connections may take to end before they are cut.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error(transparent)]
    Birth(#[from] BirthError),
}

/// A running simulator. Dropping it without [`Simulator::stop`] cuts everything at once.
pub struct Simulator {
    ready: Ready,
    org: Arc<Org>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Makes an org and serves it until [`Simulator::stop`].
    pub async fn start(config: Config) -> Result<Self, StartError> {
        // Somebody else in the process may have installed a provider already: that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = listen(config.http).await?;
        let pubsub = listen(config.pubsub).await?;
        let tls = config.tls_dir.as_deref().map(Material::make).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let local =
            |listener: &TcpListener| listener.local_addr().map(|address| format!("{scheme}://{address}"));
        let no_address = |source| StartError::Listen { address: config.http, source };
        let base_url = local(&http).map_err(no_address)?;
        let pubsub_url = local(&pubsub).map_err(no_address)?;

        let org = Org::new(config)?;
        package::install_at_birth(&org)?;
        if !org.config.conditions.deploy_lock.is_zero() {
            crate::metadata::foreign_deploy(&org, org.config.conditions.deploy_lock);
        }
        let stop = CancellationToken::new();
        let router = surface::router(org.clone(), scheme, stop.clone());
        let server =
            wire::serve(http, tls.as_ref().map(Material::server_config).transpose()?, router, stop.clone());
        let tasks = vec![tokio::spawn(server), spawn_pubsub(org.clone(), pubsub, tls.as_ref(), stop.clone())];
        let ready = ready(&org, base_url, pubsub_url, tls.map(|tls| tls.ca_file));
        Ok(Self { ready, org, stop, tasks })
    }

    /// Where it listens and who may log in.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The org behind the listeners.
    pub fn org(&self) -> &Arc<Org> {
        &self.org
    }

    /// What has happened so far.
    pub fn ledger(&self) -> &Ledger {
        &self.org.ledger
    }

    /// The faults to come.
    pub fn faults(&self) -> &Faults {
        &self.org.faults
    }

    /// Somebody else deploys for so long on the org's clock; answers the id of the DeployRequest.
    pub fn deploy_by_somebody_else(&self, takes: Duration) -> crate::org::Id {
        crate::metadata::foreign_deploy(&self.org, takes)
    }

    /// Salesforce makes the sandbox anew from its production org: another org at the same addresses, without what was
    /// deployed, without data, without grants. Its ledger begins anew too.
    pub async fn refreshed(self) -> Result<Self, StartError> {
        let at = |url: &str, fallback| {
            let address = url.split_once("://").and_then(|(_, address)| address.parse().ok());
            address.unwrap_or(fallback)
        };
        let config = self.org.config.clone();
        let config = Config {
            http: at(&self.ready.base_url, config.http),
            pubsub: at(&self.ready.pubsub_url, config.pubsub),
            refreshes: config.refreshes + 1,
            ..config
        };
        self.stop().await;
        Self::start(config).await
    }

    /// Ends open connections, within a bounded time.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for mut task in std::mem::take(&mut self.tasks) {
            if tokio::time::timeout(STOP_WITHIN, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator").field("ready", &self.ready).finish_non_exhaustive()
    }
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

/// Serves Pub/Sub on its own listener.
fn spawn_pubsub(
    org: Arc<Org>,
    listener: TcpListener,
    tls: Option<&Material>,
    stop: CancellationToken,
) -> JoinHandle<()> {
    let identity = tls.map(|tls| (tls.cert_pem.clone(), tls.key_pem.clone()));
    tokio::spawn(async move {
        if let Err(error) = pubsub::serve(org, listener, identity, stop).await {
            tracing::error!(%error, "the Pub/Sub listener failed");
        }
    })
}

fn ready(org: &Org, base_url: String, pubsub_url: String, ca_file: Option<std::path::PathBuf>) -> Ready {
    let access_token = org.open_session(org.admin, None, "full");
    let packages = org.config.packages.iter().map(|package| offered(package, &base_url)).collect();
    let state = org.read();
    let credentials = |id| {
        let user = &state.users[&id];
        Credentials { username: user.username.clone(), password: user.password.clone() }
    };
    Ready {
        base_url,
        pubsub_url,
        org_id: org.id.to_string(),
        client_id: org.app.client_id.clone(),
        client_secret: org.app.client_secret.clone(),
        admin: credentials(org.admin),
        user: credentials(org.user),
        security_token: org.security_token(org.admin),
        access_token,
        ca_file,
        packages,
        // The first is the Salesforce CLI's, which every org has.
        apps: org.apps.iter().skip(1).map(ready_app).collect(),
    }
}

fn ready_app(app: &ConnectedApp) -> ReadyApp {
    ReadyApp {
        name: app.name.clone(),
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone(),
    }
}

fn offered(package: &Package, base_url: &str) -> OfferedPackage {
    let versions = package.versions.iter().map(|version| OfferedVersion {
        id: version.id.to_string(),
        number: version.text(),
        beta: version.beta,
        install_url: format!("{base_url}/packaging/installPackage.apexp?p0={}", version.id),
    });
    OfferedPackage {
        id: package.id.to_string(),
        namespace: package.namespace.clone(),
        versions: versions.collect(),
    }
}
