//! Leaving an organisation, and fetching what was exported of it.

use provision_api::google::longrunning::Operation;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_api::v1::{self, ReadQuarantineExportResponse};
use tonic::Streaming;

use crate::client::{request_id, rpc};
use crate::error::Error;
use crate::groups::accounts::Accounts;

impl Accounts {
    /// Begins to undo provisioning; its `request_id` is set here.
    ///
    /// # Errors
    /// FAILED_PRECONDITION `QUARANTINE_NOT_EMPTY` where quarantined content is in the organisation and the request does
    /// not say what becomes of it, `WRONG_PHASE` for an account that is deprovisioned already; ABORTED `ETAG_MISMATCH`.
    pub async fn deprovision(
        &self,
        request: v1::DeprovisionServiceAccountRequest,
    ) -> Result<Operation, Error> {
        let request = v1::DeprovisionServiceAccountRequest { request_id: request_id(), ..request };
        rpc!(remote self.client, ProvisioningServiceClient.deprovision_service_account(request))
    }

    /// Opens the archive that a deprovisioning has exported.
    ///
    /// # Errors
    /// NOT_FOUND `RESOURCE_NOT_FOUND` where the operation exported nothing of that account.
    pub async fn quarantine_export(&self, name: &str, operation: &str) -> Result<QuarantineExport, Error> {
        let request =
            v1::ReadQuarantineExportRequest { name: name.to_owned(), operation: operation.to_owned() };
        let patience = self.client.timeouts().remote;
        let opened = async {
            let mut stream = ProvisioningServiceClient::new(self.client.wire())
                .read_quarantine_export(request)
                .await?
                .into_inner();
            let first = stream.message().await?;
            Ok::<_, Error>((stream, first))
        };
        let (stream, first) = tokio::time::timeout(patience, opened)
            .await
            .unwrap_or_else(|_| Err(Error::deadline(patience)))?;
        let total = first.as_ref().map_or(0, |part| part.total_bytes.max(0).unsigned_abs());
        Ok(QuarantineExport { stream, first, total, read: 0, patience })
    }
}

/// An archive that is read from its beginning to its end: a zip file with `manifest.json`.
#[derive(Debug)]
pub struct QuarantineExport {
    stream: Streaming<ReadQuarantineExportResponse>,
    first: Option<ReadQuarantineExportResponse>,
    total: u64,
    read: u64,
    patience: std::time::Duration,
}

impl QuarantineExport {
    /// Size of the whole archive, in bytes.
    pub fn total_bytes(&self) -> u64 {
        self.total
    }

    /// The next part; `None` at the end, and only when all of it has come.
    ///
    /// # Errors
    /// [`Error::Protocol`] where the stream ends before the archive does; whoever loses it begins again.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let part = match self.first.take() {
            Some(part) => Some(part),
            None => tokio::time::timeout(self.patience, self.stream.message())
                .await
                .map_err(|_| Error::deadline(self.patience))??,
        };
        match part {
            Some(part) => {
                self.read += part.data.len() as u64;
                Ok(Some(part.data))
            }
            None if self.read == self.total => Ok(None),
            None => {
                Err(Error::Protocol(format!("an archive of {} bytes ended after {}", self.total, self.read)))
            }
        }
    }
}
