//! The organisations' allowances of calls: what the applications say of them, which calls may leave, and what people are
//! told. The figures live in memory and are stored now and then, so that a restart does not begin in ignorance.

mod allowance;
mod keeper;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use provision_connector_sdk::{CallClass, CallCounter, ConnectorFault, FaultClass, Pacer};
use provision_core::account::{ApiBudget, ServiceAccount};
use provision_core::operation::OperationKind;
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::RecordKey;
use tokio::sync::Notify;

pub use allowance::BudgetSettings;

use self::allowance::Allowance;
use crate::context::Context;

/// All accounts' allowances.
pub(crate) struct Budgets {
    context: Arc<Context>,
    entries: Mutex<HashMap<AccountName, Entry>>,
    /// Something is to be stored now.
    urgent: Notify,
}

/// One account's.
#[derive(Debug, Clone)]
struct Entry {
    uid: String,
    allowance: Allowance,
    /// What stands in the store, as far as it is known.
    stored: Option<ApiBudget>,
    /// Whether the account's condition says what the allowance says.
    told: Option<bool>,
}

impl Budgets {
    pub fn new(context: Arc<Context>) -> Self {
        Budgets { context, entries: Mutex::default(), urgent: Notify::new() }
    }

    /// A counter whose calls are of that class.
    pub fn counter(self: &Arc<Self>, account: &ServiceAccount, class: CallClass) -> Arc<CallCounter> {
        let counter = Arc::new(CallCounter::default());
        self.pace(&counter, account, class);
        counter
    }

    /// Makes every further call of a counter one of that class.
    pub fn pace(self: &Arc<Self>, counter: &CallCounter, account: &ServiceAccount, class: CallClass) {
        let pacer =
            AccountPacer { budgets: self.clone(), name: account.name.clone(), uid: account.uid.clone() };
        counter.pace(class, Arc::new(pacer));
    }

    fn with<R>(&self, work: impl FnOnce(&mut HashMap<AccountName, Entry>) -> R) -> R {
        work(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn settings(&self) -> &BudgetSettings {
        &self.context.settings.budget
    }

    /// Reads what an earlier life has stored, once.
    async fn recall(&self, name: &AccountName, uid: &str) -> Result<()> {
        if self.with(|entries| entries.get(name).is_some_and(|entry| entry.uid == uid)) {
            return Ok(());
        }
        let found = self.context.repository().find::<ApiBudget>(&RecordKey::budget(name)).await?;
        let stored = found.map(|found| found.value).filter(|budget| budget.account_uid == uid);
        let now = self.context.now();
        let allowance = match &stored {
            Some(budget) => Allowance::of(budget.used, budget.limit, budget.observe_time, self.settings()),
            None => Allowance::of(0, 0, now, self.settings()),
        };
        let entry = Entry { uid: uid.to_owned(), allowance, stored, told: None };
        self.with(|entries| match entries.get(name) {
            Some(known) if known.uid == uid => {}
            _ => {
                entries.insert(name.clone(), entry);
            }
        });
        Ok(())
    }

    /// Changes an account's allowance; wakes the keeper where people should know at once.
    fn change(&self, name: &AccountName, uid: &str, change: impl FnOnce(&mut Allowance)) {
        let urgent = self.with(|entries| {
            let Some(entry) = entries.get_mut(name).filter(|entry| entry.uid == uid) else { return false };
            change(&mut entry.allowance);
            entry.is_urgent()
        });
        if urgent {
            self.urgent.notify_one();
        }
    }
}

impl Entry {
    /// The figure has moved by a hundredth of the allowance, or what it means has changed.
    fn is_urgent(&self) -> bool {
        let allowance = &self.allowance;
        let moved = match &self.stored {
            Some(stored) if stored.limit == allowance.limit => {
                stored.used.abs_diff(allowance.used).saturating_mul(100) >= allowance.limit.max(1)
            }
            _ => allowance.limit > 0,
        };
        moved || self.told != Some(allowance.within) && (self.told.is_some() || !allowance.within)
    }
}

/// The class of an operation's calls. A repair is asked for by people, or by a policy of theirs.
pub(crate) fn class_of(kind: OperationKind) -> CallClass {
    match kind {
        OperationKind::RefreshInventory => CallClass::Inventory,
        OperationKind::Provision | OperationKind::Repair | OperationKind::Deprovision => {
            CallClass::Provisioning
        }
    }
}

struct AccountPacer {
    budgets: Arc<Budgets>,
    name: AccountName,
    uid: String,
}

#[async_trait]
impl Pacer for AccountPacer {
    async fn admit(&self, class: CallClass) -> Result<(), ConnectorFault> {
        let budgets = &self.budgets;
        budgets
            .recall(&self.name, &self.uid)
            .await
            .map_err(|fault| ConnectorFault::new(FaultClass::Transient, fault))?;
        let now = budgets.context.now();
        let mut outcome = Ok(());
        budgets.change(&self.name, &self.uid, |allowance| {
            outcome = allowance
                .admit(class, now, budgets.settings())
                .map_err(|wait| held_back(class, wait, allowance));
        });
        if outcome.is_err() {
            metrics::counter!("provisiond_calls_held_back_total", "class" => class.as_str()).increment(1);
        }
        outcome
    }

    fn observe(&self, used: u64, limit: u64) {
        let now = self.budgets.context.now();
        self.budgets.change(&self.name, &self.uid, |allowance| {
            allowance.observe(used, limit, now, self.budgets.settings());
        });
    }

    fn exhausted(&self) -> Duration {
        let now = self.budgets.context.now();
        self.budgets.change(&self.name, &self.uid, |allowance| {
            allowance.refuse(now, self.budgets.settings());
        });
        self.budgets.settings().probe_interval
    }
}

fn held_back(class: CallClass, wait: Duration, allowance: &Allowance) -> ConnectorFault {
    let what = match class {
        CallClass::SecurityAction => "security actions",
        CallClass::EventFetch => "the fetching of events",
        CallClass::Provisioning => "changes of components",
        CallClass::Inventory => "the reading of the inventory",
        CallClass::Drift => "the comparison with the plan",
    };
    ConnectorFault::new(
        FaultClass::Throttled { wait },
        Fault::new(
            Reason::ApiBudgetExhausted,
            format!(
                "{} of the organisation's {} API calls of the last 24 hours are used; what is left is kept for what \
                 is more urgent than {what}",
                allowance.used, allowance.limit
            ),
        )
        .meta("used", allowance.used.to_string())
        .meta("limit", allowance.limit.to_string())
        .retry_after(wait),
    )
}
