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

/// A file of metadata with its declaration and namespace.
fn file(kind: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><{kind} xmlns=\"http://soap.sforce.com/2006/04/metadata\">{inside}</{kind}>"
    )
}

/// Deploys these files over REST and waits for the end.
async fn deploy(world: &World, files: &[(&str, String)]) -> Value {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let options = json!({"deployOptions": {"rollbackOnError": true, "singlePackage": true}}).to_string();
    let part = reqwest::multipart::Part::text(options).mime_str("application/json").unwrap();
    let zip = reqwest::multipart::Part::bytes(bytes).file_name("a.zip").mime_str("application/zip").unwrap();
    let form = reqwest::multipart::Form::new().part("json", part).part("file", zip);
    let url = world.url("/services/data/v67.0/metadata/deployRequest");
    let request = world.http.post(url).bearer_auth(&world.ready().access_token).multipart(form);
    let started: Value = request.send().await.unwrap().json().await.unwrap();
    let path = format!("/metadata/deployRequest/{}?includeDetails=true", started["id"].as_str().unwrap());
    loop {
        let result = world.admin().get(&path).await["deployResult"].clone();
        if result["done"] == true {
            return result;
        }
        world.clock.advance(std::time::Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn channels_members_and_subscriptions_are_deployed_and_deleted() {
    let world = world().await;
    let types = "<types><members>*</members><name>ManagedEventSubscription</name></types>\
                 <types><members>*</members><name>PlatformEventChannelMember</name></types>\
                 <types><members>*</members><name>PlatformEventChannel</name></types><version>67.0</version>";
    let files = |filter: &str| {
        [
            ("package.xml", file("Package", types)),
            (
                "platformEventChannels/Orders__chn.platformEventChannel",
                file("PlatformEventChannel", "<channelType>event</channelType><label>Orders</label>"),
            ),
            (
                "platformEventChannelMembers/Orders_chn_Order_e.platformEventChannelMember",
                file(
                    "PlatformEventChannelMember",
                    &format!(
                        "<eventChannel>Orders__chn</eventChannel><filterExpression>{filter}</filterExpression><selectedEntity>Order__e</selectedEntity>"
                    ),
                ),
            ),
            (
                "managedEventSubscriptions/Mine.managedEventSubscription",
                file(
                    "ManagedEventSubscription",
                    "<defaultReplay>EARLIEST</defaultReplay><errorRecoveryReplay>LATEST</errorRecoveryReplay><label>Mine</label><state>RUN</state><topicName>/event/Orders__chn</topicName>",
                ),
            ),
        ]
    };
    let refused = deploy(&world, &files("Nope__c = 1")).await;
    assert_eq!(refused["status"], "Failed", "{refused:#}");
    let problem = refused["details"]["componentFailures"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("No such column 'Nope__c'"), "{problem}");
    let deployed = deploy(&world, &files("City__c = 'Paris'")).await;
    assert_eq!(deployed["status"], "Succeeded", "{deployed:#}");
    let rows = tooling_rows(&world, "SELECT Id, TopicName FROM ManagedEventSubscription").await;
    assert_eq!(rows[0]["TopicName"], "/event/Orders__chn");
    let row = deployed["details"]["componentSuccesses"].as_array().unwrap();
    let row = row.iter().find(|row| row["componentType"] == "ManagedEventSubscription").unwrap();
    assert_eq!(row["id"], rows[0]["Id"], "one thing, one id");

    let gone = "<types><members>Mine</members><name>ManagedEventSubscription</name></types>\
                <types><members>Orders_chn_Order_e</members><name>PlatformEventChannelMember</name></types>\
                <types><members>Orders__chn</members><name>PlatformEventChannel</name></types><version>67.0</version>";
    let files = [
        ("package.xml", file("Package", "<version>67.0</version>")),
        ("destructiveChanges.xml", file("Package", gone)),
    ];
    let deleted = deploy(&world, &files).await;
    assert_eq!(deleted["status"], "Succeeded", "{deleted:#}");
    for table in ["ManagedEventSubscription", "PlatformEventChannelMember", "PlatformEventChannel"] {
        assert!(tooling_rows(&world, &format!("SELECT Id FROM {table}")).await.is_empty(), "{table}");
    }
}
