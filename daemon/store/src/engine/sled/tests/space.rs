use std::fs;
use std::path::Path;

use super::{key, open, put, temp_dir};
use crate::engine::History;
use crate::limits::VALUE_BYTES_MAX;
use crate::store::Store;
use crate::txn::Txn;

const SHORT: History = History { revisions: 10, bytes: 1024 * 1024 };

fn stored_changes(dir: &Path) -> usize {
    let db = sled::open(dir).expect("sled opens");
    db.scan_prefix("v").count()
}

/// sled keeps pages above its limit in files of their own, which it may never delete.
#[tokio::test]
async fn the_largest_values_stay_out_of_sleds_blob_files() {
    let dir = temp_dir();
    let store = open(dir.path(), SHORT).await;
    for round in 0..40u8 {
        let txn =
            (0..10).fold(Txn::new(), |txn, n| txn.put(key(&n.to_string()), vec![round; VALUE_BYTES_MAX]));
        store.commit(txn).await.expect("the commit is taken");
    }
    store.close().await;
    let blobs = fs::read_dir(dir.path().join("blobs")).expect("sled's directory").count();
    assert_eq!(blobs, 0);
    // 400 values of 64 KiB were written; ten are live, and the history holds at most one megabyte and one commit.
    let bytes = fs::metadata(dir.path().join("db")).expect("sled's file").len();
    assert!(bytes < 16 * 1024 * 1024, "{bytes} bytes on the disk");
}

#[tokio::test]
async fn superseded_changes_leave_the_disk() {
    let dir = temp_dir();
    let store = open(dir.path(), SHORT).await;
    for n in 0..500 {
        put(&store, &format!("k/{}", n % 5), &n.to_string()).await;
        let txn = Txn::new().put(key("gone"), "1");
        store.commit(txn).await.expect("the commit is taken");
        store.commit(Txn::new().delete(key("gone"))).await.expect("the commit is taken");
    }
    store.close().await;
    // Five live keys and the history; the last commit's leftovers go with the next.
    let held = stored_changes(dir.path());
    assert!((10..=10 + 5 + 3).contains(&held), "{held} changes on the disk");
}

#[tokio::test]
async fn a_shorter_history_at_the_next_start_frees_the_rest() {
    let dir = temp_dir();
    let store = open(dir.path(), History::default()).await;
    for n in 0..300 {
        put(&store, "a", &n.to_string()).await;
    }
    store.close().await;
    let store = open(dir.path(), SHORT).await;
    put(&store, "a", "the next commit").await;
    store.close().await;
    let held = stored_changes(dir.path());
    assert!((10..=13).contains(&held), "{held} changes on the disk");
}
