//! The engine that keeps its state in a directory of this machine, in sled.
//!
//! sled 0.34 is used as a journal alone, by one thread, and only in the ways that were found to hold:
//!
//! * Its `flush` writes but does not reach the disk's cache flush on Linux, so every group of commits ends with
//!   `fdatasync` on a second handle of its file. Concurrent commits share both.
//! * Its iterators are no snapshots, its transactions lock the whole process, and its watches can stop every writer.
//!   None of them is used: decisions, reads and watches come from the index in memory, filled once at the start.
//! * A crash while it writes a snapshot leaves a file that makes every later open fail; it is removed before the open.
//! * Pages above 128 KiB (a page is some sixteen neighbours) leak space and escape the sync; values are stored in parts
//!   of 4 KiB.
//! * It gives up its file lock only some time after it is dropped; opening and closing wait for that.

mod format;
mod journal;
mod lock;
mod open;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::engine::History;
use crate::engine::shared::Shared;
use crate::engine::writer::Writer;
use crate::error::{CommitError, ReadError, WatchError};
use crate::key::{Key, Prefix};
use crate::store::{Committed, Entry, ListOptions, Page, Revision, Store};
use crate::txn::Txn;
use crate::watch::Watch;

pub use open::OpenError;

/// How a [`SledStore`] is opened.
#[derive(Debug, Clone)]
pub struct SledOptions {
    pub history: History,
    /// sled's page cache, in bytes. Reads do not go through it, so a small one serves.
    pub cache_bytes: u64,
    /// How long to wait for another process, or an earlier store of this one, to give up the directory.
    pub lock_wait: Duration,
}

impl Default for SledOptions {
    fn default() -> Self {
        Self {
            history: History::default(),
            cache_bytes: 32 * 1024 * 1024,
            lock_wait: Duration::from_secs(10),
        }
    }
}

/// A durable store in one directory, which one process at a time may open.
///
/// All live entries and the bounded history are held in memory too. After a failed write the store refuses commits
/// (typed, [`CommitError::Unavailable`]) until it is opened anew, while reads and watches go on.
pub struct SledStore {
    dir: PathBuf,
    shared: Arc<Shared>,
    writer: Writer,
}

impl SledStore {
    /// Opens the store in `dir`, creating both as needed (the directory readable by its owner alone).
    pub async fn open(dir: impl Into<PathBuf>, options: SledOptions) -> Result<Self, OpenError> {
        Self::open_with(dir.into(), options, Box::new(|data| Box::new(data))).await
    }

    async fn open_with(
        dir: PathBuf,
        options: SledOptions,
        syncer: journal::MakeSyncer,
    ) -> Result<Self, OpenError> {
        let (writer, mut inbox) = Writer::new();
        let (opened_sender, opened) = oneshot::channel();
        let thread_dir = dir.clone();
        let thread = std::thread::Builder::new().name("store-sled".to_owned()).spawn(move || {
            let open::Opened { index, forgotten, mut journal, lock } =
                match open::open(&thread_dir, &options, syncer) {
                    Ok(opened) => opened,
                    Err(error) => {
                        let _ = opened_sender.send(Err(error));
                        return;
                    }
                };
            let shared = Shared::new(index, options.history);
            // A caller that has gone drops the writer with it, which ends the service below at once.
            let _ = opened_sender.send(Ok(Arc::clone(&shared)));
            inbox.serve(&shared, &mut journal, forgotten);
            drop(journal);
            lock.release();
            shared.close();
            inbox.end();
        });
        if let Err(source) = thread {
            return Err(OpenError::Io { dir, action: "starting the thread that writes", source });
        }
        match opened.await {
            Ok(shared) => Ok(Self { dir, shared: shared?, writer }),
            Err(_) => Err(OpenError::Died { dir }),
        }
    }

    /// The directory it was opened in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl fmt::Debug for SledStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SledStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.shared.get(key)
    }

    async fn list(&self, prefix: &Prefix, options: ListOptions) -> Result<Page, ReadError> {
        self.shared.list(prefix, &options)
    }

    async fn commit(&self, txn: Txn) -> Result<Committed, CommitError> {
        self.writer.commit(txn).await
    }

    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, WatchError> {
        self.shared.watch(prefix, from)
    }

    async fn revision(&self) -> Result<Revision, ReadError> {
        self.shared.revision()
    }

    async fn close(&self) {
        self.writer.close().await;
        self.shared.close();
    }
}

#[cfg(test)]
mod tests;
