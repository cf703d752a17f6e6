//! The app's Apex, run: its own tests, and what its trigger and REST class do for who changes records.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_connector_sdk::Begin;
use salesforce_simulator::apex::test_run::{Selection, TestOutcome, run};
use salesforce_simulator::Config;

use crate::world::{Salesforce, step};

/// What every class and trigger of the app is covered by at least, in percent.
const COVERED_MIN: u32 = 95;

async fn provisioned(config: Config) -> Salesforce {
    let salesforce = Salesforce::with(config).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Account", "ContentVersion", "FeedItem"]).await;
    for id in ["event-channel", "quarantine-objects", "app-classes", "triggers"] {
        salesforce.finish(&session, &plan, step(&plan, id), Begin::Fresh).await.expect(id);
    }
    salesforce
}

fn instant() -> Config {
    Config { deploy_component_time: Duration::ZERO, ..Config::default() }
}

fn run_all(salesforce: &Salesforce) -> TestOutcome {
    let org = salesforce.simulator.org();
    run(org, &org.read(), org.admin, &Selection::Local, &mut |_, _, _| true)
}

#[tokio::test]
async fn the_apps_own_tests_pass_and_cover_it() {
    let salesforce = provisioned(instant()).await;
    let outcome = run_all(&salesforce);
    let failed: Vec<String> = outcome
        .methods
        .iter()
        .filter_map(|method| {
            let failure = method.failure.as_ref()?;
            Some(format!("{}.{}: {}\n{}", method.class, method.method, failure.message, failure.stack_trace))
        })
        .collect();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), outcome.methods.len(), failed.join("\n\n"));
    assert!(outcome.methods.len() > 40, "{}", outcome.methods.len());
    let short: BTreeMap<&str, String> = outcome
        .coverage
        .iter()
        .filter(|unit| unit.percent() < COVERED_MIN)
        .map(|unit| (unit.name.as_str(), format!("{} %, without {:?}", unit.percent(), unit.uncovered)))
        .collect();
    assert!(short.is_empty(), "{short:#?}");
}
