//! The life of accounts.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use super::{ListQuery, Mutation, Page, Tagged};
use crate::Timestamp;
use crate::account::{Beside, DriftPolicy, NextAction, ServiceAccount};
use crate::fault::Result;
use crate::ids::{AccountId, AccountName, ConnectorId, OperationName, TenantId};
use crate::operation::{Operation, Removal};
use crate::plan::{ObjectSelection, Plan};
use crate::precondition::PreconditionReport;

/// An account as it is shown: with what is stored apart from it.
pub type AccountView = Tagged<(ServiceAccount, Beside)>;

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
    pub drift_policy: Option<DriftPolicy>,
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
    /// Where the application's administrator installs the app first; `None` where nothing is to be installed.
    pub installation_url: Option<String>,
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

/// What RepairServiceAccount asks for.
#[derive(Debug, Clone)]
pub struct RepairAccount {
    pub name: AccountName,
    pub validate_only: bool,
}

/// What DeprovisionServiceAccount asks for.
#[derive(Debug, Clone)]
pub struct DeprovisionAccount {
    pub name: AccountName,
    /// Where given, must be the current one.
    pub etag: Option<String>,
    pub removal: Removal,
    pub validate_only: bool,
}

/// An archive that is read from its beginning to its end.
#[async_trait]
pub trait Archive: Send {
    /// Of the whole archive.
    fn total_bytes(&self) -> u64;
    /// The next part, at most 256 KiB; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>>;
}

/// What RefreshInventory asks for.
#[derive(Debug, Clone)]
pub struct RefreshInventory {
    pub name: AccountName,
    /// Take the reading over even where much less is found than before.
    pub accept_fall: bool,
}

/// What DeleteServiceAccount asks for.
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    pub name: AccountName,
    /// Where given, must be the current one.
    pub etag: Option<String>,
    pub validate_only: bool,
}

/// What AcceptPrecondition asks for.
#[derive(Debug, Clone)]
pub struct AcceptPrecondition {
    pub name: AccountName,
    pub check_id: String,
    /// Why it is acceptable; kept and shown. Empty takes an acceptance back.
    pub reason: String,
}

/// Why an account is not protected, or that it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    pub protected: bool,
    /// One sentence for people.
    pub summary: String,
    /// The cause that must be dealt with first comes first; empty where nothing is amiss.
    pub causes: Vec<Cause>,
}

/// One reason why an account is not protected.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// UPPER_SNAKE_CASE word for programs: a [`crate::Reason`], or the reason of a condition.
    pub reason: String,
    pub message: String,
    /// What was seen, and when.
    pub evidence: Vec<String>,
    pub next_action: Option<NextAction>,
}

/// Use cases around preconditions and causes.
#[async_trait]
pub trait Preconditions: Send + Sync {
    /// Checks everything, for the caller and now. What needs the organisation is `UNKNOWN`, or as it was seen last,
    /// where the account holds no grant.
    async fn check(&self, by: Mutation, name: &AccountName) -> Result<PreconditionReport>;
    /// Accepts an advisory, or takes an acceptance back; a blocking one is `INVALID_REQUEST` on `check`.
    async fn accept(&self, by: Mutation, request: AcceptPrecondition) -> Result<AccountView>;
    /// Looks at what is stored; no call leaves.
    async fn explain(&self, name: &AccountName) -> Result<Explanation>;
}

/// What a watch of accounts delivers.
#[derive(Debug)]
pub enum AccountChange {
    /// The account as it is now.
    Put(Box<AccountView>),
    Deleted(AccountName),
}

/// All changes of one revision of the store, or none; and the position behind them.
#[derive(Debug)]
pub struct AccountChanges {
    pub changes: Vec<AccountChange>,
    pub position: u64,
}

/// A cursor into the changes of a tenant's accounts. It queues nothing: a slow reader is simply behind.
#[async_trait]
pub trait AccountFeed: Send {
    /// The next changes; waits at most `patience` and then answers none, with the position it has reached.
    /// `RESUME_TOKEN_EXPIRED` when the position fell out of what is kept.
    async fn next(&mut self, patience: Duration) -> Result<AccountChanges>;
}

/// Watching accounts.
#[async_trait]
pub trait AccountWatch: Send + Sync {
    /// All accounts of a tenant, ordered by name, and the position they were read at; at most `limit`, else
    /// `TOO_LARGE`.
    async fn snapshot(&self, tenant: &TenantId, limit: usize) -> Result<(Vec<AccountView>, u64)>;
    /// What comes after a position; `None`: after this call.
    async fn watch(&self, tenant: &TenantId, after: Option<u64>) -> Result<Box<dyn AccountFeed>>;
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
    async fn plan(&self, by: Mutation, name: &AccountName, selection: ObjectSelection) -> Result<Plan>;
    /// Answers the operation at once; with `validate_only` one that is not stored.
    async fn provision(&self, by: Mutation, request: ProvisionAccount) -> Result<Operation>;
    /// As `begin_authorization`, for an account that has had a grant; else `WRONG_PHASE`.
    async fn reauthorize(&self, by: Mutation, request: BeginAuthorization) -> Result<BegunAuthorization>;
    /// Answers the operation at once; with `validate_only` one that is not stored.
    async fn repair(&self, by: Mutation, request: RepairAccount) -> Result<Operation>;
    /// Answers the operation at once; with `validate_only` one that is not stored.
    async fn deprovision(&self, by: Mutation, request: DeprovisionAccount) -> Result<Operation>;
    /// What a deprovisioning of that account exported; `RESOURCE_NOT_FOUND` where it exported nothing.
    async fn read_export(&self, name: &AccountName, operation: &OperationName) -> Result<Box<dyn Archive>>;
    async fn refresh_inventory(&self, by: Mutation, request: RefreshInventory) -> Result<Operation>;
    /// Revokes the grant and removes everything of an account that has nothing of ours in its organisation; else
    /// `COMPONENTS_PRESENT`, or `OPERATION_IN_PROGRESS`.
    async fn delete(&self, by: Mutation, request: DeleteAccount) -> Result<()>;
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
