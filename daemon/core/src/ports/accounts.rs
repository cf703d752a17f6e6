//! The life of accounts.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::{ListQuery, Mutation, Page, Tagged};
use crate::Timestamp;
use crate::account::{EventChannel, ServiceAccount};
use crate::fault::Result;
use crate::ids::{AccountId, AccountName, ConnectorId, OperationName, TenantId};
use crate::operation::Operation;
use crate::plan::Plan;

/// An account as it is shown: with its event channel.
pub type AccountView = Tagged<(ServiceAccount, Option<EventChannel>)>;

/// What CreateServiceAccount asks for.
#[derive(Debug, Clone)]
pub struct CreateAccount {
    pub tenant: TenantId,
    /// `None`: the server chooses.
    pub id: Option<AccountId>,
    pub display_name: String,
    pub connector: ConnectorId,
    pub environment: String,
    pub settings: serde_json::Map<String, serde_json::Value>,
    pub validate_only: bool,
}

/// What UpdateServiceAccount asks for; `None` leaves a field as it is.
#[derive(Debug, Clone)]
pub struct UpdateAccount {
    pub name: AccountName,
    pub etag: Option<String>,
    pub display_name: Option<String>,
    pub settings: Option<serde_json::Map<String, serde_json::Value>>,
    pub validate_only: bool,
}

/// What BeginAuthorization asks for.
#[derive(Debug, Clone)]
pub struct BeginAuthorization {
    pub name: AccountName,
    /// `None`: the daemon's own callback page.
    pub redirect_uri: Option<String>,
    pub login_hint: Option<String>,
}

/// What BeginAuthorization answers.
#[derive(Debug)]
pub struct BegunAuthorization {
    /// Carries `state`: a secret until it is used.
    pub url: SecretString,
    pub expire_time: Timestamp,
}

/// What came back from the authorisation page.
#[derive(Debug)]
pub enum Callback {
    /// The administrator allowed it.
    Code(SecretString),
    /// The administrator or the application refused.
    Refused { error: String, description: String },
}

/// What CompleteAuthorization asks for.
#[derive(Debug)]
pub struct CompleteAuthorization {
    /// Where a caller completes: the account that the authorisation must belong to. The daemon's own page knows only
    /// the state.
    pub expected: Option<AccountName>,
    pub state: SecretString,
    pub callback: Callback,
}

/// An account and the environment's name for people, for the callback page.
pub type AuthorizationResult = AccountView;

/// What ProvisionServiceAccount asks for.
#[derive(Debug, Clone)]
pub struct ProvisionAccount {
    pub name: AccountName,
    pub plan_etag: String,
    pub validate_only: bool,
}

/// Use cases around accounts. Callers are authorised already.
#[async_trait]
pub trait Accounts: Send + Sync {
    async fn create(&self, by: Mutation, request: CreateAccount) -> Result<AccountView>;
    async fn get(&self, name: &AccountName) -> Result<AccountView>;
    /// Ordered by name; filter fields `connector`, `environment`, `phase`, `state`.
    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<AccountView>>;
    async fn update(&self, by: Mutation, request: UpdateAccount) -> Result<AccountView>;
    async fn begin_authorization(
        &self,
        by: Mutation,
        request: BeginAuthorization,
    ) -> Result<BegunAuthorization>;
    /// `by` is the system where the browser completes it at the daemon's own page.
    async fn complete_authorization(
        &self,
        by: Mutation,
        request: CompleteAuthorization,
    ) -> Result<AuthorizationResult>;
    /// `object_types` empty: the connector's default set.
    async fn plan(&self, by: Mutation, name: &AccountName, object_types: Vec<String>) -> Result<Plan>;
    /// Answers the operation at once; with `validate_only` one that is not stored.
    async fn provision(&self, by: Mutation, request: ProvisionAccount) -> Result<Operation>;
    async fn refresh_inventory(&self, by: Mutation, name: &AccountName) -> Result<Operation>;
}

/// Use cases around operations.
#[async_trait]
pub trait Operations: Send + Sync {
    async fn get(&self, name: &OperationName) -> Result<Operation>;
    /// Newest first.
    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Operation>>;
    /// The operation when it is done, or as it is at the end of `timeout`.
    async fn wait(&self, name: &OperationName, timeout: Duration) -> Result<Operation>;
    /// Asks for cancellation; a finished operation stays as it is.
    async fn cancel(&self, by: Mutation, name: &OperationName) -> Result<()>;
    /// Removes the record of a finished operation.
    async fn delete(&self, by: Mutation, name: &OperationName) -> Result<()>;
}
