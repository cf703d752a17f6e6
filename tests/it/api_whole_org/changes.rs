//! Readings one after another: what changed, what fell, and what a killed daemon does not ask for again.

use std::time::Duration;

use provision_client::api::v1::{Notification, ServiceAccount};
use provision_client::{Client, ListOptions};
use salesforce_simulator::Config;

use super::{large, outcome, thousand};

async fn told(admin: &Client, code: &str) -> Vec<Notification> {
    let filter = ListOptions::filter(format!("code = {code}"));
    admin.notifications().list("tenants/acme", filter).await.expect("listed").notifications
}

async fn count(admin: &Client, account: &str) -> usize {
    let list = admin.inventory().object_types(account, ListOptions::default()).await;
    list.expect("listed").object_types.len()
}

fn current(account: &ServiceAccount) -> (i32, &str) {
    let found = account.conditions.iter().find(|one| one.r#type == "InventoryCurrent");
    let found = found.expect("the condition");
    (found.status, &found.reason)
}

/// Names of custom objects of the customer's own.
async fn custom(admin: &Client, account: &str, number: usize) -> Vec<String> {
    let list = admin.inventory().object_types(account, ListOptions::filter("custom = true")).await;
    let names = list.expect("listed").object_types.into_iter().map(|object| object.api_name);
    let names: Vec<_> = names.filter(|name| name.ends_with("__c")).take(number).collect();
    assert_eq!(names.len(), number);
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_went_and_changed_is_told_and_a_sudden_fall_is_held() {
    let (world, admin) = large(Config { objects: 280, ..Config::default() }).await;
    let account = world.until_read(&admin).await;
    let before = count(&admin, &account).await;
    let names = custom(&admin, &account, 62).await;
    let org = world.org.org();
    org.add_object("Invoice__c", "Invoice").expect("a free name");
    assert_eq!(org.remove_objects(&[&names[0]]), 1);
    assert!(org.relabel_field(&names[1], "Name", "What it is called"));
    let (answer, _) = outcome(&world.read(&admin, &account).await);
    let changes = answer.changes.expect("there was a reading before").object_types.expect("objects");
    assert_eq!((changes.added, changes.removed), (vec!["Invoice__c".to_owned()], vec![names[0].clone()]));
    assert_eq!(changes.changed_count, 1, "{:?}", changes.changed);
    assert!(changes.changed[0].starts_with(&format!("{}: ", names[1])), "{:?}", changes.changed);
    assert_eq!(count(&admin, &account).await, before);
    let told_changes = told(&admin, "INVENTORY_CHANGED").await;
    assert_eq!(told_changes.len(), 1);
    insta::assert_snapshot!("changed", told_changes[0].text);

    // A third of the organisation is gone between two readings.
    let gone: Vec<&str> = names[2..].iter().map(String::as_str).collect();
    assert_eq!(org.remove_objects(&gone), gone.len());
    let (held, _) = outcome(&world.read(&admin, &account).await);
    assert!(held.held && !held.unchanged, "{held:?}");
    assert_eq!(count(&admin, &account).await, before, "what was known stays");
    let shown = admin.accounts().get(&account).await.expect("account");
    assert_eq!(current(&shown), (2, "INVENTORY_FALL_HELD"));
    let told_held = told(&admin, "INVENTORY_HELD").await;
    insta::assert_snapshot!("held", told_held[0].text);
    let plan = world.plan(&admin, &account).await;
    assert!(plan.risks.iter().any(|risk| risk.contains("may not be current")), "{:?}", plan.risks);

    let accepted = admin.inventory().refresh_accepting_fall(&account).await.expect("started");
    let (accepted, _) = outcome(&world.done(&admin, &accepted.name).await);
    assert!(!accepted.held, "{accepted:?}");
    assert_eq!(count(&admin, &account).await, before - gone.len());
    assert_eq!(current(&admin.accounts().get(&account).await.expect("account")).0, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_daemon_goes_on_with_the_reading_where_it_was() {
    let (mut world, admin) = large(Config { latency: Duration::from_millis(60), ..thousand() }).await;
    let account = world.create(&admin).await.name;
    world.allow(&world.begin(&admin, &account).await).await;
    let started = admin.inventory().refresh(&account).await.expect("started").name;
    let describes =
        |world: &provision_tests::world::World| world.org.ledger().requests("POST", "/services/Soap/u/*");
    world.org.ledger().until(|ledger| ledger.requests("POST", "/services/Soap/u/*") >= 7).await;
    world.kill().await;
    let asked = describes(&world);
    assert!(asked < 11, "it was killed in the middle: {asked}");
    world.restart().await;
    let admin = world.client("admin@acme.example").await;
    let (read, _) = outcome(&world.done(&admin, &started).await);
    assert!(read.object_types >= 1000, "{read:?}");
    let needed = usize::try_from(read.object_types).expect("a count").div_ceil(100);
    // What was under way when it died had not been kept.
    assert!(describes(&world) <= needed + 4, "{} of {needed} describes", describes(&world));
    assert_eq!(count(&admin, &account).await as i64, read.object_types);
}
