//! Inventory: what the daemon has read of an organisation.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

mod changes;

pub use changes::{ChangedNames, InventoryChanges, NAMES_MAX, fell};

/// Everything that was read, in one piece; kept as an artifact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// Ordered by API name.
    pub object_types: Vec<ObjectType>,
    /// Ordered by display name, then id.
    pub profiles: Vec<Profile>,
    /// The connector's own marks of what it read, by which it can tell later that nothing has changed. Opaque.
    #[serde(default)]
    pub marks: std::collections::BTreeMap<String, String>,
}

/// Counts of an inventory, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventorySummary {
    pub object_types: u64,
    pub fields: u64,
    pub profiles: u64,
    pub permission_sets: u64,
    pub api_calls: u64,
    /// When it was last seen to be so.
    pub read_time: Timestamp,
    /// When everything was last asked for, nothing taken from an earlier reading.
    #[serde(default)]
    pub full_read_time: Option<Timestamp>,
    /// Reference of the artifact that holds it; empty where it was not kept.
    pub artifact: String,
}

/// How a reading compares with the one before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReadingOutcome {
    /// `None` for the first reading.
    pub changes: Option<InventoryChanges>,
    /// The application said that nothing had changed; nothing was read again.
    pub unchanged: bool,
    /// Much less was found than before: the reading was not taken over.
    pub held: bool,
}

/// A kind of record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectType {
    pub api_name: String,
    pub label: String,
    pub custom: bool,
    pub accepts_triggers: bool,
    pub holds_files: bool,
    pub holds_feed: bool,
    pub queryable: bool,
    pub createable: bool,
    pub updateable: bool,
    pub deletable: bool,
    pub fields: Vec<Field>,
}

/// One field of an object type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub api_name: String,
    pub label: String,
    pub kind: String,
    pub length: u32,
    pub required: bool,
    pub custom: bool,
    pub reference_to: Vec<String>,
}

/// A profile or a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub remote_id: String,
    pub display_name: String,
    pub kind: ProfileKind,
    pub custom: bool,
    pub object_permissions: Vec<ObjectPermission>,
}

/// What a [`Profile`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProfileKind {
    Profile,
    PermissionSet,
}

impl ProfileKind {
    /// UPPER_SNAKE_CASE name, as in filters.
    pub fn as_str(self) -> &'static str {
        match self {
            ProfileKind::Profile => "PROFILE",
            ProfileKind::PermissionSet => "PERMISSION_SET",
        }
    }
}

/// Rights on one object type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectPermission {
    pub object_type: String,
    pub read: bool,
    pub create: bool,
    pub edit: bool,
    pub delete: bool,
    pub view_all: bool,
    pub modify_all: bool,
}
