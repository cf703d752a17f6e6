//! Repairs that an account's policy begins: bounded, and ever more rarely where they fail. How often was tried stands in
//! the operations themselves, so a restart forgets nothing.

use provision_core::account::{ConditionType, DriftPolicy, ServiceAccount, Status};
use provision_core::machine::DRIFT_DETECTED;
use provision_core::operation::{Operation, OperationKind, OperationState};
use provision_core::ports::{Accounts as _, Mutation, RepairAccount};
use provision_core::{AccountName, Principal, Reason, Result, Timestamp};
use provision_store::record::RecordKey;

use super::{Drift, DriftSettings};

/// Operations of a tenant that are looked through.
const OPERATIONS_MAX: usize = 100_000;
/// The pause after failures doubles so often at the most.
const DOUBLINGS_MAX: u32 = 10;
/// What the audit trail names as the caller's method.
const METHOD: &str = "DriftPolicy";

impl Drift {
    /// Begins a repair where the account's policy asks for one and its turn has come.
    pub(super) async fn repair_by_policy(&self, name: &AccountName) -> Result<()> {
        let account = self.context.account(name).await?.value;
        let differs = account.conditions.iter().any(|c| {
            c.kind == ConditionType::InSync && c.status == Status::False && c.reason == DRIFT_DETECTED
        });
        if account.drift_policy != DriftPolicy::Repair || !differs {
            return Ok(());
        }
        let prefix = RecordKey::operations(&name.tenant);
        let (all, _) = self.context.repository().all::<Operation>(&prefix, OPERATIONS_MAX).await?;
        let ours = all.into_iter().map(|operation| operation.value).filter(|o| is_ours(o, &account));
        let (now, settings) = (self.context.now(), &self.context.settings.drift);
        if let Some(until) = held_until(&ours.collect::<Vec<_>>(), settings, now) {
            tracing::info!(account = %name, %until, "the repair that the account's policy asks for waits");
            return Ok(());
        }
        let by = Mutation { principal: Principal::system(), method: METHOD, idempotency: None };
        let request = RepairAccount { name: name.clone(), validate_only: false };
        match self.plane.repair(by, request).await {
            Ok(operation) => {
                tracing::info!(account = %name, operation = %operation.name, "a repair has begun, as the account's policy says");
                Ok(())
            }
            // A caller was faster.
            Err(fault) if fault.reason() == Reason::OperationInProgress => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

fn is_ours(operation: &Operation, account: &ServiceAccount) -> bool {
    operation.kind == OperationKind::Repair
        && operation.account_uid == account.uid
        && operation.principal == Principal::system()
}

/// Until when no further repair begins. `repairs`: those that the policy has begun, newest first.
fn held_until(repairs: &[Operation], settings: &DriftSettings, now: Timestamp) -> Option<Timestamp> {
    let day = chrono::Duration::days(1);
    let today: Vec<_> = repairs.iter().filter(|repair| repair.create_time > now - day).collect();
    let most = usize::try_from(settings.repairs_per_day_max).unwrap_or(usize::MAX);
    let full =
        (today.len() >= most).then(|| today.get(most.saturating_sub(1)).map_or(now, |r| r.create_time) + day);
    let failed = repairs.iter().take_while(|repair| repair.state == OperationState::Failed).count();
    let doublings = u32::try_from(failed).unwrap_or(u32::MAX).saturating_sub(1).min(DOUBLINGS_MAX);
    let pause = chrono::Duration::from_std(settings.repair_delay * 2u32.pow(doublings)).unwrap_or(day);
    let after = repairs.first().filter(|_| failed > 0).and_then(|last| last.end_time).map(|end| end + pause);
    full.max(after).filter(|until| *until > now)
}

#[cfg(test)]
mod tests;
