//! What a large organisation costs: calls, memory, and a plan that accounts for every object.

use std::path::PathBuf;

use provision_client::ListOptions;
use provision_client::api::v1::ServiceAccountState;
use provision_tests::effects::{api_requests, changes};
use salesforce_simulator::Config;

use super::{large, outcome, thousand};

/// Largest share of the machine that a daemon may take, in MiB.
const MEMORY_MAX: u64 = 200;
/// Calls of a whole first provisioning, polls of waiting deployments not counted.
const CALLS_MAX: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_objects_are_read_and_protected_in_few_calls() {
    let (world, admin) = large(thousand()).await;
    let account = world.create(&admin).await.name;
    let page = world.allow(&world.begin(&admin, &account).await).await;
    assert!(page.contains("Access granted"), "{page}");
    let before = api_requests(&world.org);
    let (cold, calls) = outcome(&world.read(&admin, &account).await);
    let rows = thousand().object_permission_rows.expect("rows").div_ceil(10_000) as u64;
    assert!(cold.object_types >= 1000 && !cold.unchanged, "{cold:?}");
    assert!(calls <= 16 + rows, "{calls} calls for a cold reading");
    assert_eq!(api_requests(&world.org) - before, calls as usize, "the organisation counts the same");

    let before = api_requests(&world.org);
    let (warm, calls) = outcome(&world.read(&admin, &account).await);
    assert!(warm.unchanged && calls <= 3, "{calls} calls for a warm reading: {warm:?}");
    assert_eq!(api_requests(&world.org) - before, calls as usize);

    world.protect(&admin, &account).await;
    let shown = admin.accounts().get(&account).await.expect("account");
    assert_eq!(shown.state(), ServiceAccountState::Protected);
    let ledger = world.org.ledger();
    let polls = ledger.requests("GET", "/services/data/*/metadata/deployRequest/*");
    let all = api_requests(&world.org);
    println!("{all} calls in all, {polls} of them polls of a deployment");
    assert!(all - polls <= CALLS_MAX, "{all} calls, {polls} of them polls");
}

/// The whole schema of `$PROVISION_TEST_SCHEMA`; where that is not set, a generated organisation of the same size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_organisation_fits_and_is_accounted_for() {
    let schema = std::env::var_os("PROVISION_TEST_SCHEMA").map(PathBuf::from).filter(|path| path.exists());
    let objects = if schema.is_some() { Config::default().objects } else { 3196 };
    let (world, admin) = large(Config { schema, objects, ..thousand() }).await;
    let account = world.until_read(&admin).await;
    let list = admin.inventory().object_types(&account, ListOptions::default()).await.expect("listed");
    let inventory = list.object_types;
    assert!(inventory.len() >= 3196, "{}", inventory.len());
    assert!(inventory.iter().all(|object| object.field_count > 0), "every object is described");

    let plan = admin.accounts().plan_all(&account).await.expect("planned");
    assert_eq!(changes(&world.org), 0, "a plan only looks");
    let unprotected = &plan.unprotected_object_types;
    assert_eq!(plan.object_types.len() + unprotected.len(), inventory.len(), "each is on one list");
    assert!(plan.object_types.len() > 100 && unprotected.iter().all(|one| !one.reason.is_empty()));
    // What accepts no trigger is never promised, and what does is left out for another reason.
    for object in &inventory {
        let refused = unprotected.iter().find(|one| one.object_type == object.api_name);
        assert!(object.accepts_triggers || refused.is_some(), "{}", object.api_name);
    }
    let default = world.plan(&admin, &account).await;
    assert!(default.object_types.iter().all(|name| inventory.iter().any(|one| one.api_name == *name)));
    let peak = world.daemon.peak_memory();
    println!(
        "{} objects, {} to protect, {} not; the daemon's peak: {peak:?} MiB",
        inventory.len(),
        plan.object_types.len(),
        unprotected.len()
    );
    assert!(peak.is_none_or(|peak| peak < MEMORY_MAX), "{peak:?} MiB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_of_a_thousand_objects_are_protected_in_few_calls() {
    let (world, admin) = large(thousand()).await;
    let account = world.until_read(&admin).await;
    let plan = admin.accounts().plan_all(&account).await.expect("planned");
    assert!(plan.object_types.len() > 850, "{}", plan.object_types.len());
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    world.done(&admin, &operation.name).await;
    let shown = admin.accounts().get(&account).await.expect("account");
    assert_eq!(shown.state(), ServiceAccountState::Protected);
    let metadata = world.org.org().metadata();
    let triggers = metadata.triggers.values().filter(|one| one.unit.name.starts_with("CAS_")).count();
    assert_eq!(triggers, plan.object_types.len() + 1, "and the one on the app's own object");
    let polls = world.org.ledger().requests("GET", "/services/data/*/metadata/deployRequest/*");
    let all = api_requests(&world.org);
    println!(
        "{triggers} triggers: {all} calls in all, {polls} of them polls; {:?} MiB",
        world.daemon.peak_memory()
    );
    assert!(all - polls <= CALLS_MAX, "{all} calls, {polls} of them polls");
}
