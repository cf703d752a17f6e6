//! The tasks of the reconciler: one for each running operation, one for each event channel, one reaper. All of them can
//! be started again from the store alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use provision_core::account::EventChannel;
use provision_core::machine::Action;
use provision_core::operation::Operation;
use provision_core::{AccountName, OperationName, Result};
use provision_store::record::RecordKey;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::broker::Broker;
use crate::budget::Budgets;
use crate::context::Context;
use crate::drift::Drift;
use crate::drive::Driver;
use crate::events::Intake;
use crate::inventory::Inventories;
use crate::reaper::Reaper;

/// Operations that are driven at the same time; the others wait.
const DRIVEN_MAX: usize = 64;
/// Operations and channels that are read at the start.
const RECOVERED_MAX: usize = 100_000;

/// A task that keeps an event channel open.
#[derive(Clone)]
struct Channel {
    wake: Arc<Notify>,
    close: CancellationToken,
    closed: CancellationToken,
}

/// The task that drives an operation.
struct Driven {
    wake: Arc<Notify>,
    /// Ends the task where it stands.
    given_up: CancellationToken,
}

/// Starts and ends the tasks.
pub struct Runtime {
    context: Arc<Context>,
    broker: Arc<Broker>,
    tasks: TaskTracker,
    driven: Mutex<HashMap<OperationName, Driven>>,
    channels: Mutex<HashMap<AccountName, Channel>>,
    permits: Arc<Semaphore>,
    inventories: Arc<Inventories>,
    budgets: Arc<Budgets>,
}

impl Runtime {
    pub fn new(context: Arc<Context>, broker: Arc<Broker>) -> Arc<Self> {
        let inventories = Arc::new(Inventories::new(context.clone()));
        let budgets = Arc::new(Budgets::new(context.clone()));
        Arc::new(Runtime {
            context,
            broker,
            tasks: TaskTracker::new(),
            driven: Mutex::new(HashMap::new()),
            channels: Mutex::new(HashMap::new()),
            permits: Arc::new(Semaphore::new(DRIVEN_MAX)),
            inventories,
            budgets,
        })
    }

    /// Takes up what an earlier daemon left: running operations and open channels.
    pub async fn recover(self: &Arc<Self>) -> Result<()> {
        // Before anything can use a grant.
        self.broker.take_up_restored().await?;
        let repository = self.context.repository();
        let (channels, _) = repository.all::<EventChannel>(&RecordKey::all_channels(), RECOVERED_MAX).await?;
        let accounts: HashMap<String, AccountName> = repository
            .all::<provision_core::account::ServiceAccount>(&RecordKey::all_accounts(), RECOVERED_MAX)
            .await?
            .0
            .into_iter()
            .map(|a| (a.value.uid, a.value.name))
            .collect();
        for channel in channels.into_iter().filter(|c| c.value.wanted) {
            if let Some(name) = accounts.get(&channel.value.account_uid) {
                self.open_events(name);
            }
        }
        let (operations, _) =
            repository.all::<Operation>(&RecordKey::all_operations(), RECOVERED_MAX).await?;
        // Newest first as they are stored; taken up in the order they were begun.
        for operation in operations.into_iter().rev().filter(|o| !o.value.is_done()) {
            tracing::info!(operation = %operation.value.name, "taken up after a restart");
            self.drive(operation.value.name);
        }
        Ok(())
    }

    /// What was read of organisations.
    pub(crate) fn inventories(&self) -> &Arc<Inventories> {
        &self.inventories
    }

    /// The organisations' allowances of calls.
    pub(crate) fn budgets(&self) -> &Arc<Budgets> {
        &self.budgets
    }

    /// Does what a committed transition asks for.
    pub(crate) fn perform(self: &Arc<Self>, name: &AccountName, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Drive { operation } => self.drive(operation),
                Action::OpenEvents => self.open_events(name),
                Action::CloseEvents => drop(self.close_events(name)),
                // The commit has asked it to stop.
                Action::Halt { operation } => self.wake(&operation),
                Action::Notify { .. } => {}
            }
        }
    }

    /// Drives an operation to its end, once.
    pub(crate) fn drive(self: &Arc<Self>, operation: OperationName) {
        let (wake, given_up) = (Arc::new(Notify::new()), CancellationToken::new());
        {
            let mut driven = self.driven.lock().unwrap_or_else(PoisonError::into_inner);
            if driven.contains_key(&operation) {
                return;
            }
            driven.insert(operation.clone(), Driven { wake: wake.clone(), given_up: given_up.clone() });
        }
        let runtime = self.clone();
        self.tasks.spawn(async move {
            let driver = Driver::new(&runtime.context, &runtime.broker, &runtime, &operation, wake);
            let run = async {
                // Without a permit: what it waits for may need one.
                driver.take_turn().await?;
                let _permit = runtime.permit(&driver).await;
                driver.run().await
            };
            let ended = tokio::select! {
                ended = run => Some(ended),
                () = runtime.context.shutdown.cancelled() => None,
                () = given_up.cancelled() => None,
            };
            if let Some(Err(fault)) = ended {
                tracing::error!(%operation, ?fault, "the operation cannot be driven on; it is taken up at the next start");
            }
            runtime.driven.lock().unwrap_or_else(PoisonError::into_inner).remove(&operation);
        });
    }

    /// A place among those that are driven. Who is cancelled while it waits needs none: it only ends.
    async fn permit(&self, driver: &Driver<'_>) -> Option<OwnedSemaphorePermit> {
        loop {
            tokio::select! {
                permit = self.permits.clone().acquire_owned() => return permit.ok(),
                () = driver.woken() => {
                    if driver.is_cancelled().await {
                        return None;
                    }
                }
            }
        }
    }

    /// Ends an operation past its deadline whose driver has not: the record first, then the task.
    pub(crate) async fn fail_overdue(self: &Arc<Self>, operation: &OperationName) -> Result<()> {
        let wake = Arc::new(Notify::new());
        Driver::new(&self.context, &self.broker, self, operation, wake).fail_overdue().await?;
        if let Some(driven) = self.driven.lock().unwrap_or_else(PoisonError::into_inner).get(operation) {
            driven.given_up.cancel();
        }
        Ok(())
    }

    /// Makes the driver of an operation look at its record now.
    pub(crate) fn wake(&self, operation: &OperationName) {
        if let Some(driven) = self.driven.lock().unwrap_or_else(PoisonError::into_inner).get(operation) {
            driven.wake.notify_one();
        }
    }

    /// Keeps the event channel of an account open, with one task; a waiting one tries again at once.
    pub(crate) fn open_events(self: &Arc<Self>, name: &AccountName) {
        let channel = Channel {
            wake: Arc::new(Notify::new()),
            close: CancellationToken::new(),
            closed: CancellationToken::new(),
        };
        {
            let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(running) = channels.get(name) {
                running.wake.notify_one();
                return;
            }
            channels.insert(name.clone(), channel.clone());
        }
        let (runtime, name) = (self.clone(), name.clone());
        self.tasks.spawn(async move {
            let intake =
                Intake::new(&runtime.context, &runtime.broker, &runtime.budgets, &name, channel.wake.clone());
            tokio::select! {
                () = intake.run() => {}
                () = channel.close.cancelled() => {}
                () = runtime.context.shutdown.cancelled() => {}
            }
            // The stream is gone before anybody is told that it is.
            drop(intake);
            let mut channels = runtime.channels.lock().unwrap_or_else(PoisonError::into_inner);
            if channels.get(&name).is_some_and(|known| Arc::ptr_eq(&known.wake, &channel.wake)) {
                channels.remove(&name);
            }
            drop(channels);
            channel.closed.cancel();
        });
    }

    /// Ends the task that keeps an account's event channel open. What is answered ends when the stream is closed; whoever
    /// opens the channel again in between gets a new one.
    pub(crate) fn close_events(&self, name: &AccountName) -> impl Future<Output = ()> + Send + use<> {
        let running = self.channels.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        if let Some(channel) = &running {
            channel.close.cancel();
        }
        async move {
            if let Some(channel) = running {
                channel.closed.cancelled().await;
            }
        }
    }

    /// Looks after all grants as one of the tasks.
    pub fn look_after_grants(self: &Arc<Self>) {
        self.tasks.spawn(self.broker.clone().look_after_grants());
    }

    /// Watches over organisations, as two of the tasks: what is left of their allowances is stored and told, and they are
    /// compared with their plans.
    pub fn watch(self: &Arc<Self>, plane: crate::service::ControlPlane) {
        let (context, budgets) = (self.context.clone(), self.budgets.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = budgets.keep() => {}
                () = context.shutdown.cancelled() => {}
            }
        });
        let context = self.context.clone();
        let drift = Drift::new(context.clone(), self.broker.clone(), self.clone(), plane);
        self.tasks.spawn(async move {
            tokio::select! {
                () = drift.run() => {}
                () = context.shutdown.cancelled() => {}
            }
        });
    }

    /// Runs the reaper as one of the tasks.
    pub fn reap(self: &Arc<Self>, plane: crate::service::ControlPlane) {
        let context = self.context.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = Reaper::new(context.clone(), plane).run() => {}
                () = context.shutdown.cancelled() => {}
            }
        });
    }

    /// Waits until every task has ended; the context's shutdown token must be cancelled before.
    pub async fn drain(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
