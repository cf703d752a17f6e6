//! The Salesforce CLI in an organisation of full size.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use provision_tests::peer;
use provision_tests::sf::{ALIAS, Desk};
use salesforce_simulator::Config;
use serde_json::Value;

/// As many objects as a large org of today has.
const OBJECTS: usize = 3_196;
/// A command on it, with the time that the CLI itself takes on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// The objects of a real org from the file that `PROVISION_TEST_SCHEMA` names, else generated ones.
fn whole() -> Config {
    Config {
        schema: std::env::var_os("PROVISION_TEST_SCHEMA").map(PathBuf::from),
        objects: OBJECTS,
        ..Config::default()
    }
}

async fn run(desk: &Desk, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--target-org", ALIAS]).collect();
    let start = Instant::now();
    let answer = desk.sf(&arguments).await;
    assert!(start.elapsed() < PATIENCE, "{arguments:?} took {:?}", start.elapsed());
    assert_eq!(answer["status"], 0, "{answer:#}");
    answer["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_lists_and_describes_a_whole_org() {
    let org = peer::org(whole(), None).await;
    let desk = Desk::new(&org.ready().org_id, &["Account"]);
    if !desk.has_sf("sf_lists_and_describes_a_whole_org").await {
        return;
    }
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;

    let all = run(&desk, &["sobject", "list", "--sobject", "all"]).await;
    let names: BTreeSet<&str> = all.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(names.len() >= OBJECTS - 10, "{}", names.len());
    let custom = run(&desk, &["sobject", "list", "--sobject", "custom"]).await;
    let custom: Vec<&str> = custom.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(custom.iter().all(|name| name.contains("__") && names.contains(name)), "{custom:?}");

    let last = *names.last().expect("an object");
    for (name, children) in [("Account", 30), ("User", 300), (last, 0)] {
        let describe = run(&desk, &["sobject", "describe", "--sobject", name]).await;
        assert_eq!(describe["name"], name);
        let fields = describe["fields"].as_array().unwrap_or_else(|| panic!("{name}: {describe:#}"));
        assert!(fields.iter().any(|field| field["name"] == "Id" && field["type"] == "id"), "{name}");
        let found = describe["childRelationships"].as_array().map_or(0, Vec::len);
        assert!(found >= children, "{name} has {found} child relationships");
    }
    let limits = run(&desk, &["org", "list", "limits"]).await;
    let limits = limits.as_array().unwrap_or_else(|| panic!("{limits:#}"));
    let named = |name: &str| limits.iter().find(|limit| limit["name"] == name);
    let calls = named("DailyApiRequests").expect("a limit");
    assert!(calls["remaining"].as_u64() < calls["max"].as_u64(), "{calls}");
    assert!(named("PermissionSets").is_some() && limits.len() > 30, "{}", limits.len());
}
