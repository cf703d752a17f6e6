//! The Pub/Sub client for Python, and plain grpcio with the messages that it carries.

use std::path::Path;

use provision_tests::peer::{self, Peer};
use provision_tests::sf::Desk;
use provision_tests::tools;
use salesforce_simulator::org::{Field, FieldType, Id, ObjectType};
use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};

/// The topic of [`event_of_its_own`].
pub const OWN: &str = "/event/Own__e";

/// An organisation over TLS with the app's trigger on `object`, and an event of its own; `None` where the test that is
/// named has to be skipped.
pub async fn org_with_the_app(name: &str, object: &str, tls: &Path) -> Option<Simulator> {
    let org = peer::org(Config { objects: 60, ..Config::default() }, Some(tls)).await;
    let ready = org.ready();
    let desk = Desk::new(&ready.org_id, &[object]).trusting(ready.ca_file.as_deref());
    if !desk.has_sf(name).await {
        return None;
    }
    desk.log_in(&ready.base_url, &ready.access_token).await;
    let deployed = desk.deploy().await;
    assert_eq!(deployed["status"], 0, "{deployed:#}");
    event_of_its_own(&org);
    Some(org)
}

/// Gives the organisation an event that anybody may publish.
fn event_of_its_own(org: &Simulator) {
    let fields = vec![
        Field::new("Text__c", FieldType::String),
        Field::new("Amount__c", FieldType::Double),
        Field::new("Done__c", FieldType::Boolean),
    ];
    let id = Id::parse("01I0000000000Ow").expect("an id");
    let event = ObjectType::event("Own__e", "Own", id, "e7w", fields);
    let put = org.org().change_metadata(|metadata| {
        metadata.put_object(event);
        Ok::<_, ()>(())
    });
    put.expect("nothing refuses it");
}

#[tokio::test]
async fn the_client_for_python_lives_on_the_apps_events_and_calls_everything() {
    let name = "the_client_for_python_lives_on_the_apps_events_and_calls_everything";
    let Some(peer) = tools::or_skip(name, Peer::python(tools::pubsub_python().await)) else { return };
    let tls = tempfile::tempdir().unwrap();
    let Some(org) = org_with_the_app(name, "Account", tls.path()).await else { return };
    let ready = org.ready().clone();
    let more = json!({
        "topic": "/event/CAS_Record_Change__e",
        "object": "Account",
        "record": {"Name": "Acme"},
        "own": OWN,
        "user": org.org().admin.as_str(),
        "managed": "Mine",
    });
    let seen = peer.run("pubsub_python.py", &ready, more).await;

    assert_eq!(seen["signed"], json!([true, true]));
    assert_eq!(
        seen["topic"],
        json!({"name": "/event/CAS_Record_Change__e", "publish": true, "subscribe": true, "rpc": 36})
    );
    assert_eq!(seen["schema"]["name"], "CAS_Record_Change__e");
    assert_eq!(seen["schema"]["namespace"], "com.sforce.eventbus");
    assert_eq!(seen["schema"]["first"][0]["type"], "long");
    let earliest = seen["earliest"].as_array().unwrap();
    assert_eq!(earliest.len(), 3);
    for event in earliest {
        assert_eq!((&event["Object_Name__c"], &event["Operation__c"]), (&json!("Account"), &json!("INSERT")));
        assert_eq!(event["Record_Count__c"], 1.0);
    }
    assert_eq!(seen["positions"], json!([10, 10, 10]));
    assert_eq!(seen["custom"], true);
    assert_eq!(seen["latest"], json!([true, 1]));

    let outcome =
        |key: &str, position: u8, error: Value| json!({"key": key, "position": position, "error": error});
    assert_eq!(seen["publish"], json!([outcome("one", 10, json!(null)), outcome("broken", 0, json!(1))]));
    assert_eq!(seen["stream"], json!([["two"], ["three"]]));
    assert_eq!(seen["managed"], json!(["a", "b", "c"]));
    assert_eq!(seen["committed"], json!(["mine", false]));
    assert_eq!(seen["resumed"], json!(["c"]));
    for (case, status, code) in [
        ("corrupted", "INVALID_ARGUMENT", "subscription.fetch.replayid.corrupted"),
        ("no id", "INVALID_ARGUMENT", "subscription.fetch.replayid.validation.failed"),
        ("no topic", "NOT_FOUND", "topic.not.found"),
        ("no headers", "UNAUTHENTICATED", "service.auth.headers.invalid"),
        ("no events", "INVALID_ARGUMENT", "publish.event.count.invalid"),
        ("no subscription", "NOT_FOUND", "managed.subscription.developer.name.not.found"),
    ] {
        let refusal = &seen["refusals"][case];
        assert_eq!(refusal["code"], status, "{case}: {refusal:#}");
        assert_eq!(
            refusal["trailers"]["error-code"],
            format!("sfdc.platform.eventbus.grpc.{code}"),
            "{case}: {refusal:#}"
        );
        let rpc_id = refusal["trailers"]["rpc-id"].as_str().expect("an id");
        assert!(refusal["details"].as_str().is_some_and(|text| text.ends_with(&format!(" rpcId: {rpc_id}"))));
    }
    org.stop().await;
}
