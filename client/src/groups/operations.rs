//! Long-running operations.

use std::time::Duration;

use provision_api::google::longrunning as lro;
use provision_api::google::longrunning::Operation;
use provision_api::google::longrunning::operation::Result as Outcome;
use provision_api::google::longrunning::operations_client::OperationsClient;
use tokio::time::{Instant, sleep};
use tonic::{Code, Request, Response, Status};

use crate::client::{Client, Wire, rpc};
use crate::error::Error;
use crate::page::{ListOptions, collect};
use crate::progress::{Progress, metadata};
use crate::retry::PAUSE_MAX;

/// The RPCs of google.longrunning.Operations.
#[derive(Debug, Clone)]
pub struct Operations {
    client: Client,
    poll: Duration,
}

impl Operations {
    pub(crate) fn new(client: Client) -> Operations {
        Operations { client, poll: Duration::from_millis(500) }
    }

    /// Sets how often [`Operations::wait_done`] looks at the progress; at least every 50 ms, at most every minute.
    /// The end is seen at once either way.
    pub fn poll_every(mut self, poll: Duration) -> Operations {
        self.poll = poll.clamp(Duration::from_millis(50), Duration::from_secs(60));
        self
    }

    /// Gets the latest state of an operation.
    pub async fn get(&self, name: &str) -> Result<Operation, Error> {
        let request = lro::GetOperationRequest { name: name.to_owned() };
        rpc!(self.client, OperationsClient.get_operation(request))
    }

    /// Lists a tenant's operations, newest first. Filter fields: `kind`, `state`, `service_account`.
    pub async fn list(
        &self,
        tenant: &str,
        options: ListOptions,
    ) -> Result<lro::ListOperationsResponse, Error> {
        let collection = format!("{tenant}/operations");
        collect(options.limit, |page_size, page_token| {
            let request = lro::ListOperationsRequest {
                name: collection.clone(),
                filter: options.filter.clone(),
                page_size,
                page_token,
            };
            async move { rpc!(self.client, OperationsClient.list_operations(request)) }
        })
        .await
    }

    /// Asks for cancellation.
    pub async fn cancel(&self, name: &str) -> Result<(), Error> {
        let request = lro::CancelOperationRequest { name: name.to_owned() };
        rpc!(self.client, OperationsClient.cancel_operation(request))
    }

    /// Deletes the record of a finished operation.
    ///
    /// # Errors
    /// FAILED_PRECONDITION `OPERATION_NOT_DONE` while it runs.
    pub async fn delete(&self, name: &str) -> Result<(), Error> {
        let request = lro::DeleteOperationRequest { name: name.to_owned() };
        rpc!(self.client, OperationsClient.delete_operation(request))
    }

    /// Waits until the operation is done, at most `limit`; answers its latest state either way.
    pub async fn wait(&self, name: &str, limit: Duration) -> Result<Operation, Error> {
        let (deadline, request) = self.wait_request(name, limit)?;
        self.client.call_within(deadline, request, wait_operation).await
    }

    fn wait_request(
        &self,
        name: &str,
        limit: Duration,
    ) -> Result<(Duration, lro::WaitOperationRequest), Error> {
        let timeout = prost_types::Duration::try_from(limit)
            .map_err(|_| Error::Options("the time to wait is out of range".to_owned()))?;
        let request = lro::WaitOperationRequest { name: name.to_owned(), timeout: Some(timeout) };
        Ok((limit.saturating_add(self.client.timeouts().call), request))
    }

    /// Waits until the operation is done and answers it when it succeeded. `on_progress` sees each change of its
    /// metadata. A server that goes away and comes back does not end the wait, up to the client's `outage` timeout.
    ///
    /// # Errors
    /// The operation's own error when it failed or was cancelled; else why it cannot be followed.
    pub async fn wait_done(
        &self,
        name: &str,
        mut on_progress: impl FnMut(Progress<'_>),
    ) -> Result<Operation, Error> {
        let mut shown = None;
        let mut silent_since = None;
        loop {
            let asked = Instant::now();
            // Not repeated here: the loop does that, and tells why nothing moves.
            let (deadline, request) = self.wait_request(name, self.poll)?;
            match self.client.attempt(deadline, request, wait_operation).await {
                Ok(operation) => {
                    silent_since = None;
                    let now = metadata(&operation)?;
                    if shown.as_ref() != Some(&now) {
                        on_progress(Progress::Moved(&now));
                        shown = Some(now);
                    }
                    if operation.done {
                        return done(operation);
                    }
                    // A server that answers sooner than asked must not make this a busy loop.
                    sleep(self.poll.saturating_sub(asked.elapsed())).await;
                }
                Err(error) if passes(&error) => {
                    let since = *silent_since.get_or_insert(asked);
                    if since.elapsed() >= self.client.timeouts().outage {
                        return Err(error);
                    }
                    on_progress(Progress::Unreachable(&error));
                    sleep(error.retry_after().unwrap_or(self.poll).min(PAUSE_MAX)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

async fn wait_operation(
    wire: Wire,
    request: Request<lro::WaitOperationRequest>,
) -> Result<Response<Operation>, Status> {
    OperationsClient::new(wire).wait_operation(request).await
}

fn done(operation: Operation) -> Result<Operation, Error> {
    match &operation.result {
        Some(Outcome::Error(status)) => Err(Error::from_operation(status)),
        Some(Outcome::Response(_)) => Ok(operation),
        None => Err(Error::Protocol("an operation is done without a result".to_owned())),
    }
}

/// True for what passes by itself.
fn passes(error: &Error) -> bool {
    matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded)
        || (error.code() == Code::ResourceExhausted && error.retry_after().is_some())
}
