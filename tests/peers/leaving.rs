//! The organisation before and after our stay, in the eyes of jsforce.

use provision_client::api::v1::{DeprovisionServiceAccountRequest, RemovalMode};
use provision_tests::peer::{Peer, nothing};
use provision_tests::setup::Setup;
use provision_tests::tools;
use provision_tests::world::World;
use salesforce_simulator::{Config, Environment};
use serde_json::{Map, Value};

/// Differences that a message names.
const TOLD_MAX: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_finds_a_sandbox_as_it_was_before() {
    is_as_before("jsforce_finds_a_sandbox_as_it_was_before", Environment::Sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_finds_a_production_as_it_was_before() {
    is_as_before("jsforce_finds_a_production_as_it_was_before", Environment::Production).await;
}

async fn is_as_before(test: &str, environment: Environment) {
    let Some(peer) = tools::or_skip(test, Peer::node(tools::jsforce().await).await) else { return };
    let org = Config { environment, objects: 40, ..Config::default() };
    let world = World::made(Setup { org, log: "info", ..Setup::default() }).await;
    world.prepare().await;
    let view = async || match peer.run("whole_view.mjs", world.org.ready(), nothing()).await {
        Value::Object(seen) => seen,
        other => panic!("{other}"),
    };
    let before = view().await;
    assert!(before.len() > 200, "it sees a whole organisation: {}", before.len());
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    world.protect(&admin, &account).await;
    let during = differences(&before, &view().await);
    assert!(during.iter().any(|line| line.contains("CAS_Case")), "it sees what we bring: {during:#?}");

    let asked = DeprovisionServiceAccountRequest {
        name: account,
        mode: RemovalMode::Everything.into(),
        ..Default::default()
    };
    let begun = admin.accounts().deprovision(asked).await.expect("begun");
    world.done(&admin, &begun.name).await;
    let after = differences(&before, &view().await);
    assert!(after.is_empty(), "{:#?}", &after[..after.len().min(TOLD_MAX)]);
}

fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| format!("- {name}"));
    let other = after.iter().filter_map(|(name, now)| match before.get(name) {
        None => Some(format!("+ {name} {now}")),
        Some(then) if then != now => Some(format!("~ {name}: {then} → {now}")),
        Some(_) => None,
    });
    gone.chain(other).collect()
}
