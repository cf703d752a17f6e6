//! Tenants and their role bindings.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::access::Role;
use crate::ids::{BindingId, Principal, TenantId};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    pub id: TenantId,
    pub display_name: String,
    pub create_time: Timestamp,
}

/// A role of a principal in a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleBinding {
    pub tenant: TenantId,
    pub id: BindingId,
    pub principal: Principal,
    pub role: Role,
    pub create_time: Timestamp,
    pub creator: Principal,
}
