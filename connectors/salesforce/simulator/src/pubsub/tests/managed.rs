//! `ManagedSubscribe`.

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::super::wire::{
    CommitReplayRequest, CommitReplayResponse, ErrorCode, ManagedFetchRequest, ManagedFetchResponse,
};
use super::support::{TOPIC, World, assert_refused};
use crate::events::RETENTION;
use crate::events::definition::SUBSCRIPTION;

struct Client {
    requests: mpsc::Sender<ManagedFetchRequest>,
    answers: Streaming<ManagedFetchResponse>,
}

async fn connect(world: &World, first: ManagedFetchRequest) -> Client {
    connect_as(world, &world.token, first).await
}

async fn connect_as(world: &World, token: &str, first: ManagedFetchRequest) -> Client {
    let (requests, stream) = mpsc::channel(8);
    requests.send(first).await.unwrap();
    let request = world.signed_by(token, ReceiverStream::new(stream));
    let answers = world.client().await.managed_subscribe(request).await.unwrap().into_inner();
    Client { requests, answers }
}

impl Client {
    async fn next(&mut self) -> ManagedFetchResponse {
        self.answers.message().await.unwrap().expect("the stream goes on")
    }

    async fn texts(&mut self, world: &World) -> Vec<String> {
        let response = self.next().await;
        let text = |event| world.decoded(event)["Object_Name__c"].as_str().unwrap().to_owned();
        response.events.iter().map(text).collect()
    }

    async fn refusal(&mut self) -> Status {
        loop {
            match self.answers.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the stream ended well"),
                Err(status) => return status,
            }
        }
    }

    async fn commit(&mut self, request_id: &str, replay_id: &[u8]) -> CommitReplayResponse {
        self.requests.send(commit(request_id, replay_id)).await.unwrap();
        self.next().await.commit_response.expect("an answer to the commit")
    }

    /// Ends the stream and waits until the server has let go of it.
    async fn leave(mut self) {
        drop(self.requests);
        while self.answers.message().await.unwrap().is_some() {}
    }
}

fn commit(request_id: &str, replay_id: &[u8]) -> ManagedFetchRequest {
    let request = CommitReplayRequest {
        commit_request_id: request_id.to_owned(),
        replay_id: Bytes::copy_from_slice(replay_id),
    };
    ManagedFetchRequest { commit_replay_id_request: Some(request), ..ManagedFetchRequest::default() }
}

fn named(num_requested: i32) -> ManagedFetchRequest {
    ManagedFetchRequest { developer_name: "Mine".to_owned(), num_requested, ..ManagedFetchRequest::default() }
}

fn configure(world: &World, state: &str, default: &str, recovery: &str) -> String {
    let values = json!({"topicName": TOPIC, "label": "Mine", "state": state, "defaultReplay": default, "errorRecoveryReplay": recovery});
    world.define(SUBSCRIPTION, "Mine", values).header().id.to_string()
}

#[tokio::test]
async fn the_org_keeps_the_position_that_was_committed() {
    let world = World::new().await;
    let id = configure(&world, "RUN", "EARLIEST", "LATEST");
    let published: Vec<_> = ["a", "b", "c"].iter().map(|text| world.publish(text)).collect();
    let mut client = connect(&world, named(2)).await;
    assert_eq!(client.texts(&world).await, ["a", "b"]);
    let done = client.commit("one", &published[0].replay_id.to_bytes()).await;
    assert_eq!((done.commit_request_id.as_str(), done.error), ("one", None));
    assert_eq!(done.process_time, world.org.now_ms());
    client.leave().await;
    // By its id of 15 characters, from the committed position.
    let by_id = ManagedFetchRequest {
        subscription_id: id[..15].to_owned(),
        num_requested: 5,
        ..ManagedFetchRequest::default()
    };
    let mut client = connect(&world, by_id).await;
    assert_eq!(client.texts(&world).await, ["b", "c"]);
    // Eight bytes are enough for a position here too.
    let done = client.commit("two", &published[2].replay_id.to_bytes()[..8]).await;
    assert_eq!(done.error, None);
    client.leave().await;
    let mut client = connect(&world, named(5)).await;
    world.publish("d");
    assert_eq!(client.texts(&world).await, ["d"]);
}

#[tokio::test]
async fn default_replay_says_where_a_first_client_begins() {
    let world = World::new().await;
    configure(&world, "RUN", "LATEST", "LATEST");
    world.publish("missed");
    let mut client = connect(&world, named(5)).await;
    // The answer to a commit shows that the stream has begun.
    client.requests.send(commit("x", b"")).await.unwrap();
    assert!(client.next().await.events.is_empty());
    world.publish("seen");
    assert_eq!(client.texts(&world).await, ["seen"]);
}

#[tokio::test]
async fn error_recovery_replay_says_where_to_go_on_when_the_position_is_lost() {
    let world = World::new().await;
    configure(&world, "RUN", "LATEST", "EARLIEST");
    let old = world.publish("old");
    world.org.bus.managed.commit(
        crate::org::Id::parse(&configure(&world, "RUN", "LATEST", "EARLIEST")).unwrap(),
        old.replay_id,
    );
    world.clock.advance(RETENTION + std::time::Duration::from_secs(1));
    world.publish("kept");
    let token = world.org.open_session(world.org.admin, None, "full");
    let mut client = connect_as(&world, &token, named(5)).await;
    assert_eq!(client.texts(&world).await, ["kept"]);
}

#[tokio::test]
async fn a_subscription_has_one_client_at_a_time() {
    let world = World::new().await;
    configure(&world, "RUN", "EARLIEST", "LATEST");
    world.publish("a");
    let mut first = connect(&world, named(1)).await;
    first.next().await;
    let mut second = connect(&world, named(1)).await;
    assert_refused(&second.refusal().await, Code::AlreadyExists, "managed.subscription.already.active");
    first.leave().await;
    let mut third = connect(&world, named(1)).await;
    assert_eq!(third.texts(&world).await, ["a"]);
}

#[tokio::test]
async fn commits_that_fail_are_answered_and_leave_the_stream_open() {
    let world = World::new().await;
    configure(&world, "RUN", "EARLIEST", "LATEST");
    let published: Vec<_> = ["a", "b"].iter().map(|text| world.publish(text)).collect();
    let mut client = connect(&world, named(2)).await;
    client.next().await;
    for (name, bytes) in [("none", &b""[..]), ("odd", b"abc"), ("alien", &[0; 10])] {
        let answer = client.commit(name, bytes).await;
        assert_eq!(answer.error.unwrap().code, i32::from(ErrorCode::Commit), "{name}");
        assert_eq!(answer.commit_request_id, name);
    }
    assert_eq!(client.commit("last", &published[1].replay_id.to_bytes()).await.error, None);
    let back = client.commit("back", &published[0].replay_id.to_bytes()).await.error.unwrap();
    assert!(back.msg.contains("older"), "{}", back.msg);
    let early = world.publish("c");
    let early = client.commit("early", &early.replay_id.to_bytes()).await.error.unwrap();
    assert!(early.msg.contains("before"), "{}", early.msg);
    client.requests.send(ManagedFetchRequest { num_requested: 1, ..Default::default() }).await.unwrap();
    assert_eq!(client.texts(&world).await, ["c"]);
}

#[tokio::test]
async fn commits_that_come_together_are_answered_by_the_last() {
    let world = World::new().await;
    configure(&world, "RUN", "EARLIEST", "LATEST");
    let published: Vec<_> = (0..20).map(|number| world.publish(&number.to_string())).collect();
    let first = named(20);
    let commits =
        published.iter().enumerate().map(|(at, one)| commit(&at.to_string(), &one.replay_id.to_bytes()));
    // All of it is on its way before the server has seen any.
    let all: Vec<_> = std::iter::once(first).chain(commits).collect();
    let request = world.signed(tokio_stream::iter(all));
    let mut answers = world.client().await.managed_subscribe(request).await.unwrap().into_inner();
    let mut committed = Vec::new();
    while let Some(response) = answers.message().await.unwrap() {
        committed.extend(response.commit_response);
    }
    assert!(committed.iter().all(|one| one.error.is_none()), "{committed:?}");
    assert_eq!(committed.last().unwrap().commit_request_id, "19");
    assert!(committed.len() < 20, "{}", committed.len());
}

#[tokio::test]
async fn a_stopped_or_deleted_configuration_ends_the_stream() {
    let world = World::new().await;
    configure(&world, "RUN", "EARLIEST", "LATEST");
    world.publish("a");
    let mut client = connect(&world, named(1)).await;
    client.next().await;
    configure(&world, "STOP", "EARLIEST", "LATEST");
    client.requests.send(ManagedFetchRequest { num_requested: 1, ..Default::default() }).await.unwrap();
    let code = "managed.subscription.config.stopped";
    assert_refused(&client.refusal().await, Code::FailedPrecondition, code);
    let mut client = connect(&world, named(1)).await;
    assert_refused(&client.refusal().await, Code::FailedPrecondition, code);
    configure(&world, "RUN", "EARLIEST", "LATEST");
    let mut client = connect(&world, named(1)).await;
    client.next().await;
    world
        .org
        .change_metadata(|metadata| metadata.streams.remove(SUBSCRIPTION, "Mine").then_some(()).ok_or(()))
        .unwrap();
    client.requests.send(ManagedFetchRequest { num_requested: 1, ..Default::default() }).await.unwrap();
    assert_refused(&client.refusal().await, Code::NotFound, "managed.subscription.config.deleted");
}

#[tokio::test]
async fn what_a_request_must_not_be() {
    let world = World::new().await;
    let id = configure(&world, "RUN", "EARLIEST", "LATEST");
    let by_id = |id: &str| ManagedFetchRequest { subscription_id: id.to_owned(), ..Default::default() };
    let cases = [
        (ManagedFetchRequest::default(), Code::InvalidArgument, "id.or.developer.name.empty"),
        (
            ManagedFetchRequest { developer_name: "Mine".to_owned(), ..by_id(&id) },
            Code::InvalidArgument,
            "id.or.developer.name.empty",
        ),
        (by_id("18x"), Code::InvalidArgument, "subscription.id.invalid"),
        (by_id("18x000000000001"), Code::NotFound, "subscription.id.not.found"),
        (
            ManagedFetchRequest { developer_name: "Other".to_owned(), ..Default::default() },
            Code::NotFound,
            "developer.name.not.found",
        ),
        (named(-1), Code::InvalidArgument, "fetch.request.events.invalid"),
        (
            ManagedFetchRequest { developer_name: "Mine".to_owned(), ..commit("x", b"12345678") },
            Code::InvalidArgument,
            "fetch.request.commit.request.restricted",
        ),
        (
            ManagedFetchRequest { auth_refresh: "x".to_owned(), ..named(1) },
            Code::InvalidArgument,
            "fetch.request.auth.request.restricted",
        ),
    ];
    for (first, status, code) in cases {
        let mut client = connect(&world, first).await;
        assert_refused(&client.refusal().await, status, &format!("managed.subscription.{code}"));
    }
    let mut client = connect(&world, named(1)).await;
    client.requests.send(ManagedFetchRequest::default()).await.unwrap();
    assert_refused(
        &client.refusal().await,
        Code::InvalidArgument,
        "managed.subscription.fetch.request.invalid",
    );
}
