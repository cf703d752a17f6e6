use std::time::Duration;

use provision_core::account::Phase;
use provision_core::ports::{AccountChange, AccountFeed, AccountWatch, Accounts as _, DeleteAccount};
use provision_core::{Reason, TenantId};
use provision_store::engine::History;
use provision_store::engine::memory::MemoryStore;

use crate::world::{Crash, World, account_name, by};

fn tenant() -> TenantId {
    account_name().tenant
}

async fn until(feed: &mut dyn AccountFeed, reached: impl Fn(&AccountChange) -> bool) -> u64 {
    loop {
        let changes = feed.next(Duration::from_secs(20)).await.expect("changes");
        assert!(!changes.changes.is_empty(), "a change was expected");
        if changes.changes.iter().any(&reached) {
            return changes.position;
        }
    }
}

#[tokio::test]
async fn a_watch_goes_on_behind_a_snapshot_and_sees_the_end() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let (all, position) = AccountWatch::snapshot(&life.plane, &tenant(), 10).await.expect("read");
    assert_eq!(all.len(), 1);
    let mut feed = life.plane.watch(&tenant(), Some(position)).await.expect("open");
    let state = life.begin().await;
    life.complete(&state, world.application.issue_code()).await.expect("authorised");
    let phase =
        |wanted| move |c: &AccountChange| matches!(c, AccountChange::Put(v) if v.value.0.phase == wanted);
    let middle = until(feed.as_mut(), phase(Phase::AwaitingAuthorization)).await;
    until(feed.as_mut(), phase(Phase::Ready)).await;
    let request = DeleteAccount { name: account_name(), etag: None, validate_only: false };
    life.plane.delete(by("admin"), request).await.expect("deleted");
    let deleted = |c: &AccountChange| matches!(c, AccountChange::Deleted(name) if *name == account_name());
    let end = until(feed.as_mut(), deleted).await;

    let mut resumed = life.plane.watch(&tenant(), Some(middle)).await.expect("resumed");
    until(resumed.as_mut(), phase(Phase::Ready)).await;
    assert_eq!(until(resumed.as_mut(), deleted).await, end);
    life.end().await;
}

#[tokio::test]
async fn an_idle_watch_moves_on_and_another_tenants_changes_do_not_come() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    let mut feed = life.plane.watch(&"other".parse().expect("valid"), None).await.expect("open");
    life.until_created().await;
    let idle = feed.next(Duration::from_millis(20)).await.expect("idle");
    assert!(idle.changes.is_empty() && idle.position > 0);
    life.end().await;
}

#[tokio::test]
async fn a_position_that_the_store_does_not_know_is_refused() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    let fault = life.plane.watch(&tenant(), Some(u64::MAX)).await.err().expect("refused");
    assert_eq!(fault.reason(), Reason::ResumeTokenExpired);
    life.end().await;
}

#[tokio::test]
async fn who_is_too_far_behind_is_told() {
    let history = History { revisions: 8, ..History::default() };
    let world = World::over(MemoryStore::with_history(history)).await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    let (_, position) = AccountWatch::snapshot(&life.plane, &tenant(), 10).await.expect("read");
    let mut slow = life.plane.watch(&tenant(), Some(position)).await.expect("open");
    for _ in 0..20 {
        life.begin().await;
    }
    let fault = slow.next(Duration::from_secs(20)).await.expect_err("behind");
    assert_eq!(fault.reason(), Reason::ResumeTokenExpired);
    let fault = life.plane.watch(&tenant(), Some(position)).await.err().expect("behind");
    assert_eq!(fault.reason(), Reason::ResumeTokenExpired);
    life.end().await;
}

#[tokio::test]
async fn more_accounts_than_asked_for_are_too_many() {
    let world = World::new().await;
    let life = world.live(Crash::never()).await;
    life.until_created().await;
    life.create_other("tenants/acme/serviceAccounts/other").await;
    let fault = AccountWatch::snapshot(&life.plane, &tenant(), 1).await.expect_err("too many");
    assert_eq!(fault.reason(), Reason::TooLarge);
    life.end().await;
}
