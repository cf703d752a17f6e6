//! Tenants, licences, role bindings, the audit trail, and who may do what.

use async_trait::async_trait;

use super::{ListQuery, Mutation, Page, Tagged};
use crate::Timestamp;
use crate::access::Role;
use crate::audit::AuditEvent;
use crate::fault::Result;
use crate::ids::{BindingId, ConnectorId, Principal, TenantId};
use crate::license::License;
use crate::tenant::{RoleBinding, Tenant};

/// What CreateTenant asks for.
#[derive(Debug, Clone)]
pub struct CreateTenant {
    pub id: TenantId,
    pub display_name: String,
}

/// What UpdateLicense asks for.
#[derive(Debug, Clone)]
pub struct UpdateLicense {
    pub tenant: TenantId,
    pub connector: ConnectorId,
    /// `None`: as it is, or now for a new licence.
    pub start_time: Option<Timestamp>,
    pub expire_time: Option<Timestamp>,
    /// How long it still counts past its end; at most a year.
    pub grace_period: std::time::Duration,
    pub etag: Option<String>,
}

/// What CreateRoleBinding asks for.
#[derive(Debug, Clone)]
pub struct CreateBinding {
    pub tenant: TenantId,
    pub principal: Principal,
    pub role: Role,
}

/// Use cases around tenants. Callers are authorised already.
#[async_trait]
pub trait Admin: Send + Sync {
    async fn create_tenant(&self, by: Mutation, request: CreateTenant) -> Result<Tagged<Tenant>>;
    async fn tenant(&self, id: &TenantId) -> Result<Tagged<Tenant>>;
    async fn tenants(&self, query: ListQuery) -> Result<Page<Tagged<Tenant>>>;
    async fn update_license(&self, by: Mutation, request: UpdateLicense) -> Result<Tagged<License>>;
    async fn license(&self, tenant: &TenantId, connector: &ConnectorId) -> Result<Tagged<License>>;
    async fn licenses(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Tagged<License>>>;
    async fn create_binding(&self, by: Mutation, request: CreateBinding) -> Result<RoleBinding>;
    async fn bindings(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<RoleBinding>>;
    /// `LAST_GLOBAL_ADMINISTRATOR` for the last one of a tenant.
    async fn delete_binding(&self, by: Mutation, tenant: &TenantId, id: &BindingId) -> Result<()>;
    /// Newest first; filter fields `principal`, `action`, `resource`.
    async fn audit_events(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<AuditEvent>>;
}

/// Who may do what.
#[async_trait]
pub trait Access: Send + Sync {
    /// The roles of a principal in a tenant; `None` where the tenant does not exist.
    async fn roles(&self, principal: &Principal, tenant: &TenantId) -> Result<Option<Vec<Role>>>;
}
