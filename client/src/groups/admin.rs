//! Tenants, licences, role bindings, audit.

use prost_types::Timestamp;
use provision_api::v1;
use provision_api::v1::admin_service_client::AdminServiceClient;

use crate::client::{Client, request_id, rpc};
use crate::error::Error;
use crate::names;
use crate::page::{ListOptions, collect};

/// The RPCs of AdminService.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(crate) client: Client,
}

impl Admin {
    /// Creates a tenant.
    pub async fn create_tenant(&self, id: &str, display_name: &str) -> Result<v1::Tenant, Error> {
        let tenant = v1::Tenant { display_name: display_name.to_owned(), ..v1::Tenant::default() };
        let request = v1::CreateTenantRequest {
            tenant_id: id.to_owned(),
            tenant: Some(tenant),
            request_id: request_id(),
        };
        rpc!(self.client, AdminServiceClient.create_tenant(request))
    }

    /// Gets a tenant.
    pub async fn tenant(&self, name: &str) -> Result<v1::Tenant, Error> {
        let request = v1::GetTenantRequest { name: name.to_owned() };
        rpc!(self.client, AdminServiceClient.get_tenant(request))
    }

    /// Lists all tenants, up to `limit`.
    pub async fn tenants(&self, limit: usize) -> Result<v1::ListTenantsResponse, Error> {
        collect(limit, |page_size, page_token| {
            let request = v1::ListTenantsRequest { page_size, page_token };
            async move { rpc!(self.client, AdminServiceClient.list_tenants(request)) }
        })
        .await
    }

    /// Grants, changes or ends the licence of a tenant for a connector. `None` as start: from its creation; `None` as
    /// end: without end.
    pub async fn set_license(
        &self,
        tenant: &str,
        connector: &str,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<v1::License, Error> {
        self.update_license(v1::License {
            name: names::license(tenant, connector),
            start_time: start,
            expire_time: end,
            ..v1::License::default()
        })
        .await
    }

    /// As [`Admin::set_license`], for a whole licence: with a grace period past its end, and with an etag that must be
    /// the current one.
    ///
    /// # Errors
    /// ABORTED `ETAG_MISMATCH` for another etag.
    pub async fn update_license(&self, license: v1::License) -> Result<v1::License, Error> {
        let request = v1::UpdateLicenseRequest { license: Some(license), request_id: request_id() };
        rpc!(self.client, AdminServiceClient.update_license(request))
    }

    /// Gets a licence.
    pub async fn license(&self, name: &str) -> Result<v1::License, Error> {
        let request = v1::GetLicenseRequest { name: name.to_owned() };
        rpc!(self.client, AdminServiceClient.get_license(request))
    }

    /// Lists a tenant's licences, up to `limit`.
    pub async fn licenses(&self, parent: &str, limit: usize) -> Result<v1::ListLicensesResponse, Error> {
        collect(limit, |page_size, page_token| {
            let request = v1::ListLicensesRequest { parent: parent.to_owned(), page_size, page_token };
            async move { rpc!(self.client, AdminServiceClient.list_licenses(request)) }
        })
        .await
    }

    /// Gives a role to a principal.
    pub async fn grant_role(
        &self,
        tenant: &str,
        principal: &str,
        role: &str,
    ) -> Result<v1::RoleBinding, Error> {
        let request = v1::CreateRoleBindingRequest {
            parent: tenant.to_owned(),
            role_binding: Some(v1::RoleBinding {
                principal: principal.to_owned(),
                role: role.to_owned(),
                ..v1::RoleBinding::default()
            }),
            request_id: request_id(),
        };
        rpc!(self.client, AdminServiceClient.create_role_binding(request))
    }

    /// Lists a tenant's role bindings, up to `limit`.
    pub async fn role_bindings(
        &self,
        parent: &str,
        limit: usize,
    ) -> Result<v1::ListRoleBindingsResponse, Error> {
        collect(limit, |page_size, page_token| {
            let request = v1::ListRoleBindingsRequest { parent: parent.to_owned(), page_size, page_token };
            async move { rpc!(self.client, AdminServiceClient.list_role_bindings(request)) }
        })
        .await
    }

    /// Takes a role away.
    pub async fn revoke_role(&self, name: &str) -> Result<(), Error> {
        let request = v1::DeleteRoleBindingRequest { name: name.to_owned(), request_id: request_id() };
        rpc!(self.client, AdminServiceClient.delete_role_binding(request))
    }

    /// Lists what was done in a tenant, newest first. Filter fields: `principal`, `action`, `resource`.
    pub async fn audit_events(
        &self,
        parent: &str,
        options: ListOptions,
    ) -> Result<v1::ListAuditEventsResponse, Error> {
        collect(options.limit, |page_size, page_token| {
            let request = v1::ListAuditEventsRequest {
                parent: parent.to_owned(),
                page_size,
                page_token,
                filter: options.filter.clone(),
            };
            async move { rpc!(self.client, AdminServiceClient.list_audit_events(request)) }
        })
        .await
    }
}
