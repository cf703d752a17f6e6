use crate::contract::{Harness, all, changes_until, commit, key, open, put, revision, watch};
use crate::engine::History;
use crate::error::WatchError;
use crate::key::Prefix;
use crate::limits::VALUE_BYTES_MAX;
use crate::store::Revision;
use crate::txn::Txn;

pub async fn reopening_finds_every_acknowledged_commit(harness: Box<dyn Harness>) {
    let mut expect = (Revision::ZERO, Vec::new());
    for round in 0..4 {
        let store = open(&*harness).await;
        if round > 0 {
            assert_eq!((revision(&*store).await, all(&*store).await), expect);
        }
        for n in 0..20 {
            put(&*store, &format!("k/{n}"), &format!("{round}")).await;
        }
        let txn =
            Txn::new().delete(key(format!("k/{round}"))).put(key("large"), vec![round; VALUE_BYTES_MAX]);
        commit(&*store, txn).await;
        expect = (revision(&*store).await, all(&*store).await);
        store.close().await;
    }
}

/// Even where the newest commits were deletes, of which nothing is left once they are forgotten.
pub async fn revisions_are_not_reused_after_reopening(harness: Box<dyn Harness>) {
    let short = History { revisions: 1, ..History::default() };
    let mut newest = Revision::ZERO;
    for _ in 0..4 {
        let store = harness.open(short).await;
        assert_eq!(all(&*store).await, []);
        let created = put(&*store, "a", "1").await;
        assert!(created > newest);
        put(&*store, "b", "1").await;
        commit(&*store, Txn::new().delete(key("a"))).await;
        newest = commit(&*store, Txn::new().delete(key("b"))).await;
        store.close().await;
        let store = harness.open(short).await;
        assert_eq!(revision(&*store).await, newest);
        store.close().await;
    }
}

pub async fn a_watch_resumes_after_reopening(harness: Box<dyn Harness>) {
    let store = open(&*harness).await;
    let start = revision(&*store).await.next();
    let mut last = start;
    for n in 0..12 {
        let txn = match n % 3 {
            0 => Txn::new().put(key("a"), n.to_string()).put(key("b"), n.to_string()),
            1 => Txn::new().delete(key("b")).delete(key("a")),
            _ => Txn::new().put(key("b"), n.to_string()),
        };
        last = commit(&*store, txn).await;
    }
    let before = changes_until(&mut watch(&*store, "", start).await, last).await;
    store.close().await;

    let store = open(&*harness).await;
    let mut whole = watch(&*store, "", start).await;
    assert_eq!(changes_until(&mut whole, last).await, before);
    let middle = before[5].revision;
    let mut resumed = watch(&*store, "", middle).await;
    assert_eq!(changes_until(&mut resumed, last).await, before[5..]);
    let after = put(&*store, "a", "after").await;
    for watch in [&mut whole, &mut resumed] {
        assert_eq!(watch.next().await.expect("the watch goes on").revision, after);
    }
    store.close().await;
}

pub async fn what_was_forgotten_stays_forgotten(harness: Box<dyn Harness>) {
    let store = harness.open(History { revisions: 4, ..History::default() }).await;
    let first = put(&*store, "a", "first").await;
    for n in 0..30 {
        put(&*store, "a", &n.to_string()).await;
    }
    store.close().await;
    // A longer history cannot bring back what a shorter one gave up.
    let store = open(&*harness).await;
    let refused = store.watch(&Prefix::all(), first).await.expect_err("it is forgotten");
    let WatchError::Compacted { oldest } = refused else { panic!("{refused:?}") };
    let last = revision(&*store).await;
    let batches = changes_until(&mut watch(&*store, "", oldest).await, last).await;
    assert_eq!(batches[0].revision, oldest);
    store.close().await;
}
