//! What a connector gets for each call: whose account, and a way to speak for it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use provision_core::account::Identity;
use secrecy::SecretString;

use crate::fault::ConnectorFault;
use crate::pacing::CallCounter;

/// Whose account a call is about. Tenant and organisation come from here and never from a payload.
#[derive(Debug, Clone)]
pub struct AccountContext {
    /// The account's uid: names of components are derived from it where they must differ between accounts.
    pub uid: String,
    /// One of the manifest's environments.
    pub environment: String,
    /// Valid under the manifest's schema.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Unset until the account was authorised.
    pub identity: Option<Identity>,
}

/// An access token and where to use it. Never the refresh token: only the daemon's broker has that.
#[derive(Clone)]
pub struct Access {
    pub token: SecretString,
    /// Base URL of the organisation's API; checked by the connector when it came in.
    pub instance_url: String,
    /// Grows with each exchange, so that two callers with the same stale token cause one renewal.
    pub generation: u64,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("instance_url", &self.instance_url)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// Where access tokens come from.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// The current access token.
    async fn current(&self) -> Result<Access, ConnectorFault>;
    /// A token newer than `stale`, which the application has refused. Call it once per refused call, then give up.
    async fn renew(&self, stale: &Access) -> Result<Access, ConnectorFault>;
}

/// A session with one organisation.
#[derive(Clone)]
pub struct Session {
    pub account: AccountContext,
    pub credentials: Arc<dyn Credentials>,
    /// Asked before each call, and told what the application says of its allowance.
    pub calls: Arc<CallCounter>,
}
