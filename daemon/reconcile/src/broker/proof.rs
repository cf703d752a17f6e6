//! Proving that a grant has ended: the application refuses what the account called it with.

use std::sync::Arc;

use async_trait::async_trait;
use provision_connector_sdk::{Access, CallCounter, ConnectorFault, Credentials, FaultClass, Session};
use provision_core::account::ServiceAccount;
use provision_core::{Fault, Reason, Result};
use provision_store::record::{Credential, CredentialState};

use super::Broker;
use super::tokens::TokenPair;
use crate::context::account_context;
use crate::repository::Versioned;

impl Broker {
    /// Revokes the account's grant, and proves it by a call that is refused. Answers the credential as it was found; one
    /// that is lost already needs neither. `Transient` while the application goes on accepting it, or does not answer.
    pub(crate) async fn end_proven(
        &self,
        account: &ServiceAccount,
    ) -> Result<Option<Versioned<Credential>>, ConnectorFault> {
        let found = self.end(account).await.map_err(|fault| match fault.reason() {
            Reason::StoreUnavailable | Reason::SaasUnavailable => {
                ConnectorFault::new(FaultClass::Transient, fault)
            }
            _ => ConnectorFault::rejected(fault),
        })?;
        let Some(found) = found.filter(|c| c.value.account_uid == account.uid) else { return Ok(None) };
        if matches!(found.value.state, CredentialState::Lost { .. }) {
            return Ok(Some(found));
        }
        let (name, uid) = (&account.name, &account.uid);
        let pair = TokenPair::open(&self.context.envelope, name, uid, &found.value.tokens)
            .map_err(ConnectorFault::rejected)?;
        let session = Session {
            account: account_context(account),
            credentials: Arc::new(EndedGrant(Access {
                token: pair.access,
                instance_url: found.value.instance_url.clone(),
                generation: found.value.generation,
            })),
            calls: Arc::new(CallCounter::default()),
        };
        let connector = self.context.connectors.get(&account.connector).map_err(ConnectorFault::rejected)?;
        match connector.identify(&session).await {
            Err(fault) if fault.class == FaultClass::Denied => Ok(Some(found)),
            Err(fault) if fault.is_retryable() => Err(fault),
            Err(fault) => {
                tracing::warn!(account = %name, ?fault, "whether the revoked grant is refused was not answered clearly");
                Err(ConnectorFault::new(FaultClass::Transient, still_accepted()))
            }
            Ok(_) => Err(ConnectorFault::new(FaultClass::Transient, still_accepted())),
        }
    }
}

fn still_accepted() -> Fault {
    Fault::new(
        Reason::SaasUnavailable,
        "the grant was revoked, and the application does not refuse it yet; nothing is lost by trying again",
    )
}

/// A grant that was revoked: its access token, and no renewal.
struct EndedGrant(Access);

#[async_trait]
impl Credentials for EndedGrant {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _stale: &Access) -> Result<Access, ConnectorFault> {
        Err(ConnectorFault::denied(Fault::new(
            Reason::ReauthorizationRequired,
            "the grant was revoked, and the application refuses it",
        )))
    }
}
