//! What an account was promised: the plan that was carried out last.

use provision_core::Result;
use provision_core::account::ServiceAccount;
use provision_core::operation::{Operation, OperationKind, OperationState};
use provision_core::plan::{Plan, PlanRef};
use provision_store::Revision;
use provision_store::record::RecordKey;

use crate::context::Context;

/// Operations of a tenant that are looked through for a plan.
const OPERATIONS_MAX: usize = 100_000;

/// A plan that was carried out.
pub(crate) struct Baseline {
    pub plan: Plan,
    /// Of its record: whatever is carried out after it moves it.
    pub revision: Option<Revision>,
}

/// The plan that was carried out last, or `None` where none is known.
pub(crate) async fn baseline(context: &Context, account: &ServiceAccount) -> Result<Option<Baseline>> {
    let found = context.repository().find::<PlanRef>(&RecordKey::carried_out(&account.name)).await?;
    let revision = found.as_ref().map(|found| found.revision);
    let reference = match found {
        Some(found) => Some(found.value),
        None => of_an_operation(context, account).await?,
    };
    let Some(reference) = reference else { return Ok(None) };
    let plan = context.load_plan(&reference).await?;
    Ok((plan.account_uid == account.uid).then_some(Baseline { plan, revision }))
}

/// Accounts that were provisioned before the plan had a record of its own.
async fn of_an_operation(context: &Context, account: &ServiceAccount) -> Result<Option<PlanRef>> {
    let prefix = RecordKey::operations(&account.name.tenant);
    // Newest first.
    let (all, _) = context.repository().all::<Operation>(&prefix, OPERATIONS_MAX).await?;
    let carried_out = |operation: &Operation| {
        operation.account_uid == account.uid
            && operation.state == OperationState::Succeeded
            && matches!(operation.kind, OperationKind::Provision | OperationKind::Repair)
    };
    Ok(all.into_iter().map(|o| o.value).find(carried_out).and_then(|operation| operation.plan))
}
