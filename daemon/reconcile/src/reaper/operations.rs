//! Operations that nobody drives, and those past their deadline.

use provision_core::Result;
use provision_core::operation::Operation;
use provision_store::record::RecordKey;

use super::READ_MAX;
use crate::context::Context;
use crate::service::ControlPlane;

/// How long past its deadline a driver has to end an operation itself.
const SLACK: chrono::Duration = chrono::Duration::minutes(2);

pub(super) async fn move_on(context: &Context, plane: &ControlPlane) -> Result<()> {
    let runtime = plane.runtime();
    let (all, _) = context.repository().all::<Operation>(&RecordKey::all_operations(), READ_MAX).await?;
    for operation in all.into_iter().map(|found| found.value).filter(|operation| !operation.is_done()) {
        if context.now() >= operation.deadline + SLACK {
            if let Err(fault) = runtime.fail_overdue(&operation.name).await {
                tracing::warn!(operation = %operation.name, ?fault, "an overdue operation could not be ended");
            }
        } else {
            // A driver that could not use the store has given up.
            runtime.drive(operation.name);
        }
    }
    Ok(())
}
