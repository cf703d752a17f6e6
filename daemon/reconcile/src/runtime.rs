//! The tasks of the reconciler: one for each running operation, one for each event channel, one reaper. All of them can
//! be started again from the store alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use provision_core::account::EventChannel;
use provision_core::machine::Action;
use provision_core::operation::Operation;
use provision_core::{AccountName, OperationName, Result};
use provision_store::record::RecordKey;
use tokio::sync::{Notify, Semaphore};
use tokio_util::task::TaskTracker;

use crate::broker::Broker;
use crate::context::Context;
use crate::drive::Driver;
use crate::events::Intake;
use crate::inventory::Inventories;

/// Operations that are driven at the same time; the others wait.
const DRIVEN_MAX: usize = 64;
/// Operations and channels that are read at the start.
const RECOVERED_MAX: usize = 100_000;

/// Starts and ends the tasks.
pub struct Runtime {
    context: Arc<Context>,
    broker: Arc<Broker>,
    tasks: TaskTracker,
    driven: Mutex<HashMap<OperationName, Arc<Notify>>>,
    channels: Mutex<HashMap<AccountName, Arc<Notify>>>,
    permits: Arc<Semaphore>,
    inventories: Arc<Inventories>,
}

impl Runtime {
    pub fn new(context: Arc<Context>, broker: Arc<Broker>) -> Arc<Self> {
        let inventories = Arc::new(Inventories::new(context.clone()));
        Arc::new(Runtime {
            context,
            broker,
            tasks: TaskTracker::new(),
            driven: Mutex::new(HashMap::new()),
            channels: Mutex::new(HashMap::new()),
            permits: Arc::new(Semaphore::new(DRIVEN_MAX)),
            inventories,
        })
    }

    /// Takes up what an earlier daemon left: running operations and open channels.
    pub async fn recover(self: &Arc<Self>) -> Result<()> {
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
        for operation in operations.into_iter().filter(|o| !o.value.is_done()) {
            tracing::info!(operation = %operation.value.name, "taken up after a restart");
            self.drive(operation.value.name);
        }
        Ok(())
    }

    /// What was read of organisations.
    pub(crate) fn inventories(&self) -> &Arc<Inventories> {
        &self.inventories
    }

    /// Does what a committed transition asks for.
    pub(crate) fn perform(self: &Arc<Self>, name: &AccountName, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Drive { operation } => self.drive(operation),
                Action::OpenEvents => self.open_events(name),
                // TODO(removal, suspension): close the channel, halt the operation.
                Action::CloseEvents | Action::Halt { .. } => {}
                Action::Notify { .. } => {}
            }
        }
    }

    /// Drives an operation to its end, once.
    fn drive(self: &Arc<Self>, operation: OperationName) {
        let wake = Arc::new(Notify::new());
        {
            let mut driven = self.driven.lock().unwrap_or_else(PoisonError::into_inner);
            if driven.contains_key(&operation) {
                return;
            }
            driven.insert(operation.clone(), wake.clone());
        }
        let runtime = self.clone();
        self.tasks.spawn(async move {
            let permit = runtime.permits.clone().acquire_owned().await;
            let driver = Driver::new(&runtime.context, &runtime.broker, &runtime, &operation, wake);
            let ended = tokio::select! {
                ended = driver.run() => Some(ended),
                () = runtime.context.shutdown.cancelled() => None,
            };
            drop(permit);
            if let Some(Err(fault)) = ended {
                tracing::error!(%operation, ?fault, "the operation cannot be driven on; it is taken up at the next start");
            }
            runtime.driven.lock().unwrap_or_else(PoisonError::into_inner).remove(&operation);
        });
    }

    /// Makes the driver of an operation look at its record now.
    pub(crate) fn wake(&self, operation: &OperationName) {
        if let Some(wake) = self.driven.lock().unwrap_or_else(PoisonError::into_inner).get(operation) {
            wake.notify_one();
        }
    }

    /// Keeps the event channel of an account open, with one task; a waiting one tries again at once.
    pub(crate) fn open_events(self: &Arc<Self>, name: &AccountName) {
        let wake = Arc::new(Notify::new());
        {
            let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(running) = channels.get(name) {
                running.notify_one();
                return;
            }
            channels.insert(name.clone(), wake.clone());
        }
        let (runtime, name) = (self.clone(), name.clone());
        self.tasks.spawn(async move {
            let intake = Intake::new(&runtime.context, &runtime.broker, &name, wake);
            tokio::select! {
                () = intake.run() => {}
                () = runtime.context.shutdown.cancelled() => {}
            }
            runtime.channels.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        });
    }

    /// Runs the reaper as one of the tasks.
    pub fn reap(self: &Arc<Self>, plane: crate::service::ControlPlane) {
        let context = self.context.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = crate::reaper::run(&context, &plane) => {}
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
