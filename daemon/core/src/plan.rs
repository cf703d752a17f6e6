//! Plans: what provisioning would change, as data, made before anything is touched.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::account::ConditionType;
use crate::ids::AccountName;

/// What provisioning would change. Kept as an artifact; a [`PlanRef`] points to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub account: AccountName,
    pub account_uid: String,
    /// Digest over desired and observed state.
    pub etag: String,
    pub steps: Vec<PlanStep>,
    pub estimated_api_calls: u32,
    pub tests: Vec<String>,
    pub risks: Vec<String>,
    pub unprotected: Vec<Unprotected>,
    /// The object types that will be protected.
    pub object_types: Vec<String>,
    /// What was asked for: the same question is asked again before anything is touched.
    #[serde(default)]
    pub selection: ObjectSelection,
    pub create_time: Timestamp,
}

/// Which object types to protect.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ObjectSelection {
    /// The connector's own choice.
    #[default]
    Default,
    /// By API name, sorted, each once.
    Listed(Vec<String>),
    /// Every one that can be protected.
    All,
}

/// Where a plan is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRef {
    pub etag: String,
    /// Reference of the artifact that holds the plan.
    pub artifact: String,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStep {
    /// Stable; the connector finds what to do by it.
    pub id: String,
    pub title: String,
    pub kind: StepKind,
    pub components: Vec<PlannedComponent>,
    /// Conditions that hold once the step is done.
    pub establishes: Vec<ConditionType>,
}

/// What the reconciler does for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepKind {
    /// Ask the connector to bring the step's components in.
    Apply,
    /// Open the event channel and store its position, before anything can send events.
    OpenEvents,
    /// See every component of the plan in the organisation.
    Verify,
    /// Prove that an event comes back.
    Canary,
    /// Close the event channel for good.
    CloseEvents,
    /// Look what is in the organisation, and make the plan of its removal.
    Survey,
    /// Restore, export or delete quarantined content.
    Dispose,
    /// Ask the connector to remove the step's components.
    Remove,
    /// See that nothing of ours is left but what is listed.
    VerifyRemoved,
    /// Revoke the grant, and prove that it is refused.
    Revoke,
}

/// One component of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedComponent {
    pub kind: String,
    pub full_name: String,
    pub action: PlannedAction,
    pub reason: String,
    /// SHA-256 of the content, hexadecimal.
    pub checksum: String,
    pub version: String,
}

/// What will be done with a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlannedAction {
    Create,
    Update,
    Keep,
    Delete,
}

/// An object type that will not be protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unprotected {
    pub object_type: String,
    pub reason: String,
}
