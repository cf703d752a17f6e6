//! Custom channels.

use serde_json::json;
use tonic::Code;

use super::super::wire::{ProducerEvent, PublishRequest, ReplayPreset, SchemaRequest, TopicRequest};
use super::support::{TOPIC, World, assert_refused, fetch, ids, on};
use crate::events::definition::{CHANNEL, MEMBER};
use crate::org::{Field, FieldType, Id, ObjectAccess, ObjectType};

const CHANNEL_TOPIC: &str = "/event/Mine__chn";

async fn world(filter: Option<&str>) -> World {
    let world = World::new().await;
    let other = ObjectType::event(
        "Other__e",
        "Other",
        Id::parse("01I000000000002").unwrap(),
        "e78",
        vec![Field::new("Amount__c", FieldType::Double)],
    );
    world
        .org
        .change_metadata(|metadata| {
            metadata.put_object(other);
            Ok::<(), ()>(())
        })
        .unwrap();
    world.define(CHANNEL, "Mine__chn", json!({"channelType": "event", "label": "Mine"}));
    let member =
        json!({"eventChannel": "Mine__chn", "selectedEntity": "Change__e", "filterExpression": filter});
    world.define(MEMBER, "Mine_chn_Change_e", member);
    world.define(
        MEMBER,
        "Mine_chn_Other_e",
        json!({"eventChannel": "Mine__chn", "selectedEntity": "Other__e"}),
    );
    world
}

#[tokio::test]
async fn a_channel_shows_all_its_events_each_with_its_own_schema() {
    let world = world(None).await;
    let first = world.publish("a");
    let metadata = world.org.metadata();
    let values = json!({"Amount__c": 1.5});
    let values = values.as_object().unwrap();
    let object = metadata.object("Other__e").unwrap();
    let second = world.org.bus.publish_record(&metadata.streams, object, world.org.admin, values).unwrap();
    let mut subscriber = world.subscribe(on(CHANNEL_TOPIC, fetch(ReplayPreset::Earliest, b"", 5))).await;
    let response = subscriber.next().await;
    assert_eq!(ids(&response), [first.event_id.clone(), second.event_id]);
    let [one, two] = &response.events[..] else { panic!("{response:?}") };
    assert_ne!(one.event.as_ref().unwrap().schema_id, two.event.as_ref().unwrap().schema_id);
    assert_eq!(world.decoded(one)["Object_Name__c"], "a");
    assert_eq!(world.decoded(two)["Amount__c"], 1.5);
    assert_eq!(one.replay_id, first.replay_id.to_bytes(), "the same position as on the event's own topic");
    let mut later = world.subscribe(on(CHANNEL_TOPIC, fetch(ReplayPreset::Custom, &one.replay_id, 5))).await;
    assert_eq!(later.next().await.events, response.events[1..]);
}

#[tokio::test]
async fn a_filter_expression_lets_some_through_and_only_those_count_as_delivered() {
    let world = world(Some("Object_Name__c LIKE 'keep%'")).await;
    for text in ["keep one", "drop", "Keep two"] {
        world.publish(text);
    }
    let mut subscriber = world.subscribe(on(CHANNEL_TOPIC, fetch(ReplayPreset::Earliest, b"", 5))).await;
    let response = subscriber.next().await;
    let texts: Vec<_> =
        response.events.iter().map(|event| world.decoded(event)["Object_Name__c"].clone()).collect();
    assert_eq!(texts, ["keep one", "Keep two"]);
    assert_eq!(world.org.bus.usage().1, 2);
}

#[tokio::test]
async fn a_channel_has_no_schema_and_takes_no_events() {
    let world = world(None).await;
    let mut client = world.client().await;
    let request = TopicRequest { topic_name: CHANNEL_TOPIC.to_owned() };
    let info = client.get_topic(world.signed(request)).await.unwrap().into_inner();
    assert_eq!((info.can_publish, info.can_subscribe, info.schema_id.as_str()), (false, true, ""));
    let blank = client.get_schema(world.signed(SchemaRequest::default())).await.unwrap_err();
    assert_refused(&blank, Code::InvalidArgument, "schema.validation.failed");
    assert!(blank.message().starts_with("Schema validation failed. The schema ID can't be blank."));
    let request = PublishRequest {
        topic_name: CHANNEL_TOPIC.to_owned(),
        events: vec![ProducerEvent::default()],
        ..Default::default()
    };
    let status = client.publish(world.signed(request)).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "topic.meta.permission");
    for wrong in ["/event/mine__chn", "/data/Mine__chn", "/event/None__chn"] {
        let request = TopicRequest { topic_name: wrong.to_owned() };
        let status = client.get_topic(world.signed(request)).await.unwrap_err();
        assert_refused(&status, Code::NotFound, "topic.not.found");
    }
}

#[tokio::test]
async fn a_channel_needs_read_on_what_is_on_it() {
    let world = world(None).await;
    let reader = world.user_with(ObjectAccess::READ);
    let request = |name: &str| TopicRequest { topic_name: name.to_owned() };
    let mut client = world.client().await;
    assert!(client.get_topic(world.signed_by(&reader, request(TOPIC))).await.is_ok());
    let status = client.get_topic(world.signed_by(&reader, request(CHANNEL_TOPIC))).await.unwrap_err();
    assert_refused(&status, Code::NotFound, "topic.not.found");
}
