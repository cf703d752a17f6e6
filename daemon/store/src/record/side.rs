//! Small records that stand beside the domain's own.

use provision_core::Timestamp;
use provision_core::ids::{AccountName, OperationName, Principal};
use serde::{Deserialize, Serialize};

/// The authorisation that an account waits for: the SHA-256 of its `state`, hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationPointer {
    pub state_hash: String,
    pub expire_time: Timestamp,
}

/// The account that an organisation belongs to, so that no organisation belongs to two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationClaim {
    pub account: AccountName,
    pub account_uid: String,
}

/// What a request id has led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// SHA-256 of the request, hexadecimal.
    pub fingerprint: String,
    /// Name of the resource that was made or changed.
    pub resource: String,
    pub expire_time: Timestamp,
}

/// A principal has seen a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub principal: Principal,
    pub time: Timestamp,
}

/// The sequence of a tenant's last notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationCounter {
    pub last: u64,
}

/// Notifications made at or before this revision may have been removed: no feed resumes from before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationFloor {
    pub revision: u64,
}

/// A part of a reading that is under way. Worth nothing to any operation but the one that reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryCheckpoint {
    pub operation: OperationName,
    /// Reference of the artifact that holds the part.
    pub artifact: String,
}
