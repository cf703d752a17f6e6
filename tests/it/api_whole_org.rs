//! Whole organisations through the real daemon: what refuses its trigger, how much is asked and held, what changes.

mod budget;
mod changes;
mod refused;

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::{OperationMetadata, RefreshInventoryResponse};
use provision_client::{Client, metadata, response};
use provision_tests::setup::Setup;
use provision_tests::world::World;
use salesforce_simulator::Config;

/// An organisation of a thousand objects, with 400 profiles and permission sets and 20,000 rows of rights.
fn thousand() -> Config {
    Config {
        objects: 1000,
        profiles: Some(400),
        object_permission_rows: Some(20_000),
        deploy_component_time: std::time::Duration::ZERO,
        ..Config::default()
    }
}

/// A daemon for a large organisation: all that it could log would be more than it does.
async fn large(org: Config) -> (World, Client) {
    let world = World::made(Setup { org, log: "info", ..Setup::default() }).await;
    world.prepare().await;
    let client = world.client("admin@acme.example").await;
    (world, client)
}

/// What a reading answered, and the calls that it took.
fn outcome(operation: &Operation) -> (RefreshInventoryResponse, u64) {
    let progress: OperationMetadata = metadata(operation).expect("typed progress");
    let answer = response(operation, "RefreshInventoryResponse").expect("a typed answer");
    (answer, u64::try_from(progress.api_calls).expect("a count"))
}
