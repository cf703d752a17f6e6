//! Stored record formats. A record is a domain value in an envelope that names its kind and version, as JSON:
//! `{"kind":"service_account","version":1,"data":{…}}`.
//!
//! A format never changes in place: a field that is added must be readable when it is absent, and any other change is a
//! new version, with the old one's reading kept. `tests/golden/` holds a sample of every version that was ever
//! written; the test, not the reviewer, notices a change.

mod broker;
mod keys;
mod side;

use bytes::Bytes;
use provision_core::{
    account::{ApiBudget, EventChannel, ServiceAccount},
    audit::AuditEvent,
    authorization::PendingAuthorization,
    component::Component,
    inventory::InventorySummary,
    license::License,
    notification::Notification,
    operation::Operation,
    plan::PlanRef,
    precondition::PreconditionReport,
    tenant::{RoleBinding, Tenant},
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use broker::{Credential, CredentialState, Doubt, DoubtCause, RestoreMarker, Sealed};
pub use keys::RecordKey;
pub use side::{
    Acknowledgement, AuthorizationPointer, IdempotencyRecord, InventoryCheckpoint, NotificationCounter,
    NotificationFloor, OrganizationClaim,
};

use crate::key::{Key, Prefix};

/// A value that is stored.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// The word in the envelope.
    const KIND: &'static str;
    /// The version that is written.
    const VERSION: u32;
}

/// Why stored bytes could not be read. It is a defect or a damaged store, never the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The bytes are no envelope, or the data does not have the form of its version.
    #[error("a {expected} record cannot be read: {cause}")]
    Malformed { expected: &'static str, cause: serde_json::Error },
    /// Another kind stands under the key.
    #[error("a {expected} record expected, a {found} record found")]
    WrongKind { expected: &'static str, found: String },
    /// A newer daemon wrote it.
    #[error("a {kind} record has version {found}; this daemon reads up to {known}")]
    TooNew { kind: &'static str, found: u32, known: u32 },
}

#[derive(Serialize)]
struct Written<'a, T> {
    kind: &'static str,
    version: u32,
    data: &'a T,
}

#[derive(Deserialize)]
struct Envelope {
    kind: String,
    version: u32,
    data: serde_json::Value,
}

/// The bytes to store.
pub fn encode<T: Record>(value: &T) -> Result<Bytes, RecordError> {
    serde_json::to_vec(&Written { kind: T::KIND, version: T::VERSION, data: value })
        .map(Bytes::from)
        .map_err(|cause| RecordError::Malformed { expected: T::KIND, cause })
}

/// The value in stored bytes.
pub fn decode<T: Record>(bytes: &[u8]) -> Result<T, RecordError> {
    let malformed = |cause| RecordError::Malformed { expected: T::KIND, cause };
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(malformed)?;
    if envelope.kind != T::KIND {
        return Err(RecordError::WrongKind { expected: T::KIND, found: envelope.kind });
    }
    if envelope.version > T::VERSION {
        return Err(RecordError::TooNew { kind: T::KIND, found: envelope.version, known: T::VERSION });
    }
    serde_json::from_value(envelope.data).map_err(malformed)
}

macro_rules! records {
    ($($type:ty => $kind:literal v $version:literal,)+) => {
        $(impl Record for $type {
            const KIND: &'static str = $kind;
            const VERSION: u32 = $version;
        })+

        /// Every kind with the version that is written; each has its golden samples.
        pub const KINDS: &[(&str, u32)] = &[$(($kind, $version),)+];
    };
}

records! {
    Tenant => "tenant" v 1,
    License => "license" v 2,
    RoleBinding => "role_binding" v 1,
    ServiceAccount => "service_account" v 3,
    EventChannel => "event_channel" v 1,
    ApiBudget => "api_budget" v 1,
    Operation => "operation" v 3,
    PlanRef => "plan_ref" v 1,
    InventorySummary => "inventory_summary" v 2,
    Component => "component" v 2,
    Notification => "notification" v 1,
    AuditEvent => "audit_event" v 1,
    PendingAuthorization => "pending_authorization" v 2,
    AuthorizationPointer => "authorization_pointer" v 1,
    OrganizationClaim => "organization_claim" v 1,
    Credential => "credential" v 2,
    RestoreMarker => "restore_marker" v 1,
    IdempotencyRecord => "idempotency" v 1,
    Acknowledgement => "acknowledgement" v 1,
    NotificationCounter => "notification_counter" v 1,
    NotificationFloor => "notification_floor" v 1,
    PreconditionReport => "precondition_report" v 1,
    InventoryCheckpoint => "inventory_checkpoint" v 1,
}

/// The prefix of all keys that begin with these parts, the separator included.
pub(crate) fn prefix(parts: &[&str]) -> Prefix {
    Prefix::new(format!("{}/", parts.join("/"))).expect("parts are ids, which keys allow")
}

pub(crate) fn key(parts: &[&str]) -> Key {
    Key::new(parts.join("/")).expect("parts are ids, which keys allow")
}
