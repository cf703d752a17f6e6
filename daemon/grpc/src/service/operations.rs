//! `google.longrunning.Operations`.

use std::collections::HashMap;
use std::time::Duration;

use provision_api::google::longrunning as lro;
use provision_api::google::longrunning::operations_server::Operations;
use provision_api::v1;
use provision_core::fault::{Fault, Result};
use provision_core::operation::{Operation, OperationKind, OperationState};
use provision_core::{AccountName, Reason};
use tonic::{Request, Response, Status};

use super::{Service, list};
use crate::convert::{account, operation, time};
use crate::name;

/// Fields that filters of operations can ask for.
const FILTER_FIELDS: &[&str] = &["kind", "state", "service_account"];
const WAIT_DEFAULT: Duration = Duration::from_secs(30);
const WAIT_MAX: Duration = Duration::from_secs(600);

#[tonic::async_trait]
impl Operations for Service {
    async fn list_operations(
        &self,
        request: Request<lro::ListOperationsRequest>,
    ) -> Result<Response<lro::ListOperationsResponse>, Status> {
        let act = |caller, q: lro::ListOperationsRequest| async move {
            // The parent or the collection itself: clients of this service differ in what they send.
            let parent = q.name.strip_suffix("/operations").unwrap_or(&q.name);
            let tenant = name::tenant("name", parent)?;
            let query = self.door.query(&caller, list!(q, name), FILTER_FIELDS)?;
            let page = self.door.ports.operations.list(&tenant, query).await?;
            let mut accounts = HashMap::new();
            let mut operations = Vec::with_capacity(page.items.len());
            for item in page.items {
                operations.push(self.operation(item, &mut accounts).await?);
            }
            let next_page_token = self.door.next(&caller, list!(q, name), page.next);
            Ok(lro::ListOperationsResponse { operations, next_page_token })
        };
        self.door.read(request, act).await
    }

    async fn get_operation(
        &self,
        request: Request<lro::GetOperationRequest>,
    ) -> Result<Response<lro::Operation>, Status> {
        let act = |_, q: lro::GetOperationRequest| async move {
            let found = self.door.ports.operations.get(&name::operation("name", &q.name)?).await?;
            self.operation(found, &mut HashMap::new()).await
        };
        self.door.read(request, act).await
    }

    async fn delete_operation(
        &self,
        request: Request<lro::DeleteOperationRequest>,
    ) -> Result<Response<()>, Status> {
        let operations = self.door.ports.operations.clone();
        let act = |by, q: lro::DeleteOperationRequest| async move {
            operations.delete(by, &name::operation("name", &q.name)?).await
        };
        self.door.change(request, act).await
    }

    async fn cancel_operation(
        &self,
        request: Request<lro::CancelOperationRequest>,
    ) -> Result<Response<()>, Status> {
        let operations = self.door.ports.operations.clone();
        let act = |by, q: lro::CancelOperationRequest| async move {
            operations.cancel(by, &name::operation("name", &q.name)?).await
        };
        self.door.change(request, act).await
    }

    async fn wait_operation(
        &self,
        request: Request<lro::WaitOperationRequest>,
    ) -> Result<Response<lro::Operation>, Status> {
        let act = |q: lro::WaitOperationRequest| async move {
            let name = name::operation("name", &q.name)?;
            let timeout = match q.timeout {
                None => WAIT_DEFAULT,
                Some(asked) => time::from_duration("timeout", asked)?.min(WAIT_MAX),
            };
            let latest = tokio::select! {
                latest = self.door.ports.operations.wait(&name, timeout) => latest?,
                () = self.door.shutdown.cancelled() => {
                    return Err(Fault::new(Reason::ShuttingDown, "the daemon is stopping; wait again")
                        .retry_after(Duration::from_secs(1)));
                }
            };
            self.operation(latest, &mut HashMap::new()).await
        };
        self.door.wait(request, act).await
    }
}

impl Service {
    /// The operation on the wire; `accounts` keeps what was read already.
    async fn operation(
        &self,
        found: Operation,
        accounts: &mut HashMap<AccountName, v1::ServiceAccount>,
    ) -> Result<lro::Operation> {
        let returns_account =
            found.kind != OperationKind::RefreshInventory && found.state == OperationState::Succeeded;
        if !returns_account {
            return Ok(operation::to_proto(found, v1::ServiceAccount::default));
        }
        if !accounts.contains_key(&found.account) {
            let read = match self.door.ports.accounts.get(&found.account).await {
                Ok(view) => account::to_proto(view),
                // The account went after the operation ended; what is left to return is its name.
                Err(fault) if fault.reason() == Reason::ResourceNotFound => {
                    v1::ServiceAccount { name: found.account.to_string(), ..Default::default() }
                }
                Err(fault) => return Err(fault),
            };
            accounts.insert(found.account.clone(), read);
        }
        let account = accounts.get(&found.account).cloned().unwrap_or_default();
        Ok(operation::to_proto(found, || account))
    }
}
