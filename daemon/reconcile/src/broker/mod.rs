//! The credential broker: the one place that ever sees a refresh token.
//!
//! Applications rotate refresh tokens, and using an old one can revoke the whole grant. So: one exchange in flight per
//! account; its intent is stored before it leaves; the new pair is durable before anybody uses it; and an exchange
//! whose answer was lost is never repeated blindly, but resolved by asking whether the old token still lives.

mod doubt;
mod ending;
mod exchange;
mod keeper;
mod outlook;
mod proof;
mod reseal;
mod standing;
mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use provision_connector_sdk::oauth::{self, TokenAnswer};
use provision_connector_sdk::{Access, AuthorizationSpec, CallCounter, ConnectorFault, Credentials, Session};
use provision_core::account::ServiceAccount;
use provision_core::{AccountName, Fault, Reason, Result, Timestamp};
use provision_store::record::{Credential, CredentialState, DoubtCause, RecordKey, Sealed};
use secrecy::SecretString;
use tokio_util::task::TaskTracker;

use crate::commit::Draft;
use crate::context::{Context, account_context};
use crate::repository::Versioned;

pub(crate) use outlook::outlook;
pub use reseal::SealedThings;
pub(crate) use tokens::TokenPair;

/// How long a caller waits for a renewal; the exchange goes on without it.
const CALLER_PATIENCE: Duration = Duration::from_secs(90);

/// Gives out access tokens, and renews them.
pub struct Broker {
    context: Arc<Context>,
    http: reqwest::Client,
    flights: Mutex<HashMap<AccountName, Arc<tokio::sync::Mutex<()>>>>,
    /// What is remembered of each account's grant and not worth storing.
    seen: Mutex<HashMap<AccountName, Seen>>,
    /// Exchanges and what belongs to them: none may be cut between its answer and its commit.
    tasks: TaskTracker,
}

#[derive(Default)]
struct Seen {
    /// Somebody asked for the access token.
    used: Option<Timestamp>,
    /// The application was asked about a grant in doubt.
    asked: Option<Timestamp>,
    /// The last renewal that failed, and when.
    failed: Option<(Instant, ConnectorFault)>,
}

impl Seen {
    /// How a renewal has failed that ended after `asked`.
    fn failure_since(&self, asked: Instant) -> Option<ConnectorFault> {
        self.failed.as_ref().filter(|(ended, _)| *ended >= asked).map(|(_, fault)| fault.clone())
    }
}

impl Broker {
    pub fn new(context: Arc<Context>, http: reqwest::Client) -> Arc<Self> {
        let (flights, seen) = (Mutex::new(HashMap::new()), Mutex::new(HashMap::new()));
        Arc::new(Broker { context, http, flights, seen, tasks: TaskTracker::new() })
    }

    /// Waits until no exchange is under way; the context's shutdown token must be cancelled before.
    pub async fn drain(&self) {
        self.tasks.close();
        self.tasks.wait().await;
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
            access_lifetime_seconds: found.as_ref().and_then(|c| c.value.access_lifetime_seconds),
            introspect_time: None,
            refresh_expire_time: None,
            expiry_told_time: None,
            retired: found.as_ref().map_or_else(Vec::new, |c| retired(&c.value, &account.uid)),
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

    /// Reads or changes what is remembered of an account's grant.
    fn seen<T>(&self, name: &AccountName, look: impl FnOnce(&mut Seen) -> T) -> T {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        look(seen.entry(name.clone()).or_default())
    }

    /// Between three quarters and five quarters of a pause, so that many accounts do not act in step.
    fn jittered(&self, pause: Duration) -> Duration {
        let mut byte = [0u8];
        self.context.randomness.fill(&mut byte);
        pause.mul_f64(0.75 + f64::from(byte[0]) / 510.0)
    }

    /// Where the organisation is by a token answer. The application may move it to another host; one that we do not
    /// trust is not used.
    fn instance_url(
        &self,
        account: &ServiceAccount,
        credential: &Credential,
        answer: &TokenAnswer,
    ) -> Result<String> {
        let connector = self.context.connectors.get(&account.connector)?;
        Ok(connector.instance_url(&account_context(account), &answer.extra).unwrap_or_else(|fault| {
            tracing::error!(account = %account.name, %fault, "the new instance URL is not trusted; the old one stays");
            credential.instance_url.clone()
        }))
    }

    /// A renewal in a task of its own: a caller that gives up must not cut an exchange between its answer and its commit.
    async fn detached_renewal(
        self: &Arc<Self>,
        name: &AccountName,
        uid: &str,
        stale: u64,
        refused: bool,
    ) -> Result<Access, ConnectorFault> {
        let (broker, name, uid) = (self.clone(), name.clone(), uid.to_owned());
        self.detached(async move { broker.renew(&name, &uid, stale, refused).await }).await
    }

    /// As [`Broker::detached_renewal`], for a grant in doubt.
    async fn detached_confirmation(
        self: &Arc<Self>,
        name: &AccountName,
        uid: &str,
    ) -> Result<Access, ConnectorFault> {
        let (broker, name, uid) = (self.clone(), name.clone(), uid.to_owned());
        self.detached(async move { broker.confirm(&name, &uid).await }).await
    }

    async fn detached(
        &self,
        work: impl Future<Output = Result<Access, ConnectorFault>> + Send + 'static,
    ) -> Result<Access, ConnectorFault> {
        match tokio::time::timeout(CALLER_PATIENCE, self.tasks.spawn(work)).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => Err(ConnectorFault::unknown(error)),
            Err(_elapsed) => Err(ConnectorFault::transient("a token exchange takes too long")),
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
        match &credential.state {
            CredentialState::Lost { failure } => {
                return Err(Fault::new(failure.reason, failure.message.clone()));
            }
            CredentialState::InDoubt(doubt) if !standing::is_usable(doubt) => {
                return Err(standing::doubt_fault(doubt));
            }
            // The access token is none of the exchange's business.
            _ => {}
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
        let now = self.broker.context.now();
        self.broker.seen(&self.name, |seen| seen.used = Some(now));
        let credential = self.broker.credential(&self.name, &self.uid).await.map_err(classify)?;
        match &credential.value.state {
            CredentialState::InDoubt(doubt) if doubt.cause == DoubtCause::Restored => {
                self.broker.detached_confirmation(&self.name, &self.uid).await
            }
            _ => self.broker.access(&self.name, &credential.value).map_err(classify),
        }
    }

    async fn renew(&self, stale: &Access) -> Result<Access, ConnectorFault> {
        self.broker.detached_renewal(&self.name, &self.uid, stale.generation, true).await
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

/// Grants that are replaced and not revoked yet, at the most.
const RETIRED_MAX: usize = 4;

/// What is to be revoked once a fresh grant has taken the place of this one.
fn retired(old: &Credential, uid: &str) -> Vec<Sealed> {
    if old.account_uid != uid {
        return Vec::new();
    }
    let mut retired = old.retired.clone();
    if !matches!(old.state, CredentialState::Lost { .. }) {
        retired.push(old.tokens.clone());
    }
    let surplus = retired.len().saturating_sub(RETIRED_MAX);
    retired.split_off(surplus)
}
