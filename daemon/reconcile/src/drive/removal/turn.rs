//! Waiting until what worked on the account before has stopped.

use std::time::Duration;

use provision_core::operation::{Operation, OperationKind};
use provision_core::{Fault, OperationName, Reason, Result};
use provision_store::record::RecordKey;

use super::removal_step;
use crate::commit::{Built, Draft};
use crate::drive::Driver;
use crate::drive::record::step_of;

/// Operations of a tenant that are looked through.
const OPERATIONS_MAX: usize = 100_000;
/// How long one look at a halted operation waits for its end.
const LOOK: Duration = Duration::from_secs(2);

impl Driver<'_> {
    /// Waits until no other operation works on the account: a deprovisioning takes the account from whatever runs, and
    /// two must never work on it at once. Ends early where the own operation shall not go on; that is found again by the
    /// first step.
    pub async fn take_turn(&self) -> Result<()> {
        let mut pause = self.context.settings.retry_delay_min;
        loop {
            match self.wait_for_others().await {
                Err(fault) if fault.reason() == Reason::StoreUnavailable => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(self.context.settings.retry_delay_max);
                }
                Err(fault) if fault.reason() == Reason::ResourceNotFound => return Ok(()),
                other => return other,
            }
        }
    }

    async fn wait_for_others(&self) -> Result<()> {
        loop {
            // A wait that a stopping daemon cuts short does not yield: without this look the loop would never end.
            if self.context.shutdown.is_cancelled() {
                return Err(Fault::new(Reason::ShuttingDown, "the daemon is stopping"));
            }
            let own = self.load().await?;
            let over = own.is_done() || own.cancel_requested || self.context.now() >= own.deadline;
            if own.kind != OperationKind::Deprovision || over {
                return Ok(());
            }
            let Some(other) = self.other_of(&own).await? else { return Ok(()) };
            self.halt(&other).await?;
            self.change(|operation| {
                if let Some(step) = step_of(operation, removal_step::CLOSE_EVENTS) {
                    step.message = format!("waiting for '{other}' to stop");
                }
            })
            .await?;
            // One that nobody drives would never stop.
            self.runtime.drive(other.clone());
            self.runtime.wake(&other);
            let done = |operation: Option<&Operation>| operation.is_none_or(Operation::is_done);
            self.context.wait_for::<Operation>(&RecordKey::operation(&other), LOOK, done).await?;
        }
    }

    /// Another operation of the account that has not ended.
    async fn other_of(&self, own: &Operation) -> Result<Option<OperationName>> {
        let prefix = RecordKey::operations(&self.name.tenant);
        let (all, _) = self.context.repository().all::<Operation>(&prefix, OPERATIONS_MAX).await?;
        let works = |o: &Operation| o.account_uid == own.account_uid && o.name != own.name && !o.is_done();
        Ok(all.into_iter().map(|o| o.value).find(works).map(|o| o.name))
    }

    async fn halt(&self, other: &OperationName) -> Result<()> {
        let key = RecordKey::operation(other);
        self.context
            .commit(|| async {
                let found = self.context.repository().find::<Operation>(&key).await?;
                let Some(found) = found.filter(|o| !o.value.is_done() && !o.value.cancel_requested) else {
                    return Ok(Built::Already(()));
                };
                let mut draft = Draft::default();
                let halted = Operation { cancel_requested: true, ..found.value };
                draft.replace(key.clone(), found.revision, &halted)?;
                Ok(Built::Commit(draft, ()))
            })
            .await
    }
}
