//! Tenants, licences, bindings and rights in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use async_trait::async_trait;
use provision_core::access::Role;
use provision_core::audit::AuditEvent;
use provision_core::fault::{Fault, Result};
use provision_core::license::License;
use provision_core::ports::{
    Access, Admin, CreateBinding, CreateTenant, ListQuery, Mutation, Page, Tagged, UpdateLicense,
};
use provision_core::tenant::{RoleBinding, Tenant};
use provision_core::{BindingId, ConnectorId, Principal, TenantId};

use super::{now, page, principal, tenant};

#[derive(Default)]
pub struct FakeTenants {
    tenants: Mutex<BTreeSet<TenantId>>,
    roles: Mutex<BTreeMap<(Principal, TenantId), Vec<Role>>>,
}

impl FakeTenants {
    pub fn bind_everyone(&self) {
        self.tenants.lock().unwrap().extend([tenant("acme"), tenant("other")]);
        self.bind("admin", "acme", Role::GlobalAdministrator);
        self.bind("operator", "acme", Role::Operator);
        self.bind("auditor", "acme", Role::Auditor);
        self.bind("viewer", "acme", Role::Viewer);
        self.bind("stranger", "other", Role::GlobalAdministrator);
    }

    pub fn bind(&self, who: &str, tenant_id: &str, role: Role) {
        let key = (principal(who), tenant(tenant_id));
        self.roles.lock().unwrap().entry(key).or_default().push(role);
    }

    pub fn unbind(&self, who: &str, tenant_id: &str) {
        self.roles.lock().unwrap().remove(&(principal(who), tenant(tenant_id)));
    }

    fn license(tenant: &TenantId, connector: &ConnectorId) -> Tagged<License> {
        let value = License {
            tenant: tenant.clone(),
            connector: connector.clone(),
            start_time: now(),
            expire_time: None,
            grace_seconds: 0,
        };
        Tagged { value, etag: "license-1".to_owned() }
    }

    fn tenant(id: &TenantId) -> Tagged<Tenant> {
        let value = Tenant { id: id.clone(), display_name: String::new(), create_time: now() };
        Tagged { value, etag: "tenant-1".to_owned() }
    }
}

#[async_trait]
impl Access for FakeTenants {
    async fn roles(&self, principal: &Principal, tenant: &TenantId) -> Result<Option<Vec<Role>>> {
        if !self.tenants.lock().unwrap().contains(tenant) {
            return Ok(None);
        }
        let key = (principal.clone(), tenant.clone());
        Ok(Some(self.roles.lock().unwrap().get(&key).cloned().unwrap_or_default()))
    }
}

#[async_trait]
impl Admin for FakeTenants {
    async fn create_tenant(&self, _: Mutation, request: CreateTenant) -> Result<Tagged<Tenant>> {
        self.tenants.lock().unwrap().insert(request.id.clone());
        Ok(Self::tenant(&request.id))
    }

    async fn tenant(&self, id: &TenantId) -> Result<Tagged<Tenant>> {
        Ok(Self::tenant(id))
    }

    async fn tenants(&self, query: ListQuery) -> Result<Page<Tagged<Tenant>>> {
        Ok(page(self.tenants.lock().unwrap().iter().map(Self::tenant).collect(), &query))
    }

    async fn update_license(&self, _: Mutation, request: UpdateLicense) -> Result<Tagged<License>> {
        Ok(Self::license(&request.tenant, &request.connector))
    }

    async fn license(&self, tenant: &TenantId, connector: &ConnectorId) -> Result<Tagged<License>> {
        Ok(Self::license(tenant, connector))
    }

    async fn licenses(&self, _: &TenantId, query: ListQuery) -> Result<Page<Tagged<License>>> {
        Ok(page(Vec::new(), &query))
    }

    async fn create_binding(&self, by: Mutation, request: CreateBinding) -> Result<RoleBinding> {
        Ok(RoleBinding {
            tenant: request.tenant,
            id: BindingId::new("b1").expect("valid"),
            principal: request.principal,
            role: request.role,
            create_time: now(),
            creator: by.principal,
        })
    }

    async fn bindings(&self, _: &TenantId, query: ListQuery) -> Result<Page<RoleBinding>> {
        Ok(page(Vec::new(), &query))
    }

    async fn delete_binding(&self, _: Mutation, _: &TenantId, id: &BindingId) -> Result<()> {
        Err(Fault::not_found(id))
    }

    async fn audit_events(&self, _: &TenantId, query: ListQuery) -> Result<Page<AuditEvent>> {
        Ok(page(Vec::new(), &query))
    }
}
