//! Streams that outlive their connections.

use provision_client::Follow;
use provision_client::api::v1::StreamStart;
use tonic::{Code, Status};

use crate::fake::{Fake, StreamScript};
use crate::samples::{closing, event, heartbeat, opened, refusal, snapshot_end, snapshot_item};

async fn follow(fake: &Fake, start: StreamStart, shares: impl IntoIterator<Item = StreamScript>) -> Follow {
    fake.script().streams = shares.into_iter().collect();
    fake.client().await.notifications().follow("tenants/acme", "", start).await.expect("open")
}

/// The sequences of the next `count` notifications.
async fn sequences(follow: &mut Follow, count: usize) -> Vec<i64> {
    let mut sequences = Vec::new();
    for _ in 0..count {
        sequences.push(follow.next().await.expect("a notification").notification.sequence);
    }
    sequences
}

/// The resume tokens that the server was asked with.
fn asked(fake: &Fake) -> Vec<String> {
    fake.requests("StreamNotifications")
        .iter()
        .map(|r| {
            r.split("resume_token: \"").nth(1).and_then(|t| t.split('"').next()).expect("token").to_owned()
        })
        .collect()
}

#[tokio::test]
async fn it_goes_on_after_every_kind_of_end_without_repeats() {
    let fake = Fake::start().await;
    let shares = [
        vec![Ok(opened()), Ok(event(1, 0)), Ok(event(2, 1)), Err(Status::unavailable("gone"))],
        vec![Ok(opened()), Ok(event(2, 1)), Ok(event(5, 2)), Ok(closing("closed-at-5"))],
        vec![Ok(opened()), Ok(heartbeat("beat-6"))],
        vec![Ok(opened()), Ok(event(9, 5))],
    ];
    let mut stream = follow(&fake, StreamStart::Oldest, shares).await;
    assert_eq!(sequences(&mut stream, 4).await, [1, 2, 5, 9]);
    assert_eq!(asked(&fake), ["", "after-2", "closed-at-5", "beat-6"]);
    assert_eq!(stream.resume_token(), Some("after-9"));
}

#[tokio::test]
async fn a_stream_from_now_that_breaks_before_its_first_token_misses_nothing() {
    let fake = Fake::start().await;
    // Told before the stream was opened, and after: the second connection delivers both.
    let mut before = event(4, 0);
    if let Some(provision_client::api::v1::stream_notifications_response::Message::Event(event)) =
        &mut before.message
    {
        event.notification.as_mut().expect("notification").create_time =
            crate::samples::time(crate::samples::EIGHT - 1);
    }
    let shares = [vec![Ok(opened())], vec![Ok(opened()), Ok(before), Ok(event(5, 4))]];
    let mut stream = follow(&fake, StreamStart::Now, shares).await;
    assert_eq!(sequences(&mut stream, 1).await, [5]);
    assert_eq!(asked(&fake), ["", "oldest"]);
}

#[tokio::test]
async fn a_snapshot_comes_before_events() {
    let fake = Fake::start().await;
    let shares = [
        vec![Ok(opened()), Ok(snapshot_item(1)), Ok(snapshot_item(3)), Ok(snapshot_end("after-3"))],
        vec![Ok(opened()), Ok(event(8, 3))],
    ];
    let mut stream = follow(&fake, StreamStart::Snapshot, shares).await;
    assert_eq!(sequences(&mut stream, 3).await, [1, 3, 8]);
    assert_eq!(asked(&fake), ["", "after-3"]);
}

#[tokio::test]
async fn a_hole_is_told() {
    let fake = Fake::start().await;
    let shares = [vec![Ok(opened()), Ok(event(1, 0)), Ok(event(3, 1)), Ok(event(7, 5))]];
    let mut stream = follow(&fake, StreamStart::Oldest, shares).await;
    let mut missed = Vec::new();
    for _ in 0..3 {
        missed.push(stream.next().await.expect("a notification").missed_before);
    }
    assert_eq!(missed, [false, false, true]);
}

#[tokio::test]
async fn an_expired_token_is_told_and_not_skipped() {
    let fake = Fake::start().await;
    let mut stream = follow(&fake, StreamStart::Oldest, [vec![Ok(opened()), Ok(event(1, 0))]]).await;
    assert_eq!(sequences(&mut stream, 1).await, [1]);
    fake.fail("StreamNotifications", [refusal(Code::OutOfRange, "RESUME_TOKEN_EXPIRED", "too old")]);
    let error = stream.next().await.expect_err("expired");
    assert_eq!((error.code(), error.reason()), (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"));
}

#[tokio::test]
async fn an_outage_that_lasts_ends_it() {
    let fake = Fake::start().await;
    let mut stream = follow(&fake, StreamStart::Oldest, [vec![Ok(opened())]]).await;
    fake.fail("StreamNotifications", std::iter::repeat_with(|| Status::unavailable("down")).take(100));
    let error = stream.next().await.expect_err("down");
    assert!(error.is_unavailable());
}

#[tokio::test]
async fn a_stream_must_begin_with_opened() {
    let fake = Fake::start().await;
    fake.script().streams = [vec![Ok(event(1, 0))]].into();
    let client = fake.client().await;
    let opened = client.notifications().follow("tenants/acme", "", StreamStart::Now).await;
    assert_eq!(opened.expect_err("no OPENED").reason(), "PROTOCOL_BROKEN");
}
