//! `Subscribe`: where it begins, credits, keep-alives and ends.

use std::time::Duration;

use tonic::Code;

use super::super::wire::{FetchRequest, FetchResponse, ReplayPreset};
use super::support::{Subscriber, World, assert_refused, fetch, ids};
use crate::events::{Allocations, RETENTION};
use crate::fault::{Fault, Operation, Rule};
use crate::ledger::Kind;
use crate::org::ObjectAccess;

#[tokio::test]
async fn the_presets_begin_where_they_say() {
    let world = World::new().await;
    let first = world.publish("a");
    let second = world.publish("b");
    let mut earliest = world.subscribe(fetch(ReplayPreset::Earliest, b"", 10)).await;
    assert_eq!(ids(&earliest.next().await), [first.event_id.clone(), second.event_id.clone()]);
    let mut custom = world.subscribe(fetch(ReplayPreset::Custom, &first.replay_id.to_bytes(), 10)).await;
    assert_eq!(ids(&custom.next().await)[..], [second.event_id.as_str()]);
    let mut short = world.subscribe(fetch(ReplayPreset::Custom, &first.replay_id.to_bytes()[..8], 10)).await;
    assert_eq!(ids(&short.next().await), [second.event_id]);
    let mut latest = world.subscribe(fetch(ReplayPreset::Latest, b"", 10)).await;
    // Three subscriptions are known to stand once the earlier ones have answered; this one is open when the ledger says so.
    world.org.ledger.until(|ledger| ledger.requests("GRPC", "/eventbus.v1.PubSub/Subscribe") == 4).await;
    let third = until_delivered(&world, &mut latest).await;
    assert_eq!(third.events.len(), 1);
    assert!(third.latest_replay_id.len() == 10);
}

/// Publishes until the subscriber, which may not have begun yet, has got an event.
async fn until_delivered(world: &World, subscriber: &mut Subscriber) -> FetchResponse {
    subscriber
        .requests
        .as_ref()
        .unwrap()
        .send(FetchRequest { num_requested: 1, ..FetchRequest::default() })
        .await
        .unwrap();
    loop {
        world.publish("later");
        tokio::select! {
            biased;
            response = subscriber.answers.message() => {
                let mut response = response.unwrap().unwrap();
                response.events.truncate(1);
                return response;
            }
            () = tokio::task::yield_now() => {}
        }
    }
}

#[tokio::test]
async fn lost_positions_are_refused() {
    let world = World::new().await;
    let published = world.publish("a");
    let mut without = world.subscribe(fetch(ReplayPreset::Custom, b"", 1)).await;
    assert_refused(
        &without.refusal().await,
        Code::InvalidArgument,
        "subscription.fetch.replayid.validation.failed",
    );
    for bad in [&b"abc"[..], &[0; 10]] {
        let mut corrupted = world.subscribe(fetch(ReplayPreset::Custom, bad, 1)).await;
        assert_refused(
            &corrupted.refusal().await,
            Code::InvalidArgument,
            "subscription.fetch.replayid.corrupted",
        );
    }
    world.clock.advance(RETENTION + Duration::from_secs(1));
    // The session has timed out meanwhile, too.
    let token = world.org.open_session(world.org.admin, None, "full");
    let mut purged =
        world.subscribe_as(&token, fetch(ReplayPreset::Custom, &published.replay_id.to_bytes(), 1)).await;
    assert_refused(&purged.refusal().await, Code::InvalidArgument, "subscription.fetch.replayid.corrupted");
}

#[tokio::test]
async fn credits_are_a_debt_that_events_pay_off() {
    let world = World::new().await;
    for _ in 0..5 {
        world.publish("x");
    }
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 2)).await;
    let first = subscriber.next().await;
    assert_eq!((first.events.len(), first.pending_num_requested), (2, 0));
    subscriber.ask(2).await;
    let second = subscriber.next().await;
    assert_eq!((second.events.len(), second.pending_num_requested), (2, 0));
    subscriber.ask(60).await;
    let third = subscriber.next().await;
    assert_eq!((third.events.len(), third.pending_num_requested), (1, 59));
    subscriber.ask(90).await;
    // Credits are clamped to 100, whether the request is seen before or after this event.
    let mut pending = 59;
    while pending < 99 {
        world.publish("y");
        pending = subscriber.next().await.pending_num_requested;
        assert!(pending <= 99);
    }
    assert!(world.org.ledger.count(Kind::EventDelivered) > 5);
}

#[tokio::test]
async fn bad_requests_end_the_stream() {
    let world = World::new().await;
    let mut zero = world.subscribe(fetch(ReplayPreset::Latest, b"", 0)).await;
    assert_refused(
        &zero.refusal().await,
        Code::InvalidArgument,
        "subscription.fetch.requested.events.invalid",
    );
    let mut moving = world.subscribe(fetch(ReplayPreset::Latest, b"", 1)).await;
    let other = FetchRequest {
        topic_name: "/event/Other__e".to_owned(),
        num_requested: 1,
        ..FetchRequest::default()
    };
    moving.requests.as_ref().unwrap().send(other).await.unwrap();
    assert_refused(&moving.refusal().await, Code::InvalidArgument, "subscription.fetch.topic.mismatch");
    let mut nowhere = world
        .subscribe(FetchRequest {
            topic_name: "/event/Nothing__e".to_owned(),
            ..fetch(ReplayPreset::Latest, b"", 1)
        })
        .await;
    assert_refused(&nowhere.refusal().await, Code::NotFound, "topic.not.found");
    let writer = world.user_with(ObjectAccess { create: true, ..ObjectAccess::default() });
    let mut unread = world.subscribe_as(&writer, fetch(ReplayPreset::Latest, b"", 1)).await;
    assert_refused(&unread.refusal().await, Code::PermissionDenied, "subscription.topic.cannot.subscribe");
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_with_a_position_to_resume_from() {
    let world = World::new().await;
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Latest, b"", 10)).await;
    let alive = after_time(&world, &mut subscriber).await.unwrap().unwrap();
    assert!(alive.events.is_empty());
    assert_eq!(alive.pending_num_requested, 10);
    let published = world.publish("x");
    assert_eq!(ids(&subscriber.next().await)[..], [published.event_id.as_str()]);
    let mut resumed = world
        .subscribe_as(
            &world.org.open_session(world.org.admin, None, "full"),
            fetch(ReplayPreset::Custom, &alive.latest_replay_id, 10),
        )
        .await;
    assert_eq!(ids(&resumed.next().await), [published.event_id]);
}

#[tokio::test]
async fn a_stream_without_credit_is_closed() {
    let world = World::new().await;
    world.publish("x");
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 1)).await;
    subscriber.next().await;
    assert_eq!(after_time(&world, &mut subscriber).await.unwrap_err().code(), Code::DeadlineExceeded);
}

/// Moves the clock second by second until the stream says something.
async fn after_time(
    world: &World,
    subscriber: &mut Subscriber,
) -> Result<Option<FetchResponse>, tonic::Status> {
    loop {
        tokio::select! {
            biased;
            answer = subscriber.answers.message() => return answer,
            () = tokio::task::yield_now() => world.clock.advance(Duration::from_secs(1)),
        }
    }
}

#[tokio::test]
async fn streams_end_with_the_client_the_user_and_the_server() {
    let world = World::new().await;
    let mut leaving = world.subscribe(fetch(ReplayPreset::Latest, b"", 1)).await;
    leaving.requests = None;
    assert!(leaving.answers.message().await.unwrap().is_none());

    let reader = world.user_with(ObjectAccess::READ);
    let mut frozen = world.subscribe_as(&reader, fetch(ReplayPreset::Latest, b"", 1)).await;
    world.org.deactivate_user(world.org.user);
    frozen.ask(1).await;
    assert_refused(&frozen.refusal().await, Code::Unauthenticated, "service.auth.error");

    let mut orphan = world.subscribe(fetch(ReplayPreset::Latest, b"", 1)).await;
    let event = world.org.change_metadata(|metadata| metadata.remove_object("Change__e").ok_or(())).unwrap();
    orphan.ask(1).await;
    assert_refused(&orphan.refusal().await, Code::NotFound, "topic.not.found");
    let event = crate::org::ObjectType::clone(&event);
    world
        .org
        .change_metadata(|metadata| {
            metadata.put_object(event);
            Ok::<(), ()>(())
        })
        .unwrap();

    let mut open = world.subscribe(fetch(ReplayPreset::Latest, b"", 1)).await;
    world.stop.cancel();
    assert_refused(&open.refusal().await, Code::Unavailable, "service.unavailable");
    drop((leaving, frozen, orphan, open));
    world.server.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_open_stream_outlives_its_session() {
    let world = World::new().await;
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 10)).await;
    world.publish("a");
    assert_eq!(subscriber.next().await.events.len(), 1);
    world.org.write().sessions.end(&world.token);
    world.publish("b");
    assert_eq!(subscriber.next().await.events.len(), 1);
    let mut late = world.client().await;
    let request = world.signed(tokio_stream::once(fetch(ReplayPreset::Latest, b"", 1)));
    assert_refused(&late.subscribe(request).await.unwrap_err(), Code::Unauthenticated, "service.auth.error");
}

#[tokio::test]
async fn the_delivery_allocation_cuts_the_stream() {
    let world = World::new().await;
    world.org.bus.set_allocations(Allocations { delivered_per_day: 1, ..Allocations::default() });
    world.publish("a");
    let mut subscriber = world.subscribe(fetch(ReplayPreset::Earliest, b"", 1)).await;
    assert_eq!(subscriber.next().await.events.len(), 1);
    world.publish("b");
    subscriber.ask(1).await;
    assert_refused(&subscriber.refusal().await, Code::ResourceExhausted, "subscription.limit.exceeded");
}

#[tokio::test]
async fn faults_bend_a_stream() {
    let world = World::new().await;
    world.publish("a");
    world.org.faults.add(Rule::once(Operation::Subscribe, Fault::AnswerLost));
    let mut broken = world.subscribe(fetch(ReplayPreset::Earliest, b"", 5)).await;
    assert_refused(&broken.refusal().await, Code::Unavailable, "service.unavailable");
    world.org.faults.add(Rule::once(Operation::Subscribe, Fault::Hang));
    let mut dead = world.subscribe(fetch(ReplayPreset::Earliest, b"", 5)).await;
    let mut sound = world.subscribe(fetch(ReplayPreset::Earliest, b"", 5)).await;
    assert_eq!(sound.next().await.events.len(), 1);
    dead.requests = None;
    assert!(
        dead.answers.message().await.unwrap().is_none(),
        "a half-dead stream has said nothing until its client left"
    );
    assert_eq!(world.org.faults.verify(), Ok(()));
}
