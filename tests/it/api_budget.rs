//! An organisation with a small allowance of calls, most of which others have used.

use std::time::Instant;

use provision_client::api::v1::{ApiBudget, OperationMetadata, ServiceAccountState};
use provision_client::metadata;
use provision_tests::setup::Setup;
use provision_tests::watched::{PATIENCE, Watched, is_false};
use salesforce_simulator::Config;
use salesforce_simulator::org::Org;

/// As if the calls of the last hour had been so many.
fn use_up(org: &Org, calls: u64) {
    let hour = org.now_ms().div_euclid(3_600_000);
    let mut state = org.write();
    state.api_calls.clear();
    state.api_calls.insert(hour, calls);
}

async fn small() -> Watched {
    let org = Config { objects: 60, daily_api_requests: Some(1_000), ..Config::default() };
    let more = "\n[api_budget]\nprobe_interval_seconds = 1\n".to_owned();
    Watched::made(Setup { org, more, ..Setup::default() }).await
}

async fn progress(watched: &Watched, operation: &str) -> OperationMetadata {
    let operation = watched.admin.operations().get(operation).await.expect("there");
    assert!(!operation.done, "{operation:?}");
    metadata(&operation).expect("typed progress")
}

#[tokio::test]
async fn at_95_percent_what_is_urgent_passes_and_the_inventory_waits_until_calls_come_back() {
    let watched = small().await;
    let org = watched.world.org.org();
    use_up(org, 950);
    let reading = watched.admin.inventory().refresh(&watched.account).await.expect("started").name;
    let begun = Instant::now();
    let held = loop {
        let progress = progress(&watched, &reading).await;
        if progress.throttled_until.is_some() {
            break progress;
        }
        assert!(begun.elapsed() < PATIENCE, "{progress:?}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let step = held.steps.iter().find(|step| !step.message.is_empty()).expect("a step says why it waits");
    assert!(step.message.contains("of the organisation's 1000 API calls"), "{step:?}");

    let cause = watched.cause("API_BUDGET_EXHAUSTED").await;
    assert!(cause.evidence.iter().any(|e| e.contains("of 1000 calls used")), "{cause:?}");
    assert_eq!(cause.next_action.expect("named").action, "FREE_API_CALLS");
    let shown = watched.account_until("throttled", |a| is_false(a, "WithinApiBudget")).await;
    let ApiBudget { used, limit, throttled_until, .. } = shown.api_budget.expect("known");
    assert!(limit == 1_000 && used >= 900 && throttled_until.is_some(), "{used} of {limit}");
    assert_eq!(shown.state(), ServiceAccountState::Protected, "protection goes on");

    // Checks are asked by people, and the disposal of content is an action: both pass.
    watched.admin.accounts().check(&watched.account).await.expect("a check passes");
    assert!(progress(&watched, &reading).await.throttled_until.is_some());

    use_up(org, 0);
    watched.world.done(&watched.admin, &reading).await;
    watched.account_until("unthrottled", |a| !is_false(a, "WithinApiBudget")).await;
    // The check of before has found few calls left, and says so until it is made again.
    watched.admin.accounts().check(&watched.account).await.expect("checked again");
    watched.is_well().await;
}

#[tokio::test]
async fn the_comparison_waits_before_the_inventory_does() {
    let watched = small().await;
    let org = watched.world.org.org();
    // 20 % are left: more than the inventory leaves to others, and less than the comparison does.
    use_up(org, 800);
    watched.cause("API_BUDGET_EXHAUSTED").await;
    let reading = watched.admin.inventory().refresh(&watched.account).await.expect("started").name;
    watched.world.done(&watched.admin, &reading).await;
    assert!(is_false(&watched.get().await, "WithinApiBudget"));
    use_up(org, 0);
    watched.is_well().await;
}

#[tokio::test]
async fn content_is_disposed_of_at_95_percent() {
    use provision_client::api::v1::{DeprovisionServiceAccountRequest, QuarantineDisposition, RemovalMode};
    let watched = small().await;
    let file = provision_tests::rest::quarantined(&watched.world.org, "action-1").await.document;
    use_up(watched.world.org.org(), 950);
    watched.account_until("throttled", |a| is_false(a, "WithinApiBudget")).await;
    let request = DeprovisionServiceAccountRequest {
        name: watched.account.clone(),
        mode: RemovalMode::KeepComponents.into(),
        quarantine_disposition: QuarantineDisposition::RestoreAll.into(),
        ..Default::default()
    };
    let begun = watched.admin.accounts().deprovision(request).await.expect("begun").name;
    watched.world.done(&watched.admin, &begun).await;
    let rest = provision_tests::rest::Rest::of(&watched.world.org);
    assert_eq!(rest.count(&format!("ContentDocument WHERE Id = '{file}'")).await, 1);
}
