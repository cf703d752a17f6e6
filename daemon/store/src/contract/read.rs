use crate::contract::{Harness, all, commit, get, key, open, prefix, put, revision};
use crate::error::ReadError;
use crate::store::ListOptions;
use crate::txn::Txn;

pub async fn get_follows_a_key_through_its_life(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    assert_eq!(get(store, "a").await, None);

    let created = put(store, "a", "one").await;
    let entry = get(store, "a").await.expect("it was put");
    assert_eq!(entry.value, "one");
    assert_eq!((entry.create_revision, entry.mod_revision, entry.version), (created, created, 1));

    let replaced = put(store, "a", "two").await;
    let entry = get(store, "a").await.expect("it was put");
    assert_eq!(entry.value, "two");
    assert_eq!((entry.create_revision, entry.mod_revision, entry.version), (created, replaced, 2));

    let deleted = commit(store, Txn::new().delete(key("a"))).await;
    assert!(created < replaced && replaced < deleted);
    assert_eq!(get(store, "a").await, None);

    let again = put(store, "a", "three").await;
    let entry = get(store, "a").await.expect("it was put");
    assert_eq!((entry.create_revision, entry.mod_revision, entry.version), (again, again, 1));
}

pub async fn lists_are_ordered_and_stay_within_their_prefix(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    for name in ["b/2", "a", "b/10", "b", "c", "b/1", "b0", "b/é", "B/1"] {
        put(store, name, name).await;
    }
    commit(store, Txn::new().delete(key("b/2"))).await;
    for (under, after, expect) in [
        ("", None, &["B/1", "a", "b", "b/1", "b/10", "b/é", "b0", "c"][..]),
        ("b/", None, &["b/1", "b/10", "b/é"]),
        ("b", None, &["b", "b/1", "b/10", "b/é", "b0"]),
        ("b/", Some("b/1"), &["b/10", "b/é"]),
        ("b/", Some("b/11"), &["b/é"]),
        ("b/", Some("a"), &["b/1", "b/10", "b/é"]),
        ("b/", Some("c"), &[]),
        ("d", None, &[]),
    ] {
        let options = ListOptions { after: after.map(key), ..ListOptions::default() };
        let page = store.list(&prefix(under), options).await.expect("a page");
        let names: Vec<&str> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(names, expect, "under {under:?} after {after:?}");
        assert!(!page.more);
        assert_eq!(page.revision, revision(store).await);
    }
}

pub async fn an_old_revision_is_read_as_it_was(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let mut states = vec![(put(store, "a", "1").await, all(store).await)];
    let txns = [
        Txn::new().put(key("a"), "2").put(key("b"), "2"),
        Txn::new().delete(key("a")),
        Txn::new().put(key("a"), "4").delete(key("b")),
        Txn::new().delete(key("a")),
    ];
    for txn in txns {
        states.push((commit(store, txn).await, all(store).await));
    }
    for (at, expect) in states {
        let options = ListOptions { at: Some(at), ..ListOptions::default() };
        let page = store.list(&prefix(""), options).await.expect("it is still held");
        assert_eq!((page.revision, page.entries), (at, expect));
    }
}

pub async fn reads_of_the_future_are_refused(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let current = put(store, "a", "1").await;
    let options = ListOptions { at: Some(current.next()), ..ListOptions::default() };
    let refused = store.list(&prefix(""), options).await;
    assert_eq!(refused, Err(ReadError::Future { current }));
}
