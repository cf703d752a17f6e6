use std::time::Duration;

use provision_core::ports::{FeedItem, Notifications as _, Position, Start};
use provision_core::{Reason, TenantId};

use crate::world::{Crash, World, by};

const SHORT: Duration = Duration::from_millis(20);

fn tenant() -> TenantId {
    "acme".parse().expect("valid")
}

#[tokio::test]
async fn a_feed_resumes_behind_its_position_without_loss_or_repetition() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    let mut feed = life.plane.feed(&tenant(), Start::Oldest).await.expect("feed");
    life.until_read(&world).await;
    let FeedItem::Batch(batch, position) = feed.next(Duration::from_secs(5)).await.expect("item") else {
        panic!("a notification was told");
    };
    assert_eq!(batch[0].text, "ACCOUNT_AUTHORIZED");
    let operation = life.provision().await.expect("started");
    life.done(&operation.name).await.expect("done");
    let mut resumed = life.plane.feed(&tenant(), Start::After(position)).await.expect("resumed");
    let FeedItem::Batch(batch, _) = resumed.next(Duration::from_secs(5)).await.expect("item") else {
        panic!("the next notification was told");
    };
    assert_eq!(batch.iter().map(|n| n.sequence).collect::<Vec<_>>(), [2]);
    life.end().await;
}

#[tokio::test]
async fn an_idle_feed_moves_its_position_on() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    let mut feed = life.plane.feed(&tenant(), Start::Now).await.expect("feed");
    let FeedItem::Idle(before) = feed.next(SHORT).await.expect("item") else { panic!("nothing was told") };
    life.tenant().await;
    let FeedItem::Idle(after) = feed.next(SHORT).await.expect("item") else { panic!("nothing was told") };
    assert!(after > before);
    life.end().await;
}

#[tokio::test]
async fn a_position_from_another_store_is_refused() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    let fault = life.plane.feed(&tenant(), Start::After(Position(u64::MAX))).await.err().expect("refused");
    assert_eq!(fault.reason(), Reason::ResumeTokenExpired);
    life.end().await;
}

#[tokio::test]
async fn acknowledging_twice_is_the_same_as_once() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_read(&world).await;
    for _ in 0..2 {
        let (_, who) = life.plane.acknowledge(by("admin"), &tenant(), 1).await.expect("acknowledged");
        assert_eq!(who.len(), 1);
    }
    life.end().await;
}
