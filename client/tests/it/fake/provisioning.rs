//! The life of the one account.

use std::pin::Pin;

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::provisioning_service_server::ProvisioningService;
use provision_client::api::v1::*;
use tokio_stream::{Stream, StreamExt as _};
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

    async fn delete_service_account(
        &self,
        request: Request<DeleteServiceAccountRequest>,
    ) -> Result<Response<()>, Status> {
        self.enter("DeleteServiceAccount", &request)?;
        Ok(Response::new(()))
    }

    type WatchServiceAccountsStream =
        Pin<Box<dyn Stream<Item = Result<WatchServiceAccountsResponse, Status>> + Send>>;

    async fn watch_service_accounts(
        &self,
        request: Request<WatchServiceAccountsRequest>,
    ) -> Result<Response<Self::WatchServiceAccountsStream>, Status> {
        self.enter("WatchServiceAccounts", &request)?;
        let share = self.script().watches.pop_front();
        let stream: Self::WatchServiceAccountsStream = match share {
            Some(share) => Box::pin(tokio_stream::iter(share)),
            None => Box::pin(tokio_stream::once(Ok(samples::watch_opened())).chain(tokio_stream::pending())),
        };
        Ok(Response::new(stream))
    }

    async fn explain_service_account(
        &self,
        request: Request<ExplainServiceAccountRequest>,
    ) -> Result<Response<ExplainServiceAccountResponse>, Status> {
        self.enter("ExplainServiceAccount", &request)?;
        Ok(Response::new(samples::explanation()))
    }

    async fn check_preconditions(
        &self,
        request: Request<CheckPreconditionsRequest>,
    ) -> Result<Response<CheckPreconditionsResponse>, Status> {
        self.enter("CheckPreconditions", &request)?;
        Ok(Response::new(self.script().checks.clone()))
    }

    async fn accept_precondition(
        &self,
        request: Request<AcceptPreconditionRequest>,
    ) -> Result<Response<ServiceAccount>, Status> {
        self.enter("AcceptPrecondition", &request)?;
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
            installation_url: self.script().installation_url.clone(),
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

    async fn reauthorize_service_account(
        &self,
        request: Request<ReauthorizeServiceAccountRequest>,
    ) -> Result<Response<BeginAuthorizationResponse>, Status> {
        self.enter("ReauthorizeServiceAccount", &request)?;
        Ok(Response::new(BeginAuthorizationResponse {
            authorization_url: "https://login.example/authorize?state=s4".to_owned(),
            expire_time: samples::time(4_000_000_000),
            installation_url: String::new(),
        }))
    }

    async fn repair_service_account(
        &self,
        request: Request<RepairServiceAccountRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.enter("RepairServiceAccount", &request)?;
        Ok(Response::new(samples::operation_running(0, 0)))
    }

    async fn deprovision_service_account(
        &self,
        request: Request<DeprovisionServiceAccountRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.enter("DeprovisionServiceAccount", &request)?;
        Ok(Response::new(samples::operation_running(0, 0)))
    }

    type ReadQuarantineExportStream =
        Pin<Box<dyn Stream<Item = Result<ReadQuarantineExportResponse, Status>> + Send>>;

    async fn read_quarantine_export(
        &self,
        request: Request<ReadQuarantineExportRequest>,
    ) -> Result<Response<Self::ReadQuarantineExportStream>, Status> {
        self.enter("ReadQuarantineExport", &request)?;
        let total = self.script().export_bytes.unwrap_or(4);
        let part =
            |data: &[u8], total_bytes| Ok(ReadQuarantineExportResponse { data: data.to_vec(), total_bytes });
        Ok(Response::new(Box::pin(tokio_stream::iter([part(b"PK", total), part(b"zz", 0)]))))
    }
}
