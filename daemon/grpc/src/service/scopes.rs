//! What each request is about, and which of them change something.

use provision_api::google::longrunning as lro;
use provision_api::v1;

use crate::door::{Addressed, Mutating, Scope};

macro_rules! tenant {
    ($($request:ty: $field:ident),+ $(,)?) => {
        $(impl Addressed for $request {
            fn scope(&self) -> Scope<'_> {
                Scope::Tenant(&self.$field)
            }
        })+
    };
}

tenant! {
    v1::CreateServiceAccountRequest: parent,
    v1::GetServiceAccountRequest: name,
    v1::ListServiceAccountsRequest: parent,
    v1::DeleteServiceAccountRequest: name,
    v1::WatchServiceAccountsRequest: parent,
    v1::ExplainServiceAccountRequest: name,
    v1::CheckPreconditionsRequest: name,
    v1::AcceptPreconditionRequest: name,
    v1::BeginAuthorizationRequest: name,
    v1::CompleteAuthorizationRequest: name,
    v1::PlanProvisioningRequest: name,
    v1::ProvisionServiceAccountRequest: name,
    v1::ReauthorizeServiceAccountRequest: name,
    v1::RepairServiceAccountRequest: name,
    v1::DeprovisionServiceAccountRequest: name,
    v1::ReadQuarantineExportRequest: name,
    v1::ListObjectTypesRequest: parent,
    v1::GetObjectTypeRequest: name,
    v1::ListProfilesRequest: parent,
    v1::GetProfileRequest: name,
    v1::RefreshInventoryRequest: parent,
    v1::ListComponentsRequest: parent,
    v1::GetComponentRequest: name,
    v1::ListNotificationsRequest: parent,
    v1::StreamNotificationsRequest: parent,
    v1::AcknowledgeNotificationRequest: name,
    v1::GetTenantRequest: name,
    v1::GetLicenseRequest: name,
    v1::ListLicensesRequest: parent,
    v1::CreateRoleBindingRequest: parent,
    v1::ListRoleBindingsRequest: parent,
    v1::DeleteRoleBindingRequest: name,
    v1::ListAuditEventsRequest: parent,
    lro::ListOperationsRequest: name,
    lro::GetOperationRequest: name,
    lro::DeleteOperationRequest: name,
    lro::CancelOperationRequest: name,
    lro::WaitOperationRequest: name,
}

impl Addressed for v1::UpdateServiceAccountRequest {
    fn scope(&self) -> Scope<'_> {
        Scope::Tenant(self.service_account.as_ref().map_or("", |account| &account.name))
    }
}

impl Addressed for v1::UpdateLicenseRequest {
    fn scope(&self) -> Scope<'_> {
        Scope::Tenant(self.license.as_ref().map_or("", |license| &license.name))
    }
}

impl Addressed for v1::CreateTenantRequest {
    fn scope(&self) -> Scope<'_> {
        Scope::Platform(format!("tenants/{}", self.tenant_id))
    }
}

impl Addressed for v1::ListTenantsRequest {
    fn scope(&self) -> Scope<'_> {
        Scope::Platform("tenants".to_owned())
    }
}

impl Addressed for v1::ListConnectorsRequest {
    fn scope(&self) -> Scope<'_> {
        Scope::Everyone("connectors")
    }
}

impl Addressed for v1::GetConnectorRequest {
    fn scope(&self) -> Scope<'_> {
        Scope::Everyone(&self.name)
    }
}

macro_rules! mutating {
    ($($request:ty),+ $(,)?) => {
        $(impl Mutating for $request {
            fn take_request_id(&mut self) -> Option<String> {
                Some(std::mem::take(&mut self.request_id))
            }
        })+
    };
}

mutating! {
    v1::CreateServiceAccountRequest,
    v1::UpdateServiceAccountRequest,
    v1::DeleteServiceAccountRequest,
    v1::CheckPreconditionsRequest,
    v1::AcceptPreconditionRequest,
    v1::BeginAuthorizationRequest,
    v1::CompleteAuthorizationRequest,
    v1::ProvisionServiceAccountRequest,
    v1::ReauthorizeServiceAccountRequest,
    v1::RepairServiceAccountRequest,
    v1::DeprovisionServiceAccountRequest,
    v1::RefreshInventoryRequest,
    v1::AcknowledgeNotificationRequest,
    v1::CreateTenantRequest,
    v1::UpdateLicenseRequest,
    v1::CreateRoleBindingRequest,
    v1::DeleteRoleBindingRequest,
}

/// A plan is kept, but asking for it twice makes one: no request id needed.
impl Mutating for v1::PlanProvisioningRequest {
    fn take_request_id(&mut self) -> Option<String> {
        None
    }
}

impl Mutating for lro::CancelOperationRequest {
    fn take_request_id(&mut self) -> Option<String> {
        None
    }
}

impl Mutating for lro::DeleteOperationRequest {
    fn take_request_id(&mut self) -> Option<String> {
        None
    }
}
