//! Ending a grant for good.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use provision_connector_sdk::oauth::{self, Introspection, TokenAnswer, TokenFault, TokenKind};
use provision_connector_sdk::{CallCounter, TokenErrorClass};
use provision_core::account::ServiceAccount;
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::{Credential, CredentialState, RecordKey, Sealed};

use super::Broker;
use super::standing::Told;
use super::tokens::TokenPair;
use crate::repository::Versioned;

/// How long a grant that was not touched is looked at.
const LOOK_PATIENCE: Duration = Duration::from_secs(10);

impl Broker {
    /// Revokes the account's grant, and proves it where the application can be asked. Answers the credential as it was
    /// found, for the commit that removes it. No exchange of the account's tokens runs at the same time.
    pub(crate) async fn end(&self, account: &ServiceAccount) -> Result<Option<Versioned<Credential>>> {
        let flight = self.flight(&account.name);
        let _guard = flight.lock().await;
        let key = RecordKey::credential(&account.name);
        let Some(found) = self.context.repository().find::<Credential>(&key).await? else { return Ok(None) };
        if found.value.account_uid != account.uid || matches!(found.value.state, CredentialState::Lost { .. })
        {
            return Ok(Some(found));
        }
        let sealed = &found.value.tokens;
        let pair = TokenPair::open(&self.context.envelope, &account.name, &found.value.account_uid, sealed)?;
        let spec = self.spec(account)?;
        let token = pair.refresh.as_ref().unwrap_or(&pair.access);
        match oauth::revoke(&self.http, &spec, token).await {
            Ok(()) => {}
            Err(TokenFault::Refused { error, description })
                if self.context.connectors.get(&account.connector)?.token_error(&error, &description)
                    == TokenErrorClass::Revoked => {}
            Err(fault) => return Err(not_revoked(fault)),
        }
        let kind = if pair.refresh.is_some() { TokenKind::Refresh } else { TokenKind::Access };
        match oauth::introspect(&self.http, &spec, token, kind).await {
            Introspection::Active { .. } => {
                Err(not_revoked("the application says that the token still lives"))
            }
            Introspection::Inactive | Introspection::NoAnswer => Ok(Some(found)),
        }
    }

    /// Whether a grant that was just given is the account's own; `None` where the store does not say.
    pub(crate) async fn holds(&self, account: &ServiceAccount, answer: &TokenAnswer) -> Option<bool> {
        let fresh = TokenPair { access: answer.access_token.clone(), refresh: answer.refresh_token.clone() };
        match self.credential(&account.name, &account.uid).await {
            Ok(found) => {
                let (envelope, tokens) = (&self.context.envelope, &found.value.tokens);
                TokenPair::open(envelope, &account.name, &account.uid, tokens)
                    .map(|held| held.is_same(&fresh))
                    .ok()
            }
            Err(fault) if fault.reason() == Reason::ReauthorizationRequired => Some(false),
            Err(_) => None,
        }
    }

    /// Revokes the grants that a fresh one of the same account has replaced; what could not be revoked is tried again.
    /// Applications may end more than they were asked for, so the fresh one is looked at afterwards.
    pub(crate) async fn revoke_retired(self: &Arc<Self>, account: &ServiceAccount) -> Result<()> {
        let key = RecordKey::credential(&account.name);
        let Some(found) = self.context.repository().find::<Credential>(&key).await? else { return Ok(()) };
        let found = found.value;
        if found.account_uid != account.uid || found.retired.is_empty() {
            return Ok(());
        }
        let current = TokenPair::open(&self.context.envelope, &account.name, &account.uid, &found.tokens)?;
        for sealed in &found.retired {
            let old = match TokenPair::open(&self.context.envelope, &account.name, &account.uid, sealed) {
                Ok(old) => old,
                Err(fault) => {
                    tracing::warn!(account = %account.name, ?fault, "a grant that was replaced cannot be opened; it is not revoked");
                    continue;
                }
            };
            if !old.is_same(&current)
                && let Err(fault) = self.revoke_pair(account, &old).await
            {
                tracing::warn!(account = %account.name, %fault, "a grant that was replaced could not be revoked yet");
                return Ok(());
            }
        }
        let gone = |c: &mut Credential| c.retired.retain(|sealed| !found.retired.contains(sealed));
        let told =
            Told { event: None, audit: Some(("ReplacedGrantRevoked", Reason::ReauthorizationRequired)) };
        self.change(account, found.generation, gone, told).await?;
        self.look_after(account).await;
        Ok(())
    }

    /// Revokes a pair that an exchange gave after a fresh grant had taken the place of its own; where that fails, it is
    /// kept among those to be revoked.
    pub(super) async fn retire_pair(&self, account: &ServiceAccount, tokens: &Sealed) -> Result<()> {
        let pair = TokenPair::open(&self.context.envelope, &account.name, &account.uid, tokens)?;
        if let Err(fault) = self.revoke_pair(account, &pair).await {
            tracing::warn!(account = %account.name, %fault, "a grant that was replaced could not be revoked yet");
            let now = self.credential(&account.name, &account.uid).await?.value.generation;
            let keep = |c: &mut Credential| c.retired.push(tokens.clone());
            self.change(account, now, keep, Told::default()).await?;
        }
        Ok(())
    }

    /// Refused because it is gone already counts as revoked.
    async fn revoke_pair(&self, account: &ServiceAccount, pair: &TokenPair) -> Result<()> {
        let spec = self.spec(account)?;
        let token = pair.refresh.as_ref().unwrap_or(&pair.access);
        match oauth::revoke(&self.http, &spec, token).await {
            Ok(()) | Err(TokenFault::Refused { .. }) => Ok(()),
            Err(fault) => Err(not_revoked(fault)),
        }
    }

    /// An account that is gone needs no place for its exchanges.
    pub(crate) fn forget(&self, name: &AccountName) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Looks whether an account's own grant still works, after another grant in the same organisation was revoked. A
    /// grant that is gone is recorded on the way.
    pub(crate) async fn look_after(self: &Arc<Self>, account: &ServiceAccount) {
        let Ok(connector) = self.context.connectors.get(&account.connector) else { return };
        let session = self.session(account, Arc::new(CallCounter::default()));
        match tokio::time::timeout(LOOK_PATIENCE, connector.identify(&session)).await {
            Ok(Ok(_)) => tracing::info!(account = %account.name, "the account's own grant holds"),
            Ok(Err(fault)) => {
                tracing::warn!(account = %account.name, ?fault, "the account's own grant could not be used");
            }
            Err(_elapsed) => {
                tracing::warn!(account = %account.name, "whether the account's own grant holds was not answered in time");
            }
        }
    }
}

fn not_revoked(internal: impl std::fmt::Display) -> Fault {
    Fault::new(
        Reason::SaasUnavailable,
        "the account's grant could not be revoked, so the account stays as it is; try again",
    )
    .with_internal(internal)
    .retry_after(Duration::from_secs(2))
}
