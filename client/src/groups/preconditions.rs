//! What must hold before an account is provisioned, and why it is not protected.

use provision_api::v1;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;

use crate::client::{request_id, rpc};
use crate::error::Error;
use crate::groups::accounts::Accounts;

impl Accounts {
    /// Checks everything that must hold before provisioning, all at once, for the caller and now. Changes nothing in
    /// the application. What cannot be told is `UNKNOWN` in the answer, and no error.
    pub async fn check(&self, name: &str) -> Result<v1::CheckPreconditionsResponse, Error> {
        let request = v1::CheckPreconditionsRequest { name: name.to_owned(), request_id: request_id() };
        rpc!(remote self.client, ProvisioningServiceClient.check_preconditions(request))
    }

    /// Accepts an advisory precondition, with the reason kept: at most 500 characters. An empty one takes an
    /// acceptance back.
    ///
    /// # Errors
    /// INVALID_ARGUMENT `INVALID_REQUEST` for a check that is not there, or that blocks.
    pub async fn accept(&self, name: &str, check: &str, reason: &str) -> Result<v1::ServiceAccount, Error> {
        let request = v1::AcceptPreconditionRequest {
            name: name.to_owned(),
            check: check.to_owned(),
            reason: reason.to_owned(),
            request_id: request_id(),
        };
        rpc!(self.client, ProvisioningServiceClient.accept_precondition(request))
    }

    /// Says why an account is not protected, from what the daemon knows; asks nothing of the application.
    pub async fn explain(&self, name: &str) -> Result<v1::ExplainServiceAccountResponse, Error> {
        let request = v1::ExplainServiceAccountRequest { name: name.to_owned() };
        rpc!(self.client, ProvisioningServiceClient.explain_service_account(request))
    }
}
