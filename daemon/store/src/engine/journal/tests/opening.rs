use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{open, put, temp_dir, value};
use crate::engine::History;
use crate::engine::journal::block::{self, BLOCK};
use crate::engine::journal::{JournalOptions, JournalStore, OpenError};
use crate::store::Store;

fn without_waiting() -> JournalOptions {
    JournalOptions { lock_wait: Duration::ZERO, ..JournalOptions::default() }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("journal-0000000000000001")
}

/// A directory whose store holds `a` and then `b`, and is closed.
async fn closed() -> tempfile::TempDir {
    let dir = temp_dir();
    let store = open(dir.path(), History::default()).await;
    put(&store, "a", "kept").await;
    put(&store, "b", &"long".repeat(1_000)).await;
    store.close().await;
    dir
}

async fn refusal(dir: &Path) -> OpenError {
    JournalStore::open(dir, JournalOptions::default()).await.expect_err("it is refused")
}

#[tokio::test]
async fn a_second_store_in_the_same_directory_is_refused_by_name() {
    let dir = temp_dir();
    let store = open(dir.path(), History::default()).await;
    let refused = JournalStore::open(dir.path(), without_waiting()).await.expect_err("it is in use");
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
async fn a_closed_store_leaves_its_directory_free() {
    let dir = temp_dir();
    for round in 0..10 {
        let store = JournalStore::open(dir.path(), without_waiting()).await.expect("it is free");
        put(&store, "a", &round.to_string()).await;
        store.close().await;
    }
}

/// At every byte: what is changed is found, in whatever file and place.
#[tokio::test]
async fn a_flipped_bit_is_named_and_never_served() {
    let dir = closed().await;
    let whole = fs::read(file(dir.path())).expect("the file");
    for at in (0..whole.len()).step_by(41) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(file(dir.path()), damaged).expect("written");
        let refused = refusal(dir.path()).await;
        let place = format!("at byte {}", at / BLOCK * BLOCK);
        assert!(
            matches!(&refused, OpenError::Corrupt { reason, .. } if reason.contains(&place)),
            "{refused}"
        );
    }
    fs::write(file(dir.path()), whole).expect("written");
    assert_eq!(value(&open(dir.path(), History::default()).await, "a").await.as_deref(), Some("kept"));
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let dir = closed().await;
    fs::remove_file(file(dir.path())).expect("removed");
    let refused = refusal(dir.path()).await;
    assert!(matches!(refused, OpenError::Missing { .. }), "{refused:?}");
}

#[tokio::test]
async fn what_a_lost_power_left_of_the_last_group_is_cut_off() {
    let dir = closed().await;
    let whole = fs::read(file(dir.path())).expect("the file");
    let mut torn = whole.clone();
    let middle = whole.len() - 3 * BLOCK;
    torn[middle..middle + BLOCK].fill(0);
    fs::write(file(dir.path()), torn).expect("written");
    let store = open(dir.path(), History::default()).await;
    assert_eq!(value(&store, "a").await.as_deref(), Some("kept"));
    assert_eq!(value(&store, "b").await, None);
    put(&store, "c", "next").await;
    store.close().await;
    let store = open(dir.path(), History::default()).await;
    assert_eq!(value(&store, "c").await.as_deref(), Some("next"), "nothing of the torn group is behind it");
}

#[tokio::test]
async fn files_of_a_crash_beside_the_newest_are_removed() {
    let dir = closed().await;
    fs::write(dir.path().join("journal-0000000000000002.new"), b"half").expect("written");
    let older = dir.path().join("journal-0000000000000000");
    fs::write(&older, b"older").expect("written");
    let store = open(dir.path(), History::default()).await;
    assert_eq!(value(&store, "a").await.as_deref(), Some("kept"));
    assert!(!older.exists() && !dir.path().join("journal-0000000000000002.new").exists());
}

#[tokio::test]
async fn a_newer_format_is_refused_and_left_alone() {
    let dir = closed().await;
    let newer = block::write(&[1, 0, 0, 0, 2, 9, 9], 0);
    fs::write(file(dir.path()), &newer).expect("written");
    let refused = refusal(dir.path()).await;
    assert!(matches!(refused, OpenError::NewerFormat { found: 2, .. }), "{refused:?}");
    let text = refused.to_string();
    assert!(text.ends_with("has format 2, written by a newer release; this one reads up to 1"), "{text}");
    assert_eq!(fs::read(file(dir.path())).expect("the file"), newer);
}

#[tokio::test]
async fn groups_that_do_not_belong_are_refused() {
    for (group, expect) in [
        (&b"\x09"[..], "the kind of a group"),
        (b"\x01\x00", "cut short"),
        (b"\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "not where it belongs"),
        (b"\x03\x00\x00\x00\x00", "not where it belongs"),
    ] {
        let dir = closed().await;
        fs::write(file(dir.path()), block::write(group, 0)).expect("written");
        let refused = refusal(dir.path()).await;
        assert!(
            matches!(&refused, OpenError::Corrupt { reason, .. } if reason.contains(expect)),
            "{refused}"
        );
    }
    let dir = closed().await;
    fs::write(file(dir.path()), b"").expect("written");
    let refused = refusal(dir.path()).await;
    assert!(refused.to_string().contains("its beginning is not whole"), "{refused}");
}

#[tokio::test]
async fn a_path_that_is_no_directory_is_refused() {
    let dir = temp_dir();
    let file = dir.path().join("file");
    fs::write(&file, b"").expect("a file");
    let refused = refusal(&file.join("store")).await;
    assert!(matches!(refused, OpenError::Io { action: "creating the directory", .. }), "{refused:?}");
}
