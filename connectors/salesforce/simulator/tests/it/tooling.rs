//! Rows that the Tooling API writes.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};

use crate::client::{Api, World, encoded, error};

/// A simulator on the machine's own clock: deployments take time.
async fn world() -> World {
    let world = World::new().await;
    let simulator = Simulator::start(Config::default()).await.expect("starts");
    World { simulator, ..world }
}

async fn made(api: &Api<'_>, table: &str, body: Value) -> String {
    let (status, answer) = api.call(Method::POST, &format!("/tooling/sobjects/{table}"), Some(body)).await;
    assert_eq!((status, &answer["success"]), (StatusCode::CREATED, &json!(true)), "{table}: {answer}");
    answer["id"].as_str().expect("an id").to_owned()
}

async fn rows(api: &Api<'_>, soql: &str) -> Vec<Value> {
    let answer = api.get(&format!("/tooling/query?q={}", encoded(soql))).await;
    answer["records"].as_array().cloned().expect("records")
}

#[tokio::test]
async fn a_class_is_saved_changed_and_taken_out() {
    let world = world().await;
    let api = world.admin();
    let id =
        made(&api, "ApexClass", json!({"Body": "public class Made { public Integer one() { return 1; } }"}))
            .await;
    assert_eq!(rows(&api, "SELECT Name FROM ApexClass WHERE Name = 'Made'").await.len(), 1);
    let (status, answer) = api
        .call(
            Method::POST,
            "/tooling/sobjects/ApexClass",
            Some(json!({"Body": "public class Broken { nonsense }"})),
        )
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
    let (_, answer) = api
        .call(Method::POST, "/tooling/sobjects/ApexClass", Some(json!({"Body": "public class Made {}"})))
        .await;
    assert_eq!(error(&answer).0, "DUPLICATE_VALUE");
    let container = made(&api, "MetadataContainer", json!({"Name": "c"})).await;
    let body = "public class Made { public Integer two() { return 2; } }";
    made(
        &api,
        "ApexClassMember",
        json!({"MetadataContainerId": container, "ContentEntityId": id, "Body": body}),
    )
    .await;
    let request =
        made(&api, "ContainerAsyncRequest", json!({"MetadataContainerId": container, "IsCheckOnly": false}))
            .await;
    let path = format!("/tooling/sobjects/ContainerAsyncRequest/{request}");
    let mut row = api.get(&path).await;
    for _ in 0..400 {
        if row["State"] != "Queued" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        row = api.get(&path).await;
    }
    assert_eq!(row["State"], "Completed", "{row}");
    assert_eq!(row["DeployDetails"]["componentSuccesses"][0]["fullName"], "Made", "{row}");
    let kept = api.get(&format!("/tooling/sobjects/ApexClass/{id}")).await;
    assert!(kept["Body"].as_str().is_some_and(|body| body.contains("two()")), "{kept}");
    let (status, answer) = api.call(Method::DELETE, &format!("/tooling/sobjects/ApexClass/{id}"), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    assert!(rows(&api, "SELECT Id FROM ApexClass WHERE Name = 'Made'").await.is_empty());
}

#[tokio::test]
async fn trace_flags_and_their_levels_are_kept() {
    let world = World::new().await;
    let api = world.admin();
    let level =
        made(&api, "DebugLevel", json!({"DeveloperName": "L", "MasterLabel": "L", "ApexCode": "FINEST"}))
            .await;
    let flag = json!({"TracedEntityId": world.org().admin, "DebugLevelId": level, "LogType": "USER_DEBUG", "StartDate": "2026-11-24T12:00:00Z", "ExpirationDate": "2026-11-24T12:30:00Z"});
    let id = made(&api, "TraceFlag", flag).await;
    let found =
        rows(&api, "SELECT Id, DebugLevel.DeveloperName FROM TraceFlag WHERE LogType = 'USER_DEBUG'").await;
    assert_eq!((&found[0]["Id"], &found[0]["DebugLevel"]["DeveloperName"]), (&json!(id), &json!("L")));
    let path = format!("/tooling/sobjects/TraceFlag/{id}");
    let change = json!({"ExpirationDate": "2026-11-24T13:00:00Z"});
    assert_eq!(api.call(Method::PATCH, &path, Some(change)).await.0, StatusCode::NO_CONTENT);
    assert_eq!(api.get(&path).await["ExpirationDate"], "2026-11-24T13:00:00.000+0000");
    assert_eq!(api.call(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    assert!(rows(&api, "SELECT Id FROM TraceFlag").await.is_empty());
    let (_, answer) =
        api.call(Method::POST, "/tooling/sobjects/TraceFlag", Some(json!({"LogType": "USER_DEBUG"}))).await;
    assert_eq!(error(&answer).0, "REQUIRED_FIELD_MISSING");
    let (_, answer) = world
        .user()
        .call(Method::POST, "/tooling/sobjects/DebugLevel", Some(json!({"DeveloperName": "x"})))
        .await;
    assert!(matches!(error(&answer).0.as_str(), "INSUFFICIENT_ACCESS_OR_READONLY" | "NOT_FOUND"), "{answer}");
    assert!(rows(&api, "SELECT Id, LogLength FROM ApexLog ORDER BY StartTime DESC").await.is_empty());
}
