//! Tenants, licences, roles, audit.

use provision_client::api::v1::admin_service_server::AdminService;
use provision_client::api::v1::*;
use tonic::{Request, Response, Status};

use super::Fake;
use crate::samples;

#[tonic::async_trait]
impl AdminService for Fake {
    async fn create_tenant(&self, request: Request<CreateTenantRequest>) -> Result<Response<Tenant>, Status> {
        self.enter("CreateTenant", &request)?;
        Ok(Response::new(samples::tenant()))
    }

    async fn get_tenant(&self, request: Request<GetTenantRequest>) -> Result<Response<Tenant>, Status> {
        self.enter("GetTenant", &request)?;
        Ok(Response::new(samples::tenant()))
    }

    async fn list_tenants(
        &self,
        request: Request<ListTenantsRequest>,
    ) -> Result<Response<ListTenantsResponse>, Status> {
        self.enter("ListTenants", &request)?;
        Ok(Response::new(ListTenantsResponse {
            tenants: vec![samples::tenant()],
            next_page_token: String::new(),
        }))
    }

    async fn update_license(
        &self,
        request: Request<UpdateLicenseRequest>,
    ) -> Result<Response<License>, Status> {
        self.enter("UpdateLicense", &request)?;
        Ok(Response::new(samples::license()))
    }

    async fn get_license(&self, request: Request<GetLicenseRequest>) -> Result<Response<License>, Status> {
        self.enter("GetLicense", &request)?;
        Ok(Response::new(samples::license()))
    }

    async fn list_licenses(
        &self,
        request: Request<ListLicensesRequest>,
    ) -> Result<Response<ListLicensesResponse>, Status> {
        self.enter("ListLicenses", &request)?;
        Ok(Response::new(ListLicensesResponse {
            licenses: vec![samples::license()],
            next_page_token: String::new(),
        }))
    }

    async fn create_role_binding(
        &self,
        request: Request<CreateRoleBindingRequest>,
    ) -> Result<Response<RoleBinding>, Status> {
        self.enter("CreateRoleBinding", &request)?;
        Ok(Response::new(samples::role_binding()))
    }

    async fn list_role_bindings(
        &self,
        request: Request<ListRoleBindingsRequest>,
    ) -> Result<Response<ListRoleBindingsResponse>, Status> {
        self.enter("ListRoleBindings", &request)?;
        Ok(Response::new(ListRoleBindingsResponse {
            role_bindings: vec![samples::role_binding()],
            next_page_token: String::new(),
        }))
    }

    async fn delete_role_binding(
        &self,
        request: Request<DeleteRoleBindingRequest>,
    ) -> Result<Response<()>, Status> {
        self.enter("DeleteRoleBinding", &request)?;
        Ok(Response::new(()))
    }

    async fn list_audit_events(
        &self,
        request: Request<ListAuditEventsRequest>,
    ) -> Result<Response<ListAuditEventsResponse>, Status> {
        self.enter("ListAuditEvents", &request)?;
        Ok(Response::new(ListAuditEventsResponse {
            audit_events: samples::audit_events(),
            next_page_token: String::new(),
        }))
    }
}
