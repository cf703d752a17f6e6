use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt;

use crate::contract::{Harness, all, changes_until, commit, key, open, put, revision, watch};
use crate::key::Prefix;
use crate::scan::read_all;
use crate::store::{Entry, Revision};
use crate::txn::Txn;
use crate::watch::{Change, Changes};

/// What a batch did, in words that need no revisions of the entries.
fn told(changes: &Changes) -> Vec<String> {
    let tell = |change: &Change| match change {
        Change::Put(entry) => {
            assert_eq!(entry.mod_revision, changes.revision);
            format!("{}={} v{}", entry.key, String::from_utf8_lossy(&entry.value), entry.version)
        }
        Change::Delete { key, revision } => {
            assert_eq!(*revision, changes.revision);
            format!("{key} gone")
        }
    };
    changes.changes.iter().map(tell).collect()
}

pub async fn watches_hand_out_whole_commits_in_order(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let mut changes = watch(store, "", revision(store).await.next()).await;
    let revisions = [
        put(store, "b", "1").await,
        commit(store, Txn::new().put(key("c"), "1").put(key("a"), "1").delete(key("b"))).await,
        commit(store, Txn::new().put(key("b"), "2").delete(key("never")).put(key("a"), "2")).await,
    ];
    let batches = changes_until(&mut changes, revisions[2]).await;
    assert_eq!(batches.iter().map(|batch| batch.revision).collect::<Vec<_>>(), revisions);
    let expect = [vec!["b=1 v1"], vec!["c=1 v1", "a=1 v1", "b gone"], vec!["b=2 v1", "a=2 v2"]];
    assert_eq!(batches.iter().map(told).collect::<Vec<_>>(), expect);
}

pub async fn watches_leave_out_other_keys(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let mut changes = watch(store, "a/", revision(store).await.next()).await;
    put(store, "b/1", "1").await;
    let mixed = commit(store, Txn::new().put(key("b/1"), "2").put(key("a/1"), "1").delete(key("b/2"))).await;
    put(store, "a", "not below").await;
    let last = put(store, "a/2", "1").await;
    let batches = changes_until(&mut changes, last).await;
    assert_eq!(batches.iter().map(told).collect::<Vec<_>>(), [["a/1=1 v1"], ["a/2=1 v1"]]);
    assert_eq!(batches[0].revision, mixed);
}

pub async fn a_watch_resumes_from_any_held_revision(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let start = revision(store).await.next();
    let mut last = start;
    for n in 0..30 {
        let txn = match n % 3 {
            0 => Txn::new().put(key("a"), n.to_string()),
            1 => Txn::new().put(key("b"), n.to_string()).delete(key("a")),
            _ => Txn::new().delete(key("b")),
        };
        last = commit(store, txn).await;
    }
    let whole = changes_until(&mut watch(store, "", start).await, last).await;
    assert_eq!(whole.len(), 30);
    for (place, batch) in whole.iter().enumerate() {
        let rest = changes_until(&mut watch(store, "", batch.revision).await, last).await;
        assert_eq!(rest, whole[place..]);
    }
}

/// However many other commits lie between its start and the first that matches.
pub async fn a_watch_finds_a_change_at_any_distance(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let mut starts = Vec::new();
    for n in 0..300 {
        starts.push(put(store, "b", &n.to_string()).await);
    }
    let matching = put(store, "a", "1").await;
    for start in starts {
        let mut changes = watch(store, "a", start).await;
        assert_eq!(changes.next().await.expect("the watch goes on").revision, matching, "from {start}");
    }
}

/// Three writers go on while one reader lists, and builds the rest from its watch: in the end it holds what the store
/// holds.
pub async fn a_list_and_its_watch_miss_nothing(harness: Box<dyn Harness>) {
    let store = open(&*harness).await;
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0..100 {
                    let name = key(format!("{writer}/{}", n % 7));
                    let txn = match n % 5 {
                        4 => Txn::new().delete(name),
                        _ => Txn::new().put(name, n.to_string()).put(key("latest"), n.to_string()),
                    };
                    commit(&*store, txn).await;
                }
            })
        })
        .collect();
    let snapshot = read_all(&*store, &Prefix::all(), usize::MAX).await.expect("everything is read");
    let mut held: BTreeMap<String, Entry> =
        snapshot.entries.into_iter().map(|entry| (entry.key.to_string(), entry)).collect();
    let mut changes = watch(&*store, "", snapshot.revision.next()).await;
    for writer in writers {
        writer.await.expect("the writer ends well");
    }
    let last = put(&*store, "end", "").await;
    let mut seen = snapshot.revision;
    for batch in changes_until(&mut changes, last).await {
        assert!(batch.revision > seen);
        seen = batch.revision;
        for change in batch.changes {
            match change {
                Change::Put(entry) => drop(held.insert(entry.key.to_string(), entry)),
                Change::Delete { key, .. } => assert!(held.remove(key.as_str()).is_some(), "{key} was there"),
            }
        }
    }
    assert_eq!(held.into_values().collect::<Vec<_>>(), all(&*store).await);
}

pub async fn a_dropped_wait_loses_nothing(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let mut changes = watch(store, "", revision(store).await.next()).await;
    let mut revisions = Vec::new();
    let mut handed_out = Vec::new();
    for n in 0..20 {
        if let Some(batch) = changes.next().now_or_never() {
            handed_out.push(batch.expect("the watch goes on").revision);
        }
        revisions.push(put(store, "a", &n.to_string()).await);
    }
    while handed_out.len() < revisions.len() {
        handed_out.push(changes.next().await.expect("the watch goes on").revision);
    }
    assert_eq!(handed_out, revisions);
}

pub async fn progress_moves_past_other_keys_alone(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let start = revision(store).await;
    let mut changes = watch(store, "a/", start.next()).await;
    assert!(changes.progress().await.expect("progress") <= start);
    let mut passed = start;
    for n in 0..600 {
        passed = put(store, "b", &n.to_string()).await;
    }
    // An engine on a cluster may learn of it a little later.
    while changes.progress().await.expect("progress") < passed {}
    let matching = put(store, "a/1", "1").await;
    put(store, "b", "after").await;
    let progress = changes.progress().await.expect("progress");
    assert!(passed <= progress && progress < matching, "what was not handed out is not passed");
    let mut resumed = watch(store, "a/", progress.next()).await;
    for watch in [&mut changes, &mut resumed] {
        assert_eq!(watch.next().await.expect("the watch goes on").revision, matching);
        assert!(watch.progress().await.expect("progress") >= Revision(matching.0));
    }
}
