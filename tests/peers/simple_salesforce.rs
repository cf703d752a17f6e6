//! simple-salesforce, over TLS.

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use serde_json::json;

use crate::logins::signing_app;

#[tokio::test]
async fn simple_salesforce_logs_in_and_works() {
    let test = "simple_salesforce_logs_in_and_works";
    let Some(peer) = tools::or_skip(test, Peer::python(tools::simple_salesforce().await)) else { return };
    if tools::or_skip(test, tools::jsforce().await).is_none() {
        return;
    }
    let (key, config) = signing_app(peer.home()).await;
    let org = peer::org(config, Some(peer.home())).await;
    let seen = peer.run("simple_salesforce_client.py", org.ready(), json!({"key": key})).await;

    for way in ["token", "password", "jwt", "own"] {
        assert_eq!(seen[way], json!(org.org().name), "{way}");
    }
    assert_eq!(seen["wrong"]["code"], "INVALID_LOGIN");
    assert_eq!(seen["wrong"]["message"], "Invalid username, password, security token; or user locked out.");
    assert_eq!(seen["wrong_oauth"], json!({"code": "invalid_grant", "message": "authentication failure"}));
    assert_eq!(seen["nobody"]["message"], "user hasn't approved this consumer");

    assert_eq!(seen["create"]["success"], true);
    assert_eq!((&seen["get"], &seen["update"], &seen["raw"]), (&json!("Energy"), &json!(204), &json!(204)));
    assert_eq!(seen["missing"]["content"][0]["errorCode"], "REQUIRED_FIELD_MISSING");
    assert_eq!(
        (&seen["absent"]["status"], &seen["absent"]["content"][0]["errorCode"]),
        (&json!(404), &json!("NOT_FOUND"))
    );
    for (what, many) in [
        ("bulk", 25),
        ("bulk_query", 25),
        ("query_all", 25),
        ("bulk2", 5),
        ("bulk2_query", 5),
        ("iter", 5),
        ("search", 1),
        ("delete", 204),
        ("class", 1),
    ] {
        assert_eq!(seen[what], json!(many), "{what}");
    }
    assert!(seen["describe"].as_u64().is_some_and(|objects| objects > 50));
    assert_eq!((&seen["fields"], &seen["metadata"]), (&json!(["Id"]), &json!("Account")));
    assert_eq!(seen["limits"], json!(["Max", "Remaining"]));
    assert_eq!(seen["is_sandbox"], true);
    assert_eq!((&seen["restful"], &seen["oauth2"]), (&json!(true), &json!(org.ready().admin.username)));
    assert_eq!((&seen["new_password"], &seen["more"]), (&json!(true), &json!(true)));
    assert_eq!(seen["deploy"], json!({"state": "Succeeded", "failures": "0"}));
}
