//! What the services are built from.

use std::sync::Arc;
use std::time::Duration;

use provision_core::Principal;
use provision_core::ports::{
    Access, AccountWatch, Accounts, Admin, Clock, Components, Connectors, InventoryReader, Notifications,
    Operations, Preconditions,
};

/// The ports that the services call.
#[derive(Clone)]
pub struct Ports {
    pub accounts: Arc<dyn Accounts>,
    pub preconditions: Arc<dyn Preconditions>,
    pub watch: Arc<dyn AccountWatch>,
    pub operations: Arc<dyn Operations>,
    pub inventory: Arc<dyn InventoryReader>,
    pub components: Arc<dyn Components>,
    pub notifications: Arc<dyn Notifications>,
    pub admin: Arc<dyn Admin>,
    pub access: Arc<dyn Access>,
    pub connectors: Arc<dyn Connectors>,
    pub clock: Arc<dyn Clock>,
}

/// Somebody who may call, known by the digest of a bearer token.
#[derive(Debug, Clone)]
pub struct PrincipalEntry {
    pub principal: Principal,
    /// SHA-256 of the token. A principal can stand in several entries, one per token.
    pub token_sha256: [u8; 32],
    /// Such a principal has the role platformAdministrator beside all tenants, and no role within any.
    pub platform_administrator: bool,
}

/// How the services behave.
#[derive(Clone)]
pub struct Settings {
    pub principals: Vec<PrincipalEntry>,
    /// Keys of the HMAC under page and resume tokens: the first makes tokens, the others are still read, so that keys
    /// can change without a stream or a list that begins anew.
    pub token_keys: Vec<[u8; 32]>,
    /// Where BeginAuthorization may send the browser, beside the daemon's own page; compared exactly.
    pub console_redirect_uris: Vec<String>,
    /// Longest silence of a stream.
    pub heartbeat: Duration,
    /// A stream whose subscriber takes nothing for this long is closed as SLOW_CONSUMER.
    pub stall_max: Duration,
    /// Streams and waits that a principal may have open at once.
    pub streams_per_principal_max: usize,
    /// Calls a second that a principal may make, over all its connections; health and reflection are not counted.
    pub requests_per_second: u32,
    /// Calls that a principal may make at once after a pause.
    pub request_burst: u32,
    /// Longest time of a call that is neither a stream nor a wait.
    pub request_timeout: Duration,
}

impl Settings {
    /// The defaults, for callers and keys; without a key the services do not start.
    pub fn new(principals: Vec<PrincipalEntry>, token_keys: Vec<[u8; 32]>) -> Self {
        Settings {
            principals,
            token_keys,
            console_redirect_uris: Vec::new(),
            heartbeat: Duration::from_secs(15),
            stall_max: Duration::from_secs(120),
            streams_per_principal_max: 100,
            requests_per_second: 200,
            request_burst: 400,
            request_timeout: Duration::from_secs(60),
        }
    }
}
