//! What every part of the reconciler stands on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::{AccountContext, Connector};
use provision_core::account::ServiceAccount;
use provision_core::connector::Manifest;
use provision_core::ports::{Clock, Randomness};
use provision_core::{ConnectorId, Fault, Result, Timestamp};
use provision_store::Store;
use provision_store::artifact::ArtifactStore;
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::budget::BudgetSettings;
use crate::drift::DriftSettings;
use crate::repository::Repository;
use crate::seal::Envelope;

/// The daemon's parts, as the wiring joined them.
pub struct Context {
    pub store: Arc<dyn Store>,
    pub artifacts: ArtifactStore,
    pub clock: Arc<dyn Clock>,
    pub randomness: Arc<dyn Randomness>,
    pub connectors: Registry,
    pub envelope: Envelope,
    pub settings: Settings,
    /// Ends every task of the reconciler.
    pub shutdown: CancellationToken,
}

/// What can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The daemon's own callback page, as browsers reach it.
    pub callback_url: String,
    /// The daemon's own page for authorising an account again, as browsers reach it, without a slash at its end; empty:
    /// there is none.
    pub reauthorize_url: String,
    /// Redirects of consoles that may be asked for.
    pub console_redirect_uris: Vec<String>,
    /// How long an operation may run.
    pub operation_deadline: Duration,
    /// How long a canary may take to come back.
    pub canary_patience: Duration,
    /// First and longest pause between two tries.
    pub retry_delay_min: Duration,
    pub retry_delay_max: Duration,
    /// How often a step is tried before it fails.
    pub step_attempts_max: u32,
    pub grants: GrantSettings,
    /// Notifications kept for each tenant.
    pub notifications_kept: usize,
    /// How long after a licence has lapsed its accounts are deprovisioned; `None`: never.
    pub removal_after: Option<Duration>,
    /// How the organisations' allowances of calls are shared out.
    pub budget: BudgetSettings,
    /// How often organisations are compared with their plans.
    pub drift: DriftSettings,
}

/// How grants are looked after.
#[derive(Debug, Clone, Copy)]
pub struct GrantSettings {
    /// How often all of them are looked at, give or take a quarter.
    pub look_interval: Duration,
    /// An access token that is in use is exchanged so long before its end.
    pub refresh_ahead: Duration,
    /// A grant that nobody uses is exchanged this often.
    pub keep_alive: Duration,
    /// People are told so long before a grant ends.
    pub announce_ahead: Duration,
    /// How long the application has to answer whether a grant lives, before the one exchange is made that is made
    /// without knowing.
    pub doubt_patience: Duration,
    /// How long after that exchange a grant is given up that nobody could tell of.
    pub doubt_max: Duration,
    /// How often a grant is tried whose client the application refuses.
    pub client_retry: Duration,
}

impl Default for GrantSettings {
    fn default() -> Self {
        GrantSettings {
            look_interval: Duration::from_secs(30),
            refresh_ahead: Duration::from_secs(300),
            keep_alive: Duration::from_secs(6 * 24 * 3600),
            announce_ahead: Duration::from_secs(7 * 24 * 3600),
            doubt_patience: Duration::from_secs(120),
            doubt_max: Duration::from_secs(3600),
            client_retry: Duration::from_secs(900),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            callback_url: String::new(),
            reauthorize_url: String::new(),
            console_redirect_uris: Vec::new(),
            operation_deadline: Duration::from_secs(6 * 3600),
            canary_patience: Duration::from_secs(120),
            retry_delay_min: Duration::from_millis(500),
            retry_delay_max: Duration::from_secs(60),
            step_attempts_max: 12,
            grants: GrantSettings::default(),
            notifications_kept: 10_000,
            removal_after: Some(Duration::from_secs(30 * 24 * 3600)),
            budget: BudgetSettings::default(),
            drift: DriftSettings::default(),
        }
    }
}

/// The connectors of this daemon.
#[derive(Clone, Default)]
pub struct Registry {
    connectors: BTreeMap<ConnectorId, Arc<dyn Connector>>,
}

impl Registry {
    /// Adds a connector under its manifest's id.
    pub fn add(&mut self, connector: Arc<dyn Connector>) {
        self.connectors.insert(connector.manifest().id.clone(), connector);
    }

    /// The connector of that id.
    pub fn get(&self, id: &ConnectorId) -> Result<&Arc<dyn Connector>> {
        self.connectors.get(id).ok_or_else(|| {
            let known: Vec<_> = self.connectors.keys().map(ConnectorId::as_str).collect();
            Fault::invalid("connector", format!("must be one of {}", known.join(", ")))
        })
    }
}

impl provision_core::ports::Connectors for Registry {
    fn manifests(&self) -> Vec<&Manifest> {
        self.connectors.values().map(|c| c.manifest()).collect()
    }

    fn manifest(&self, id: &ConnectorId) -> Result<&Manifest> {
        self.connectors
            .get(id)
            .map(|c| c.manifest())
            .ok_or_else(|| Fault::not_found(format!("connectors/{id}")))
    }
}

impl Context {
    /// Typed access to the store.
    pub fn repository(&self) -> Repository<'_> {
        Repository::new(self.store.as_ref())
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Random bytes as lower-case hexadecimal digits.
    pub fn random_hex(&self, bytes: usize) -> String {
        let mut buffer = vec![0u8; bytes];
        self.randomness.fill(&mut buffer);
        hex::encode(buffer)
    }

    /// An id whose order is newest first: inverted milliseconds, then random digits.
    pub fn newest_first_id(&self) -> String {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or(0);
        format!("{:013}-{}", 9_999_999_999_999u64.saturating_sub(millis), self.random_hex(6))
    }
}

/// What a connector is told about an account.
pub fn account_context(account: &ServiceAccount) -> AccountContext {
    AccountContext {
        uid: account.uid.clone(),
        environment: account.environment.clone(),
        settings: account.settings.clone(),
        identity: account.identity.clone(),
    }
}

/// SHA-256 as lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
