//! Channels of events, managed subscriptions and the schemas of events over REST.

use reqwest::{Method, StatusCode};
use salesforce_simulator::org::{Field, FieldType, Id, ObjectType};
use serde_json::{Value, json};

use crate::client::{World, encoded, error};

async fn world() -> World {
    let world = World::new().await;
    let fields = vec![
        Field { id: Id::parse("00N000000000001"), ..Field::new("City__c", FieldType::String) },
        Field::new("Sent__c", FieldType::DateTime),
        Field::new("Amount__c", FieldType::Double),
    ];
    let event = ObjectType::event("Order__e", "Order", Id::parse("01I0000000000Or").unwrap(), "e7w", fields);
    let put = world.org().change_metadata(|metadata| {
        metadata.put_object(event);
        Ok::<_, ()>(())
    });
    put.unwrap();
    world
}

async fn tooling_rows(world: &World, soql: &str) -> Vec<Value> {
    let page = world.admin().get(&format!("/tooling/query?q={}", encoded(soql))).await;
    page["records"].as_array().cloned().unwrap()
}

#[tokio::test]
async fn a_schema_is_the_same_over_rest_by_name_and_by_id() {
    let world = world().await;
    let admin = world.admin();
    let compact = admin.get("/sobjects/Order__e/eventSchema?payloadFormat=COMPACT").await;
    assert_eq!((&compact["name"], &compact["type"]), (&json!("Order__e"), &json!("record")));
    assert_eq!(
        compact["fields"][0],
        json!({"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"})
    );
    assert_eq!(
        compact["fields"][2],
        json!({"name": "City__c", "type": ["null", "string"], "doc": "Data:Text:00N000000000001", "default": null})
    );
    let id = compact["uuid"].as_str().unwrap();
    assert_eq!(id.len(), 22);
    assert_eq!(admin.get(&format!("/event/eventSchema/{id}?payloadFormat=compact")).await, compact);
    let expanded = admin.get("/sobjects/Order__e/eventSchema").await;
    assert_eq!(expanded["type"], "expanded-record");
    let payload = &expanded["fields"][0]["type"]["fields"][1]["type"];
    assert_eq!(payload["fields"][0]["type"], "string", "times are texts there");
    assert_eq!(payload["fields"][3]["type"], json!(["null", "string"]));
    assert_eq!(expanded["fields"][1], json!({"name": "channel", "type": "string"}));
    for (path, status) in [
        ("/sobjects/Order__e/eventSchema?payloadFormat=WIDE", StatusCode::BAD_REQUEST),
        ("/sobjects/Account/eventSchema", StatusCode::NOT_FOUND),
        ("/event/eventSchema/none", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(admin.call(Method::GET, path, None).await.0, status, "{path}");
    }
    assert_eq!(
        world.user().call(Method::GET, "/sobjects/Order__e/eventSchema", None).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn tooling_makes_changes_and_deletes_channels_members_and_subscriptions() {
    let world = world().await;
    let admin = world.admin();
    let post = async |table: &str, name: &str, metadata: Value| {
        let body = json!({"FullName": name, "Metadata": metadata});
        admin.call(Method::POST, &format!("/tooling/sobjects/{table}"), Some(body)).await
    };
    let (status, made) =
        post("PlatformEventChannel", "Orders__chn", json!({"channelType": "event", "label": "Orders"})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert!(made["id"].as_str().unwrap().starts_with("0YL"));
    let member = json!({"eventChannel": "Orders__chn", "selectedEntity": "Order__e", "filterExpression": "City__c = 'Paris'"});
    let (status, made) = post("PlatformEventChannelMember", "Orders_chn_Order_e", member).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let values = json!({"label": "Mine", "topicName": "/event/Orders__chn", "defaultReplay": "EARLIEST", "errorRecoveryReplay": "LATEST", "state": "RUN", "version": null});
    let (status, made) = post("ManagedEventSubscription", "Mine", values.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();

    // As clients look a subscription up.
    let soql =
        "SELECT Id, DeveloperName, Metadata FROM ManagedEventSubscription WHERE DeveloperName='Mine' LIMIT 1";
    let rows = tooling_rows(&world, soql).await;
    assert_eq!((&rows[0]["Id"], &rows[0]["Metadata"]), (&json!(id), &values));
    let rows = tooling_rows(&world, "SELECT DeveloperName, SelectedEntity, FilterExpression FROM PlatformEventChannelMember WHERE EventChannel = 'Orders__chn'").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["FilterExpression"], "City__c = 'Paris'");

    let path = format!("/tooling/sobjects/ManagedEventSubscription/{id}");
    let stop = json!({"FullName": "Mine", "Metadata": {"state": "STOP"}});
    assert_eq!(admin.call(Method::PATCH, &path, Some(stop)).await.0, StatusCode::NO_CONTENT);
    let row = admin.get(&path).await;
    assert_eq!((&row["State"], &row["TopicName"]), (&json!("STOP"), &json!("/event/Orders__chn")));
    let (status, body) = post("ManagedEventSubscription", "Mine", values.clone()).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::BAD_REQUEST, "DUPLICATE_DEVELOPER_NAME"));
    assert_eq!(admin.call(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(admin.call(Method::GET, &path, None).await.0, StatusCode::NOT_FOUND);

    let (status, body) = post(
        "ManagedEventSubscription",
        "Lost",
        json!({"label": "x", "topicName": "/event/No__e", "state": "RUN"}),
    )
    .await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::BAD_REQUEST, "FIELD_INTEGRITY_EXCEPTION"));
    let body = json!({"FullName": "X__chn", "Metadata": {"channelType": "event", "label": "X"}});
    let (status, _) =
        world.user().call(Method::POST, "/tooling/sobjects/PlatformEventChannel", Some(body)).await;
    assert!(matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "{status}");
}

#[tokio::test]
async fn events_published_over_rest_count_against_the_hour() {
    let world = world().await;
    let admin = world.admin();
    let (status, made) =
        admin.call(Method::POST, "/sobjects/Order__e", Some(json!({"City__c": "Paris"}))).await;
    assert_eq!((status, &made["success"]), (StatusCode::CREATED, &json!(true)));
    assert!(made["id"].as_str().unwrap().starts_with('e'));
    assert_eq!(made["errors"][0]["statusCode"], "OPERATION_ENQUEUED");
    assert_eq!(made["errors"][0]["message"].as_str().map(str::len), Some(36));
    let limits = admin.get("/limits").await;
    let hourly = &limits["HourlyPublishedPlatformEvents"];
    assert_eq!(hourly["Max"].as_u64().unwrap() - hourly["Remaining"].as_u64().unwrap(), 1);
    world.org().bus.set_allocations(salesforce_simulator::events::Allocations {
        published_per_hour: 1,
        ..Default::default()
    });
    let (status, body) =
        admin.call(Method::POST, "/sobjects/Order__e", Some(json!({"City__c": "Rome"}))).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::BAD_REQUEST, "LIMIT_EXCEEDED"));
}
