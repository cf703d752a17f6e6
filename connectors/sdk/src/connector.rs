//! The contract that every connector keeps.

use std::time::Duration;

use async_trait::async_trait;
use provision_core::Timestamp;
use provision_core::account::Identity;
use provision_core::component::ComponentState;
use provision_core::connector::Manifest;
use provision_core::inventory::Inventory;
use provision_core::plan::{ObjectSelection, Plan, PlanStep, PlannedComponent, Unprotected};
pub use provision_core::precondition::CheckStatus;
use secrecy::SecretString;
use url::Url;

use crate::changes::Changes;
use crate::fault::ConnectorFault;
use crate::quarantine::Quarantine;
use crate::removal::{ProposedRemoval, RemovalRequest, RemoveProgress, RemoveRequest};
use crate::session::{AccountContext, Session};

/// One SaaS application.
///
/// Every method may be called at any time and more than once; the daemon may die between any two. Methods that only
/// look have no effect on the organisation. Errors say by their class whether an effect may have happened.
#[async_trait]
pub trait Connector: Send + Sync {
    /// What the connector says of itself. The same for the life of the process.
    fn manifest(&self) -> &Manifest;

    /// Where and how an administrator authorises. No call leaves.
    fn authorization(&self, account: &AccountContext) -> Result<AuthorizationSpec, ConnectorFault>;

    /// The base URL of the organisation's API, out of a token answer. `Denied` where it lies outside the hosts that
    /// the connector trusts: no token may ever be sent there.
    fn instance_url(
        &self,
        account: &AccountContext,
        token_answer: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<String, ConnectorFault>;

    /// What an error of the token endpoint means.
    fn token_error(&self, error: &str, description: &str) -> TokenErrorClass;

    /// How long grants live at the application, as far as that is known. No call leaves.
    fn grant_policy(&self, account: &AccountContext) -> GrantPolicy {
        let _ = account;
        GrantPolicy::default()
    }

    /// Which organisation and user stand behind the session. Looks only.
    async fn identify(&self, session: &Session) -> Result<Identity, ConnectorFault>;

    /// Where a person installs the application's part of the product, for accounts that need that before or instead
    /// of what the daemon deploys itself. No call leaves.
    fn installation(&self, account: &AccountContext) -> Option<Installation> {
        let _ = account;
        None
    }

    /// Everything that must hold before provisioning, all at once: one answer for each precondition of the manifest
    /// that is about the account's environment. Looks only.
    async fn check(&self, session: &Session) -> Result<Vec<Check>, ConnectorFault>;

    /// Reads object types, fields, profiles and permission sets. Looks only. Parts that were read are kept in the
    /// request's checkpoints, so that a reading that was interrupted asks only for what is missing.
    async fn inventory(
        &self,
        session: &Session,
        request: InventoryRequest<'_>,
        progress: &dyn InventoryProgress,
    ) -> Result<InventoryReading, ConnectorFault>;

    /// What provisioning would change. Looks only; the same organisation and request give the same plan.
    async fn plan(&self, session: &Session, request: PlanRequest<'_>)
    -> Result<ProposedPlan, ConnectorFault>;

    /// Begins an `Apply` step of a plan, or asks how it stands. Called again with the handle it answered until it is
    /// done. Brings in exactly the components of the step, each marked as ours, and never touches what is not ours.
    async fn apply(
        &self,
        session: &Session,
        request: ApplyRequest<'_>,
    ) -> Result<ApplyProgress, ConnectorFault>;

    /// How each component stands in the organisation, in the order asked. Looks only.
    async fn observe(
        &self,
        session: &Session,
        plan: &Plan,
        components: &[PlannedComponent],
    ) -> Result<Vec<Observation>, ConnectorFault>;

    /// Proves that what a plan brought in works as a whole (for example, that the daemon's user can read what it must).
    /// Looks only.
    async fn verify(&self, session: &Session, plan: &Plan) -> Result<(), ConnectorFault>;

    /// What is to be removed to undo provisioning: everything that is marked as ours. Looks only.
    async fn plan_removal(
        &self,
        session: &Session,
        request: RemovalRequest<'_>,
    ) -> Result<ProposedRemoval, ConnectorFault>;

    /// Begins a step of a removal, or asks how it stands. Called again with the handle it answered until it is done.
    /// What is gone already is done; what is not marked as ours is never touched.
    async fn remove(
        &self,
        session: &Session,
        request: RemoveRequest<'_>,
    ) -> Result<RemoveProgress, ConnectorFault>;

    /// The capability to look after quarantined content, where the connector has it.
    fn quarantine(&self) -> Option<&dyn Quarantine> {
        None
    }

    /// The capability to report changes of records, where the connector has it.
    fn changes(&self) -> Option<&dyn Changes> {
        None
    }
}

/// Where and how an administrator authorises (OAuth 2.0 authorisation code with PKCE S256).
#[derive(Debug, Clone)]
pub struct AuthorizationSpec {
    /// Identifies whom the browser is sent to; a pending authorisation is bound to it.
    pub issuer: String,
    pub authorize_url: Url,
    pub token_url: Url,
    pub revoke_url: Url,
    pub introspect_url: Option<Url>,
    pub client_id: String,
    /// The current one first; empty for a public client. See [`crate::oauth::ClientSecrets`].
    pub client_secrets: Vec<SecretString>,
    pub scopes: Vec<String>,
    /// Further parameters of the authorisation page, for example `prompt`.
    pub extra_parameters: Vec<(String, String)>,
}

/// How long a grant lives at the application.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GrantPolicy {
    /// Without an exchange for so long it ends; `None`: that does not end it.
    pub idle: Option<Duration>,
    /// So long after the authorisation it ends; `None`: that does not end it.
    pub lifetime: Option<Duration>,
}

/// What an error of the token endpoint means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenErrorClass {
    /// The grant or the code is gone; a person must authorise again.
    Revoked,
    /// Another exchange of the same token is under way: try again shortly.
    Race,
    /// The application of ours is not known or not allowed there.
    ClientRefused,
    /// The organisation or the user is switched off. The grant stays: it is good again when they are switched on.
    Inactive,
    /// Something is wrong on our side or the application's.
    Other,
}

/// Where a person installs the application's part of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub url: Url,
    /// What is installed, for people: name and version.
    pub title: String,
}

/// How one precondition of the manifest came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// As in the manifest.
    pub id: String,
    pub status: CheckStatus,
    /// What was seen, for people; never a secret.
    pub evidence: String,
    /// What to do in this case, where that is more than the manifest says.
    pub fix: Option<String>,
    /// A page where the person who acts can do it, where there is one.
    pub link: Option<String>,
}

/// What is known before a reading of the inventory.
#[derive(Clone, Copy)]
pub struct InventoryRequest<'a> {
    /// The last one that was read. Where its marks still hold, the answer is [`InventoryReading::Unchanged`]. Absent
    /// where everything must be read.
    pub previous: Option<&'a Inventory>,
    pub checkpoints: &'a dyn InventoryCheckpoints,
}

/// What a reading of the inventory brought.
#[derive(Debug, Clone, PartialEq)]
pub enum InventoryReading {
    /// Nothing has changed since the previous one.
    Unchanged,
    Read(Inventory),
}

/// Keeps parts of a reading for the case that it is interrupted. They live as long as the operation that reads.
#[async_trait]
pub trait InventoryCheckpoints: Send + Sync {
    /// The part as it was kept, if it was.
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, ConnectorFault>;
    /// Keeps a part: at most 16 MiB, under a key of 1 to 64 lower-case letters, digits and hyphens.
    async fn store(&self, key: &str, part: Vec<u8>) -> Result<(), ConnectorFault>;
}

/// Told how far a reading of the inventory is.
pub trait InventoryProgress: Send + Sync {
    /// So many of so many units of a part (`objects`, `profiles`, …) are read.
    fn report(&self, part: &'static str, done: u64, total: u64);
}

/// What to plan.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    pub selection: &'a ObjectSelection,
    pub inventory: &'a Inventory,
}

/// A connector's part of a plan; the daemon adds account and time.
#[derive(Debug, Clone, PartialEq)]
pub struct ProposedPlan {
    /// In order; ids are unique.
    pub steps: Vec<PlanStep>,
    pub estimated_api_calls: u32,
    pub tests: Vec<String>,
    pub risks: Vec<String>,
    pub unprotected: Vec<Unprotected>,
    pub object_types: Vec<String>,
    /// Digest over what was observed in the organisation, so that a plan over another state has another etag.
    pub observed_digest: String,
}

/// Which step to bring in, and what is known of earlier tries.
#[derive(Debug, Clone, Copy)]
pub struct ApplyRequest<'a> {
    pub plan: &'a Plan,
    pub step: &'a PlanStep,
    /// The same for every try of the same step of the same operation.
    pub idempotency_key: &'a str,
    pub begin: Begin<'a>,
    /// What the application has refused in this step so far: the step is done without it.
    pub refused: &'a [Refused],
}

/// What is known of earlier tries of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin<'a> {
    /// There was none.
    Fresh,
    /// One has answered this handle.
    Resume { handle: &'a str },
    /// One may have left since then, and its answer is lost: look for its effect, or for the job it may have started,
    /// before beginning another.
    Uncertain { since: Timestamp },
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq)]
pub enum ApplyProgress {
    /// A remote job works on it; ask again after `poll_after`.
    ///
    /// What is named as refused is stored before the next call, and stands in its request.
    Running {
        handle: String,
        done: u64,
        total: u64,
        message: String,
        poll_after: Duration,
        refused: Vec<Refused>,
    },
    /// Every component of the step is in, but those that were refused.
    Done { applied: Vec<Applied>, refused: Vec<Refused> },
}

/// A component that the application refuses, while the rest of its step can be brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub kind: String,
    pub full_name: String,
    /// The object type that stays unprotected by it; empty where it belongs to all.
    pub object_type: String,
    /// The application's own words.
    pub reason: String,
}

/// A component that a step brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub kind: String,
    pub full_name: String,
    /// The application's own id; empty where it names none.
    pub remote_id: String,
}

/// How a component stands in the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    pub kind: String,
    pub full_name: String,
    pub state: ComponentState,
    pub remote_id: String,
    /// For people, where it is not as it should be.
    pub message: String,
    /// What is known beyond the state; `None` where the state says all.
    pub deviation: Option<Deviation>,
}

/// Why a component is not as it should be, where `Missing` and `Modified` do not say it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deviation {
    /// It is there, and somebody has switched it off.
    Inactive,
    /// Its name is taken by a component that is not ours.
    Foreign,
    /// It was planned for another version of the application's part than this connector brings, so how it should look is
    /// not known: neither right nor wrong.
    OtherVersion,
}
