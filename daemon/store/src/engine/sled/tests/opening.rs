use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::{open, put, temp_dir, value};
use crate::engine::History;
use crate::engine::sled::{OpenError, SledOptions, SledStore};
use crate::store::Store;

fn without_waiting() -> SledOptions {
    SledOptions { lock_wait: Duration::ZERO, ..SledOptions::default() }
}

/// Waits until sled has given up its lock, and uses it as itself.
fn plain_sled(dir: &std::path::Path) -> sled::Result<sled::Db> {
    let lock = super::super::lock::DirLock::take(dir, Duration::from_secs(10)).expect("sled lets go");
    drop(lock);
    sled::Config::new().path(dir).open()
}

#[tokio::test]
async fn a_torn_snapshot_does_not_keep_the_store_shut() {
    let dir = temp_dir();
    let store = open(dir.path(), History::default()).await;
    put(&store, "a", "kept").await;
    store.close().await;
    let torn = dir.path().join("snap.FFFFFFFFFFFFFFFF.generating");
    fs::write(&torn, b"").expect("the leftover of a crash");
    // The reason for all this: left to itself, sled takes the leftover for its newest snapshot.
    assert!(plain_sled(dir.path()).is_err());

    let store = open(dir.path(), History::default()).await;
    assert_eq!(value(&store, "a").await.as_deref(), Some("kept"));
    assert!(!torn.exists());
}

#[tokio::test]
async fn a_second_store_in_the_same_directory_is_refused_by_name() {
    let dir = temp_dir();
    let store = open(dir.path(), History::default()).await;
    let refused = SledStore::open(dir.path(), without_waiting()).await.expect_err("it is in use");
    assert!(matches!(&refused, OpenError::Locked { dir: named } if named == dir.path()), "{refused:?}");
    let expect = format!("the store directory {} is in use by another process", dir.path().display());
    assert_eq!(refused.to_string(), expect);
    put(&store, "a", "the first goes on").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_waits_for_the_store_before() {
    let dir = temp_dir();
    let first = Arc::new(open(dir.path(), History::default()).await);
    put(&first, "a", "kept").await;
    let path = dir.path().to_owned();
    let second = tokio::spawn(async move { open(&path, History::default()).await });
    put(&first, "a", "kept to the last").await;
    first.close().await;
    let second = second.await.expect("it opens");
    assert_eq!(value(&second, "a").await.as_deref(), Some("kept to the last"));
}

#[tokio::test]
async fn a_closed_or_dropped_store_leaves_its_directory_free() {
    let dir = temp_dir();
    for round in 0..10 {
        let store =
            SledStore::open(dir.path(), without_waiting()).await.expect("closing waits for sled's lock");
        put(&store, "a", &round.to_string()).await;
        store.close().await;
    }
    for round in 0..10 {
        let store = open(dir.path(), History::default()).await;
        put(&store, "a", &round.to_string()).await;
        drop(store);
    }
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let dir = temp_dir();
    open(dir.path(), History::default()).await.close().await;
    let db = plain_sled(dir.path()).expect("sled opens");
    assert_eq!(db.get("m/format").expect("it is read").expect("it is there"), &1u32.to_be_bytes());
    db.insert("m/format", &2u32.to_be_bytes()).expect("it is written");
    db.insert("m/of the newer release", "kept").expect("it is written");
    drop(db);
    for _ in 0..2 {
        let refused = SledStore::open(dir.path(), SledOptions::default()).await.expect_err("it is newer");
        assert!(matches!(refused, OpenError::NewerFormat { found: 2, .. }), "{refused:?}");
        let text = refused.to_string();
        assert!(text.ends_with("has format 2, written by a newer release; this one reads up to 1"), "{text}");
    }
    let db = plain_sled(dir.path()).expect("sled opens");
    assert_eq!(db.get("m/of the newer release").expect("it is read").expect("it is there"), "kept");
}

#[tokio::test]
async fn what_is_not_a_store_or_damaged_is_refused() {
    let revision = 7u64.to_be_bytes();
    let change = [&b"v"[..], &revision, &[0; 4]].concat();
    let damages: [(&[u8], &[u8], &str); 5] = [
        (b"m/format", b"1", "a number"),
        (b"m/format", &[0; 4], "no release wrote format 0"),
        (b"m/revision", b"", "a number"),
        (b"v", b"", "the key of a change"),
        (&change, b"\x01", "outside the revisions"),
    ];
    for (key, value, expect) in damages {
        let dir = temp_dir();
        open(dir.path(), History::default()).await.close().await;
        let db = plain_sled(dir.path()).expect("sled opens");
        db.insert(key, value).expect("it is written");
        drop(db);
        let refused = SledStore::open(dir.path(), SledOptions::default()).await.expect_err("it is damaged");
        assert!(
            matches!(&refused, OpenError::Corrupt { reason, .. } if reason.contains(expect)),
            "{refused:?}"
        );
    }

    let dir = temp_dir();
    let db = sled::open(dir.path()).expect("sled opens");
    db.insert("of another program", "").expect("it is written");
    drop(db);
    let refused = SledStore::open(dir.path(), SledOptions::default()).await.expect_err("it is another's");
    let expect = "it holds data but no format";
    assert!(matches!(&refused, OpenError::Corrupt { reason, .. } if reason == expect), "{refused:?}");
}

#[tokio::test]
async fn a_path_that_is_no_directory_is_refused() {
    let dir = temp_dir();
    let file = dir.path().join("file");
    fs::write(&file, b"").expect("a file");
    let refused =
        SledStore::open(file.join("store"), SledOptions::default()).await.expect_err("no directory");
    assert!(matches!(refused, OpenError::Io { action: "creating the directory", .. }), "{refused:?}");
}
