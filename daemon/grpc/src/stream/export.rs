//! ReadQuarantineExport: an archive from its beginning to its end. Whoever loses it begins again.

use std::sync::Arc;

use provision_api::v1;
use provision_core::fault::{Fault, Result};
use provision_core::ports::Archive;
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;

use super::Messages;
use crate::convert::checks::Checks;
use crate::convert::count;
use crate::door::{Addressed, Door, permit};
use crate::gate::Caller;
use crate::{name, status};

/// What a reader holds while it reads.
struct Reading {
    archive: Box<dyn Archive>,
    /// Told in the first part.
    total: Option<u64>,
    caller: Caller,
    _permit: OwnedSemaphorePermit,
}

/// Opens the stream. All that can be refused is refused here, before the first part.
pub(crate) async fn open(
    door: Arc<Door>,
    caller: Caller,
    request: v1::ReadQuarantineExportRequest,
) -> Result<Messages<v1::ReadQuarantineExportResponse>> {
    door.authorise(&caller, &request.scope()).await?;
    let mut checks = Checks::default();
    let account = checks.take(name::account("name", &request.name));
    let operation = checks.take(name::operation("operation", &request.operation));
    checks.done()?;
    let (Some(account), Some(operation)) = (account, operation) else {
        return Err(Fault::internal_error("a check lost its fault"));
    };
    if operation.tenant != account.tenant {
        return Err(Fault::not_found(&operation));
    }
    let _permit = permit(&caller)?;
    let archive = door.ports.accounts.read_export(&account, &operation).await?;
    let total = Some(archive.total_bytes());
    let reading = Reading { archive, total, caller, _permit };
    Ok(Box::pin(futures::stream::try_unfold(reading, |mut reading| async move {
        let part = reading.archive.next().await.map_err(|fault| {
            let caller = &reading.caller;
            status::log(&fault, &caller.entry.full_name, caller.known.principal.as_str());
            status::to_status(&fault)
        })?;
        let total_bytes = reading.total.take().map_or(0, count);
        Ok::<_, Status>(part.map(|data| (v1::ReadQuarantineExportResponse { data, total_bytes }, reading)))
    })))
}
