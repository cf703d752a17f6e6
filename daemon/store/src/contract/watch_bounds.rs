use std::sync::Arc;

use futures::FutureExt;

use crate::contract::{Harness, changes_until, commit, key, open, prefix, put, revision, watch};
use crate::engine::History;
use crate::error::{CommitError, ReadError, Retry, WatchError};
use crate::key::Prefix;
use crate::store::ListOptions;
use crate::txn::Txn;

const SHORT: History = History { revisions: 8, bytes: 1024 * 1024 };

pub async fn a_watch_starts_at_the_next_revision_at_latest(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let current = put(store, "a", "1").await;
    let refused = store.watch(&Prefix::all(), current.next().next()).await;
    assert_eq!(refused.map(drop), Err(WatchError::Future { current }));
    let mut changes = watch(store, "", current.next()).await;
    assert!(changes.next().now_or_never().is_none(), "nothing has happened yet");
    let next = put(store, "a", "2").await;
    assert_eq!(changes.next().await.expect("the watch goes on").revision, next);
}

pub async fn a_forgotten_start_is_compacted(harness: Box<dyn Harness>) {
    let store = &*harness.open(SHORT).await;
    let first = put(store, "a", "first").await;
    let mut last = first;
    for n in 0..40 {
        last = put(store, "a", &n.to_string()).await;
    }
    let refused = store.watch(&Prefix::all(), first).await.expect_err("it is forgotten");
    let WatchError::Compacted { oldest } = refused else { panic!("{refused:?}") };
    assert_eq!(refused.retry(), Retry::AfterReading);
    assert!(first < oldest && oldest <= last);
    let batches = changes_until(&mut watch(store, "", oldest).await, last).await;
    assert_eq!(batches[0].revision, oldest);

    // The bound of bytes forgets as well.
    let before = revision(store).await;
    for _ in 0..6 {
        let txn = (0..4).fold(Txn::new(), |txn, n| txn.put(key(format!("{n}")), vec![0; 60 * 1024]));
        commit(store, txn).await;
    }
    let refused = store.watch(&Prefix::all(), before).await.expect_err("it is forgotten");
    assert!(matches!(refused, WatchError::Compacted { .. }), "{refused:?}");
}

pub async fn a_watch_left_behind_is_compacted(harness: Box<dyn Harness>) {
    let store = &*harness.open(SHORT).await;
    let first = put(store, "a", "first").await;
    let mut changes = watch(store, "", first).await;
    assert_eq!(changes.next().await.expect("the first").revision, first);
    for n in 0..40 {
        put(store, "a", &n.to_string()).await;
    }
    for _ in 0..2 {
        let ended = changes.next().await.expect_err("a hole is told, not skipped");
        let WatchError::Compacted { oldest } = ended else { panic!("{ended:?}") };
        assert!(oldest > first.next());
        watch(store, "", oldest).await;
    }
}

pub async fn unread_watches_cost_the_others_nothing(harness: Box<dyn Harness>) {
    let store = open(&*harness).await;
    let start = revision(&*store).await.next();
    let mut unread = Vec::new();
    for _ in 0..200 {
        unread.push(watch(&*store, "", start).await);
    }
    let mut read = watch(&*store, "", start).await;
    let writer = {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut revisions = Vec::new();
            for n in 0..2_000 {
                revisions.push(put(&*store, "a", &n.to_string()).await);
            }
            revisions
        })
    };
    let mut handed_out = Vec::new();
    while handed_out.len() < 2_000 {
        handed_out.push(read.next().await.expect("the watch goes on").revision);
    }
    let revisions = writer.await.expect("the writer ends well");
    assert_eq!(handed_out, revisions);
    drop(unread.split_off(100));
    let after = put(&*store, "a", "after").await;
    assert_eq!(read.next().await.expect("the watch goes on").revision, after);
    assert_eq!(unread[0].next().await.expect("the watch goes on").revision, revisions[0]);
}

pub async fn closing_ends_watches_and_calls(harness: Box<dyn Harness>) {
    let store = open(&*harness).await;
    let first = put(&*store, "a", "1").await;
    let mut waiting = watch(&*store, "", first.next()).await;
    let waiting = tokio::spawn(async move { waiting.next().await });
    store.close().await;
    store.close().await;
    assert_eq!(waiting.await.expect("it ends"), Err(WatchError::Closed));
    assert_eq!(store.get(&key("a")).await, Err(ReadError::Closed));
    assert_eq!(store.list(&prefix(""), ListOptions::default()).await, Err(ReadError::Closed));
    assert_eq!(store.revision().await, Err(ReadError::Closed));
    assert_eq!(store.commit(Txn::new().put(key("a"), "2")).await, Err(CommitError::Closed));
    assert_eq!(store.watch(&Prefix::all(), first).await.map(drop), Err(WatchError::Closed));
}
