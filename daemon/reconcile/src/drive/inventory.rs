//! Reading the inventory.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use provision_connector_sdk::{
    ConnectorFault, InventoryCheckpoints, InventoryProgress, InventoryReading, InventoryRequest,
};
use provision_core::Fault;
use provision_core::inventory::{Inventory, InventorySummary, ProfileKind};
use provision_core::operation::Step;

use super::{Driver, Stop, Work};

/// How often a reading's progress is stored.
const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// The last progress that the connector has told.
#[derive(Default)]
struct Told(Mutex<Option<(&'static str, u64, u64)>>);

impl InventoryProgress for Told {
    fn report(&self, part: &'static str, done: u64, total: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((part, done, total));
    }
}

/// Keeps nothing.
struct Nowhere;

#[async_trait]
impl InventoryCheckpoints for Nowhere {
    async fn load(&self, _key: &str) -> Result<Option<Vec<u8>>, ConnectorFault> {
        Ok(None)
    }

    async fn store(&self, _key: &str, _part: Vec<u8>) -> Result<(), ConnectorFault> {
        Ok(())
    }
}

impl Driver<'_> {
    pub(super) async fn read_inventory(&self, work: &Work, step: &Step) -> Result<InventorySummary, Stop> {
        self.begin_step(&step.id).await?;
        let mut pauses = self.pauses();
        let inventory = loop {
            let told = Told::default();
            let request = InventoryRequest { previous: None, checkpoints: &Nowhere };
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
                Ok(InventoryReading::Unchanged) => {
                    return Err(Stop::Failed(Fault::internal_error(
                        "a reading without a previous one is unchanged",
                    )));
                }
                Ok(InventoryReading::Read(inventory)) => {
                    // What was told last may lie behind what was read.
                    let all = inventory.object_types.len() as u64;
                    self.report(&step.id, all, all, "", None).await?;
                    break inventory;
                }
                Err(fault) => self.pause(&step.id, &mut pauses, fault).await?,
            }
        };
        let artifact = self.context.save(&inventory).await?;
        Ok(summary(&inventory, self.calls.made(), artifact, self.context.now()))
    }
}

fn summary(
    inventory: &Inventory,
    api_calls: u64,
    artifact: String,
    read_time: provision_core::Timestamp,
) -> InventorySummary {
    let profiles = inventory.profiles.iter().filter(|p| p.kind == ProfileKind::Profile).count() as u64;
    InventorySummary {
        object_types: inventory.object_types.len() as u64,
        fields: inventory.object_types.iter().map(|o| o.fields.len() as u64).sum(),
        profiles,
        permission_sets: inventory.profiles.len() as u64 - profiles,
        api_calls,
        read_time,
        artifact,
    }
}
