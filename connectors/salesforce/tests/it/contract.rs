//! The contract that every connector keeps.

use provision_connector_sdk::testkit::contract;
use salesforce_simulator::Environment;

use crate::world::Salesforce;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept_in_a_sandbox() {
    contract::run(&Salesforce::start(Environment::Sandbox).await).await.assert_kept();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_is_kept_in_production() {
    contract::run(&Salesforce::start(Environment::Production).await).await.assert_kept();
}
