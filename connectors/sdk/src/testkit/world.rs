//! What a connector's tests bring to the suite.

use std::sync::Arc;

use async_trait::async_trait;
use provision_core::plan::PlannedComponent;
use provision_core::{Fault, Reason};
use secrecy::SecretString;

use crate::connector::Connector;
use crate::fault::ConnectorFault;
use crate::pacing::CallCounter;
use crate::session::{Access, AccountContext, Credentials, Session};

/// One organisation of a simulated application, and the connector that is judged with it.
#[async_trait]
pub trait World: Send + Sync {
    fn connector(&self) -> &dyn Connector;

    /// An account in the organisation's environment. The suite fills the identity in.
    fn account(&self) -> AccountContext;

    /// Credentials that the organisation accepts.
    async fn credentials(&self) -> Arc<dyn Credentials>;

    /// Credentials that it does not, and will not once they are renewed.
    async fn refused_credentials(&self) -> Arc<dyn Credentials>;

    /// Object types to protect; empty for the connector's default set.
    fn object_types(&self) -> Vec<String> {
        Vec::new()
    }

    /// How many changes the organisation has seen, where the world can tell.
    fn effects(&self) -> Option<u64> {
        None
    }

    /// All that stands in the organisation, in words that can be compared, where the world can tell.
    fn portrait(&self) -> Option<String> {
        None
    }

    /// Puts content into quarantine by the application's own means, under the id of an action. `false` where the world
    /// cannot.
    async fn quarantine(&self, _action: &str, _content: &[u8]) -> bool {
        false
    }

    /// Makes a component somebody else's, under the same name. `false` where the world cannot.
    async fn disown(&self, _component: &PlannedComponent) -> bool {
        false
    }

    /// Spoils a component behind the connector's back. `false` where the world cannot.
    async fn tamper(&self, _component: &PlannedComponent) -> bool {
        false
    }
}

/// One access token for ever.
pub struct StaticCredentials(Access);

impl StaticCredentials {
    /// The token, and the base URL of the organisation's API.
    pub fn new(token: &str, instance_url: &str) -> Self {
        let token = SecretString::from(token.to_owned());
        StaticCredentials(Access { token, instance_url: instance_url.to_owned(), generation: 1 })
    }
}

#[async_trait]
impl Credentials for StaticCredentials {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _stale: &Access) -> Result<Access, ConnectorFault> {
        Err(ConnectorFault::denied(Fault::new(Reason::ReauthorizationRequired, "the only token was refused")))
    }
}

/// A session with the world's organisation.
pub(super) fn session(account: AccountContext, credentials: Arc<dyn Credentials>) -> Session {
    Session { account, credentials, calls: Arc::new(CallCounter::default()) }
}
