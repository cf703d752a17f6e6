//! Notifications: what a tenant's people are told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{AccountName, TenantId};

/// One message to a tenant's people. Never changes once it is stored; acknowledgements are kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub tenant: TenantId,
    /// Counts the tenant's notifications, from 1.
    pub sequence: u64,
    pub code: NotificationCode,
    /// Made from the connector's catalogue when the notification was.
    pub text: String,
    pub parameters: BTreeMap<String, String>,
    pub severity: Severity,
    pub account: Option<AccountName>,
    pub create_time: Timestamp,
}

/// Stable code of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NotificationCode {
    /// The account was authorised and can be provisioned.
    AccountAuthorized,
    /// The account is protected.
    AccountProtected,
    /// Provisioning failed.
    ProvisioningFailed,
    /// Provisioning was cancelled.
    ProvisioningCancelled,
    /// The event channel is lost.
    EventsInterrupted,
    /// The event channel is back.
    EventsResumed,
    /// The grant is gone.
    ReauthorizationRequired,
    /// The organisation has other object types, fields, profiles or permission sets than before.
    InventoryChanged,
    /// Much less was found in the organisation than before; the reading is not taken over until somebody accepts it.
    InventoryHeld,
    /// Whether the grant lives cannot be told yet.
    GrantInDoubt,
    /// The grant will end soon unless somebody authorises again.
    GrantExpiring,
    /// Events of a stretch of time are lost to the stream.
    EventsMissed,
    /// The organisation differs from the plan.
    DriftDetected,
    /// The organisation is as the plan says again.
    AccountRepaired,
    /// A repair failed.
    RepairFailed,
    /// The licence has lapsed; intake has stopped.
    AccountSuspended,
    /// The licence is back; intake goes on.
    AccountResumed,
    /// Everything of ours is gone but what the operation lists.
    AccountDeprovisioned,
    /// Deprovisioning failed.
    DeprovisioningFailed,
    /// Somebody should have acted by now.
    ActionOverdue,
    /// The licence has ended and counts for a while.
    LicenseExpiring,
    /// A suspended account will be deprovisioned soon.
    RemovalDue,
}

impl NotificationCode {
    /// All codes: a connector's catalogue has a text for each.
    pub const ALL: [NotificationCode; 22] = [
        NotificationCode::AccountAuthorized,
        NotificationCode::AccountProtected,
        NotificationCode::ProvisioningFailed,
        NotificationCode::ProvisioningCancelled,
        NotificationCode::EventsInterrupted,
        NotificationCode::EventsResumed,
        NotificationCode::ReauthorizationRequired,
        NotificationCode::InventoryChanged,
        NotificationCode::InventoryHeld,
        NotificationCode::GrantInDoubt,
        NotificationCode::GrantExpiring,
        NotificationCode::EventsMissed,
        NotificationCode::DriftDetected,
        NotificationCode::AccountRepaired,
        NotificationCode::RepairFailed,
        NotificationCode::AccountSuspended,
        NotificationCode::AccountResumed,
        NotificationCode::AccountDeprovisioned,
        NotificationCode::DeprovisioningFailed,
        NotificationCode::ActionOverdue,
        NotificationCode::LicenseExpiring,
        NotificationCode::RemovalDue,
    ];

    /// UPPER_SNAKE_CASE name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            NotificationCode::AccountAuthorized => "ACCOUNT_AUTHORIZED",
            NotificationCode::AccountProtected => "ACCOUNT_PROTECTED",
            NotificationCode::ProvisioningFailed => "PROVISIONING_FAILED",
            NotificationCode::ProvisioningCancelled => "PROVISIONING_CANCELLED",
            NotificationCode::EventsInterrupted => "EVENTS_INTERRUPTED",
            NotificationCode::EventsResumed => "EVENTS_RESUMED",
            NotificationCode::ReauthorizationRequired => "REAUTHORIZATION_REQUIRED",
            NotificationCode::InventoryChanged => "INVENTORY_CHANGED",
            NotificationCode::InventoryHeld => "INVENTORY_HELD",
            NotificationCode::GrantInDoubt => "GRANT_IN_DOUBT",
            NotificationCode::GrantExpiring => "GRANT_EXPIRING",
            NotificationCode::EventsMissed => "EVENTS_MISSED",
            NotificationCode::DriftDetected => "DRIFT_DETECTED",
            NotificationCode::AccountRepaired => "ACCOUNT_REPAIRED",
            NotificationCode::RepairFailed => "REPAIR_FAILED",
            NotificationCode::AccountSuspended => "ACCOUNT_SUSPENDED",
            NotificationCode::AccountResumed => "ACCOUNT_RESUMED",
            NotificationCode::AccountDeprovisioned => "ACCOUNT_DEPROVISIONED",
            NotificationCode::DeprovisioningFailed => "DEPROVISIONING_FAILED",
            NotificationCode::ActionOverdue => "ACTION_OVERDUE",
            NotificationCode::LicenseExpiring => "LICENSE_EXPIRING",
            NotificationCode::RemovalDue => "REMOVAL_DUE",
        }
    }

    /// How urgent it is.
    pub fn severity(self) -> Severity {
        match self {
            NotificationCode::AccountAuthorized
            | NotificationCode::AccountProtected
            | NotificationCode::EventsResumed
            | NotificationCode::InventoryChanged
            | NotificationCode::AccountRepaired
            | NotificationCode::AccountResumed
            | NotificationCode::AccountDeprovisioned => Severity::Info,
            NotificationCode::ProvisioningCancelled
            | NotificationCode::EventsInterrupted
            | NotificationCode::InventoryHeld
            | NotificationCode::GrantInDoubt
            | NotificationCode::GrantExpiring
            | NotificationCode::EventsMissed
            | NotificationCode::DriftDetected
            | NotificationCode::ActionOverdue
            | NotificationCode::LicenseExpiring => Severity::Warning,
            NotificationCode::ProvisioningFailed
            | NotificationCode::ReauthorizationRequired
            | NotificationCode::RepairFailed
            | NotificationCode::AccountSuspended
            | NotificationCode::DeprovisioningFailed
            | NotificationCode::RemovalDue => Severity::Error,
        }
    }
}

/// How urgent a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    /// UPPER_SNAKE_CASE name, as in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "INFO",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        }
    }
}
