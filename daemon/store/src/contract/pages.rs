use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::contract::{Harness, all, commit, key, open, prefix, put, revision};
use crate::engine::History;
use crate::error::{ReadError, Retry};
use crate::limits::{PAGE_BYTES_MAX, PAGE_ENTRIES_MAX, VALUE_BYTES_MAX};
use crate::store::{Entry, ListOptions, Store};
use crate::txn::Txn;

/// Reads page after page of `limit` entries, all at the first one's revision.
async fn paged(store: &dyn Store, under: &str, limit: usize) -> Vec<Vec<Entry>> {
    let mut options = Some(ListOptions { limit, ..ListOptions::default() });
    let mut pages = Vec::new();
    let mut first = None;
    while let Some(wanted) = options {
        let page = store.list(&prefix(under), wanted).await.expect("a page");
        assert_eq!(page.revision, *first.get_or_insert(page.revision));
        options = page.next(limit);
        pages.push(page.entries);
    }
    pages
}

pub async fn pages_cover_every_key_once(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let txn = (0..24).fold(Txn::new(), |txn, n| txn.put(key(format!("k/{n:02}")), "value"));
    commit(store, txn).await;
    put(store, "j", "before").await;
    put(store, "l", "after").await;
    let whole: Vec<Entry> =
        all(store).await.into_iter().filter(|e| e.key.as_str().starts_with("k/")).collect();
    assert_eq!(whole.len(), 24);
    for (limit, pages) in [(1, 24), (5, 5), (8, 3), (23, 2), (24, 1), (25, 1), (usize::MAX, 1), (0, 24)] {
        let read = paged(store, "k/", limit).await;
        assert_eq!(read.len(), pages, "pages of {limit}");
        assert_eq!(read.concat(), whole, "pages of {limit}");
    }
}

pub async fn pages_end_on_a_bound_of_bytes(harness: Box<dyn Harness>) {
    let store = &*open(&*harness).await;
    let count = PAGE_BYTES_MAX / VALUE_BYTES_MAX + 8;
    for n in 0..count {
        commit(store, Txn::new().put(key(format!("{n:03}")), vec![7; VALUE_BYTES_MAX])).await;
    }
    let pages = paged(store, "", PAGE_ENTRIES_MAX).await;
    assert!(pages.len() > 1);
    for page in &pages {
        let bytes: usize = page.iter().map(|entry| entry.key.len() + entry.value.len()).sum();
        assert!(bytes <= PAGE_BYTES_MAX + VALUE_BYTES_MAX + 3, "a page of {bytes} bytes");
    }
    let names: BTreeSet<String> = pages.concat().iter().map(|entry| entry.key.to_string()).collect();
    assert_eq!(names, (0..count).map(|n| format!("{n:03}")).collect());
}

/// A token moves between two keys of each of ten pairs, each time in one commit: at every revision there is one of each.
pub async fn pages_stay_at_one_revision_under_writes(harness: Box<dyn Harness>) {
    let store = open(&*harness).await;
    let places = |pair: usize| [key(format!("pair/{pair}/left")), key(format!("pair/{pair}/right"))];
    for pair in 0..10 {
        commit(&*store, Txn::new().put(places(pair)[0].clone(), "token")).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut round = 0;
            while !stop.load(Ordering::Relaxed) {
                let [from, to] = match places(round % 10) {
                    [left, right] if (round / 10) % 2 == 0 => [left, right],
                    [left, right] => [right, left],
                };
                commit(&*store, Txn::new().present(from.clone()).delete(from).put(to, "token")).await;
                tokio::task::yield_now().await;
                round += 1;
            }
        })
    };
    let expect: Vec<String> = (0..10).map(|pair| format!("pair/{pair}")).collect();
    for _ in 0..50 {
        let before = revision(&*store).await;
        let pairs: Vec<String> = paged(&*store, "pair/", 3)
            .await
            .concat()
            .iter()
            .map(|entry| entry.key.as_str().rsplit_once('/').expect("a pair").0.to_owned())
            .collect();
        assert_eq!(pairs, expect);
        while revision(&*store).await == before {
            tokio::task::yield_now().await;
        }
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.expect("the writer ends well");
}

pub async fn a_forgotten_page_is_compacted(harness: Box<dyn Harness>) {
    let store = &*harness.open(History { revisions: 4, ..History::default() }).await;
    commit(store, Txn::new().put(key("a"), "1").put(key("b"), "1")).await;
    let options = ListOptions { limit: 1, ..ListOptions::default() };
    let first = store.list(&prefix(""), options).await.expect("a page");
    for n in 0..20 {
        put(store, "b", &n.to_string()).await;
    }
    let next = first.next(1).expect("there is a second page");
    let refused = store.list(&prefix(""), next).await.expect_err("its revision is forgotten");
    let ReadError::Compacted { oldest } = refused else { panic!("{refused:?}") };
    assert_eq!(refused.retry(), Retry::AfterReading);
    assert!(first.revision < oldest && oldest <= revision(store).await);
    let options = ListOptions { at: Some(oldest), ..ListOptions::default() };
    let page = store.list(&prefix(""), options).await.expect("the oldest is held");
    assert_eq!(page.entries.len(), 2);
}
