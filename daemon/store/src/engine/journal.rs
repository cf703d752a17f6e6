//! The engine that keeps its state in a directory of this machine, in one file.
//!
//! The file ([`generation`]) begins with everything that was there and goes on with the commits since, in checksummed
//! [blocks](block) of the size in which disks tear. A group of concurrent commits is one append and one `fdatasync`. When
//! the file has doubled (by 16 MiB at least), a new one is begun, whole before it gets its name. Reads never touch the
//! disk: they come from the index in memory, filled once at the start.

mod backup;
mod block;
mod change;
mod generation;
mod lock;
mod open;
mod record;

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

pub use backup::{Copied, copy, restore};
use generation::{Disk, Real};
pub use open::OpenError;

/// How a [`JournalStore`] is opened.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    pub history: History,
    /// How much its file grows at least before it is begun anew, in bytes.
    pub growth_bytes: u64,
    /// How long to wait for another process, or an earlier store of this one, to give up the directory.
    pub lock_wait: Duration,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            history: History::default(),
            growth_bytes: 16 * 1024 * 1024,
            lock_wait: Duration::from_secs(10),
        }
    }
}

/// A durable store in one directory, which one process at a time may open.
///
/// All live entries and the bounded history are held in memory too. While the disk takes no writes, commits fail
/// ([`CommitError::Unavailable`], or [`CommitError::Unknown`] where the disk does not say), and reads and watches go on;
/// once it takes them again, so does the store.
pub struct JournalStore {
    dir: PathBuf,
    shared: Arc<Shared>,
    writer: Writer,
}

impl JournalStore {
    /// Opens the store in `dir`, creating both as needed (the directory readable by its owner alone).
    pub async fn open(dir: impl Into<PathBuf>, options: JournalOptions) -> Result<Self, OpenError> {
        Self::open_with(dir.into(), options, Arc::new(Real)).await
    }

    async fn open_with(
        dir: PathBuf,
        options: JournalOptions,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, OpenError> {
        let (writer, mut inbox) = Writer::new();
        let (opened_sender, opened) = oneshot::channel();
        let thread_dir = dir.clone();
        let thread = std::thread::Builder::new().name("store-journal".to_owned()).spawn(move || {
            let open::Opened { index, mut generation, lock } = match open::open(&thread_dir, &options, disk) {
                Ok(opened) => opened,
                Err(error) => {
                    let _ = opened_sender.send(Err(error));
                    return;
                }
            };
            let shared = Shared::new(index, options.history);
            // A caller that has gone drops the writer with it, which ends the service below at once.
            let _ = opened_sender.send(Ok(Arc::clone(&shared)));
            inbox.serve(&shared, &mut generation);
            drop((generation, lock));
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

impl fmt::Debug for JournalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalStore").field("dir", &self.dir).finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for JournalStore {
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
