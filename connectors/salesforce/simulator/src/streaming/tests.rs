use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::{Caller, messages};
use crate::config::Config;
use crate::events::Allocations;
use crate::org::{Field, FieldType, Id, ManualClock, ObjectType, Org, Rights};
use crate::surface::Site;

const TOPIC: &str = "/event/Order__e";

struct World {
    site: Site,
    clock: Arc<ManualClock>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(1_800_000_000_000));
        let org = Org::new(Config { clock: clock.clone(), ..Config::default() }).unwrap();
        let fields =
            vec![Field::new("City__c", FieldType::String), Field::new("Sent__c", FieldType::DateTime)];
        let event =
            ObjectType::event("Order__e", "Order", Id::parse("01I000000000001").unwrap(), "e77", fields);
        org.change_metadata(|metadata| {
            metadata.put_object(event);
            Ok::<(), ()>(())
        })
        .unwrap();
        Self { site: Site::new(org, "http", CancellationToken::new()), clock }
    }

    fn rights(&self, user: Id) -> Rights {
        self.site.org.read().rights(user)
    }

    async fn send(&self, message: Value) -> Vec<Value> {
        self.send_as(self.site.org.admin, message).await
    }

    async fn send_as(&self, user: Id, message: Value) -> Vec<Value> {
        let caller = Caller::Known(Box::new(self.rights(user)));
        let read = messages::read(message.to_string().as_bytes()).unwrap();
        let answers = messages::answer(&self.site, &caller, None, read).await;
        answers.messages.as_array().cloned().unwrap()
    }

    /// A client that has shaken hands and listens there; its first poll has been answered.
    async fn client(&self, channel: &str, replay: Option<i64>) -> String {
        let shaken = self.send(json!([{"channel": "/meta/handshake", "id": "1"}])).await;
        let id = shaken[0]["clientId"].as_str().unwrap().to_owned();
        let mut subscribe = json!({"channel": "/meta/subscribe", "clientId": id, "subscription": channel});
        if let Some(replay) = replay {
            subscribe["ext"] = json!({"replay": {channel: replay}});
        }
        let answers = self.send(json!([subscribe])).await;
        assert_eq!(answers[0]["successful"], true, "{answers:?}");
        id
    }

    fn publish(&self, city: &str) {
        let values: Map<String, Value> = json!({"City__c": city}).as_object().cloned().unwrap();
        let state = self.site.org.read();
        let object = state.metadata.object("Order__e").unwrap();
        self.site
            .org
            .bus
            .publish_record(&state.metadata.streams, object, self.site.org.admin, &values)
            .unwrap();
    }
}

fn poll(client: &str) -> Value {
    json!({"channel": "/meta/connect", "clientId": client, "connectionType": "long-polling"})
}

fn cities(answers: &[Value]) -> Vec<&str> {
    answers.iter().filter_map(|answer| answer["data"]["payload"]["City__c"].as_str()).collect()
}

#[tokio::test]
async fn a_poll_waits_for_an_event_and_at_most_110_seconds() {
    let world = World::new();
    let client = world.client(TOPIC, None).await;
    let first = world.send(poll(&client)).await;
    let advice = json!({"reconnect": "retry", "interval": 0, "timeout": 110_000});
    assert_eq!((first.len(), &first[0]["advice"]), (1, &advice), "the first is answered at once");

    let mut waiting = pin!(world.send(poll(&client)));
    assert!(waiting.as_mut().now_or_never().is_none());
    world.publish("Oslo");
    let told = waiting.await;
    assert_eq!(cities(&told), ["Oslo"]);
    assert_eq!(told[0]["channel"], TOPIC);
    assert!(told[0]["data"]["event"]["replayId"].is_u64(), "{told:?}");
    assert_eq!(told[0]["data"]["payload"]["CreatedDate"], "2027-01-15T08:00:00.000Z");
    assert_eq!(told[1]["successful"], true, "the answer comes last");

    let mut waiting = pin!(world.send(poll(&client)));
    assert!(waiting.as_mut().now_or_never().is_none());
    world.clock.advance(Duration::from_secs(109));
    assert!(waiting.as_mut().now_or_never().is_none());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(waiting.await.len(), 1);
}

#[tokio::test]
async fn a_poll_that_waits_hears_of_channels_that_are_subscribed_meanwhile() {
    let world = World::new();
    let shaken = world.send(json!([{"channel": "/meta/handshake"}])).await;
    let client = shaken[0]["clientId"].as_str().unwrap().to_owned();
    world.send(poll(&client)).await;
    let mut waiting = pin!(world.send(poll(&client)));
    assert!(waiting.as_mut().now_or_never().is_none());
    world.publish("Oslo");
    let replay = json!({"replay": {TOPIC: -2}});
    let subscribe =
        json!({"channel": "/meta/subscribe", "clientId": client, "subscription": TOPIC, "ext": replay});
    assert_eq!(world.send(subscribe).await[0]["successful"], true);
    let told = waiting.as_mut().now_or_never().expect("what is replayed comes at once");
    assert_eq!(cities(&told), ["Oslo"]);
}

#[tokio::test]
async fn a_client_that_stays_away_for_40_seconds_is_unknown() {
    let world = World::new();
    let client = world.client(TOPIC, None).await;
    world.send(poll(&client)).await;
    world.clock.advance(Duration::from_secs(40));
    let mut waiting = pin!(world.send(poll(&client)));
    assert!(waiting.as_mut().now_or_never().is_none(), "who waits is not away");
    world.clock.advance(Duration::from_secs(110));
    waiting.await;
    world.clock.advance(Duration::from_secs(41));
    let refused = world.send(poll(&client)).await;
    assert_eq!(refused[0]["error"], "403::Unknown client");
    assert_eq!(refused[0]["advice"], json!({"reconnect": "handshake", "interval": 0}));
}

#[tokio::test]
async fn what_was_missed_is_replayed_and_positions_are_checked() {
    let world = World::new();
    world.publish("Oslo");
    world.publish("Bergen");
    let all = world.client(TOPIC, Some(-2)).await;
    let told = world.send(poll(&all)).await;
    assert_eq!(cities(&told), ["Oslo", "Bergen"]);
    let oslo = told[0]["data"]["event"]["replayId"].as_i64().unwrap();
    let after = world.client(TOPIC, Some(oslo)).await;
    assert_eq!(cities(&world.send(poll(&after)).await), ["Bergen"]);
    let new = world.client(TOPIC, Some(-1)).await;
    assert!(cities(&world.send(poll(&new)).await).is_empty());
    let message = json!({"channel": "/meta/subscribe", "clientId": new, "subscription": TOPIC, "ext": {"replay": {TOPIC: 7}}});
    let refused = world.send(message).await;
    let error = refused[0]["error"].as_str().unwrap();
    assert!(error.starts_with("400::The replayId {7} you provided was invalid."), "{error}");
}

#[tokio::test]
async fn a_second_poll_and_a_farewell_end_the_first() {
    let world = World::new();
    let client = world.client(TOPIC, None).await;
    world.send(poll(&client)).await;
    let mut first = pin!(world.send(poll(&client)));
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = pin!(world.send(poll(&client)));
    assert!(second.as_mut().now_or_never().is_none());
    assert_eq!(first.await.len(), 1);
    let left = world.send(json!({"channel": "/meta/disconnect", "clientId": client})).await;
    assert_eq!(left[0]["successful"], true);
    assert_eq!(second.await.len(), 1);
    assert_eq!(world.send(poll(&client)).await[0]["error"], "403::Unknown client");

    let client = world.client(TOPIC, None).await;
    world.send(poll(&client)).await;
    let mut waiting = pin!(world.send(poll(&client)));
    assert!(waiting.as_mut().now_or_never().is_none());
    world.site.stop.cancel();
    assert_eq!(waiting.await.len(), 1, "the server leaves");
}

#[tokio::test]
async fn a_channel_that_is_left_tells_nothing() {
    let world = World::new();
    let client = world.client(TOPIC, None).await;
    world.send(poll(&client)).await;
    let leave = json!({"channel": "/meta/unsubscribe", "clientId": client, "subscription": TOPIC});
    assert_eq!(world.send(leave.clone()).await[0]["successful"], true);
    assert_eq!(world.send(leave).await[0]["successful"], false);
    world.publish("Oslo");
    let mut waiting = pin!(world.send(poll(&client)));
    assert!(waiting.as_mut().now_or_never().is_none());
}

#[tokio::test]
async fn refusals_are_salesforces() {
    let world = World::new();
    let client = world.client(TOPIC, None).await;
    let subscribe =
        |name: &str| json!({"channel": "/meta/subscribe", "clientId": client, "subscription": name});
    for (message, error) in [
        (
            subscribe("/event/Nope__e"),
            "400::The channel you requested to subscribe to does not exist {/event/Nope__e}",
        ),
        (
            subscribe("/topic/Nope"),
            "400::The channel you requested to subscribe to does not exist {/topic/Nope}",
        ),
        (subscribe("event"), "400::Channel subscriptions must start with a leading '/'"),
        (subscribe(""), "400::Channel name not specified"),
        (subscribe("/u/Nope"), "404::Unknown channel"),
        (
            json!({"channel": "/meta/subscribe", "subscription": TOPIC}),
            "403::Client has not completed handshake",
        ),
        (
            json!({"channel": "/meta/handshake", "supportedConnectionTypes": ["websocket"]}),
            "400::Invalid connection type websocket",
        ),
        (
            json!({"channel": "/meta/connect", "clientId": client, "connectionType": "websocket"}),
            "400::Invalid connection type websocket",
        ),
        (
            json!({"channel": TOPIC, "clientId": client, "data": {}}),
            "403:denied_by_security_policy:publish_denied",
        ),
    ] {
        let answer = world.send(message.clone()).await;
        assert_eq!(
            (&answer[0]["error"], &answer[0]["successful"]),
            (&json!(error), &json!(false)),
            "{message}"
        );
    }
    let user = world.site.org.user;
    let shaken = world.send_as(user, json!({"channel": "/meta/handshake"})).await;
    let theirs = shaken[0]["clientId"].clone();
    for (name, error) in [
        (TOPIC, "403::Cannot create channel /event/Order__e"),
        ("/systemTopic/Logging", "403::Restricted channel"),
    ] {
        let message = json!({"channel": "/meta/subscribe", "clientId": theirs, "subscription": name});
        assert_eq!(world.send_as(user, message).await[0]["error"], error);
    }
    let stolen = world.send_as(user, poll(&client)).await;
    assert_eq!(stolen[0]["error"], "400::Authenticated user id does not match the session's user id");
    assert!(messages::read(b"[1]").is_none());
    assert!(messages::read(b"{").is_none());
}

#[tokio::test]
async fn clients_and_deliveries_are_limited() {
    let world = World::new();
    let limits = Allocations { concurrent_clients: 1, delivered_per_day: 1, ..Allocations::default() };
    world.site.org.bus.set_allocations(limits);
    let client = world.client(TOPIC, Some(-1)).await;
    let refused = world.send(json!({"channel": "/meta/handshake"})).await;
    assert_eq!(refused[0]["error"], "403::Handshake denied");
    assert_eq!(
        refused[0]["ext"]["sfdc"]["failureReason"],
        "403::Organization concurrent user limit exceeded"
    );
    world.publish("Oslo");
    assert_eq!(cities(&world.send(poll(&client)).await), ["Oslo"]);
    world.publish("Bergen");
    let refused = world.send(poll(&client)).await;
    assert_eq!(refused[0]["error"], "403::Organization total events daily limit exceeded");
    // A client that stays away makes room.
    world.clock.advance(Duration::from_secs(41));
    assert_eq!(world.send(json!({"channel": "/meta/handshake"})).await[0]["successful"], true);
}

#[tokio::test]
async fn a_handshake_without_a_session_is_denied_with_its_reason() {
    let world = World::new();
    let read = |message: Value| messages::read(message.to_string().as_bytes()).unwrap();
    let nobody = Caller::Refused("401::Authentication invalid");
    let message = read(json!([{"channel": "/meta/handshake", "id": "7"}, poll("x")]));
    let answers = messages::answer(&world.site, &nobody, None, message).await.messages;
    assert_eq!(answers[0]["error"], "403::Handshake denied");
    assert_eq!(answers[0]["ext"]["sfdc"]["failureReason"], "401::Authentication invalid");
    assert_eq!((&answers[0]["id"], &answers[0]["advice"]), (&json!("7"), &json!({"reconnect": "none"})));
    assert_eq!(answers[1]["error"], "401::Authentication invalid");
}
