//! Ends of operations: the operation, the account, the notification and the audit record in one commit.

use provision_core::account::{Failure, ServiceAccount};
use provision_core::component::Coverage;
use provision_core::fault::Violation;
use provision_core::inventory::{InventorySummary, ReadingOutcome};
use provision_core::machine::{Action, Event};
use provision_core::operation::{Leftover, Operation, OperationKind, OperationState, StepState};
use provision_core::{AccountName, Fault, Principal, Reason, Result};
use provision_store::record::{Credential, RecordKey};

use super::removal::leftovers;
use super::{Driver, removal};
use crate::commit::{Built, Draft};

/// Bytes of the violations that an operation keeps; its record has 64 KiB for everything.
const VIOLATIONS_BYTES_MAX: usize = 12 * 1024;

/// What is stored with an operation's end, beside the operation.
#[derive(Default)]
struct Ending<'f> {
    fault: Option<&'f Fault>,
    reading: Option<(InventorySummary, ReadingOutcome)>,
    farewell: Option<Farewell>,
}

/// How a deprovisioning has ended.
#[derive(Debug, Clone)]
pub(super) struct Farewell {
    pub leftovers: Vec<Leftover>,
    /// Generation of the grant that was revoked; `None`: whichever is there goes with its tokens.
    pub grant: Option<u64>,
}

impl Driver<'_> {
    pub(super) async fn finish_provisioned(&self, coverage: Coverage) -> Result<()> {
        self.finish(OperationState::Succeeded, Ending::default(), Event::Provisioned { coverage }).await
    }

    pub(super) async fn finish_repaired(&self, coverage: Coverage) -> Result<()> {
        self.finish(OperationState::Succeeded, Ending::default(), Event::Repaired { coverage }).await
    }

    pub(super) async fn finish_inventory(
        &self,
        summary: InventorySummary,
        outcome: ReadingOutcome,
    ) -> Result<()> {
        let event = Event::InventoryRead { outcome: outcome.clone() };
        let ending = Ending { reading: Some((summary, outcome)), ..Ending::default() };
        self.finish(OperationState::Succeeded, ending, event).await
    }

    /// `CONCURRENT_CHANGE` where the grant is not the one that was revoked.
    pub(super) async fn finish_deprovisioned(&self, farewell: Farewell) -> Result<()> {
        let event = Event::Deprovisioned { leftovers: leftovers::count(&farewell.leftovers) };
        let ending = Ending { farewell: Some(farewell), ..Ending::default() };
        self.finish(OperationState::Succeeded, ending, event).await
    }

    pub(super) async fn finish_failed(&self, fault: &Fault) -> Result<()> {
        tracing::warn!(operation = %self.name, ?fault, "the operation failed");
        let kind = self.load().await?.kind;
        let advised = if kind == OperationKind::Deprovision { removal::advise(fault) } else { None };
        let fault = advised.as_ref().unwrap_or(fault);
        let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
        let event = Event::OperationFailed { operation: self.name.clone(), kind, failure };
        let ending = Ending { fault: Some(fault), ..Ending::default() };
        self.finish(OperationState::Failed, ending, event).await
    }

    pub(super) async fn finish_cancelled(&self) -> Result<()> {
        let kind = self.load().await?.kind;
        let fault = Fault::new(Reason::OperationCancelled, "the operation was cancelled");
        let ending = Ending { fault: Some(&fault), ..Ending::default() };
        let event = Event::OperationCancelled { operation: self.name.clone(), kind };
        self.finish(OperationState::Cancelled, ending, event).await
    }

    async fn finish(&self, state: OperationState, ending: Ending<'_>, event: Event) -> Result<()> {
        let ending = &ending;
        let calls = self.calls.made();
        let (account, actions): (AccountName, Vec<Action>) = self
            .context
            .commit(|| async {
                let found = self.read().await?;
                if found.value.is_done() {
                    return Ok(Built::Already((found.value.account, Vec::new())));
                }
                let mut draft = Draft::default();
                let operation = self.ended(found.value, state, ending, calls);
                draft.replace(RecordKey::operation(self.name), found.revision, &operation)?;
                if let Some((summary, ReadingOutcome { held: false, .. })) = &ending.reading {
                    draft.put(RecordKey::inventory(&operation.account), summary)?;
                }
                self.keep_promise(&mut draft, &operation)?;
                let account = self.context.account(&operation.account).await;
                if let (Some(farewell), Ok(account)) = (&ending.farewell, &account)
                    && account.value.uid == operation.account_uid
                {
                    self.demand_grant(farewell, &account.value).await?;
                    self.context.clear(&mut draft, &account.value).await?;
                }
                let actions = match account {
                    // One that was halted has lost the account to another, and says nothing about it any more.
                    Ok(account)
                        if account.value.uid == operation.account_uid
                            && account.value.current_operation.as_ref() == Some(self.name) =>
                    {
                        draft.transition(self.context, &account, event.clone())?.1
                    }
                    Ok(_) => Vec::new(),
                    Err(fault) if fault.reason() == Reason::ResourceNotFound => Vec::new(),
                    Err(fault) => return Err(fault),
                };
                let word = match state {
                    OperationState::Succeeded => "OperationSucceeded",
                    OperationState::Cancelled => "OperationCancelled",
                    _ => "OperationFailed",
                };
                let name = self.name.to_string();
                let reason = ending.fault.map_or("", |f| f.reason().as_str());
                draft.audit(
                    self.context,
                    &self.name.tenant,
                    &Principal::system(),
                    word,
                    operation.account.to_string(),
                    &[("operation", &name), ("reason", reason)],
                )?;
                Ok(Built::Commit(draft, (operation.account, actions)))
            })
            .await?;
        metrics::counter!("provisiond_operations_total", "state" => format!("{state:?}").to_lowercase())
            .increment(1);
        self.runtime.perform(&account, actions);
        self.forget_checkpoints(&account).await;
        Ok(())
    }

    async fn demand_grant(&self, farewell: &Farewell, account: &ServiceAccount) -> Result<()> {
        let Some(generation) = farewell.grant else { return Ok(()) };
        let key = RecordKey::credential(&account.name);
        let found = self.context.repository().find::<Credential>(&key).await?;
        match found.is_none_or(|c| c.value.generation == generation) {
            true => Ok(()),
            false => Err(Fault::new(Reason::ConcurrentChange, "the grant was renewed while it was revoked")),
        }
    }

    /// What was carried out to its end is what the organisation is compared with from now on.
    fn keep_promise(&self, draft: &mut Draft, operation: &Operation) -> Result<()> {
        let brings_in = matches!(operation.kind, OperationKind::Provision | OperationKind::Repair);
        match &operation.plan {
            Some(plan) if brings_in && operation.state == OperationState::Succeeded => {
                draft.put(RecordKey::carried_out(&operation.account), plan)
            }
            _ => Ok(()),
        }
    }

    fn ended(
        &self,
        operation: Operation,
        state: OperationState,
        ending: &Ending<'_>,
        calls: u64,
    ) -> Operation {
        let now = self.context.now();
        let (inventory, reading) = ending.reading.clone().unzip();
        let fault = ending.fault;
        let mut operation = Operation {
            state,
            failure: fault.map(|f| Failure { reason: f.reason(), message: f.message().to_owned() }),
            failure_metadata: fault.map(|f| f.metadata().clone()).unwrap_or_default(),
            failure_violations: fault.map(violations).unwrap_or_default(),
            inventory,
            reading,
            api_calls: operation.api_calls.max(calls),
            throttled_until: None,
            next_action: None,
            end_time: Some(now),
            ..operation
        };
        if let Some(farewell) = &ending.farewell {
            operation.leftovers.clone_from(&farewell.leftovers);
        }
        for step in operation.steps.iter_mut().filter(|s| s.state == StepState::Running) {
            step.state = if state == OperationState::Succeeded { StepState::Done } else { StepState::Failed };
            step.end_time = Some(now);
        }
        operation
    }
}

/// As many of a fault's violations as a record has room for.
fn violations(fault: &Fault) -> Vec<Violation> {
    let mut room = VIOLATIONS_BYTES_MAX;
    let mut fits = |v: &&Violation| {
        let size = v.subject.len() + v.description.len();
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    };
    fault.violations().iter().take_while(|v| fits(v)).cloned().collect()
}
