//! The one operation, as the script moves it on.

use provision_client::api::google::longrunning::operations_server::Operations;
use provision_client::api::google::longrunning::*;
use tonic::{Request, Response, Status};

use super::Fake;
use crate::samples;

impl Fake {
    fn next_operation(&self) -> Operation {
        let mut script = self.script();
        if script.operation.len() > 1 {
            return script.operation.pop_front().expect("more than one");
        }
        script.operation.front().cloned().expect("the last one stays")
    }
}

#[tonic::async_trait]
impl Operations for Fake {
    async fn list_operations(
        &self,
        request: Request<ListOperationsRequest>,
    ) -> Result<Response<ListOperationsResponse>, Status> {
        self.enter("ListOperations", &request)?;
        Ok(Response::new(ListOperationsResponse {
            operations: vec![samples::operation_running(1, 3), samples::operation_done()],
            next_page_token: String::new(),
        }))
    }

    async fn get_operation(
        &self,
        request: Request<GetOperationRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.enter("GetOperation", &request)?;
        Ok(Response::new(self.next_operation()))
    }

    async fn delete_operation(
        &self,
        request: Request<DeleteOperationRequest>,
    ) -> Result<Response<()>, Status> {
        self.enter("DeleteOperation", &request)?;
        Ok(Response::new(()))
    }

    async fn cancel_operation(
        &self,
        request: Request<CancelOperationRequest>,
    ) -> Result<Response<()>, Status> {
        self.enter("CancelOperation", &request)?;
        Ok(Response::new(()))
    }

    async fn wait_operation(
        &self,
        request: Request<WaitOperationRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.enter("WaitOperation", &request)?;
        Ok(Response::new(self.next_operation()))
    }
}
