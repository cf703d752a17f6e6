//! The service account: the vendor's presence in one environment of one customer's SaaS application.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{AccountName, ConnectorId, OperationName};
use crate::precondition::Acceptance;
use crate::reason::Reason;

/// A service account as it is stored. Changes only through [`crate::machine`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccount {
    pub name: AccountName,
    /// Assigned once; never used twice, unlike the name.
    pub uid: String,
    pub display_name: String,
    pub connector: ConnectorId,
    /// One of the connector's environments.
    pub environment: String,
    /// What only the connector knows, valid under the schema of its manifest.
    pub settings: serde_json::Map<String, serde_json::Value>,
    pub phase: Phase,
    pub conditions: Vec<Condition>,
    pub identity: Option<Identity>,
    pub next_action: Option<NextAction>,
    pub failure: Option<Failure>,
    /// The operation that works on the account: the lock that allows one at a time.
    pub current_operation: Option<OperationName>,
    /// Advisories that people have accepted; one an id.
    #[serde(default)]
    pub acceptances: Vec<Acceptance>,
    /// What the daemon does about a difference between plan and organisation.
    #[serde(default)]
    pub drift_policy: DriftPolicy,
    pub generation: u64,
    pub observed_generation: u64,
    pub create_time: Timestamp,
    pub update_time: Timestamp,
}

/// Where an account stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// Created; nobody has begun an authorisation.
    Draft,
    /// An authorisation was begun and has not come back.
    AwaitingAuthorization,
    /// Authorised and identified.
    Ready,
    /// A provisioning operation is running.
    Provisioning,
    /// Provisioned; events flow.
    Active,
    /// A deprovisioning operation is running, or has failed and can be tried again.
    Deprovisioning,
    /// Nothing of ours is left but what the operation lists; the grant is revoked. The end of the account's life.
    Deprovisioned,
    /// Provisioning failed; it can be tried again.
    Failed,
}

impl Phase {
    /// All phases, in the order of life.
    pub const ALL: [Phase; 8] = [
        Phase::Draft,
        Phase::AwaitingAuthorization,
        Phase::Ready,
        Phase::Provisioning,
        Phase::Active,
        Phase::Deprovisioning,
        Phase::Deprovisioned,
        Phase::Failed,
    ];

    /// UPPER_SNAKE_CASE name, as in filters and audit records.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Draft => "DRAFT",
            Phase::AwaitingAuthorization => "AWAITING_AUTHORIZATION",
            Phase::Ready => "READY",
            Phase::Provisioning => "PROVISIONING",
            Phase::Active => "ACTIVE",
            Phase::Deprovisioning => "DEPROVISIONING",
            Phase::Deprovisioned => "DEPROVISIONED",
            Phase::Failed => "FAILED",
        }
    }
}

/// Summary of an account for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    ActionRequired,
    Ready,
    InProgress,
    Protected,
    Degraded,
    Failed,
    /// Provisioned, and the intake is stopped since the licence has ended.
    Suspended,
    Deprovisioned,
}

impl State {
    /// UPPER_SNAKE_CASE name, as in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            State::ActionRequired => "ACTION_REQUIRED",
            State::Ready => "READY",
            State::InProgress => "IN_PROGRESS",
            State::Protected => "PROTECTED",
            State::Degraded => "DEGRADED",
            State::Failed => "FAILED",
            State::Suspended => "SUSPENDED",
            State::Deprovisioned => "DEPROVISIONED",
        }
    }
}

/// What is observed about an account; several can hold at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub kind: ConditionType,
    pub status: Status,
    /// UPPER_SNAKE_CASE word for programs.
    pub reason: String,
    pub message: String,
    pub last_transition_time: Timestamp,
    pub observed_generation: u64,
}

/// The conditions that this release observes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ConditionType {
    LicenseValid,
    Authorized,
    AppInstalled,
    InventoryCurrent,
    QuarantineReady,
    TriggersInstalled,
    EventsFlowing,
    InSync,
    /// The organisation's allowance of calls leaves room for all that the daemon does.
    WithinApiBudget,
    /// True while the licence has lapsed: intake stops, nothing is removed.
    Suspended,
    Protected,
}

impl ConditionType {
    /// All of them, in the order they are shown.
    pub const ALL: [ConditionType; 11] = [
        ConditionType::LicenseValid,
        ConditionType::Authorized,
        ConditionType::InventoryCurrent,
        ConditionType::AppInstalled,
        ConditionType::QuarantineReady,
        ConditionType::TriggersInstalled,
        ConditionType::EventsFlowing,
        ConditionType::InSync,
        ConditionType::WithinApiBudget,
        ConditionType::Suspended,
        ConditionType::Protected,
    ];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ConditionType::LicenseValid => "LicenseValid",
            ConditionType::Authorized => "Authorized",
            ConditionType::AppInstalled => "AppInstalled",
            ConditionType::InventoryCurrent => "InventoryCurrent",
            ConditionType::QuarantineReady => "QuarantineReady",
            ConditionType::TriggersInstalled => "TriggersInstalled",
            ConditionType::EventsFlowing => "EventsFlowing",
            ConditionType::InSync => "InSync",
            ConditionType::WithinApiBudget => "WithinApiBudget",
            ConditionType::Suspended => "Suspended",
            ConditionType::Protected => "Protected",
        }
    }
}

/// Status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    True,
    False,
    /// Not observed yet.
    Unknown,
}

/// The organisation and user behind the account's grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub organization_id: String,
    pub organization_name: String,
    /// As the organisation itself answered.
    pub environment: String,
    pub edition: String,
    /// What kind of organisation it is, in the connector's words, for example `scratch` or `trial`.
    #[serde(default)]
    pub organization_kind: String,
    pub user_id: String,
    pub username: String,
    pub user_display_name: String,
    pub instance_url: String,
    pub authorize_time: Timestamp,
}

/// What the daemon does about a difference between plan and organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DriftPolicy {
    /// Tell people; RepairServiceAccount restores.
    #[default]
    Notify,
    /// Tell people, and begin the repair.
    Repair,
}

/// What must happen next, and who must do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAction {
    pub actor: Actor,
    /// UPPER_SNAKE_CASE word for programs.
    pub action: String,
    pub hint: String,
    pub link: Option<String>,
    pub deadline: Option<Timestamp>,
}

/// Who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Actor {
    System,
    Operator,
    SaasAdmin,
}

/// Why something failed, as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub reason: Reason,
    pub message: String,
}

impl ServiceAccount {
    /// A new account in phase DRAFT, every condition unknown.
    pub fn new(
        name: AccountName,
        uid: String,
        connector: ConnectorId,
        environment: String,
        now: Timestamp,
    ) -> Self {
        let conditions = ConditionType::ALL
            .into_iter()
            .map(|kind| Condition {
                kind,
                status: Status::Unknown,
                reason: "NOT_OBSERVED".to_owned(),
                message: String::new(),
                last_transition_time: now,
                observed_generation: 0,
            })
            .collect();
        ServiceAccount {
            name,
            uid,
            display_name: String::new(),
            connector,
            environment,
            settings: serde_json::Map::new(),
            phase: Phase::Draft,
            conditions,
            identity: None,
            next_action: None,
            failure: None,
            current_operation: None,
            acceptances: Vec::new(),
            drift_policy: DriftPolicy::default(),
            generation: 1,
            observed_generation: 0,
            create_time: now,
            update_time: now,
        }
    }

    /// Status of one condition.
    pub fn condition(&self, kind: ConditionType) -> Status {
        self.conditions.iter().find(|c| c.kind == kind).map_or(Status::Unknown, |c| c.status)
    }

    /// Records an observation; the transition time moves only when the status does.
    pub fn observe(
        &mut self,
        kind: ConditionType,
        status: Status,
        reason: &str,
        message: &str,
        now: Timestamp,
    ) {
        let generation = self.generation;
        let fresh = Condition {
            kind,
            status,
            reason: reason.to_owned(),
            message: message.to_owned(),
            last_transition_time: now,
            observed_generation: generation,
        };
        match self.conditions.iter_mut().find(|c| c.kind == kind) {
            Some(old) => {
                let since = if old.status == status { old.last_transition_time } else { now };
                *old = Condition { last_transition_time: since, ..fresh };
            }
            None => self.conditions.push(fresh),
        }
    }

    /// Summary for people.
    pub fn state(&self) -> State {
        let suspended = self.condition(ConditionType::Suspended) == Status::True;
        match self.phase {
            Phase::Ready | Phase::Active | Phase::Failed if suspended => State::Suspended,
            Phase::Draft | Phase::AwaitingAuthorization => State::ActionRequired,
            Phase::Ready if self.condition(ConditionType::Authorized) == Status::False => {
                State::ActionRequired
            }
            Phase::Ready => State::Ready,
            // It has stopped, and somebody must begin it again.
            Phase::Deprovisioning if self.current_operation.is_none() => State::ActionRequired,
            Phase::Provisioning | Phase::Deprovisioning => State::InProgress,
            Phase::Deprovisioned => State::Deprovisioned,
            Phase::Active if self.condition(ConditionType::Protected) == Status::True => State::Protected,
            Phase::Active => State::Degraded,
            Phase::Failed => State::Failed,
        }
    }
}

/// Where the event channel of an account stands. Kept apart from the account, so that a stream of events does not
/// change the account's etag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventChannel {
    /// The uid of the account that the channel belongs to.
    pub account_uid: String,
    /// True from the provisioning step that opens it.
    pub wanted: bool,
    pub connected: bool,
    /// The connector's own, opaque position after the last event that was taken in; hexadecimal.
    pub cursor: Option<String>,
    pub received_count: u64,
    pub last_event_time: Option<Timestamp>,
    /// The marker of the last canary that came back.
    pub last_canary: Option<String>,
}

/// What is known of an account's grant. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantOutlook {
    pub state: GrantState,
    /// The last exchange of tokens, or the authorisation itself.
    pub refresh_time: Timestamp,
    /// When the access token ends, where the application said so.
    pub access_expire_time: Option<Timestamp>,
    /// When the grant itself ends unless somebody authorises again, where that can be predicted.
    pub expire_time: Option<Timestamp>,
}

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantState {
    Valid,
    /// An exchange got no answer, or the store was restored from a backup; whether the refresh token lives is not known.
    InDoubt,
    Lost,
}

/// What is known of an organisation's allowance of calls. Kept apart from the account: it moves with every call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiBudget {
    pub account_uid: String,
    /// Calls of the last 24 hours by everybody, as the application counted them.
    pub used: u64,
    pub limit: u64,
    pub observe_time: Timestamp,
    /// The application, or our own reserve, holds back all but the most urgent calls until then.
    pub throttled_until: Option<Timestamp>,
}

/// What is shown with an account and stored apart from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    pub channel: Option<EventChannel>,
    pub grant: Option<GrantOutlook>,
    pub budget: Option<ApiBudget>,
}
