//! Long-running operations and their action log.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::account::{Failure, NextAction};
use crate::ids::{AccountName, OperationName, Principal};
use crate::plan::PlanRef;

/// A long-running operation as it is stored. Its steps are the action log: a step's start is stored before its first
/// call leaves, its handle as soon as the application has answered one, its end when its effect was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    pub name: OperationName,
    pub account: AccountName,
    /// Of the account at the start: an operation never works on a namesake.
    pub account_uid: String,
    pub kind: OperationKind,
    pub state: OperationState,
    pub principal: Principal,
    pub steps: Vec<Step>,
    /// Calls of the application's API so far.
    pub api_calls: u64,
    pub throttled_until: Option<Timestamp>,
    pub next_action: Option<NextAction>,
    pub cancel_requested: bool,
    pub failure: Option<Failure>,
    /// Details of the failure for programs.
    #[serde(default)]
    pub failure_metadata: std::collections::BTreeMap<String, String>,
    /// What exactly did not hold, each with its fix.
    #[serde(default)]
    pub failure_violations: Vec<crate::fault::Violation>,
    pub plan: Option<PlanRef>,
    /// What was read; of a held reading the counts alone.
    pub inventory: Option<crate::inventory::InventorySummary>,
    /// How what was read compares with what was known.
    #[serde(default)]
    pub reading: Option<crate::inventory::ReadingOutcome>,
    /// The caller accepts that much less is found than before.
    #[serde(default)]
    pub accept_fall: bool,
    /// What a deprovisioning removes.
    #[serde(default)]
    pub removal: Option<Removal>,
    /// What a deprovisioning had to leave in the organisation.
    #[serde(default)]
    pub leftovers: Vec<Leftover>,
    /// The quarantined content that a deprovisioning has exported.
    #[serde(default)]
    pub export: Option<Export>,
    pub create_time: Timestamp,
    pub end_time: Option<Timestamp>,
    pub deadline: Timestamp,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationKind {
    Provision,
    RefreshInventory,
    /// Restores what the plan promised.
    Repair,
    /// Undoes provisioning.
    Deprovision,
}

impl OperationKind {
    /// UPPER_SNAKE_CASE name, as in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            OperationKind::Provision => "PROVISION",
            OperationKind::RefreshInventory => "REFRESH_INVENTORY",
            OperationKind::Repair => "REPAIR",
            OperationKind::Deprovision => "DEPROVISION",
        }
    }
}

/// What a deprovisioning removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    pub mode: RemovalMode,
    /// What becomes of quarantined content; `None` is refused as `QUARANTINE_NOT_EMPTY` where there is any.
    pub disposition: Option<Disposition>,
}

/// How far a deprovisioning goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemovalMode {
    /// Everything of ours leaves the organisation, and the grant is revoked.
    Everything,
    /// The components stay; the channel is closed and the grant is revoked.
    KeepComponents,
    /// No call leaves for the organisation: for one that is gone or cannot be reached. Tokens are destroyed here.
    LocalOnly,
}

/// What becomes of quarantined content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Disposition {
    /// Back to where it came from.
    RestoreAll,
    /// Kept by the daemon for the caller to fetch, then deleted.
    Export,
    DeleteAll,
}

/// Something of ours that stays in the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// Kind and name in the application's words.
    pub kind: String,
    pub full_name: String,
    /// Why it stays, and what to do; for people.
    pub reason: String,
    /// A page where a person can remove it, where there is one.
    pub link: Option<String>,
}

/// Exported quarantined content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Reference of the artifact that lists the parts.
    pub artifact: String,
    pub items: u64,
    /// Of the content.
    pub bytes: u64,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OperationState {
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl OperationState {
    /// UPPER_SNAKE_CASE name, as in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            OperationState::Running => "RUNNING",
            OperationState::Succeeded => "SUCCEEDED",
            OperationState::Failed => "FAILED",
            OperationState::Cancelled => "CANCELLED",
        }
    }
}

/// One step of an operation, with all that a restarted daemon must know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    pub title: String,
    pub state: StepState,
    pub done: u64,
    pub total: u64,
    pub message: String,
    /// How often it was begun.
    pub attempts: u32,
    /// The remote job that the step waits for, in the connector's words.
    pub handle: Option<String>,
    pub start_time: Option<Timestamp>,
    pub end_time: Option<Timestamp>,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepState {
    Pending,
    /// Its intent is stored; whether its effect has happened must be observed before it is begun again.
    Running,
    Done,
    Failed,
}

impl Step {
    /// A step that has not begun.
    pub fn pending(id: impl Into<String>, title: impl Into<String>) -> Self {
        Step {
            id: id.into(),
            title: title.into(),
            state: StepState::Pending,
            done: 0,
            total: 0,
            message: String::new(),
            attempts: 0,
            handle: None,
            start_time: None,
            end_time: None,
        }
    }
}

impl Operation {
    /// True when it has ended.
    pub fn is_done(&self) -> bool {
        self.state != OperationState::Running
    }

    /// The step at work or next at work.
    pub fn current_step(&self) -> Option<&Step> {
        self.steps.iter().find(|s| matches!(s.state, StepState::Pending | StepState::Running))
    }
}
