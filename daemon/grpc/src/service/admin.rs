//! AdminService.

use provision_api::v1;
use provision_api::v1::admin_service_server::AdminService;
use provision_core::fault::Result;
use provision_core::{BindingId, ConnectorId};
use tonic::{Request, Response, Status};

use super::{Service, list};
use crate::convert::admin;
use crate::door::List;
use crate::name;

const AUDIT_FIELDS: &[&str] = &["principal", "action", "resource"];

#[tonic::async_trait]
impl AdminService for Service {
    async fn create_tenant(
        &self,
        request: Request<v1::CreateTenantRequest>,
    ) -> Result<Response<v1::Tenant>, Status> {
        let port = self.door.ports.admin.clone();
        let act =
            |by, q| async move { Ok(admin::tenant(port.create_tenant(by, admin::create_tenant(q)?).await?)) };
        self.door.change(request, act).await
    }

    async fn get_tenant(
        &self,
        request: Request<v1::GetTenantRequest>,
    ) -> Result<Response<v1::Tenant>, Status> {
        let act = |_, q: v1::GetTenantRequest| async move {
            Ok(admin::tenant(self.door.ports.admin.tenant(&name::tenant("name", &q.name)?).await?))
        };
        self.door.read(request, act).await
    }

    async fn list_tenants(
        &self,
        request: Request<v1::ListTenantsRequest>,
    ) -> Result<Response<v1::ListTenantsResponse>, Status> {
        let act = |caller, q: v1::ListTenantsRequest| async move {
            let list = List { parent: "", page_size: q.page_size, page_token: &q.page_token, filter: "" };
            let query = self.door.query(&caller, list, &[])?;
            let page = self.door.ports.admin.tenants(query).await?;
            Ok(v1::ListTenantsResponse {
                tenants: page.items.into_iter().map(admin::tenant).collect(),
                next_page_token: self.door.next(&caller, list, page.next),
            })
        };
        self.door.read(request, act).await
    }

    async fn update_license(
        &self,
        request: Request<v1::UpdateLicenseRequest>,
    ) -> Result<Response<v1::License>, Status> {
        let ports = self.door.ports.clone();
        let act = |by, q| async move {
            let license = ports.admin.update_license(by, admin::update_license(q)?).await?;
            Ok(admin::license(license, ports.clock.now()))
        };
        self.door.change(request, act).await
    }

    async fn get_license(
        &self,
        request: Request<v1::GetLicenseRequest>,
    ) -> Result<Response<v1::License>, Status> {
        let act = |_, q: v1::GetLicenseRequest| async move {
            let (tenant, connector) = name::under_tenant::<ConnectorId>("name", "licenses", &q.name)?;
            let license = self.door.ports.admin.license(&tenant, &connector).await?;
            Ok(admin::license(license, self.door.ports.clock.now()))
        };
        self.door.read(request, act).await
    }

    async fn list_licenses(
        &self,
        request: Request<v1::ListLicensesRequest>,
    ) -> Result<Response<v1::ListLicensesResponse>, Status> {
        let act = |caller, q: v1::ListLicensesRequest| async move {
            let tenant = name::tenant("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent, no filter), &[])?;
            let page = self.door.ports.admin.licenses(&tenant, query).await?;
            let now = self.door.ports.clock.now();
            Ok(v1::ListLicensesResponse {
                licenses: page.items.into_iter().map(|l| admin::license(l, now)).collect(),
                next_page_token: self.door.next(&caller, list!(q, parent, no filter), page.next),
            })
        };
        self.door.read(request, act).await
    }

    async fn create_role_binding(
        &self,
        request: Request<v1::CreateRoleBindingRequest>,
    ) -> Result<Response<v1::RoleBinding>, Status> {
        let port = self.door.ports.admin.clone();
        let act = |by, q| async move {
            Ok(admin::role_binding(port.create_binding(by, admin::create_binding(q)?).await?))
        };
        self.door.change(request, act).await
    }

    async fn list_role_bindings(
        &self,
        request: Request<v1::ListRoleBindingsRequest>,
    ) -> Result<Response<v1::ListRoleBindingsResponse>, Status> {
        let act = |caller, q: v1::ListRoleBindingsRequest| async move {
            let tenant = name::tenant("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent, no filter), &[])?;
            let page = self.door.ports.admin.bindings(&tenant, query).await?;
            Ok(v1::ListRoleBindingsResponse {
                role_bindings: page.items.into_iter().map(admin::role_binding).collect(),
                next_page_token: self.door.next(&caller, list!(q, parent, no filter), page.next),
            })
        };
        self.door.read(request, act).await
    }

    async fn delete_role_binding(
        &self,
        request: Request<v1::DeleteRoleBindingRequest>,
    ) -> Result<Response<()>, Status> {
        let port = self.door.ports.admin.clone();
        let act = |by, q: v1::DeleteRoleBindingRequest| async move {
            let (tenant, id) = name::under_tenant::<BindingId>("name", "roleBindings", &q.name)?;
            port.delete_binding(by, &tenant, &id).await
        };
        self.door.change(request, act).await
    }

    async fn list_audit_events(
        &self,
        request: Request<v1::ListAuditEventsRequest>,
    ) -> Result<Response<v1::ListAuditEventsResponse>, Status> {
        let act = |caller, q: v1::ListAuditEventsRequest| async move {
            let tenant = name::tenant("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent), AUDIT_FIELDS)?;
            let page = self.door.ports.admin.audit_events(&tenant, query).await?;
            Ok(v1::ListAuditEventsResponse {
                audit_events: page.items.into_iter().map(admin::audit_event).collect(),
                next_page_token: self.door.next(&caller, list!(q, parent), page.next),
            })
        };
        self.door.read(request, act).await
    }
}
