//! jsforce's streaming client, which speaks Bayeux through faye.

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use salesforce_simulator::Config;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_listens_to_push_topics_events_and_changes() {
    let test = "jsforce_listens_to_push_topics_events_and_changes";
    let Some(peer) = tools::or_skip(test, Peer::node(tools::jsforce().await).await) else { return };
    let tls = peer.home().join("tls");
    let org = peer::org(Config::default(), Some(&tls)).await;
    let seen = peer.run("jsforce_streaming.mjs", org.ready(), json!({"zips": {}})).await;
    let topic = &seen["topic"];
    let kinds: Vec<&str> =
        topic.as_array().into_iter().flatten().filter_map(|one| one["event"]["type"].as_str()).collect();
    assert_eq!(kinds, ["created", "updated"], "{topic:#}");
    assert_eq!(topic[0]["sobject"]["Name"], "Fjord");
    assert_eq!(topic[1]["sobject"]["Name"], "Fjell");
    assert!(topic[0]["event"]["replayId"].as_u64() < topic[1]["event"]["replayId"].as_u64());
    let changes = &seen["changes"];
    assert_eq!(changes[0]["payload"]["ChangeEventHeader"]["changeType"], "CREATE", "{changes:#}");
    assert_eq!(changes[1]["payload"]["ChangeEventHeader"]["changedFields"][0], "Name", "{changes:#}");
    assert_eq!(seen["replayed"], json!(["CREATE", "UPDATE"]), "from the oldest event on");
    assert_eq!(
        seen["missing"],
        "400::The channel you requested to subscribe to does not exist {/topic/Nothing}"
    );
    assert_eq!(seen["denied"], "401::Authentication invalid");
    org.stop().await;
}
