//! The life of the one account.

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::provisioning_service_server::ProvisioningService;
use provision_client::api::v1::*;
use tonic::{Request, Response, Status};

use super::Fake;
use crate::samples;

#[tonic::async_trait]
impl ProvisioningService for Fake {
    async fn create_service_account(
        &self,
        request: Request<CreateServiceAccountRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        self.enter("CreateServiceAccount", &request)?;
        Ok(Response::new(samples::draft()))
    }

    async fn get_service_account(
        &self,
        request: Request<GetServiceAccountRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        self.enter("GetServiceAccount", &request)?;
        let mut script = self.script();
        let next = script.account_next.pop_front();
        Ok(Response::new(next.unwrap_or_else(|| script.account.clone())))
    }

    async fn list_service_accounts(
        &self,
        request: Request<ListServiceAccountsRequest>,
    ) -> Result<Response<ListServiceAccountsResponse>, Status> {
        self.enter("ListServiceAccounts", &request)?;
        // Two pages, so that a client that stops at the first one is seen.
        let first = request.get_ref().page_token.is_empty();
        let (account, next) = if first { (samples::account(), "page-2") } else { (samples::draft(), "") };
        Ok(Response::new(ListServiceAccountsResponse {
            service_accounts: vec![account],
            next_page_token: next.to_owned(),
        }))
    }

    async fn update_service_account(
        &self,
        request: Request<UpdateServiceAccountRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        self.enter("UpdateServiceAccount", &request)?;
        Ok(Response::new(samples::account()))
    }

    async fn begin_authorization(
        &self,
        request: Request<BeginAuthorizationRequest>,
    ) -> Result<Response<BeginAuthorizationResponse>, Status> {
        self.enter("BeginAuthorization", &request)?;
        Ok(Response::new(BeginAuthorizationResponse {
            authorization_url: "https://login.example/authorize?state=s3".to_owned(),
            expire_time: samples::time(4_000_000_000),
        }))
    }

    async fn complete_authorization(
        &self,
        request: Request<CompleteAuthorizationRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        self.enter("CompleteAuthorization", &request)?;
        Ok(Response::new(samples::account()))
    }

    async fn plan_provisioning(
        &self,
        request: Request<PlanProvisioningRequest>,
    ) -> Result<Response<ProvisioningPlan>, Status> {
        self.enter("PlanProvisioning", &request)?;
        Ok(Response::new(samples::plan()))
    }

    async fn provision_service_account(
        &self,
        request: Request<ProvisionServiceAccountRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.enter("ProvisionServiceAccount", &request)?;
        Ok(Response::new(samples::operation_running(0, 0)))
    }
}
