//! The Pub/Sub client for Node, which speaks TLS alone.

use provision_tests::peer::Peer;
use provision_tests::tools;
use serde_json::json;

use crate::pubsub_python::{OWN, org_with_the_app};

#[tokio::test]
async fn the_client_for_node_lives_on_the_apps_events_and_on_others() {
    let name = "the_client_for_node_lives_on_the_apps_events_and_on_others";
    let Some(peer) = tools::or_skip(name, Peer::node(tools::pubsub_node().await).await) else { return };
    let tls = tempfile::tempdir().unwrap();
    let Some(org) = org_with_the_app(name, "Case", tls.path()).await else { return };
    let ready = org.ready().clone();
    let more = json!({
        "topic": "/event/CAS_Record_Change__e",
        "object": "Case",
        "record": {"Subject": "A broken lamp"},
        "own": OWN,
        "user": org.org().admin.as_str(),
        "changes": "/data/AccountChangeEvent",
        "managed": "Mine",
    });
    let seen = peer.run("pubsub_node.mjs", &ready, more).await;

    let earliest = &seen["earliest"];
    for at in 0..2 {
        let event = &earliest[at]["payload"];
        assert_eq!(event["Object_Name__c"], "Case", "{event:#}");
        assert_eq!(event["Operation__c"], "INSERT");
        assert_eq!(event["Record_Count__c"], 1.0);
        assert_eq!(event["Org_Id__c"].as_str().map(|id| &id[..15]), Some(&ready.org_id[..15]));
        assert!(event["CreatedDate"].as_i64().is_some_and(|at| at > 1_600_000_000_000), "{event:#}");
    }
    assert_ne!(earliest[0]["id"], earliest[1]["id"]);
    assert!(earliest[0]["replayId"].as_u64() < earliest[1]["replayId"].as_u64());
    assert_eq!(seen["after"].as_array().map(Vec::len), Some(1));
    assert_eq!(seen["after"][0]["id"], earliest[1]["id"]);

    assert_eq!(seen["published"]["correlationKey"], "my-key");
    assert_eq!(seen["batch"], 249);
    assert_eq!(seen["many"]["count"], 250, "the window opens again and again");
    let first = &seen["many"]["first"];
    assert_eq!((&first["id"], &first["payload"]["Text__c"]), (&json!("my-key"), &json!("one")));
    assert_eq!((&first["payload"]["Amount__c"], &first["payload"]["Done__c"]), (&json!(1.5), &json!(null)));

    let changes = &seen["changes"];
    assert_eq!(changes[0]["payload"]["ChangeEventHeader"]["changeType"], "CREATE");
    assert_eq!(changes[0]["payload"]["BillingAddress"]["City"], "Paris", "{changes:#}");
    let header = &changes[1]["payload"]["ChangeEventHeader"];
    let changed: Vec<&str> =
        header["changedFields"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    for name in ["Site", "BillingAddress.City"] {
        assert!(changed.contains(&name), "{name} in {changed:?}");
    }
    assert!(!changed.contains(&"Name"));

    assert_eq!(seen["managed"], json!(["one", "batch 0", "batch 1"]));
    assert_eq!(seen["active"]["code"], 6);
    assert_eq!(
        seen["active"]["trailer"],
        json!(["sfdc.platform.eventbus.grpc.managed.subscription.already.active"])
    );
    assert_eq!(seen["missing"]["code"], 5);
    assert_eq!(seen["missing"]["trailer"], json!(["sfdc.platform.eventbus.grpc.topic.not.found"]));
    assert!(seen["missing"]["details"].as_str().is_some_and(|text| text.contains(" rpcId: ")));
    assert_eq!(seen["refused"]["code"], 16);
    assert_eq!(seen["loggedIn"], 2);

    let more = json!({"resume": true, "managed": "Mine"});
    let seen = peer.run("pubsub_node.mjs", &ready, more).await;
    assert_eq!(seen["resumed"], json!(["batch 1"]), "after what was committed");
    org.stop().await;
}
