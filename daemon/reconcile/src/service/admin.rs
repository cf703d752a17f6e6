//! Tenants, licences, role bindings, the audit trail; and who may do what.

use async_trait::async_trait;
use provision_core::access::Role;
use provision_core::audit::AuditEvent;
use provision_core::license::{GRACE_SECONDS_MAX, License};
use provision_core::ports::{
    Access, Admin, CreateBinding, CreateTenant, ListQuery, Mutation, Page, Tagged, UpdateLicense,
};
use provision_core::tenant::{RoleBinding, Tenant};
use provision_core::{BindingId, ConnectorId, Fault, Principal, Reason, Result, TenantId};
use provision_store::record::{Record, RecordKey};

use super::ControlPlane;
use crate::commit::{Built, Draft};
use crate::context::sha256_hex;
use crate::repository::{Versioned, etag};

/// Role bindings that a tenant can have.
const BINDINGS_MAX: usize = 1_000;

fn tagged<T>(found: Versioned<T>) -> Tagged<T> {
    let etag = etag(found.revision);
    Tagged { value: found.value, etag }
}

fn tagged_page<T>(page: Page<Versioned<T>>) -> Page<Tagged<T>> {
    Page { items: page.items.into_iter().map(tagged).collect(), next: page.next }
}

impl ControlPlane {
    async fn found<T: Record>(&self, key: &provision_store::Key, name: String) -> Result<Tagged<T>> {
        self.context.repository().find::<T>(key).await?.map(tagged).ok_or_else(|| Fault::not_found(name))
    }

    async fn all_bindings(&self, tenant: &TenantId) -> Result<Vec<RoleBinding>> {
        let (all, _) = self
            .context
            .repository()
            .all::<RoleBinding>(&RecordKey::bindings(tenant), BINDINGS_MAX * 2)
            .await?;
        Ok(all.into_iter().map(|b| b.value).collect())
    }

    /// Puts the tenant's fence into a commit: of two changes of bindings at the same time, the second looks again. Call
    /// it before the bindings are read, or a change between the two would pass unseen.
    async fn fence(&self, draft: &mut Draft, tenant: &TenantId) -> Result<()> {
        let key = RecordKey::bindings_fence(tenant);
        let found = self.context.repository().find::<Tenant>(&key).await?;
        draft.as_found(key.clone(), &found);
        let tenant = self.found::<Tenant>(&RecordKey::tenant(tenant), format!("tenants/{tenant}")).await?;
        draft.put(key, &tenant.value)
    }
}

#[async_trait]
impl Admin for ControlPlane {
    async fn create_tenant(&self, by: Mutation, request: CreateTenant) -> Result<Tagged<Tenant>> {
        let key = RecordKey::tenant(&request.id);
        self.context
            .commit(|| async {
                if self.context.replayed(&by, "_platform").await?.is_some() {
                    return Ok(Built::Already(()));
                }
                if self.context.repository().find::<Tenant>(&key).await?.is_some() {
                    return Err(Fault::new(
                        Reason::ResourceExists,
                        format!("'tenants/{}' exists already", request.id),
                    )
                    .meta("resource", format!("tenants/{}", request.id)));
                }
                let now = self.context.now();
                let tenant = Tenant {
                    id: request.id.clone(),
                    display_name: request.display_name.clone(),
                    create_time: now,
                };
                let mut draft = Draft::default();
                let name = format!("tenants/{}", request.id);
                draft.absent(key.clone());
                draft.put(key.clone(), &tenant)?;
                draft.remember(&by, "_platform", &name, now)?;
                draft.audit(&self.context, &request.id, &by.principal, by.method, name, &[])?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.tenant(&request.id).await
    }

    async fn tenant(&self, id: &TenantId) -> Result<Tagged<Tenant>> {
        self.found(&RecordKey::tenant(id), format!("tenants/{id}")).await
    }

    async fn tenants(&self, query: ListQuery) -> Result<Page<Tagged<Tenant>>> {
        let page =
            self.context.repository().page(&RecordKey::tenants(), &query, |_: &Tenant, _| None).await?;
        Ok(tagged_page(page))
    }

    async fn update_license(&self, by: Mutation, request: UpdateLicense) -> Result<Tagged<License>> {
        self.context.connectors.get(&request.connector)?;
        if request.grace_period.as_secs() > GRACE_SECONDS_MAX {
            return Err(Fault::invalid("license.grace_period", "must be at most 366 days"));
        }
        let (tenant, connector) = (&request.tenant, &request.connector);
        let key = RecordKey::license(tenant, connector);
        let name = format!("tenants/{tenant}/licenses/{connector}");
        self.context
            .commit(|| async {
                if self.context.replayed(&by, tenant.as_str()).await?.is_some() {
                    return Ok(Built::Already(()));
                }
                self.tenant(tenant).await?;
                let found = self.context.repository().find::<License>(&key).await?;
                if let Some(given) = &request.etag
                    && found.as_ref().map(Versioned::etag).as_deref() != Some(given)
                {
                    return Err(Fault::new(
                        Reason::EtagMismatch,
                        "the licence has changed since it was read",
                    ));
                }
                let now = self.context.now();
                let start_time =
                    request.start_time.or(found.as_ref().map(|f| f.value.start_time)).unwrap_or(now);
                if request.expire_time.is_some_and(|end| end <= start_time) {
                    return Err(Fault::invalid("license.expire_time", "must be after license.start_time"));
                }
                let license = License {
                    tenant: tenant.clone(),
                    connector: connector.clone(),
                    start_time,
                    expire_time: request.expire_time,
                    grace_seconds: request.grace_period.as_secs(),
                };
                let mut draft = Draft::default();
                draft.as_found(key.clone(), &found);
                draft.put(key.clone(), &license)?;
                draft.remember(&by, tenant.as_str(), &name, now)?;
                let until = request.expire_time.map_or_else(|| "without end".to_owned(), super::written);
                let facts = [("expire_time", until.as_str())];
                draft.audit(&self.context, tenant, &by.principal, by.method, name.clone(), &facts)?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        // At once; the reaper looks anyway.
        if let Err(fault) = crate::reaper::look_after_tenant(&self.context, self, tenant).await {
            tracing::warn!(%tenant, ?fault, "the licence's accounts could not be looked after");
        }
        self.license(tenant, connector).await
    }

    async fn license(&self, tenant: &TenantId, connector: &ConnectorId) -> Result<Tagged<License>> {
        self.found(&RecordKey::license(tenant, connector), format!("tenants/{tenant}/licenses/{connector}"))
            .await
    }

    async fn licenses(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Tagged<License>>> {
        let prefix = RecordKey::licenses(tenant);
        Ok(tagged_page(self.context.repository().page(&prefix, &query, |_: &License, _| None).await?))
    }

    async fn create_binding(&self, by: Mutation, request: CreateBinding) -> Result<RoleBinding> {
        let tenant = &request.tenant;
        // The same role for the same principal is the same binding.
        let digest = sha256_hex(format!("{}\n{}", request.principal, request.role.as_str()).as_bytes());
        let id = BindingId::new(digest[..20].to_owned())?;
        let key = RecordKey::binding(tenant, &id);
        let name = format!("tenants/{tenant}/roleBindings/{id}");
        self.context
            .commit(|| async {
                let mut draft = Draft::default();
                self.fence(&mut draft, tenant).await?;
                let found = self.context.repository().find::<RoleBinding>(&key).await?;
                if let Some(found) = found {
                    if self.context.replayed(&by, tenant.as_str()).await?.is_some() {
                        return Ok(Built::Already(found.value));
                    }
                    return Err(Fault::new(Reason::ResourceExists, format!("'{name}' exists already"))
                        .meta("resource", name.clone()));
                }
                self.context.replayed(&by, tenant.as_str()).await?;
                if self.all_bindings(tenant).await?.len() >= BINDINGS_MAX {
                    return Err(Fault::new(
                        Reason::TooLarge,
                        format!("a tenant can have at most {BINDINGS_MAX} role bindings"),
                    ));
                }
                let now = self.context.now();
                let binding = RoleBinding {
                    tenant: tenant.clone(),
                    id: id.clone(),
                    principal: request.principal.clone(),
                    role: request.role,
                    create_time: now,
                    creator: by.principal.clone(),
                };
                draft.absent(key.clone());
                draft.put(key.clone(), &binding)?;
                draft.remember(&by, tenant.as_str(), &name, now)?;
                let facts = [("principal", request.principal.as_str()), ("role", request.role.as_str())];
                draft.audit(&self.context, tenant, &by.principal, by.method, name.clone(), &facts)?;
                Ok(Built::Commit(draft, binding))
            })
            .await
    }

    async fn bindings(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<RoleBinding>> {
        let prefix = RecordKey::bindings(tenant);
        let page = self.context.repository().page(&prefix, &query, |_: &RoleBinding, _| None).await?;
        Ok(Page { items: page.items.into_iter().map(|b| b.value).collect(), next: page.next })
    }

    async fn delete_binding(&self, by: Mutation, tenant: &TenantId, id: &BindingId) -> Result<()> {
        let key = RecordKey::binding(tenant, id);
        let name = format!("tenants/{tenant}/roleBindings/{id}");
        self.context
            .commit(|| async {
                if self.context.replayed(&by, tenant.as_str()).await?.is_some() {
                    return Ok(Built::Already(()));
                }
                let mut draft = Draft::default();
                self.fence(&mut draft, tenant).await?;
                let found = self.context.repository().find::<RoleBinding>(&key).await?;
                let found = found.ok_or_else(|| Fault::not_found(&name))?;
                if found.value.role == Role::GlobalAdministrator {
                    let others = self
                        .all_bindings(tenant)
                        .await?
                        .iter()
                        .any(|b| b.role == Role::GlobalAdministrator && b.id != *id);
                    if !others {
                        return Err(Fault::new(
                            Reason::LastGlobalAdministrator,
                            "a tenant's last Global administrator cannot be removed; give the role to another first",
                        ));
                    }
                }
                draft.unchanged(key.clone(), found.revision);
                draft.delete(key.clone());
                draft.remember(&by, tenant.as_str(), &name, self.context.now())?;
                let facts =
                    [("principal", found.value.principal.as_str()), ("role", found.value.role.as_str())];
                draft.audit(&self.context, tenant, &by.principal, by.method, name.clone(), &facts)?;
                Ok(Built::Commit(draft, ()))
            })
            .await
    }

    async fn audit_events(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<AuditEvent>> {
        let prefix = RecordKey::audits(tenant);
        let page = self
            .context
            .repository()
            .page(&prefix, &query, |event: &AuditEvent, field| match field {
                "principal" => Some(event.principal.to_string()),
                "action" => Some(event.action.clone()),
                "resource" => Some(event.resource.clone()),
                _ => None,
            })
            .await?;
        Ok(Page { items: page.items.into_iter().map(|e| e.value).collect(), next: page.next })
    }
}

#[async_trait]
impl Access for ControlPlane {
    async fn roles(&self, principal: &Principal, tenant: &TenantId) -> Result<Option<Vec<Role>>> {
        if self.context.repository().find::<Tenant>(&RecordKey::tenant(tenant)).await?.is_none() {
            return Ok(None);
        }
        let bindings = self.all_bindings(tenant).await?;
        Ok(Some(bindings.into_iter().filter(|b| b.principal == *principal).map(|b| b.role).collect()))
    }
}
