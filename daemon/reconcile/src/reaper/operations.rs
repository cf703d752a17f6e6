//! Operations that nobody drives, and those past their deadline.

use provision_core::operation::Operation;
use provision_core::{OperationName, Result};
use provision_store::record::RecordKey;

use super::READ_MAX;
use crate::context::Context;
use crate::service::ControlPlane;

/// How long past its deadline a driver has to end an operation itself.
const SLACK: chrono::Duration = chrono::Duration::minutes(2);

/// Looks after every operation there is; finished ones are kept for weeks, so this is not for every round.
pub(super) async fn look_after_all(context: &Context, plane: &ControlPlane) -> Result<()> {
    let (all, _) = context.repository().all::<Operation>(&RecordKey::all_operations(), READ_MAX).await?;
    for operation in all {
        move_on(context, plane, operation.value).await;
    }
    Ok(())
}

/// Looks after the one that works on an account.
pub(super) async fn look_after(context: &Context, plane: &ControlPlane, name: &OperationName) -> Result<()> {
    if let Some(found) = context.repository().find::<Operation>(&RecordKey::operation(name)).await? {
        move_on(context, plane, found.value).await;
    }
    Ok(())
}

async fn move_on(context: &Context, plane: &ControlPlane, operation: Operation) {
    if operation.is_done() {
        return;
    }
    if context.now() < operation.deadline + SLACK {
        // A driver that could not use the store has given up.
        plane.runtime().drive(operation.name);
    } else if let Err(fault) = plane.runtime().fail_overdue(&operation.name).await {
        tracing::warn!(operation = %operation.name, ?fault, "an overdue operation could not be ended");
    }
}
