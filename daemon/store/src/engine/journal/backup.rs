//! Copies of a journal store: one that is taken while another process writes, and one that is begun from it.

use std::path::Path;
use std::sync::Arc;

use crate::directory;
use crate::engine::journal::JournalOptions;
use crate::engine::journal::generation::{Generation, Real};
use crate::engine::journal::open::{MARKER, OpenError, newest, read};
use crate::store::{Entry, Revision};

/// How often the newest file is looked for: another process may have begun the next one and removed it meanwhile.
const LOOKS_MAX: usize = 8;

/// What a copy holds.
#[derive(Debug, Clone)]
pub struct Copied {
    pub revision: Revision,
    /// Everything that is there at that revision.
    pub entries: Vec<Entry>,
}

/// Copies the store in `from` into the directory `to`, which must not hold one. Another process may write to `from`
/// meanwhile: the copy is what was there at one revision, history included. Every checksum is verified, and the copy is
/// on the disk when this returns. Blocks.
pub fn copy(from: &Path, to: &Path) -> Result<Copied, OpenError> {
    let (index, number) = look(from)?;
    let copied = Copied { revision: index.revision(), entries: index.entries() };
    begin(to, number, &index)?;
    Ok(copied)
}

/// As [`copy`], for a store that goes on in the place of another one: its revision leaps by `leap`, so that nobody takes
/// what comes for something else that was told under the same revision, and its history begins there.
pub fn restore(from: &Path, to: &Path, leap: u64) -> Result<Copied, OpenError> {
    let (mut index, number) = look(from)?;
    index.leap(leap);
    let restored = Copied { revision: index.revision(), entries: index.entries() };
    begin(to, number + 1, &index)?;
    Ok(restored)
}

/// Reads the newest file without touching anything.
fn look(dir: &Path) -> Result<(crate::engine::index::Index, u64), OpenError> {
    let mut failure = OpenError::Missing { dir: dir.to_owned() };
    for _ in 0..LOOKS_MAX {
        let listed = newest(dir).map_err(|source| OpenError::Io {
            dir: dir.to_owned(),
            action: "looking for its files",
            source,
        })?;
        let Some(number) = listed else { break };
        match read(dir, number) {
            Ok(read) => return Ok((read.index, number)),
            // A file that was replaced, or whose failed end was just being cut and written anew.
            Err(error @ (OpenError::Io { .. } | OpenError::Corrupt { .. })) => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

fn begin(to: &Path, number: u64, index: &crate::engine::index::Index) -> Result<(), OpenError> {
    let failed = |action| move |source| OpenError::Io { dir: to.to_owned(), action, source };
    directory::create(to).map_err(failed("creating the directory"))?;
    if newest(to).map_err(failed("looking for its files"))?.is_some() {
        let source = std::io::ErrorKind::AlreadyExists.into();
        return Err(OpenError::Io { dir: to.to_owned(), action: "copying into it", source });
    }
    let growth = JournalOptions::default().growth_bytes;
    Generation::begin(to, number, index, Arc::new(Real), growth).map_err(failed("writing the copy"))?;
    std::fs::File::create(to.join(MARKER)).map_err(failed("marking the directory"))?;
    directory::sync(to).map_err(failed("syncing the directory"))?;
    // What was written is read again: a disk that lies is noticed now.
    read(to, number).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::journal::JournalStore;
    use crate::{Key, ListOptions, Prefix, Store as _, Txn, WatchError};

    fn key(text: &str) -> Key {
        Key::new(text).expect("valid")
    }

    async fn put(store: &JournalStore, name: &str, value: &str) -> Revision {
        let txn = Txn::new().put(key(name), value.to_owned());
        store.commit(txn).await.expect("committed").revision
    }

    #[tokio::test]
    async fn a_copy_of_a_store_that_is_written_to_is_what_was_there_at_one_revision() {
        let dir = tempfile::tempdir().expect("a directory");
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let options = JournalOptions { growth_bytes: 32 * 1024, ..JournalOptions::default() };
        let store = Arc::new(JournalStore::open(&from, options.clone()).await.expect("opened"));
        put(&store, "n", "0").await;
        let writer = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 1..400u32 {
                    let txn =
                        Txn::new().put(key("n"), n.to_string()).put(key(&format!("k/{n}")), "x".repeat(200));
                    store.commit(txn).await.expect("committed");
                }
            })
        };
        let mut copies = 0;
        while !writer.is_finished() || copies == 0 {
            let to = to.join(copies.to_string());
            let (source, target) = (from.clone(), to.clone());
            let copied = tokio::task::spawn_blocking(move || copy(&source, &target)).await.expect("ran");
            let copied = copied.expect("copied");
            let held = JournalStore::open(&to, options.clone()).await.expect("it opens");
            assert_eq!(held.revision().await.expect("read"), copied.revision);
            let n = held.get(&key("n")).await.expect("read").expect("there");
            let n: usize = String::from_utf8_lossy(&n.value).parse().expect("a number");
            let prefix = Prefix::new("k/").expect("valid");
            let all = crate::read_all(&held, &prefix, 1_000).await.expect("read").entries.len();
            assert_eq!((n, copied.entries.len()), (all, all + 1), "both keys of a commit, or none");
            copies += 1;
        }
        writer.await.expect("written");
    }

    #[tokio::test]
    async fn a_restored_store_leaps_and_has_no_history_from_before() {
        let dir = tempfile::tempdir().expect("a directory");
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let store = JournalStore::open(&from, JournalOptions::default()).await.expect("opened");
        put(&store, "a", "1").await;
        let last = put(&store, "b", "2").await;
        store.close().await;
        let restored = restore(&from, &to, 1_000).expect("restored");
        assert_eq!(restored.revision, Revision(last.0 + 1_000));
        let store = JournalStore::open(&to, JournalOptions::default()).await.expect("opened");
        assert_eq!(store.get(&key("a")).await.expect("read").expect("there").mod_revision, Revision(1));
        let next = put(&store, "c", "3").await;
        assert_eq!(next, Revision(last.0 + 1_001));
        // A token from before the restore, also one from after the backup, is told so.
        for revision in [Revision(1), Revision(last.0 + 500)] {
            let refused = store.watch(&Prefix::all(), revision).await;
            assert!(matches!(refused, Err(WatchError::Compacted { .. })), "{revision:?}");
            let options = ListOptions { at: Some(revision), ..ListOptions::default() };
            assert!(store.list(&Prefix::all(), options).await.is_err(), "{revision:?}");
        }
        store.close().await;
        let store = JournalStore::open(&to, JournalOptions::default()).await.expect("opened again");
        assert_eq!(store.revision().await.expect("read"), next);
    }

    #[tokio::test]
    async fn damage_is_named_and_nothing_is_written_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        assert!(matches!(copy(&from, &to), Err(OpenError::Io { .. })));
        let store = JournalStore::open(&from, JournalOptions::default()).await.expect("opened");
        for n in 0..20 {
            put(&store, &format!("k/{n}"), &"v".repeat(3_000)).await;
        }
        store.close().await;
        copy(&from, &to).expect("copied");
        assert!(matches!(copy(&from, &to), Err(OpenError::Io { action: "copying into it", .. })));
        let number = newest(&from).expect("listed").expect("there");
        let file = from.join(crate::engine::journal::generation::name(number));
        let mut bytes = std::fs::read(&file).expect("read");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x10;
        std::fs::write(&file, bytes).expect("written");
        let refused = copy(&from, &dir.path().join("other"));
        assert!(matches!(refused, Err(OpenError::Corrupt { .. })), "{refused:?}");
    }
}
