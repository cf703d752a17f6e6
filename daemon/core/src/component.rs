//! Components: what provisiond put into an organisation.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{AccountName, OperationName};

/// One component of ours in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    pub account: AccountName,
    pub kind: String,
    pub full_name: String,
    pub state: ComponentState,
    pub remote_id: String,
    pub checksum: String,
    pub version: String,
    pub reason: String,
    pub operation: OperationName,
    pub observe_time: Option<Timestamp>,
    /// The application's words, where it refused the component. For people.
    #[serde(default)]
    pub message: String,
    /// The object type that it protects; empty where it belongs to all.
    #[serde(default)]
    pub object_type: String,
}

/// What was last seen of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComponentState {
    /// Sent, or about to be sent; not observed yet.
    Applied,
    Present,
    Missing,
    Modified,
    /// The application refused it; the rest was brought in without it.
    Refused,
}

impl ComponentState {
    /// UPPER_SNAKE_CASE name, as in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            ComponentState::Applied => "APPLIED",
            ComponentState::Present => "PRESENT",
            ComponentState::Missing => "MISSING",
            ComponentState::Modified => "MODIFIED",
            ComponentState::Refused => "REFUSED",
        }
    }
}

/// How many of the object types of a plan are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    pub planned: u64,
    /// Of those: what stays unprotected, because the application refused what would protect it.
    pub refused: u64,
}

impl Coverage {
    /// Object types that are protected.
    pub fn protected(&self) -> u64 {
        self.planned.saturating_sub(self.refused)
    }

    /// For people; empty where nothing was refused.
    pub fn message(&self) -> String {
        match self.refused {
            0 => String::new(),
            refused => format!(
                "{} of {} object types; {refused} refused: see the components in state REFUSED",
                self.protected(),
                self.planned
            ),
        }
    }
}

impl Component {
    /// Id within the account: `{kind}.{full name}`.
    pub fn id(&self) -> String {
        format!("{}.{}", self.kind, self.full_name)
    }
}

/// A difference between what was brought in and what is in the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub kind: String,
    pub full_name: String,
    pub change: DifferenceKind,
    /// For people.
    pub message: String,
}

/// What has become of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DifferenceKind {
    Missing,
    Modified,
    /// It is there, and switched off.
    Deactivated,
}

impl DifferenceKind {
    /// UPPER_SNAKE_CASE name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            DifferenceKind::Missing => "MISSING",
            DifferenceKind::Modified => "MODIFIED",
            DifferenceKind::Deactivated => "DEACTIVATED",
        }
    }
}
