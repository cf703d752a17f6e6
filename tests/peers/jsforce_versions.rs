//! jsforce as it was and in its other packages: each generation puts the same questions in its own way.

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use salesforce_simulator::Config;
use serde_json::{Value, json};

async fn seen(test: &str, package: &str, version: &str) -> Option<Value> {
    let peer = tools::or_skip(test, Peer::node(tools::npm_package(package, version).await).await)?;
    let org = peer::org(Config::default(), None).await;
    Some(peer.run("jsforce_versions.mjs", org.ready(), json!({"name": package})).await)
}

#[tokio::test]
async fn jsforce_1_works() {
    if let Some(seen) = seen("jsforce_1_works", "jsforce", "1.11.1").await {
        worked(&seen);
    }
}

#[tokio::test]
async fn jsforce_2_works() {
    if let Some(seen) = seen("jsforce_2_works", "jsforce", "2.0.0-beta.29").await {
        worked(&seen);
    }
}

#[tokio::test]
async fn jsforce_node_works() {
    if let Some(seen) = seen("jsforce_node_works", "@jsforce/jsforce-node", "3.12.0").await {
        worked(&seen);
    }
}

fn worked(seen: &Value) {
    for what in ["soap", "oauth", "update", "identity", "types", "made", "listed", "destroy"] {
        assert_eq!(seen[what], true, "{what}: {seen}");
    }
    assert_eq!(seen["wrong"], "authentication failure");
    assert_eq!(seen["many"], json!([true, true, false]));
    assert_eq!((&seen["retrieve"], &seen["upsert"]), (&json!("Old 1"), &json!(false)));
    assert_eq!(seen["query"], json!([true, true, true]));
    assert_eq!((&seen["find"], &seen["updated"], &seen["search"]), (&json!("Ash"), &json!(3), &json!(3)));
    assert_eq!(seen["refused"]["code"], "INVALID_FIELD");
    assert_eq!(seen["describe"], json!([true, true]));
    assert_eq!((&seen["lists"], &seen["layouts"]), (&json!([true, true, 0, 0]), &json!(1)));
    assert_eq!((&seen["read"], &seen["tooling"]), (&json!("Thing"), &json!([0, true])));
    // The oldest reads no types: its booleans are words.
    let yes = |value: &Value| *value == json!(true) || *value == json!("true");
    let converted = &seen["converted"];
    assert!(yes(&converted["success"]) && converted["opportunityId"].as_str().is_none(), "{converted}");
    assert!(yes(&seen["merged"]["success"]), "{}", seen["merged"]);
    assert_eq!((&seen["goes"], &seen["after"]), (&json!("ENTITY_IS_DELETED"), &json!("INVALID_SESSION_ID")));
    assert_eq!(seen["bulk"], json!([true, true]));
}
