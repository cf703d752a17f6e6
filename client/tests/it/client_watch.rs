//! Watches of accounts that outlive their connections.

use provision_client::api::v1::{ServiceAccount, StreamStart};
use provision_client::{AccountChange, AccountFeed, Follow};
use tonic::Status;

use crate::fake::{Fake, WatchScript};
use crate::samples::{
    EIGHT, account, draft, time, watch_end, watch_item, watch_opened, watch_removed, watch_upsert,
};

async fn watch(
    fake: &Fake,
    start: StreamStart,
    shares: impl IntoIterator<Item = WatchScript>,
) -> Follow<AccountFeed> {
    fake.script().watches = shares.into_iter().collect();
    fake.client().await.accounts().watch("tenants/acme", "", start).await.expect("open")
}

fn named(id: &str) -> ServiceAccount {
    ServiceAccount { name: id.to_owned(), ..account() }
}

/// The next `count` changes: `+name` or `-name`.
async fn changes(watch: &mut Follow<AccountFeed>, count: usize) -> Vec<String> {
    let mut changes = Vec::new();
    for _ in 0..count {
        changes.push(match watch.next().await.expect("a change") {
            AccountChange::Upsert(account) => format!("+{}", account.name),
            AccountChange::Removed(name) => format!("-{name}"),
        });
    }
    changes
}

#[tokio::test]
async fn changes_of_one_moment_come_once_each() {
    let fake = Fake::start().await;
    let shares = [
        vec![
            Ok(watch_opened()),
            Ok(watch_upsert(named("a"), 5)),
            Ok(watch_upsert(named("b"), 5)),
            Err(Status::unavailable("gone")),
        ],
        // The token stood before the moment: both come again, and one more.
        vec![
            Ok(watch_opened()),
            Ok(watch_upsert(named("a"), 5)),
            Ok(watch_upsert(named("b"), 5)),
            Ok(watch_removed("c", 5)),
            Ok(watch_upsert(named("a"), 6)),
        ],
    ];
    let mut watch = watch(&fake, StreamStart::Now, shares).await;
    assert_eq!(changes(&mut watch, 4).await, ["+a", "+b", "-c", "+a"]);
    assert_eq!(watch.resume_token(), Some("after-6"));
}

#[tokio::test]
async fn a_server_that_begins_anew_tells_what_is_gone() {
    let fake = Fake::start().await;
    let shares = [
        vec![
            Ok(watch_opened()),
            Ok(watch_item(named("a"))),
            Ok(watch_item(named("b"))),
            Ok(watch_end("after-1")),
            Ok(watch_upsert(named("c"), 2)),
        ],
        vec![Ok(watch_opened()), Ok(watch_item(named("b"))), Ok(watch_end("after-9"))],
    ];
    let mut watch = watch(&fake, StreamStart::Snapshot, shares).await;
    assert_eq!(changes(&mut watch, 4).await, ["+a", "+b", "+c", "+b"]);
    assert_eq!(changes(&mut watch, 1).await, ["-a"]);
    assert_eq!(watch.resume_token(), None, "there is more of this moment");
    assert_eq!(changes(&mut watch, 1).await, ["-c"]);
    assert_eq!(watch.resume_token(), Some("after-9"));
}

#[tokio::test]
async fn a_snapshot_that_breaks_is_told_again_and_loses_nothing() {
    let fake = Fake::start().await;
    let shares = [
        vec![Ok(watch_opened()), Ok(watch_item(named("a")))],
        vec![Ok(watch_opened()), Ok(watch_item(named("b"))), Ok(watch_end("after-1"))],
    ];
    let mut watch = watch(&fake, StreamStart::Snapshot, shares).await;
    assert_eq!(changes(&mut watch, 3).await, ["+a", "+b", "-a"]);
}

#[tokio::test]
async fn a_watch_from_now_leaves_out_what_was_there_before() {
    let fake = Fake::start().await;
    let at = |id: &str, seconds| ServiceAccount { update_time: time(seconds), ..named(id) };
    let shares = [
        vec![Ok(watch_opened())],
        vec![
            Ok(watch_opened()),
            Ok(watch_item(at("old", EIGHT - 1))),
            Ok(watch_item(at("new", EIGHT + 1))),
            Ok(watch_end("after-1")),
        ],
    ];
    let mut watch = watch(&fake, StreamStart::Now, shares).await;
    assert_eq!(changes(&mut watch, 1).await, ["+new"]);
}

#[tokio::test]
async fn a_token_goes_on_where_it_was_taken() {
    let fake = Fake::start().await;
    fake.script().watches = [vec![Ok(watch_opened()), Ok(watch_upsert(draft(), 8))]].into();
    let client = fake.client().await;
    let mut watch = client.accounts().resume_watch("tenants/acme", "", "after-7").await.expect("open");
    assert_eq!(changes(&mut watch, 1).await, ["+tenants/acme/serviceAccounts/service"]);
    assert!(fake.requests("WatchServiceAccounts")[0].contains(r#"resume_token: "after-7""#));
}
