//! Rules of the service that stand between its calls: what a later request may say, what changes under an open stream.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::super::wire::{FetchRequest, ReplayPreset, SchemaRequest, TopicRequest};
use super::support::{TOPIC, World, assert_refused, fetch, ids};
use crate::events::Allocations;

#[tokio::test]
async fn preset_and_replay_id_count_in_the_first_request_alone() {
    let world = World::new().await;
    world.publish("a");
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 5)).await;
    assert_eq!(subscriber.next().await.events.len(), 1);
    let sender = subscriber.requests.as_ref().unwrap();
    sender.send(fetch(ReplayPreset::Custom, b"nonsense", 5)).await.unwrap();
    sender.send(fetch(ReplayPreset::Earliest, b"", 5)).await.unwrap();
    let b = world.publish("b");
    assert_eq!(ids(&subscriber.next().await), [b.event_id], "nothing comes twice, and nothing is refused");
}

#[tokio::test]
async fn a_schema_that_changes_in_mid_stream_leaves_old_events_with_their_own() {
    let world = World::new().await;
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 10)).await;
    world.publish("old");
    let old = subscriber.next().await.events[0].event.clone().unwrap().schema_id;
    world.widen_event("More__c");
    world.publish("new");
    let new = subscriber.next().await.events[0].event.clone().unwrap().schema_id;
    assert_ne!(old, new);
    let mut client = world.client().await;
    let topic = TopicRequest { topic_name: TOPIC.to_owned() };
    let info = client.get_topic(world.signed(topic)).await.unwrap().into_inner();
    assert_eq!(info.schema_id, new);
    for (id, wide) in [(&old, false), (&new, true)] {
        let request = world.signed(SchemaRequest { schema_id: id.clone() });
        let schema = client.get_schema(request).await.unwrap().into_inner();
        assert_eq!((&schema.schema_id, schema.schema_json.contains("More__c")), (id, wide));
    }
    // Both in one response, each with its own.
    let mut again = world.subscribe(fetch(ReplayPreset::Earliest, b"", 10)).await;
    let both = again.next().await;
    let schemas: Vec<_> = both.events.iter().map(|event| event.event.clone().unwrap().schema_id).collect();
    assert_eq!(schemas, [old, new]);
    assert_eq!(world.decoded(&both.events[0])["Object_Name__c"], "old");
}

#[tokio::test]
async fn duplicates_have_the_same_event_id_at_another_position() {
    let world = World::new().await;
    let first = world.publish("a");
    world.org.bus.repeat(TOPIC, &first.event_id).unwrap();
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 10)).await;
    let response = subscriber.next().await;
    assert_eq!(ids(&response), [first.event_id.clone(), first.event_id]);
    assert_ne!(response.events[0].replay_id, response.events[1].replay_id);
}

#[tokio::test]
async fn replay_ids_are_ten_bytes_and_eight_are_accepted() {
    let world = World::new().await;
    let a = world.publish("a");
    let b = world.publish("b");
    let bytes = a.replay_id.to_bytes();
    assert_eq!(bytes.len(), 10);
    for sent in [&bytes[..], &bytes[..8]] {
        let mut subscriber = world.subscribe(fetch(ReplayPreset::Custom, sent, 5)).await;
        assert_eq!(ids(&subscriber.next().await), [b.event_id.as_str()]);
    }
}

#[tokio::test]
async fn streams_are_limited_over_all_topics() {
    let world = World::new().await;
    world.org.bus.set_allocations(Allocations { concurrent_clients: 1, ..Allocations::default() });
    let mut one = world.subscribe(fetch(ReplayPreset::Latest, b"", 1)).await;
    let request = || world.signed(tokio_stream::once(fetch(ReplayPreset::Latest, b"", 1)));
    let status = world.client().await.subscribe(request()).await.unwrap_err();
    assert_refused(&status, Code::ResourceExhausted, "concurrent.client.limit.exceeded");
    one.requests = None;
    assert!(one.answers.message().await.unwrap().is_none());
    // The place is free a moment after the client has seen the end.
    while world.client().await.subscribe(request()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_can_be_refreshed_on_an_open_stream_but_not_in_its_first_request() {
    let world = World::new().await;
    let early = FetchRequest { auth_refresh: world.token.clone(), ..fetch(ReplayPreset::Latest, b"", 1) };
    let mut early = world.subscribe(early).await;
    assert_refused(&early.refusal().await, Code::InvalidArgument, "subscription.fetch.request.invalid");
    let (requests, stream) = mpsc::channel(8);
    requests.send(fetch(ReplayPreset::Latest, b"", 1)).await.unwrap();
    let request = world.signed(ReceiverStream::new(stream));
    let mut answers = world.client().await.subscribe(request).await.unwrap().into_inner();
    for token in [world.token.as_str(), "00D!none"] {
        requests.send(FetchRequest { auth_refresh: token.to_owned(), ..Default::default() }).await.unwrap();
    }
    let status = loop {
        match answers.message().await {
            Ok(response) => assert!(response.is_some()),
            Err(status) => break status,
        }
    };
    assert_refused(&status, Code::Unauthenticated, "service.auth.refresh.invalid");
}

#[tokio::test]
async fn standard_events_can_be_read_and_not_published() {
    let world = World::new().await;
    let mut client = world.client().await;
    let name = "/event/BatchApexErrorEvent".to_owned();
    let request = world.signed(TopicRequest { topic_name: name.clone() });
    let info = client.get_topic(request).await.unwrap().into_inner();
    assert_eq!((info.can_publish, info.can_subscribe), (false, true));
    let request = world.signed(SchemaRequest { schema_id: info.schema_id });
    let schema = client.get_schema(request).await.unwrap().into_inner().schema_json;
    assert!(schema.contains(r#""name":"BatchApexErrorEvent""#) && schema.contains("StackTrace"), "{schema}");
    let mut subscriber =
        world.subscribe(super::support::on(&name, fetch(ReplayPreset::Latest, b"", 1))).await;
    subscriber.requests = None;
    assert!(subscriber.answers.message().await.unwrap().is_none());
}
