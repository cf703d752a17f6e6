use std::sync::Arc;

use crate::contract::{Harness, all, commit, get, key, open, prefix, put, revision, watch};
use crate::error::{CommitError, Retry};
use crate::store::{Revision, Store};
use crate::txn::{Precondition, Txn};

pub async fn preconditions_hold_or_name_the_first_that_fails(harness: Box<dyn Harness>) {
    use Precondition::{Absent, AtRevision, Present};
    let store = &*open(&*harness).await;
    let old = put(store, "there", "1").await;
    let now = put(store, "there", "2").await;
    let gone = put(store, "gone", "1").await;
    commit(store, Txn::new().delete(key("gone"))).await;
    let (there, gone_key) = (key("there"), key("gone"));

    let holds = [
        vec![],
        vec![Present(there.clone())],
        vec![AtRevision(there.clone(), now)],
        vec![Absent(gone_key.clone())],
        vec![Absent(key("never")), Present(there.clone()), AtRevision(there.clone(), now)],
    ];
    for preconditions in holds {
        let txn = Txn { preconditions, ops: vec![] }.put(key("out"), "done");
        assert!(store.commit(txn.clone()).await.is_ok(), "{txn:?}");
    }

    let fails = [
        (vec![Absent(there.clone())], 0, Some(now)),
        (vec![AtRevision(there.clone(), old)], 0, Some(now)),
        (vec![AtRevision(there.clone(), now.next())], 0, Some(now)),
        (vec![AtRevision(there.clone(), Revision::ZERO)], 0, Some(now)),
        (vec![Present(gone_key.clone())], 0, None),
        (vec![AtRevision(gone_key.clone(), gone)], 0, None),
        (vec![Present(there.clone()), Present(gone_key.clone()), Absent(there.clone())], 1, None),
        (vec![Present(there.clone()), Absent(gone_key), AtRevision(there, old)], 2, Some(now)),
    ];
    for (preconditions, index, current) in fails {
        let failing = preconditions[index].key().clone();
        let txn = Txn { preconditions, ops: vec![] }.put(key("out"), "wrong");
        let refused = store.commit(txn).await.expect_err("a precondition fails");
        assert_eq!(refused.retry(), Retry::AfterReading);
        assert_eq!(refused, CommitError::PreconditionFailed { index, key: failing, current });
    }
    assert_eq!(get(store, "out").await.expect("put above").value, "done");
}

pub async fn a_refused_commit_changes_nothing(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    put(store, "kept", "1").await;
    let before = (revision(store).await, all(store).await);
    let txn = Txn::new()
        .present(key("kept"))
        .absent(key("kept"))
        .put(key("new"), "1")
        .put(key("kept"), "2")
        .delete(key("other"));
    store.commit(txn).await.expect_err("the second precondition fails");
    assert_eq!((revision(store).await, all(store).await), before);
}

pub async fn a_commit_has_one_new_revision(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let first = commit(store, Txn::new().put(key("a"), "1").put(key("b"), "1")).await;
    let second = commit(store, Txn::new().put(key("c"), "1").put(key("a"), "2").delete(key("b"))).await;
    assert!(Revision::ZERO < first && first < second);
    assert_eq!(revision(store).await, second);
    let entries = all(store).await;
    let revisions: Vec<_> =
        entries.iter().map(|e| (e.key.as_str(), e.create_revision, e.mod_revision)).collect();
    assert_eq!(revisions, [("a", first, second), ("c", second, second)]);
}

pub async fn commits_that_change_nothing_make_no_revision(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let before = put(store, "a", "1").await;
    let mut changes = watch(store, "", before.next()).await;
    for txn in [Txn::new(), Txn::new().present(key("a")), Txn::new().delete(key("b")).delete(key("c"))] {
        assert_eq!(commit(store, txn).await, before);
    }
    assert_eq!(revision(store).await, before);
    let after = put(store, "a", "2").await;
    assert_eq!(changes.next().await.expect("the watch goes on").revision, after);
}

pub async fn the_same_value_again_is_a_change(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let first = put(store, "a", "1").await;
    let mut changes = watch(store, "", first.next()).await;
    let second = put(store, "a", "1").await;
    assert!(second > first);
    assert_eq!(get(store, "a").await.expect("put above").version, 2);
    assert_eq!(changes.next().await.expect("the watch goes on").revision, second);
}

pub async fn concurrent_counters_lose_no_update(harness: Box<dyn Harness>) {
    const TASKS: usize = 8;
    const INCREMENTS: usize = 25;
    let store = open(&*harness).await;
    put(&*store, "counter", "0").await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for _ in 0..INCREMENTS {
                    increment(&*store).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("the task ends well");
    }
    let entry = get(&*store, "counter").await.expect("put above");
    assert_eq!(entry.value, (TASKS * INCREMENTS).to_string());
    assert_eq!(entry.version, (TASKS * INCREMENTS + 1) as u64);
}

async fn increment(store: &dyn Store) {
    loop {
        let entry = get(store, "counter").await.expect("it is never deleted");
        let count: usize = std::str::from_utf8(&entry.value).expect("digits").parse().expect("digits");
        let txn = Txn::new()
            .at_revision(key("counter"), entry.mod_revision)
            .put(key("counter"), (count + 1).to_string());
        match store.commit(txn).await {
            Ok(_) => return,
            Err(CommitError::PreconditionFailed { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

pub async fn one_of_concurrent_creates_wins(harness: Box<dyn Harness>) {
    let store = open(&*harness).await;
    for round in 0..10 {
        let name = format!("lock/{round}");
        let tasks: Vec<_> = (0..8)
            .map(|owner: u32| {
                let (store, name) = (Arc::clone(&store), name.clone());
                let txn = Txn::new()
                    .absent(key(&name))
                    .put(key(&name), owner.to_string())
                    .put(key(format!("won/{name}/{owner}")), "");
                tokio::spawn(async move { store.commit(txn).await })
            })
            .collect();
        let mut winners = 0;
        for task in tasks {
            match task.await.expect("the task ends well") {
                Ok(_) => winners += 1,
                Err(CommitError::PreconditionFailed { current, .. }) => assert!(current.is_some()),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(winners, 1);
        let owner = get(&*store, &name).await.expect("one won").value;
        let won = store.list(&prefix(&format!("won/{name}/")), Default::default()).await.expect("a page");
        assert_eq!(won.entries.len(), 1);
        let expect = format!("won/{name}/{}", String::from_utf8_lossy(&owner));
        assert_eq!(won.entries[0].key.as_str(), expect);
    }
}

pub async fn a_lost_epoch_fences_its_owner_off(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let first_owner = put(store, "epoch", "first").await;
    let work =
        |epoch, value: &'static str| Txn::new().at_revision(key("epoch"), epoch).put(key("work"), value);
    commit(store, work(first_owner, "by the first")).await;
    let takeover = Txn::new().at_revision(key("epoch"), first_owner).put(key("epoch"), "second");
    let second_owner = commit(store, takeover).await;
    commit(store, work(second_owner, "by the second")).await;
    let refused = store.commit(work(first_owner, "late")).await;
    let expect = CommitError::PreconditionFailed { index: 0, key: key("epoch"), current: Some(second_owner) };
    assert_eq!(refused, Err(expect));
    assert_eq!(get(store, "work").await.expect("put above").value, "by the second");
}
