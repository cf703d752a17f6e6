//! The audit trail: who did what to what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ids::{AuditId, Principal, TenantId};

/// One thing that was done; written in the same commit as the change itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    pub tenant: TenantId,
    pub id: AuditId,
    pub create_time: Timestamp,
    pub principal: Principal,
    /// The method's name, or a word of the daemon's own.
    pub action: String,
    /// Name of the resource.
    pub resource: String,
    /// Facts; never secrets.
    pub details: BTreeMap<String, String>,
}
