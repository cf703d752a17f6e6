//! `Publish` and `PublishStream`.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::super::wire::{EventHeader, ProducerEvent, PublishRequest, ReplayPreset};
use super::support::{TOPIC, World, assert_refused, fetch};
use crate::fault::{Fault, Operation, Rule};
use crate::ledger::Kind;
use crate::org::ObjectAccess;

fn event(world: &World, id: &str, text: &str) -> ProducerEvent {
    let metadata = world.org.metadata();
    let schema = world.org.bus.schema_of(metadata.object("Change__e").unwrap()).unwrap();
    let values = json!({"Object_Name__c": text});
    let payload = schema.encode(1, world.org.admin, values.as_object().unwrap()).unwrap();
    ProducerEvent {
        id: id.to_owned(),
        schema_id: schema.id.clone(),
        payload,
        headers: vec![EventHeader { key: "k".to_owned(), value: Bytes::from_static(b"v") }],
    }
}

fn request(events: Vec<ProducerEvent>) -> PublishRequest {
    PublishRequest { topic_name: TOPIC.to_owned(), events, auth_refresh: String::new() }
}

#[tokio::test]
async fn each_event_has_its_own_outcome() {
    let world = World::new().await;
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 5)).await;
    let good = event(&world, "one", "x");
    let bad = ProducerEvent { payload: Bytes::from_static(b"\xff\xff"), ..event(&world, "two", "x") };
    let alien = ProducerEvent { schema_id: "alien".to_owned(), ..event(&world, "three", "x") };
    let answer = world
        .client()
        .await
        .publish(world.signed(request(vec![good.clone(), bad, alien])))
        .await
        .unwrap()
        .into_inner();
    let [one, two, three] = &answer.results[..] else { panic!("{answer:?}") };
    assert_eq!((one.correlation_key.as_str(), one.error.is_none(), one.replay_id.len()), ("one", true, 10));
    assert!(two.error.as_ref().unwrap().msg.starts_with("INVALID_EVENT"));
    assert!(three.error.as_ref().unwrap().msg.starts_with("INVALID_SCHEMA"));
    assert_eq!(answer.schema_id, good.schema_id);
    let response = subscriber.next().await;
    assert_eq!(response.events.len(), 1);
    assert_eq!(response.events[0].event.as_ref().unwrap(), &good);
    assert_eq!(response.events[0].replay_id, one.replay_id);
    assert_eq!(world.org.ledger.count(Kind::EventPublished), 1);
}

#[tokio::test]
async fn a_publisher_needs_events_and_the_right() {
    let world = World::new().await;
    let mut client = world.client().await;
    let status = client.publish(world.signed(request(Vec::new()))).await.unwrap_err();
    assert_refused(&status, Code::InvalidArgument, "publish.event.count.invalid");
    let reader = world.user_with(ObjectAccess::READ);
    let status =
        client.publish(world.signed_by(&reader, request(vec![event(&world, "a", "x")]))).await.unwrap_err();
    assert_refused(&status, Code::PermissionDenied, "topic.meta.permission");
}

#[tokio::test]
async fn an_answer_can_get_lost_after_the_effect() {
    let world = World::new().await;
    world.org.faults.add(Rule::once(Operation::Publish, Fault::AnswerLost));
    let status =
        world.client().await.publish(world.signed(request(vec![event(&world, "a", "x")]))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(world.org.ledger.count(Kind::EventPublished), 1);
}

#[tokio::test]
async fn a_stream_keeps_its_topic_and_ends_when_idle() {
    let world = World::new().await;
    let (requests, stream) = mpsc::channel(4);
    requests.send(request(vec![event(&world, "a", "x")])).await.unwrap();
    let mut answers = world
        .client()
        .await
        .publish_stream(world.signed(ReceiverStream::new(stream)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 1);
    requests
        .send(PublishRequest {
            topic_name: String::new(),
            ..request(vec![event(&world, "b", "x"), event(&world, "c", "y")])
        })
        .await
        .unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap().results.len(), 2);
    requests
        .send(PublishRequest {
            topic_name: "/event/Other__e".to_owned(),
            ..request(vec![event(&world, "d", "x")])
        })
        .await
        .unwrap();
    assert_refused(&answers.message().await.unwrap_err(), Code::InvalidArgument, "publish.topic.mismatch");

    let (requests, stream) = mpsc::channel(4);
    requests.send(request(vec![event(&world, "e", "x")])).await.unwrap();
    let mut answers = world
        .client()
        .await
        .publish_stream(world.signed(ReceiverStream::new(stream)))
        .await
        .unwrap()
        .into_inner();
    answers.message().await.unwrap().unwrap();
    // The stream's timer may begin a moment after the answer: the clock is moved until it has run out.
    let status = loop {
        tokio::select! {
            biased;
            answer = answers.message() => break answer.unwrap_err(),
            () = tokio::task::yield_now() => world.clock.advance(Duration::from_secs(1)),
        }
    };
    assert_refused(&status, Code::DeadlineExceeded, "publish.stream.sweeper.timeout");
}

#[tokio::test]
async fn a_stream_without_topic_is_refused() {
    let world = World::new().await;
    let first = PublishRequest { topic_name: String::new(), ..request(vec![event(&world, "a", "x")]) };
    let mut answers = world
        .client()
        .await
        .publish_stream(world.signed(tokio_stream::once(first)))
        .await
        .unwrap()
        .into_inner();
    assert_refused(
        &answers.message().await.unwrap_err(),
        Code::InvalidArgument,
        "publish.topic.validation.empty",
    );
}

#[tokio::test]
async fn during_maintenance_no_event_is_taken() {
    let world = World::new().await;
    let one = event(&world, "one", "x");
    world.org.set_conditions(|conditions| conditions.read_only = true);
    let answer = world.client().await.publish(world.signed(request(vec![one]))).await.unwrap().into_inner();
    let error = answer.results[0].error.clone().unwrap();
    assert!(error.msg.contains("NOT_ALLOWED_DURING_MAINTENANCE"), "{}", error.msg);
    assert_eq!(world.org.ledger.count(Kind::EventPublished), 0);
}
