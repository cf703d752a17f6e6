//! Ends of operations: the operation, the account, the notification and the audit record in one commit.

use provision_core::account::Failure;
use provision_core::inventory::InventorySummary;
use provision_core::machine::{Action, Event};
use provision_core::operation::{Operation, OperationKind, OperationState, StepState};
use provision_core::{AccountName, Fault, Principal, Reason, Result};
use provision_store::record::RecordKey;

use super::Driver;
use crate::commit::{Built, Draft};

impl Driver<'_> {
    pub(super) async fn finish_provisioned(&self) -> Result<()> {
        let event = Event::OperationSucceeded { kind: OperationKind::Provision };
        self.finish(OperationState::Succeeded, None, None, event).await
    }

    pub(super) async fn finish_inventory(&self, summary: InventorySummary) -> Result<()> {
        let event = Event::OperationSucceeded { kind: OperationKind::RefreshInventory };
        self.finish(OperationState::Succeeded, None, Some(summary), event).await
    }

    pub(super) async fn finish_failed(&self, fault: &Fault) -> Result<()> {
        tracing::warn!(operation = %self.name, ?fault, "the operation failed");
        let kind = self.load().await?.kind;
        let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
        let event = Event::OperationFailed { kind, failure };
        self.finish(OperationState::Failed, Some(fault), None, event).await
    }

    pub(super) async fn finish_cancelled(&self) -> Result<()> {
        let kind = self.load().await?.kind;
        let fault = Fault::new(Reason::OperationCancelled, "the operation was cancelled");
        self.finish(OperationState::Cancelled, Some(&fault), None, Event::OperationCancelled { kind }).await
    }

    async fn finish(
        &self,
        state: OperationState,
        fault: Option<&Fault>,
        summary: Option<InventorySummary>,
        event: Event,
    ) -> Result<()> {
        let calls = self.calls.made();
        let (account, actions): (AccountName, Vec<Action>) = self
            .context
            .commit(|| async {
                let found = self.read().await?;
                if found.value.is_done() {
                    return Ok(Built::Already((found.value.account, Vec::new())));
                }
                let mut draft = Draft::default();
                let operation = self.ended(found.value, state, fault, summary.clone(), calls);
                draft.replace(RecordKey::operation(self.name), found.revision, &operation)?;
                if let Some(summary) = &summary {
                    draft.put(RecordKey::inventory(&operation.account), summary)?;
                }
                let account = self.context.account(&operation.account).await;
                let actions = match account {
                    Ok(account) if account.value.uid == operation.account_uid => {
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
                let reason = fault.map_or("", |f| f.reason().as_str());
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
        Ok(())
    }

    fn ended(
        &self,
        operation: Operation,
        state: OperationState,
        fault: Option<&Fault>,
        inventory: Option<InventorySummary>,
        calls: u64,
    ) -> Operation {
        let now = self.context.now();
        let mut operation = Operation {
            state,
            failure: fault.map(|f| Failure { reason: f.reason(), message: f.message().to_owned() }),
            failure_metadata: fault.map(|f| f.metadata().clone()).unwrap_or_default(),
            inventory,
            api_calls: operation.api_calls.max(calls),
            throttled_until: None,
            next_action: None,
            end_time: Some(now),
            ..operation
        };
        for step in operation.steps.iter_mut().filter(|s| s.state == StepState::Running) {
            step.state = if state == OperationState::Succeeded { StepState::Done } else { StepState::Failed };
            step.end_time = Some(now);
        }
        operation
    }
}
