//! Preconditions: what must hold before an organisation is provisioned, each with its fix and who acts.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::account::Actor;
use crate::ids::Principal;

/// A precondition as data: the connector's stand in its manifest, the daemon's own in [`DAEMON_PRECONDITIONS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreconditionSpec {
    /// Stable, for example `permission.ModifyAllData`. Unique in a connector.
    pub id: String,
    pub title: String,
    /// What is looked at, and why it matters.
    pub description: String,
    /// What to do when it fails.
    pub fix: String,
    /// Who does it.
    pub actor: Actor,
    pub severity: CheckSeverity,
    /// Whether it belongs to the user who authorises: where it fails, the fresh grant is refused and revoked. Needs
    /// [`CheckSeverity::Blocking`].
    pub refuses_grant: bool,
    /// How a person can look, where the application cannot be asked: such a check is always [`CheckStatus::Unknown`].
    pub look: Option<String>,
    /// A page of the application's documentation.
    pub help_uri: Option<String>,
    /// The environments it is about; empty for all.
    pub environments: Vec<String>,
}

/// Whether a failed check stops provisioning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckSeverity {
    /// Provisioning is refused while it fails.
    Blocking,
    /// People should know; they can accept it, with a reason.
    Advisory,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckStatus {
    Passed,
    Failed,
    /// It cannot be told: nobody has authorised yet, or the application cannot be asked.
    Unknown,
}

impl CheckStatus {
    /// UPPER_SNAKE_CASE name.
    pub fn as_str(self) -> &'static str {
        match self {
            CheckStatus::Passed => "PASSED",
            CheckStatus::Failed => "FAILED",
            CheckStatus::Unknown => "UNKNOWN",
        }
    }
}

/// One precondition, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precondition {
    pub id: String,
    pub title: String,
    pub status: CheckStatus,
    pub severity: CheckSeverity,
    /// What was seen.
    pub evidence: String,
    /// What to do, where it has not passed.
    pub fix: String,
    pub actor: Actor,
    pub help_uri: Option<String>,
    /// Where the one who acts can do it.
    #[serde(default)]
    pub link: Option<String>,
    /// When it was looked at.
    pub check_time: Timestamp,
    /// Who has accepted an advisory, and why.
    #[serde(default)]
    pub acceptance: Option<Acceptance>,
}

impl Precondition {
    /// Provisioning is refused because of it.
    pub fn blocks(&self) -> bool {
        self.severity == CheckSeverity::Blocking && self.status == CheckStatus::Failed
    }
}

/// All preconditions of an account, as last checked. Kept, so that people see what a refused authorisation has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreconditionReport {
    /// The uid of the account that it is about.
    pub account_uid: String,
    /// In the order of the manifest, the daemon's own first.
    pub checks: Vec<Precondition>,
    pub check_time: Timestamp,
}

/// An advisory that somebody has accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub check_id: String,
    pub reason: String,
    pub principal: Principal,
    pub accept_time: Timestamp,
}

/// A precondition that the daemon itself looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaemonPrecondition {
    pub id: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub fix: &'static str,
    pub severity: CheckSeverity,
}

/// The tenant's licence for the connector.
pub const LICENSE_CHECK: &str = "license";
/// The caller's role in the tenant.
pub const ROLE_CHECK: &str = "caller.role";
/// The account's grant.
pub const GRANT_CHECK: &str = "authorization";

/// In this order, before the connector's.
pub const DAEMON_PRECONDITIONS: [DaemonPrecondition; 3] = [
    DaemonPrecondition {
        id: LICENSE_CHECK,
        title: "Licence",
        description: "The tenant has a licence for this connector, within its term or its grace period.",
        fix: "the platform administrator renews the tenant's licence for this connector",
        severity: CheckSeverity::Blocking,
    },
    DaemonPrecondition {
        id: ROLE_CHECK,
        title: "Role of the caller",
        description: "Only a Global administrator of the tenant can provision.",
        fix: "a Global administrator of the tenant provisions, or binds the role to you",
        severity: CheckSeverity::Blocking,
    },
    DaemonPrecondition {
        id: GRANT_CHECK,
        title: "Authorised by an administrator of the organisation",
        description: "The account holds a grant; without one the organisation cannot be asked.",
        fix: "begin an authorisation, and let an administrator of the organisation allow it",
        severity: CheckSeverity::Blocking,
    },
];
