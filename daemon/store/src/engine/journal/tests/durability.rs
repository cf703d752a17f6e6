use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::mpsc;

use super::{key, open, put, temp_dir, value};
use crate::engine::History;
use crate::engine::journal::generation::Disk;
use crate::engine::journal::{JournalOptions, JournalStore};
use crate::error::CommitError;
use crate::key::Prefix;
use crate::store::Store;
use crate::txn::Txn;

/// Calls a function in place of each fdatasync but the one that creates the store.
struct Hook<F>(F, AtomicUsize);

impl<F: Fn(usize) -> io::Result<()> + Send + Sync> Disk for Hook<F> {
    fn sync(&self, _: &File) -> io::Result<()> {
        match self.1.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(()),
            sync => (self.0)(sync),
        }
    }
}

async fn open_hooked(
    dir: &Path,
    hook: impl Fn(usize) -> io::Result<()> + Send + Sync + 'static,
) -> JournalStore {
    let disk = Arc::new(Hook(hook, AtomicUsize::new(0)));
    JournalStore::open_with(dir.to_owned(), JournalOptions::default(), disk).await.expect("the store opens")
}

/// A syncer that says when it is entered, and waits for leave to go on.
fn gate() -> (
    impl Fn(usize) -> io::Result<()> + Send + Sync,
    mpsc::UnboundedReceiver<usize>,
    std::sync::mpsc::Sender<()>,
) {
    let (entered_sender, entered) = mpsc::unbounded_channel();
    let (leave, left) = std::sync::mpsc::channel();
    let left = Mutex::new(left);
    let hook = move |sync| {
        let _ = entered_sender.send(sync);
        left.lock()
            .recv_timeout(Duration::from_secs(60))
            .map_err(|_| io::Error::other("the test gave no leave"))
    };
    (hook, entered, leave)
}

/// Waits for the next sync, failing instead of hanging.
async fn reaches_the_disk(entered: &mut mpsc::UnboundedReceiver<usize>) {
    let sync = tokio::time::timeout(Duration::from_secs(60), entered.recv()).await;
    sync.expect("a commit reaches the disk within a minute").expect("the thread lives");
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for file in fs::read_dir(from).expect("a directory") {
        let file = file.expect("a file");
        let target = to.join(file.file_name());
        if file.path().is_dir() {
            copy_dir(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).expect("it is copied");
        }
    }
}

/// Each sync takes an image of the directory. What is acknowledged afterwards is in it: it was written before.
#[tokio::test]
async fn what_is_synced_was_flushed_before() {
    let (dir, images) = (temp_dir(), temp_dir());
    let (from, to) = (dir.path().to_owned(), images.path().to_owned());
    let store = open_hooked(dir.path(), move |sync| {
        copy_dir(&from, &to.join(sync.to_string()));
        Ok(())
    })
    .await;
    for n in 1..=5 {
        put(&store, "a", &n.to_string()).await;
        let image: PathBuf = images.path().join(n.to_string());
        let crashed = open(&image, History::default()).await;
        assert_eq!(value(&crashed, "a").await, Some(n.to_string()));
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_or_shown_before_the_sync() {
    let dir = temp_dir();
    let (hook, mut entered, leave) = gate();
    let store = open_hooked(dir.path(), hook).await;
    let start = store.revision().await.expect("the revision");
    let mut watch = store.watch(&Prefix::all(), start.next()).await.expect("the watch starts");
    let mut commit = store.commit(Txn::new().put(key("a"), "1"));
    assert!((&mut commit).now_or_never().is_none());
    reaches_the_disk(&mut entered).await;
    assert!((&mut commit).now_or_never().is_none(), "acknowledged before the sync");
    assert_eq!(value(&store, "a").await, None, "read before the sync");
    assert_eq!(store.revision().await, Ok(start), "counted before the sync");
    assert!(watch.next().now_or_never().is_none(), "watched before the sync");
    leave.send(()).expect("the thread waits");
    let committed = commit.await.expect("the commit is taken");
    assert_eq!(watch.next().await.expect("the watch goes on").revision, committed.revision);
    assert_eq!(value(&store, "a").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn concurrent_commits_share_a_sync() {
    let dir = temp_dir();
    let (hook, mut entered, leave) = gate();
    let store = open_hooked(dir.path(), hook).await;
    let commit =
        |n: usize| store.commit(Txn::new().put(key("counter"), n.to_string()).put(key(&format!("{n}")), ""));
    let mut first = commit(0);
    assert!((&mut first).now_or_never().is_none());
    reaches_the_disk(&mut entered).await;
    // These are queued while the disk is busy (`join_all` polls up to 30 futures at once, and more in turns).
    let mut others = join_all((1..=30).map(commit));
    assert!((&mut others).now_or_never().is_none());
    for _ in 0..2 {
        leave.send(()).expect("the thread waits");
    }
    let first = first.await.expect("it is taken").revision;
    let others: Vec<_> = others.await.into_iter().map(|taken| taken.expect("it is taken").revision).collect();
    assert!(others.is_sorted() && others[0] > first);
    assert_eq!(entered.recv().await, Some(2), "the second sync served them all");
    assert!(entered.try_recv().is_err(), "and no third was needed");
    assert_eq!(value(&store, "counter").await.as_deref(), Some("30"));
    assert_eq!(store.get(&key("counter")).await.expect("read").expect("there").version, 31);
}

#[tokio::test]
async fn commits_of_one_group_are_judged_one_after_the_other() {
    let dir = temp_dir();
    let (hook, mut entered, leave) = gate();
    let store = open_hooked(dir.path(), hook).await;
    let mut first = store.commit(Txn::new().put(key("busy"), "1"));
    assert!((&mut first).now_or_never().is_none());
    reaches_the_disk(&mut entered).await;
    let create = |owner: &'static str| store.commit(Txn::new().absent(key("lock")).put(key("lock"), owner));
    let remove = || store.commit(Txn::new().present(key("lock")).delete(key("lock")));
    let mut group = join_all([create("one"), create("two"), remove(), create("three"), remove(), remove()]);
    assert!((&mut group).now_or_never().is_none());
    for _ in 0..2 {
        leave.send(()).expect("the thread waits");
    }
    first.await.expect("it is taken");
    let taken: Vec<bool> = group.await.iter().map(Result::is_ok).collect();
    assert_eq!(taken, [true, false, true, true, true, false]);
    assert_eq!(value(&store, "lock").await, None);
}

/// The second sync of a commit fails, and with `again` the one that would make sure that nothing of it is left.
async fn fails_to_sync(again: bool) -> (tempfile::TempDir, JournalStore) {
    let dir = temp_dir();
    let hook = move |sync| match sync {
        2 => Err(io::Error::other("the disk is gone")),
        3 if again => Err(io::Error::other("the disk is still gone")),
        _ => Ok(()),
    };
    let store = open_hooked(dir.path(), hook).await;
    put(&store, "a", "durable").await;
    (dir, store)
}

#[tokio::test]
async fn a_commit_that_could_not_be_synced_did_not_happen_and_the_next_one_does() {
    let (dir, store) = fails_to_sync(false).await;
    let refused = store.commit(Txn::new().put(key("a"), "lost")).await.expect_err("the sync fails");
    assert!(
        matches!(refused, CommitError::Unavailable { .. }) && !refused.may_have_happened(),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("the disk is gone"), "{refused}");
    assert_eq!(value(&store, "a").await.as_deref(), Some("durable"), "reads go on");
    put(&store, "b", "1").await;
    store.close().await;
    let store = open(dir.path(), History::default()).await;
    assert_eq!(value(&store, "a").await.as_deref(), Some("durable"));
    assert_eq!(value(&store, "b").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_commit_in_doubt_is_unknown_and_a_new_file_settles_it() {
    let (dir, store) = fails_to_sync(true).await;
    let before = store.revision().await.expect("the revision");
    let mut watch = store.watch(&Prefix::all(), before.next()).await.expect("the watch starts");
    let unknown = store.commit(Txn::new().put(key("a"), "in doubt")).await.expect_err("the sync fails");
    assert!(matches!(unknown, CommitError::Unknown { .. }) && unknown.may_have_happened(), "{unknown:?}");
    assert_eq!(value(&store, "a").await.as_deref(), Some("durable"), "reads go on");
    assert!(watch.next().now_or_never().is_none(), "and watches show nothing in doubt");
    let committed = put(&store, "b", "1").await;
    assert_eq!(watch.next().await.expect("the watch goes on").revision, committed);
    assert_eq!(files(dir.path()), ["journal-0000000000000002"], "the file in doubt is gone");
    store.close().await;
    let store = open(dir.path(), History::default()).await;
    assert_eq!(value(&store, "a").await.as_deref(), Some("durable"));
    assert_eq!(value(&store, "b").await.as_deref(), Some("1"));
}

fn files(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).expect("a directory").map(|file| file.expect("a file").file_name());
    names.map(|name| name.into_string().expect("text")).filter(|name| name.starts_with("journal-")).collect()
}

#[tokio::test]
async fn commits_beside_one_in_doubt_did_not_happen() {
    let dir = temp_dir();
    let (entered_sender, mut entered) = mpsc::unbounded_channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let left = Mutex::new(left);
    let store = open_hooked(dir.path(), move |sync| {
        let _ = entered_sender.send(sync);
        let _ = left.lock().recv_timeout(Duration::from_secs(60));
        if sync == 2 || sync == 3 { Err(io::Error::other("the disk is gone")) } else { Ok(()) }
    })
    .await;
    let mut first = store.commit(Txn::new().put(key("a"), "1"));
    assert!((&mut first).now_or_never().is_none());
    reaches_the_disk(&mut entered).await;
    let mut group = join_all([
        store.commit(Txn::new().put(key("b"), "1")),
        store.commit(Txn::new().absent(key("b")).put(key("c"), "1")),
        store.commit(Txn::new().present(key("b"))),
    ]);
    assert!((&mut group).now_or_never().is_none());
    drop(leave);
    first.await.expect("it is taken");
    let outcomes = group.await;
    assert!(matches!(outcomes[0], Err(CommitError::Unknown { .. })), "{outcomes:?}");
    assert!(
        matches!(outcomes[1], Err(CommitError::Unavailable { .. })),
        "judged by what is in doubt: {outcomes:?}"
    );
    assert!(
        matches!(outcomes[2], Err(CommitError::Unavailable { .. })),
        "judged by what is in doubt: {outcomes:?}"
    );
}

/// Fails, by chance, to write half of what it should or to sync it, also while a new file is begun.
struct Failing(Mutex<StdRng>);

impl Disk for Failing {
    fn write(&self, file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
        if self.0.lock().random_bool(0.1) {
            std::os::unix::fs::FileExt::write_all_at(file, &bytes[..bytes.len() / 2], at)?;
            return Err(io::Error::other("no room"));
        }
        std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if self.0.lock().random_bool(0.2) { Err(io::Error::other("no sync")) } else { file.sync_data() }
    }
}

/// Files change every few commits here. Each time the store is opened anew it holds every commit that was taken, and of
/// those that were not, at most the last one in doubt.
#[tokio::test]
async fn what_was_taken_survives_a_failing_disk_and_every_change_of_file() {
    let dir = temp_dir();
    let (mut taken, mut refused, mut in_doubt) = (0_u64, 0, None);
    for round in 0..30 {
        open(dir.path(), History::default()).await.close().await;
        let disk = Arc::new(Failing(Mutex::new(StdRng::seed_from_u64(round))));
        let options = JournalOptions { growth_bytes: 4096, ..JournalOptions::default() };
        let store =
            JournalStore::open_with(dir.path().to_owned(), options, disk).await.expect("the store opens");
        let held = value(&store, "last").await.map_or(0, |held| held.parse::<u64>().expect("a number"));
        assert!(
            held == taken || Some(held) == in_doubt,
            "{taken} was taken, {in_doubt:?} in doubt, {held} is there"
        );
        taken = held;
        for next in (taken + 1)..(taken + 40) {
            let long = "x".repeat(next as usize % 3000);
            match store.commit(Txn::new().put(key("last"), next.to_string()).put(key("long"), long)).await {
                Ok(_) => (taken, in_doubt) = (next, None),
                Err(CommitError::Unknown { .. }) => in_doubt = Some(next),
                Err(CommitError::Unavailable { .. }) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
            assert_eq!(value(&store, "last").await.map_or(0, |held| held.parse().expect("a number")), taken);
        }
        store.close().await;
    }
    let last = files(dir.path());
    assert!(taken > 500 && refused > 50 && last.len() == 1, "{taken} taken, {refused} refused, {last:?}");
}
