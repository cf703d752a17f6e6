//! Reading the inventory.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use std::sync::Arc;

use provision_connector_sdk::{InventoryProgress, InventoryReading, InventoryRequest};
use provision_core::inventory::{
    Inventory, InventoryChanges, InventorySummary, ProfileKind, ReadingOutcome, fell,
};
use provision_core::operation::{Operation, Step};
use provision_core::{Fault, Reason, Timestamp};

use super::checkpoints::Checkpoints;
use super::{Driver, Stop, Work};

/// How often a reading's progress is stored.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);
/// After this long everything is asked for anew, whatever the application says of what has not changed.
const FULL_READ_EVERY: chrono::Duration = chrono::Duration::hours(24);

/// The last progress that the connector has told.
#[derive(Default)]
struct Told(Mutex<Option<(&'static str, u64, u64)>>);

impl InventoryProgress for Told {
    fn report(&self, part: &'static str, done: u64, total: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((part, done, total));
    }
}

/// What is known from the last reading.
struct Known {
    summary: InventorySummary,
    inventory: Arc<Inventory>,
}

impl Known {
    /// Whether its marks may stand for what they mark.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.summary.full_read_time.is_some_and(|full| now < full + FULL_READ_EVERY)
    }
}

impl Driver<'_> {
    pub(super) async fn read_inventory(
        &self,
        work: &Work,
        operation: &Operation,
        step: &Step,
    ) -> Result<(InventorySummary, ReadingOutcome), Stop> {
        self.begin_step(&step.id).await?;
        let known = self.known(work).await?;
        let previous = known.as_ref().filter(|known| known.is_fresh(self.context.now()));
        let reading = self.ask(work, step, previous.map(|known| known.inventory.as_ref())).await?;
        let (now, api_calls) = (self.context.now(), self.calls.made());
        let inventory = match (reading, previous) {
            (InventoryReading::Read(inventory), _) => inventory,
            (InventoryReading::Unchanged, Some(known)) => {
                let summary = InventorySummary { read_time: now, api_calls, ..known.summary.clone() };
                let changes = Some(InventoryChanges::default());
                return Ok((summary, ReadingOutcome { changes, unchanged: true, held: false }));
            }
            (InventoryReading::Unchanged, None) => {
                return Err(Stop::Failed(Fault::internal_error(
                    "a reading without a previous one is unchanged",
                )));
            }
        };
        let changes = known.as_ref().map(|known| InventoryChanges::between(&known.inventory, &inventory));
        let full_read_time = previous.map_or(Some(now), |known| known.summary.full_read_time);
        let counts = InventorySummary { full_read_time, ..counts(&inventory, api_calls, now) };
        let held = !operation.accept_fall && known.is_some_and(|known| fell(&known.inventory, &inventory));
        let outcome = ReadingOutcome { changes, unchanged: false, held };
        if held {
            return Ok((counts, outcome));
        }
        let artifact = self.runtime.inventories().keep(inventory).await?;
        Ok((InventorySummary { artifact, ..counts }, outcome))
    }

    async fn known(&self, work: &Work) -> Result<Option<Known>, Stop> {
        match self.runtime.inventories().of(&work.account.name).await {
            Ok(found) => Ok(found.map(|(summary, inventory)| Known { summary, inventory })),
            // What cannot be read back is read anew.
            Err(fault) if fault.reason() == Reason::Internal => {
                tracing::warn!(account = %work.account.name, ?fault, "the last inventory cannot be read back");
                Ok(None)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn ask(
        &self,
        work: &Work,
        step: &Step,
        previous: Option<&Inventory>,
    ) -> Result<InventoryReading, Stop> {
        let checkpoints =
            Checkpoints { context: self.context, account: &work.account.name, operation: self.name };
        let mut pauses = self.pauses();
        loop {
            let told = Told::default();
            let request = InventoryRequest { previous, checkpoints: &checkpoints };
            let read = work.connector.inventory(&work.session, request, &told);
            tokio::pin!(read);
            let read = loop {
                tokio::select! {
                    read = &mut read => break read,
                    () = tokio::time::sleep(REPORT_INTERVAL) => {}
                    () = self.wake.notified() => {}
                }
                let told = *told.0.lock().unwrap_or_else(PoisonError::into_inner);
                let (part, done, total) = told.unwrap_or_default();
                self.report(&step.id, done, total, &part.replace('_', " "), None).await?;
            };
            match read {
                Ok(reading) => {
                    // What was told last may lie behind what was read.
                    let all = match (&reading, previous) {
                        (InventoryReading::Read(inventory), _) => inventory.object_types.len(),
                        (InventoryReading::Unchanged, previous) => {
                            previous.map_or(0, |known| known.object_types.len())
                        }
                    };
                    self.report(&step.id, all as u64, all as u64, "", None).await?;
                    return Ok(reading);
                }
                Err(fault) => self.pause(&step.id, &mut pauses, fault).await?,
            }
        }
    }
}

fn counts(inventory: &Inventory, api_calls: u64, read_time: Timestamp) -> InventorySummary {
    let profiles = inventory.profiles.iter().filter(|p| p.kind == ProfileKind::Profile).count() as u64;
    InventorySummary {
        object_types: inventory.object_types.len() as u64,
        fields: inventory.object_types.iter().map(|o| o.fields.len() as u64).sum(),
        profiles,
        permission_sets: inventory.profiles.len() as u64 - profiles,
        api_calls,
        read_time,
        full_read_time: None,
        artifact: String::new(),
    }
}
