//! Renewing an access token.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use provision_connector_sdk::oauth::{self, Introspection, TokenAnswer, TokenFault, TokenKind};
use provision_connector_sdk::{Access, ConnectorFault, FaultClass, TokenErrorClass};
use provision_core::account::{Failure, ServiceAccount};
use provision_core::machine::Event;
use provision_core::{AccountName, Fault, Principal, Reason, Result};
use provision_store::record::{Credential, CredentialState, RecordKey};

use super::{Broker, TokenPair, classify};
use crate::commit::{Built, Draft};
use crate::context::account_context;
use crate::repository::Versioned;

impl Broker {
    /// A token newer than generation `stale`.
    pub(super) async fn renew(
        &self,
        name: &AccountName,
        uid: &str,
        stale: u64,
    ) -> Result<Access, ConnectorFault> {
        let flight = self.flight(name);
        let _only_one = flight.lock().await;
        let found = self.credential(name, uid).await.map_err(classify)?;
        if found.value.generation > stale {
            return self.access(name, &found.value).map_err(classify);
        }
        let account = self.context.account(name).await.map_err(classify)?.value;
        let pair =
            TokenPair::open(&self.context.envelope, name, uid, &found.value.tokens).map_err(classify)?;
        match &found.value.state {
            CredentialState::Lost { failure } | CredentialState::ClientRefused { failure, .. } => {
                return Err(ConnectorFault::denied(Fault::new(failure.reason, failure.message.clone())));
            }
            // A daemon died, or an answer was lost, in the middle of an exchange.
            CredentialState::Exchanging { .. } | CredentialState::InDoubt(_) => {
                self.resolve_doubt(&account, &pair).await?
            }
            CredentialState::Valid => {}
        }
        let Some(refresh) = pair.refresh.clone() else {
            return Err(self.lose(&account, "the application gave no refresh token").await);
        };
        let spec = self.spec(&account).map_err(classify)?;
        let intent = CredentialState::Exchanging { since: self.context.now(), last_try: false };
        let found = self.mark(name, uid, intent).await.map_err(classify)?;
        metrics::counter!("provisiond_token_exchanges_total").increment(1);
        match oauth::refresh(&self.http, &spec, &refresh).await {
            Ok(answer) => {
                let pair = TokenPair::after(&answer, pair.refresh);
                self.keep_exchanged(&account, &found, pair, &answer).await.map_err(classify)
            }
            Err(TokenFault::Unsent(internal) | TokenFault::Unavailable(internal)) => {
                self.mark(name, uid, CredentialState::Valid).await.map_err(classify)?;
                Err(ConnectorFault::transient(internal))
            }
            Err(TokenFault::AddressRefused(refused)) => {
                self.mark(name, uid, CredentialState::Valid).await.map_err(classify)?;
                Err(ConnectorFault::from(&refused))
            }
            Err(TokenFault::Refused { error, description }) => {
                self.refused(&account, &error, &description).await
            }
            Err(TokenFault::Ambiguous(internal)) => {
                tracing::warn!(account = %name, internal, "the answer of a token exchange was lost");
                self.resolve_doubt(&account, &pair).await?;
                Err(ConnectorFault::transient("the exchange had no effect; it is tried again"))
            }
        }
    }

    async fn refused(
        &self,
        account: &ServiceAccount,
        error: &str,
        description: &str,
    ) -> Result<Access, ConnectorFault> {
        let connector = self.context.connectors.get(&account.connector).map_err(classify)?;
        match connector.token_error(error, description) {
            TokenErrorClass::Revoked | TokenErrorClass::ClientRefused => {
                Err(self.lose(account, &format!("{error}: {description}")).await)
            }
            TokenErrorClass::Race | TokenErrorClass::Other => {
                self.mark(&account.name, &account.uid, CredentialState::Valid).await.map_err(classify)?;
                Err(ConnectorFault::transient(format!("token exchange refused: {error}: {description}")))
            }
        }
    }

    /// After an exchange without an answer: the old refresh token lives (then nothing has happened), or it does not
    /// (then its successor is lost with the answer), or that cannot be told yet.
    async fn resolve_doubt(&self, account: &ServiceAccount, pair: &TokenPair) -> Result<(), ConnectorFault> {
        let spec = self.spec(account).map_err(classify)?;
        let verdict = match &pair.refresh {
            Some(refresh) => oauth::introspect(&self.http, &spec, refresh, TokenKind::Refresh).await,
            None => Introspection::Inactive,
        };
        match verdict {
            Introspection::Active => {
                self.mark(&account.name, &account.uid, CredentialState::Valid).await.map_err(classify)?;
                Ok(())
            }
            Introspection::Inactive => Err(self
                .lose(account, "the answer of a token exchange was lost, and the token with it")
                .await),
            Introspection::NoAnswer => Err(ConnectorFault::new(
                FaultClass::Transient,
                Fault::new(
                    Reason::GrantInDoubt,
                    "the answer of a token exchange was lost; the application is asked whether the grant lives",
                ),
            )),
        }
    }

    /// Makes the new pair durable, whatever it takes: without it the grant would be lost.
    async fn keep_exchanged(
        &self,
        account: &ServiceAccount,
        found: &Versioned<Credential>,
        pair: TokenPair,
        answer: &TokenAnswer,
    ) -> Result<Access> {
        let connector = self.context.connectors.get(&account.connector)?;
        // The application may move the organisation to another host; one we do not trust is not used.
        let instance_url = match connector.instance_url(&account_context(account), &answer.extra) {
            Ok(url) => url,
            Err(fault) => {
                tracing::error!(account = %account.name, %fault, "the new instance URL is not trusted; the old one stays");
                found.value.instance_url.clone()
            }
        };
        let record = Credential {
            generation: found.value.generation + 1,
            tokens: pair.seal(&self.context.envelope, &account.name, &account.uid)?,
            instance_url,
            state: CredentialState::Valid,
            obtain_time: self.context.now(),
            ..found.value.clone()
        };
        let key = RecordKey::credential(&account.name);
        let commit = || async {
            self.context
                .commit(|| async {
                    let mut draft = Draft::default();
                    draft.put(key.clone(), &record)?;
                    Ok(Built::Commit(draft, ()))
                })
                .await
        };
        commit
            .retry(ExponentialBuilder::default().with_min_delay(Duration::from_millis(50)).with_max_times(10))
            .when(|fault: &Fault| fault.reason() == Reason::StoreUnavailable)
            .await?;
        self.access(&account.name, &record)
    }

    /// Stores where the grant stands.
    async fn mark(
        &self,
        name: &AccountName,
        uid: &str,
        state: CredentialState,
    ) -> Result<Versioned<Credential>> {
        let key = RecordKey::credential(name);
        self.context
            .commit(|| async {
                let found = self.credential(name, uid).await?;
                let mut draft = Draft::default();
                let record = Credential { state: state.clone(), ..found.value };
                draft.replace(key.clone(), found.revision, &record)?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.credential(name, uid).await
    }

    /// The grant is gone: stored, told, and never tried again.
    async fn lose(&self, account: &ServiceAccount, internal: &str) -> ConnectorFault {
        tracing::warn!(account = %account.name, internal, "the grant is gone");
        let fault = Fault::new(
            Reason::ReauthorizationRequired,
            "the application does not accept the grant any more; an administrator must authorise again",
        )
        .with_internal(internal);
        let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
        let (name, uid) = (&account.name, &account.uid);
        let stored = self
            .context
            .commit(|| async {
                let found = self.credential(name, uid).await?;
                let account = self.context.account(name).await?;
                let mut draft = Draft::default();
                let state = CredentialState::Lost { failure: failure.clone() };
                let record = Credential { state, ..found.value };
                draft.replace(RecordKey::credential(name), found.revision, &record)?;
                draft.transition(&self.context, &account, Event::GrantLost { failure: failure.clone() })?;
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &Principal::system(),
                    "GrantLost",
                    name.to_string(),
                    &[("reason", failure.reason.as_str())],
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await;
        if let Err(fault) = stored {
            return classify(fault);
        }
        ConnectorFault::denied(fault)
    }
}
