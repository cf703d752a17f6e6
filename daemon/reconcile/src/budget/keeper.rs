//! Stores the figures, and what they mean for the account.

use provision_core::account::{ApiBudget, ConditionType, Status};
use provision_core::machine::Event;
use provision_core::{AccountName, Reason, Result};
use provision_store::record::RecordKey;

use super::{Budgets, Entry};
use crate::commit::{Built, Draft};

impl Budgets {
    /// Stores what has moved, until the daemon stops.
    pub async fn keep(&self) {
        loop {
            tokio::select! {
                () = self.urgent.notified() => self.store_all(Entry::is_urgent).await,
                () = tokio::time::sleep(self.settings().store_interval) => self.store_all(Entry::has_moved).await,
            }
        }
    }

    async fn store_all(&self, is_due: impl Fn(&Entry) -> bool) {
        let due: Vec<(AccountName, Entry)> = self.with(|entries| {
            let due = entries.iter().filter(|(_, entry)| is_due(entry));
            due.map(|(name, entry)| (name.clone(), entry.clone())).collect()
        });
        for (name, entry) in due {
            if let Err(fault) = self.store(&name, &entry).await {
                tracing::warn!(account = %name, ?fault, "the allowance of calls could not be stored");
            }
        }
    }

    /// The record and the account's condition, in one commit.
    async fn store(&self, name: &AccountName, entry: &Entry) -> Result<()> {
        let allowance = &entry.allowance;
        let record = ApiBudget {
            account_uid: entry.uid.clone(),
            used: allowance.used,
            limit: allowance.limit,
            observe_time: allowance.observe_time,
            throttled_until: (!allowance.within).then(|| allowance.next_probe(self.settings())),
        };
        let account = RecordKey::account(name);
        let stored = self
            .context
            .commit(|| async {
                let found = match self.context.account(name).await {
                    Ok(found) if found.value.uid == entry.uid => found,
                    Ok(_) => return Ok(Built::Already(false)),
                    Err(fault) if fault.reason() == Reason::ResourceNotFound => {
                        return Ok(Built::Already(false));
                    }
                    Err(fault) => return Err(fault),
                };
                let mut draft = Draft::default();
                let status = if allowance.within { Status::True } else { Status::False };
                if found.value.condition(ConditionType::WithinApiBudget) == status {
                    // Whoever removes the account removes the record with it.
                    draft.unchanged(account.clone(), found.revision);
                } else {
                    let event = Event::BudgetObserved { within: allowance.within, message: message(&record) };
                    draft.transition(&self.context, &found, event)?;
                }
                draft.put(RecordKey::budget(name), &record)?;
                Ok(Built::Commit(draft, true))
            })
            .await?;
        self.with(|entries| match entries.get_mut(name) {
            Some(known) if known.uid == entry.uid && stored => {
                known.stored = Some(record);
                known.told = Some(allowance.within);
            }
            Some(known) if known.uid == entry.uid => {
                entries.remove(name);
            }
            _ => {}
        });
        Ok(())
    }
}

impl Entry {
    /// The figure in the store is not the one known.
    fn has_moved(&self) -> bool {
        let allowance = &self.allowance;
        let same = |stored: &ApiBudget| {
            (stored.used, stored.limit, stored.observe_time)
                == (allowance.used, allowance.limit, allowance.observe_time)
        };
        allowance.limit > 0 && !self.stored.as_ref().is_some_and(same)
    }
}

fn message(budget: &ApiBudget) -> String {
    let ApiBudget { used, limit, .. } = budget;
    match budget.throttled_until {
        None => format!("{used} of {limit} calls of the last 24 hours are used"),
        Some(until) => format!(
            "{used} of {limit} calls of the last 24 hours are used, by all clients of the organisation; what can wait \
             is held back, and looked at again at {}",
            until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        ),
    }
}
