//! The credential broker: the one place that ever sees a refresh token.
//!
//! Applications rotate refresh tokens, and using an old one can revoke the whole grant. So: one exchange in flight per
//! account; its intent is stored before it leaves; the new pair is durable before anybody uses it; and an exchange
//! whose answer was lost is never repeated blindly, but resolved by asking whether the old token still lives.

mod ending;
mod exchange;
mod proof;
mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use provision_connector_sdk::oauth::{self, TokenAnswer};
use provision_connector_sdk::{Access, AuthorizationSpec, CallCounter, ConnectorFault, Credentials, Session};
use provision_core::account::ServiceAccount;
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::{Credential, CredentialState, RecordKey};
use secrecy::SecretString;

use crate::commit::Draft;
use crate::context::{Context, account_context};
use crate::repository::Versioned;

pub(crate) use tokens::TokenPair;

/// Gives out access tokens, and renews them.
pub struct Broker {
    context: Arc<Context>,
    http: reqwest::Client,
    flights: Mutex<HashMap<AccountName, Arc<tokio::sync::Mutex<()>>>>,
}

impl Broker {
    pub fn new(context: Arc<Context>, http: reqwest::Client) -> Arc<Self> {
        Arc::new(Broker { context, http, flights: Mutex::new(HashMap::new()) })
    }

    /// The HTTP client for exchanges.
    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A session for a connector's calls.
    pub fn session(self: &Arc<Self>, account: &ServiceAccount, calls: Arc<CallCounter>) -> Session {
        Session {
            account: account_context(account),
            credentials: Arc::new(AccountCredentials {
                broker: self.clone(),
                name: account.name.clone(),
                uid: account.uid.clone(),
            }),
            calls,
        }
    }

    /// Where and how the account is authorised.
    pub(crate) fn spec(&self, account: &ServiceAccount) -> Result<AuthorizationSpec> {
        let connector = self.context.connectors.get(&account.connector)?;
        Ok(connector.authorization(&account_context(account))?)
    }

    /// Adds the grant of a finished authorisation to a commit; it replaces whatever grant there was.
    pub(crate) fn keep(
        &self,
        draft: &mut Draft,
        account: &ServiceAccount,
        found: &Option<Versioned<Credential>>,
        pair: &TokenPair,
        instance_url: &str,
    ) -> Result<()> {
        let key = RecordKey::credential(&account.name);
        let record = Credential {
            account_uid: account.uid.clone(),
            generation: found.as_ref().map_or(1, |c| c.value.generation + 1),
            tokens: pair.seal(&self.context.envelope, &account.name, &account.uid)?,
            instance_url: instance_url.to_owned(),
            state: CredentialState::Valid,
            obtain_time: self.context.now(),
            authorize_time: Some(self.context.now()),
            access_expire_time: None,
            access_lifetime_seconds: None,
            introspect_time: None,
            refresh_expire_time: None,
            expiry_told_time: None,
            retired: Vec::new(),
        };
        draft.as_found(key.clone(), found);
        draft.put(key, &record)
    }

    /// Revokes a grant that is not wanted. Best effort: a failure is logged, since the caller has a better reason to
    /// tell.
    pub(crate) async fn revoke(&self, spec: &AuthorizationSpec, answer: &TokenAnswer) {
        let token = answer.refresh_token.as_ref().unwrap_or(&answer.access_token);
        if let Err(fault) = oauth::revoke(&self.http, spec, token).await {
            tracing::warn!(%fault, "a grant that is not wanted could not be revoked");
        }
    }

    /// The one flight of an account.
    fn flight(&self, name: &AccountName) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.entry(name.clone()).or_default().clone()
    }

    async fn credential(&self, name: &AccountName, uid: &str) -> Result<Versioned<Credential>> {
        self.context
            .repository()
            .find::<Credential>(&RecordKey::credential(name))
            .await?
            .filter(|c| c.value.account_uid == uid)
            .ok_or_else(|| {
                Fault::new(Reason::ReauthorizationRequired, "the account has no grant; authorise it first")
            })
    }

    fn access(&self, name: &AccountName, credential: &Credential) -> Result<Access> {
        if let CredentialState::Lost { failure } = &credential.state {
            return Err(Fault::new(failure.reason, failure.message.clone()));
        }
        let pair =
            TokenPair::open(&self.context.envelope, name, &credential.account_uid, &credential.tokens)?;
        Ok(Access {
            token: pair.access,
            instance_url: credential.instance_url.clone(),
            generation: credential.generation,
        })
    }
}

/// The credentials of one account, as connectors see them.
struct AccountCredentials {
    broker: Arc<Broker>,
    name: AccountName,
    uid: String,
}

#[async_trait]
impl Credentials for AccountCredentials {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        let credential = self.broker.credential(&self.name, &self.uid).await.map_err(classify)?;
        self.broker.access(&self.name, &credential.value).map_err(classify)
    }

    async fn renew(&self, stale: &Access) -> Result<Access, ConnectorFault> {
        // In a task of its own: a caller that gives up must not cut an exchange between its answer and its commit.
        let (broker, name, uid) = (self.broker.clone(), self.name.clone(), self.uid.clone());
        let generation = stale.generation;
        tokio::spawn(async move { broker.renew(&name, &uid, generation).await })
            .await
            .unwrap_or_else(|error| Err(ConnectorFault::unknown(error)))
    }
}

/// A fault of the broker's own, for the connector that asked.
fn classify(fault: Fault) -> ConnectorFault {
    match fault.reason() {
        Reason::ReauthorizationRequired => ConnectorFault::denied(fault),
        _ => ConnectorFault::new(provision_connector_sdk::FaultClass::Transient, fault),
    }
}

/// Only to build a token pair from an answer.
pub(crate) fn pair_of(answer: &TokenAnswer) -> Result<TokenPair> {
    let refresh = answer.refresh_token.clone().ok_or_else(|| {
        Fault::new(
            Reason::AuthorizationRejected,
            "the application gave no refresh token; allow the scope for offline access to the app and begin again",
        )
    })?;
    Ok(TokenPair { access: answer.access_token.clone(), refresh: Some(refresh) })
}

impl TokenPair {
    /// The pair after an exchange: where the answer brings no refresh token, the old one stays.
    fn after(answer: &TokenAnswer, old: Option<SecretString>) -> TokenPair {
        TokenPair { access: answer.access_token.clone(), refresh: answer.refresh_token.clone().or(old) }
    }
}

impl Broker {
    /// Revokes a grant that was replaced by a newer one of the same account. Best effort.
    pub(crate) async fn retire(&self, account: &ServiceAccount, old: &Credential) {
        let revoke = async {
            let pair = TokenPair::open(&self.context.envelope, &account.name, &old.account_uid, &old.tokens)?;
            let spec = self.spec(account)?;
            let token = pair.refresh.as_ref().unwrap_or(&pair.access);
            oauth::revoke(&self.http, &spec, token).await.map_err(Fault::internal_error)
        };
        if let Err(fault) = revoke.await {
            tracing::warn!(account = %account.name, ?fault, "a grant that was replaced could not be revoked");
        }
    }
}
