use super::{open, put, temp_dir, value};
use crate::engine::History;
use crate::store::{Revision, Store};

/// A history that holds little.
fn short() -> History {
    History { revisions: 3, ..History::default() }
}

fn bytes(dir: &std::path::Path) -> u64 {
    std::fs::read_dir(dir)
        .expect("a directory")
        .map(|file| file.expect("a file").metadata().expect("it").len())
        .sum()
}

#[tokio::test]
async fn a_file_that_has_grown_is_begun_anew_with_what_is_left() {
    let dir = temp_dir();
    let store = open(dir.path(), short()).await;
    put(&store, "kept", "from the beginning").await;
    let long = "x".repeat(60_000);
    for round in 0..700 {
        put(&store, "large", &format!("{round} {long}")).await;
    }
    assert!(bytes(dir.path()) < 20 * 1024 * 1024, "{} bytes", bytes(dir.path()));
    let revision = store.revision().await.expect("the revision");
    store.close().await;
    let store = open(dir.path(), short()).await;
    assert_eq!(store.revision().await, Ok(revision));
    assert_eq!(value(&store, "kept").await.as_deref(), Some("from the beginning"));
    assert!(value(&store, "large").await.expect("there").starts_with("699 "));
    let watch = store.watch(&crate::key::Prefix::all(), Revision(2)).await;
    assert!(watch.is_err(), "what was forgotten stays forgotten");
}
