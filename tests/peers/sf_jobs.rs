//! Deployments that take their time: the Salesforce CLI leaves them, asks after them, takes them up again, cancels them.

use std::sync::Arc;
use std::time::Duration;

use provision_tests::sf::Desk;
use salesforce_simulator::org::ManualClock;
use salesforce_simulator::{Config, Simulator};
use serde_json::Value;

use crate::sf_warehouse::{self, SOURCES, good, run};

/// Once the clock stands still, a component never ends by itself.
const COMPONENT: Duration = Duration::from_secs(60);
/// 2026-11-24T00:00:00Z
const NOW_MS: i64 = 1_795_478_400_000;

/// An org whose deployments go on only while the clock is moved.
async fn slow(test: &str, desk: &Desk) -> Option<(Simulator, Arc<ManualClock>)> {
    let clock = Arc::new(ManualClock::new(NOW_MS));
    let config = Config { clock: clock.clone(), deploy_component_time: COMPONENT, ..Config::default() };
    Some((sf_warehouse::org(test, desk, config).await?, clock))
}

/// Starts a deployment and leaves it; its id.
async fn begin(desk: &Desk) -> String {
    let started = good(desk, &["project", "deploy", "start", "--source-dir", SOURCES, "--async"]).await;
    assert_eq!((&started["done"], &started["status"]), (&false.into(), &"Queued".into()), "{started:#}");
    started["id"].as_str().expect("an id").to_owned()
}

/// Waits until the org has the deployment under way.
async fn running(org: &Simulator) {
    while !org.org().read().deploys.values().any(|deploy| deploy.status == "InProgress") {
        tokio::task::yield_now().await;
    }
}

async fn reported(desk: &Desk, job: &str) -> Value {
    run(desk, &["project", "deploy", "report", "--job-id", job]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_cancels_a_running_deployment() {
    let desk = sf_warehouse::desk();
    let Some((org, clock)) = slow("sf_cancels_a_running_deployment", &desk).await else { return };
    let job = begin(&desk).await;
    running(&org).await;
    clock.advance(COMPONENT);
    let report = reported(&desk, &job).await;
    assert_eq!((&report["status"], &report["result"]["status"]), (&0.into(), &"InProgress".into()));
    assert_eq!(report["result"]["done"], false, "{report:#}");
    let asked = good(&desk, &["project", "deploy", "cancel", "--job-id", &job, "--async"]).await;
    assert_eq!(asked["id"], job.as_str());
    // It stops before the next component.
    clock.advance(COMPONENT);
    // It knows the org by the job.
    let resumed = desk.sf(&["project", "deploy", "resume", "--job-id", &job]).await;
    assert_eq!(
        (&resumed["status"], &resumed["result"]["status"]),
        (&1.into(), &"Canceled".into()),
        "{resumed:#}"
    );
    let report = reported(&desk, &job).await["result"].take();
    assert_eq!(report["canceledByName"], "Ada Admin", "{report:#}");
    assert_eq!(desk.tooling("SELECT Id FROM ApexClass WHERE Name = 'Warehouses'").await.len(), 0);
    let late = run(&desk, &["project", "deploy", "cancel", "--job-id", &job]).await;
    assert_eq!(late["name"], "CannotCancelDeployError", "{late:#}");

    // One that waits for another is gone at once.
    org.deploy_by_somebody_else(COMPONENT);
    running(&org).await;
    let waiting = begin(&desk).await;
    let report = reported(&desk, &waiting).await;
    assert_eq!(report["result"]["status"], "Pending", "{report:#}");
    let gone = good(&desk, &["project", "deploy", "cancel", "--job-id", &waiting]).await;
    assert_eq!(gone["status"], "Canceled", "{gone:#}");
    org.stop().await;
}
