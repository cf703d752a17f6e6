//! Whole organisations, read in few calls.

mod calls;
mod faults;
mod resumed;
mod unchanged;

use provision_connector_sdk::core::inventory::Inventory;
use provision_connector_sdk::testkit::MemoryCheckpoints;
use provision_connector_sdk::{
    Connector as _, ConnectorFault, InventoryCheckpoints, InventoryReading, InventoryRequest, Session,
};
use salesforce_simulator::ledger::Kind;

use crate::world::{Salesforce, Silent};

/// One reading.
async fn reading(
    salesforce: &Salesforce,
    session: &Session,
    previous: Option<&Inventory>,
    checkpoints: &dyn InventoryCheckpoints,
) -> Result<InventoryReading, ConnectorFault> {
    let request = InventoryRequest { previous, checkpoints };
    salesforce.connector.inventory(session, request, &Silent).await
}

/// One reading from nothing; answers the calls that the organisation has counted, too.
async fn cold(salesforce: &Salesforce, session: &Session) -> (Inventory, u64) {
    let before = salesforce.count(Kind::Request);
    let read = reading(salesforce, session, None, &MemoryCheckpoints::default()).await;
    match read.expect("an inventory") {
        InventoryReading::Read(inventory) => (inventory, salesforce.count(Kind::Request) - before),
        InventoryReading::Unchanged => panic!("there is nothing to be unchanged from"),
    }
}

/// One reading after another; answers the calls, too.
async fn warm(salesforce: &Salesforce, session: &Session, previous: &Inventory) -> (InventoryReading, u64) {
    let before = salesforce.count(Kind::Request);
    let read = reading(salesforce, session, Some(previous), &MemoryCheckpoints::default()).await;
    (read.expect("a reading"), salesforce.count(Kind::Request) - before)
}

/// Fields and rights on objects.
fn sizes(inventory: &Inventory) -> (usize, usize) {
    let fields = inventory.object_types.iter().map(|object| object.fields.len()).sum();
    let rights = inventory.profiles.iter().map(|profile| profile.object_permissions.len()).sum();
    (fields, rights)
}
