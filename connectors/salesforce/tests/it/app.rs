//! The app's Apex, run: its own tests, and what its trigger and REST class do for who changes records.

use std::collections::BTreeMap;
use std::time::Duration;

use provision_connector_sdk::Begin;
use salesforce_simulator::apex::test_run::{Selection, TestOutcome, run};
use salesforce_simulator::org::{Conditions, Customer};
use salesforce_simulator::{Config, Environment};

use crate::world::{Salesforce, step};

/// What every class and trigger of the app is covered by at least, in percent.
const COVERED_MIN: u32 = 95;
/// And where no file and no post can be made by a test.
const COVERED_IN_HOSTILE_MIN: u32 = 80;

async fn provisioned(config: Config) -> Salesforce {
    let salesforce = Salesforce::with(config).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Account", "ContentVersion", "FeedItem"]).await;
    for id in ["event-channel", "quarantine-objects", "app-classes", "triggers"] {
        let done = salesforce.finish(&session, &plan, step(&plan, id), Begin::Fresh).await;
        done.unwrap_or_else(|fault| panic!("{id}: {fault:?}\n{:#?}", fault.fault.violations()));
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

fn failures(outcome: &TestOutcome) -> Vec<String> {
    let failed = outcome.methods.iter().filter_map(|method| {
        let failure = method.failure.as_ref()?;
        Some(format!("{}.{}: {}\n{}", method.class, method.method, failure.message, failure.stack_trace))
    });
    failed.collect()
}

/// Of the app's own units those that are covered less than that, in percent.
fn short_of(outcome: &TestOutcome, percent: u32) -> BTreeMap<String, String> {
    let short =
        outcome.coverage.iter().filter(|unit| unit.name.starts_with("CAS_") && unit.percent() < percent);
    short
        .map(|unit| (unit.name.clone(), format!("{} %, without {:?}", unit.percent(), unit.uncovered)))
        .collect()
}

#[tokio::test]
async fn the_apps_own_tests_pass_and_cover_it() {
    let salesforce = provisioned(instant()).await;
    let outcome = run_all(&salesforce);
    assert_eq!(failures(&outcome), Vec::<String>::new());
    assert!(outcome.methods.len() > 40, "{}", outcome.methods.len());
    assert_eq!(short_of(&outcome, COVERED_MIN), BTreeMap::new());
}

#[tokio::test]
async fn production_takes_it_where_every_rule_and_trigger_of_the_customer_is_against_it() {
    let customer = Customer::hostile();
    let conditions = Conditions { customer, org_coverage_percent: Some(74), ..Conditions::default() };
    let salesforce =
        provisioned(Config { environment: Environment::Production, conditions, ..instant() }).await;
    let org = salesforce.simulator.org();
    let state = org.read();
    let ours = state.metadata.classes.values().map(|class| class.unit.name.clone());
    let ours: Vec<String> = ours.filter(|name| name.starts_with("CAS_") && name.ends_with("Test")).collect();
    assert!(ours.len() >= 7, "{ours:?}");
    let outcome = run(org, &state, org.admin, &Selection::Named(ours), &mut |_, _, _| true);
    assert_eq!(failures(&outcome), Vec::<String>::new());
    assert_eq!(short_of(&outcome, COVERED_IN_HOSTILE_MIN), BTreeMap::new());
}
