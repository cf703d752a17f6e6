//! The contract of StreamNotifications.

use std::time::Duration;

use provision_api::v1;
use provision_api::v1::notification_service_client::NotificationServiceClient;
use provision_api::v1::stream_notifications_response::Message;
use provision_core::access::Role;
use provision_core::notification::NotificationCode::{
    AccountAuthorized, AccountProtected, EventsInterrupted, ProvisioningFailed,
};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

use crate::fakes::{World, by, fields, reason, settings};

/// An open stream, read message by message.
struct Stream(Streaming<v1::StreamNotificationsResponse>);

fn from(start: v1::StreamStart) -> v1::StreamNotificationsRequest {
    v1::StreamNotificationsRequest {
        parent: "tenants/acme".to_owned(),
        start: start as i32,
        ..Default::default()
    }
}

fn resume(token: &str) -> v1::StreamNotificationsRequest {
    v1::StreamNotificationsRequest { resume_token: token.to_owned(), ..from(v1::StreamStart::Unspecified) }
}

impl Stream {
    async fn open(world: &World, request: v1::StreamNotificationsRequest) -> Result<Self, Status> {
        Stream::open_by(world, "viewer", request).await
    }

    async fn open_by(
        world: &World,
        caller: &str,
        request: v1::StreamNotificationsRequest,
    ) -> Result<Self, Status> {
        let mut client = NotificationServiceClient::new(world.channel());
        Ok(Stream(client.stream_notifications(by(caller, request)).await?.into_inner()))
    }

    async fn next(&mut self) -> Message {
        self.0.message().await.expect("no error").expect("not at its end").message.expect("set")
    }

    /// The next message that is no heartbeat.
    async fn next_news(&mut self) -> Message {
        loop {
            match self.next().await {
                Message::Heartbeat(_) => {}
                other => return other,
            }
        }
    }

    async fn opened(&mut self) -> v1::StreamOpened {
        match self.next().await {
            Message::Opened(opened) => opened,
            other => panic!("not OPENED: {other:?}"),
        }
    }

    async fn event(&mut self) -> v1::NotificationEvent {
        match self.next_news().await {
            Message::Event(event) => event,
            other => panic!("not EVENT: {other:?}"),
        }
    }

    async fn heartbeat(&mut self) -> v1::StreamHeartbeat {
        loop {
            if let Message::Heartbeat(heartbeat) = self.next().await {
                return heartbeat;
            }
        }
    }

    async fn closing(&mut self) -> v1::StreamClosing {
        loop {
            if let Message::Closing(closing) = self.next().await {
                assert!(self.0.message().await.expect("no error").is_none(), "CLOSING is the last message");
                return closing;
            }
        }
    }
}

fn sequence(event: &v1::NotificationEvent) -> i64 {
    event.notification.as_ref().expect("set").sequence
}

#[tokio::test]
async fn opened_comes_first_then_what_happens_from_now_on() {
    let world = World::start().await;
    world.notifications.commit("acme", &[AccountAuthorized]);
    let mut stream = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    // Before OPENED is read: NOW means from the call on.
    world.notifications.commit("other", &[AccountProtected]);
    world.notifications.commit("acme", &[AccountProtected]);
    let opened = stream.opened().await;
    assert_eq!(opened.heartbeat_interval.expect("set").nanos, 20_000_000);
    let event = stream.event().await;
    assert_eq!((sequence(&event), event.previous_sequence, event.event_id.as_str()), (2, 0, "acme.2"));
    assert_eq!(event.notification.expect("set").code, "ACCOUNT_PROTECTED");
}

#[tokio::test]
async fn a_stream_resumes_where_it_was_left() {
    let world = World::start().await;
    for _ in 0..3 {
        world.notifications.commit("acme", &[AccountAuthorized]);
    }
    let mut stream = Stream::open(&world, from(v1::StreamStart::Oldest)).await.expect("open");
    stream.opened().await;
    let first = stream.event().await;
    drop(stream);
    world.notifications.commit("acme", &[AccountProtected]);
    let mut stream = Stream::open(&world, resume(&first.resume_token)).await.expect("open");
    stream.opened().await;
    for expected in 2..=4 {
        let event = stream.event().await;
        assert_eq!((sequence(&event), event.previous_sequence), (expected, expected - 1));
    }
}

#[tokio::test]
async fn a_snapshot_is_followed_by_events_without_a_hole() {
    let world = World::start().await;
    world.notifications.commit("acme", &[AccountAuthorized, AccountProtected]);
    let mut stream = Stream::open(&world, from(v1::StreamStart::Snapshot)).await.expect("open");
    world.notifications.commit("acme", &[EventsInterrupted]);
    stream.opened().await;
    for expected in 1..=2 {
        let Message::SnapshotItem(item) = stream.next_news().await else { panic!("not SNAPSHOT_ITEM") };
        assert_eq!(item.sequence, expected);
    }
    let Message::SnapshotEnd(end) = stream.next_news().await else { panic!("not SNAPSHOT_END") };
    let event = stream.event().await;
    assert_eq!((sequence(&event), event.previous_sequence), (3, 2));
    let mut again = Stream::open(&world, resume(&end.resume_token)).await.expect("open");
    again.opened().await;
    assert_eq!(again.event().await.notification, event.notification);
}

#[tokio::test]
async fn filters_make_no_false_holes_and_heartbeats_move_on() {
    let world = World::start().await;
    let filter = "severity = ERROR".to_owned();
    let request = v1::StreamNotificationsRequest { filter, ..from(v1::StreamStart::Oldest) };
    world.notifications.commit("acme", &[ProvisioningFailed]);
    let mut stream = Stream::open(&world, request.clone()).await.expect("open");
    stream.opened().await;
    let first = stream.event().await;
    let before = first.resume_token.clone();
    assert_eq!(sequence(&first), 1);
    world.notifications.commit("acme", &[AccountAuthorized, AccountProtected]);
    // All of that is filtered out; once a heartbeat is behind it, the past can go without hurting this subscriber.
    let mut moved = stream.heartbeat().await.resume_token;
    while moved == before {
        moved = stream.heartbeat().await.resume_token;
    }
    drop(stream);
    world.notifications.compact();
    world.notifications.commit("acme", &[ProvisioningFailed]);
    let again = v1::StreamNotificationsRequest { resume_token: moved, ..request };
    let mut stream = Stream::open(&world, again).await.expect("not expired");
    stream.opened().await;
    let event = stream.event().await;
    assert_eq!((sequence(&event), event.previous_sequence), (4, 1), "as this subscriber may see it");
}

#[tokio::test]
async fn heartbeats_move_on_idle_streams_too() {
    let world = World::start().await;
    let mut stream = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    stream.opened().await;
    let before = stream.heartbeat().await.resume_token;
    world.notifications.commit("other", &[AccountAuthorized]);
    while stream.heartbeat().await.resume_token == before {}
}

#[tokio::test]
async fn one_commit_is_one_unit() {
    let world = World::start().await;
    world.notifications.commit("acme", &[AccountAuthorized, AccountProtected, EventsInterrupted]);
    let mut stream = Stream::open(&world, from(v1::StreamStart::Oldest)).await.expect("open");
    stream.opened().await;
    let (first, second, third) = (stream.event().await, stream.event().await, stream.event().await);
    drop(stream);
    for within in [first, second] {
        let mut again = Stream::open(&world, resume(&within.resume_token)).await.expect("open");
        again.opened().await;
        for expected in 1..=3 {
            let event = again.event().await;
            assert_eq!((sequence(&event), event.previous_sequence), (expected, expected - 1));
        }
    }
    world.notifications.commit("acme", &[AccountProtected]);
    let mut after = Stream::open(&world, resume(&third.resume_token)).await.expect("open");
    after.opened().await;
    assert_eq!(sequence(&after.event().await), 4, "the last token is behind the commit");
}

#[tokio::test]
async fn a_token_that_is_too_old_is_refused_with_the_oldest_one() {
    let world = World::start().await;
    world.notifications.commit("acme", &[AccountAuthorized]);
    let mut stream = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    let old = stream.opened().await.oldest_token;
    drop(stream);
    world.notifications.compact();
    let status = Stream::open(&world, resume(&old)).await.map(drop).expect_err("too old");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"));
    let oldest = status.get_details_error_info().expect("there").metadata["oldest_token"].clone();
    world.notifications.commit("acme", &[AccountProtected]);
    let mut stream = Stream::open(&world, resume(&oldest)).await.expect("open");
    stream.opened().await;
    assert_eq!(sequence(&stream.event().await), 2);
}

#[tokio::test]
async fn a_token_from_a_future_that_was_undone_is_too_old_as_well() {
    let world = World::start().await;
    world.notifications.commit("acme", &[AccountAuthorized]);
    let mut stream = Stream::open(&world, from(v1::StreamStart::Oldest)).await.expect("open");
    stream.opened().await;
    let token = stream.event().await.resume_token;
    let restored = World::start().await;
    let status = Stream::open(&restored, resume(&token)).await.map(drop).expect_err("ahead");
    assert_eq!(reason(&status), "RESUME_TOKEN_EXPIRED");
}

#[tokio::test]
async fn a_token_works_for_its_caller_tenant_and_filter_alone() {
    let world = World::start().await;
    world.tenants.bind("viewer", "other", Role::Viewer);
    let mut stream = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    let token = stream.opened().await.oldest_token;
    let other_filter =
        v1::StreamNotificationsRequest { filter: "severity = INFO".to_owned(), ..resume(&token) };
    let other_tenant =
        v1::StreamNotificationsRequest { parent: "tenants/other".to_owned(), ..resume(&token) };
    for (caller, request) in [
        ("admin", resume(&token)),
        ("viewer", other_filter),
        ("viewer", other_tenant),
        ("viewer", resume("garbage")),
    ] {
        let status = Stream::open_by(&world, caller, request).await.map(drop).expect_err("refused");
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, "RESUME_TOKEN_INVALID")
        );
    }
    let start = v1::StreamNotificationsRequest { start: 99, ..from(v1::StreamStart::Now) };
    let status = Stream::open(&world, start).await.map(drop).expect_err("no such start");
    assert_eq!(fields(&status), ["start"]);
}

#[tokio::test]
async fn lost_rights_close_an_idle_stream() {
    let world = World::start().await;
    let mut stream = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    stream.opened().await;
    world.tenants.unbind("viewer", "acme");
    assert_eq!(stream.closing().await.reason(), v1::ClosingReason::PermissionLost);
}

#[tokio::test]
async fn nothing_is_sent_after_the_rights_are_lost() {
    let mut settings = settings();
    settings.heartbeat = Duration::from_secs(3_600);
    let world = World::with(settings).await;
    let mut stream = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    stream.opened().await;
    world.tenants.unbind("viewer", "acme");
    world.notifications.commit("acme", &[AccountProtected]);
    let Message::Closing(closing) = stream.next().await else { panic!("an event was sent") };
    assert_eq!(closing.reason(), v1::ClosingReason::PermissionLost);
    // With the rights back, its token leads to what was not shown.
    world.tenants.bind("viewer", "acme", Role::Viewer);
    let mut stream = Stream::open(&world, resume(&closing.resume_token)).await.expect("open");
    stream.opened().await;
    assert_eq!(sequence(&stream.event().await), 1);
}

#[tokio::test]
async fn a_stopping_daemon_closes_streams_with_a_token_and_ends() {
    let world = World::start().await;
    world.notifications.commit("acme", &[AccountAuthorized]);
    let mut stream = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    stream.opened().await;
    world.shutdown.cancel();
    let closing = stream.closing().await;
    assert_eq!(closing.reason(), v1::ClosingReason::Shutdown);
    assert!(closing.retry_after.is_some());
    world.served.await.expect("joined").expect("ended well");

    let again = World::start().await;
    again.notifications.commit("acme", &[AccountAuthorized]);
    again.notifications.commit("acme", &[AccountProtected]);
    let mut stream = Stream::open(&again, resume(&closing.resume_token)).await.expect("the token outlives");
    stream.opened().await;
    assert_eq!(sequence(&stream.event().await), 2);
}

#[tokio::test]
async fn a_stalled_subscriber_is_closed_with_its_token_and_costs_others_nothing() {
    let mut settings = settings();
    settings.stall_max = Duration::from_millis(50);
    settings.streams_per_principal_max = 1;
    let world = World::with(settings).await;
    let mut stalled = Stream::open(&world, from(v1::StreamStart::Now)).await.expect("open");
    let mut lively = Stream::open_by(&world, "admin", from(v1::StreamStart::Now)).await.expect("open");
    lively.opened().await;
    // Far more than all windows and buffers on the way hold.
    const COMMITS: i64 = 400;
    let text = "x".repeat(100_000);
    for expected in 1..=COMMITS {
        world.notifications.commit_text("acme", &[AccountAuthorized], &text);
        assert_eq!(sequence(&lively.event().await), expected);
    }
    // Given up: its place among the principal's streams is free again, though nobody has read a thing.
    let token = loop {
        match Stream::open(&world, from(v1::StreamStart::Now)).await {
            Ok(mut stream) => break stream.opened().await.oldest_token,
            Err(status) => assert_eq!(reason(&status), "RATE_LIMITED"),
        }
        tokio::task::yield_now().await;
    };
    assert!(!token.is_empty());

    stalled.opened().await;
    let mut seen = 0;
    let closing = loop {
        match stalled.next_news().await {
            Message::Event(event) => {
                seen += 1;
                assert_eq!(sequence(&event), seen);
            }
            Message::Closing(closing) => break closing,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(closing.reason(), v1::ClosingReason::SlowConsumer);
    assert!(seen < COMMITS, "it did not take everything before it was closed");
    let mut resumed = None;
    while resumed.is_none() {
        resumed = Stream::open(&world, resume(&closing.resume_token)).await.ok();
    }
    let mut resumed = resumed.expect("open");
    resumed.opened().await;
    let next = sequence(&resumed.event().await);
    assert!(next <= seen + 1, "{next} after {seen}: nothing is lost");
}
