//! Who may call, topics and schemas.

use tonic::{Code, Request};

use super::super::wire::{SchemaRequest, TopicRequest};
use super::support::{TOPIC, World, assert_refused};
use crate::fault::{Fault, Operation, Rule};
use crate::ledger::Kind;
use crate::org::ObjectAccess;

fn topic(name: &str) -> TopicRequest {
    TopicRequest { topic_name: name.to_owned() }
}

#[tokio::test]
async fn every_call_needs_the_three_headers() {
    let world = World::new().await;
    let mut client = world.client().await;
    let bare = client.get_topic(Request::new(topic(TOPIC))).await.unwrap_err();
    assert_refused(&bare, Code::Unauthenticated, "service.auth.headers.invalid");
    for missing in ["accesstoken", "instanceurl", "tenantid"] {
        let mut request = world.signed(topic(TOPIC));
        request.metadata_mut().remove(missing);
        let status = client.get_topic(request).await.unwrap_err();
        assert_refused(&status, Code::Unauthenticated, "service.auth.headers.invalid");
    }
    for (name, value) in [("accesstoken", "00D!wrong"), ("tenantid", "00D000000000001")] {
        let mut request = world.signed(topic(TOPIC));
        request.metadata_mut().insert(name, value.parse().unwrap());
        assert_refused(
            &client.get_topic(request).await.unwrap_err(),
            Code::Unauthenticated,
            "service.auth.error",
        );
    }
    let mut short = world.signed(topic(TOPIC));
    short.metadata_mut().insert("tenantid", world.org.id.short().parse().unwrap());
    assert!(client.get_topic(short).await.is_ok(), "15 characters name the org too");
}

#[tokio::test]
async fn a_topic_shows_rights_and_its_schema() {
    let world = World::new().await;
    let mut client = world.client().await;
    let info = client.get_topic(world.signed(topic(TOPIC))).await.unwrap().into_inner();
    assert!(info.can_publish && info.can_subscribe);
    assert_eq!(info.topic_name, TOPIC);
    let request = world.signed(SchemaRequest { schema_id: info.schema_id.clone() });
    let schema = client.get_schema(request).await.unwrap().into_inner();
    assert_eq!(schema.schema_id, info.schema_id);
    let json: serde_json::Value = serde_json::from_str(&schema.schema_json).unwrap();
    assert_eq!(json["name"], "Change__e");
    let status = client
        .get_schema(world.signed(SchemaRequest { schema_id: "nonsense".to_owned() }))
        .await
        .unwrap_err();
    assert_refused(&status, Code::InvalidArgument, "schema.validation.failed");
    assert!(world.org.ledger.requests("GRPC", "/eventbus.v1.PubSub/GetTopic") == 1);
}

#[tokio::test]
async fn topics_are_case_sensitive_and_hidden_from_those_without_rights() {
    let world = World::new().await;
    let mut client = world.client().await;
    for name in ["/event/change__e", "/event/Nothing__e", "/event/Account", "/data/changeEvents", "Change__e"]
    {
        let status = client.get_topic(world.signed(topic(name))).await.unwrap_err();
        assert_refused(&status, Code::NotFound, "topic.not.found");
    }
    assert_refused(
        &client.get_topic(world.signed(topic(""))).await.unwrap_err(),
        Code::InvalidArgument,
        "topic.validation.empty",
    );
    let none = world.user_with(ObjectAccess::default());
    assert_refused(
        &client.get_topic(world.signed_by(&none, topic(TOPIC))).await.unwrap_err(),
        Code::NotFound,
        "topic.not.found",
    );
}

#[tokio::test]
async fn a_reader_may_not_publish() {
    let world = World::new().await;
    let token = world.user_with(ObjectAccess::READ);
    let info =
        world.client().await.get_topic(world.signed_by(&token, topic(TOPIC))).await.unwrap().into_inner();
    assert_eq!((info.can_publish, info.can_subscribe), (false, true));
}

#[tokio::test]
async fn planned_faults_strike_calls() {
    let world = World::new().await;
    let mut client = world.client().await;
    world.org.faults.add(Rule::once(Operation::GetTopic, Fault::UnavailableHtml));
    let status = client.get_topic(world.signed(topic(TOPIC))).await.unwrap_err();
    assert_refused(&status, Code::Unavailable, "service.unavailable");
    assert!(client.get_topic(world.signed(topic(TOPIC))).await.is_ok());
    world.org.faults.add(Rule::once(Operation::GetTopic, Fault::SessionInvalid));
    let status = client.get_topic(world.signed(topic(TOPIC))).await.unwrap_err();
    assert_refused(&status, Code::Unauthenticated, "service.auth.error");
    assert_eq!(world.org.faults.verify(), Ok(()));
    assert_eq!(world.org.ledger.count(Kind::FaultFired), 2);
}
