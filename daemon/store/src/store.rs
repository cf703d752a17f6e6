use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::{CommitError, ReadError, WatchError};
use crate::key::{Key, Prefix};
use crate::limits::PAGE_ENTRIES_MAX;
use crate::txn::Txn;
use crate::watch::Watch;

/// Ordered keys with revisions: the one place where the daemon remembers.
///
/// Every engine keeps this contract, and the suite in `contract` holds it to it:
///
/// * **Revisions.** The store has one revision counter. A commit that changes something gets the next one; everything
///   it changes carries that revision. Revisions grow and are never used twice, across restarts too; they may skip.
/// * **Linearizable.** A read that begins after a commit was acknowledged sees it. Commits take effect one after the
///   other in the order of their revisions.
/// * **Durable.** An acknowledged commit survives a crash of the process and a loss of power. Reads and watches show
///   durable commits only.
/// * **Bounded history.** Old revisions are forgotten; who asks for one learns it by a typed *compacted*.
///
/// Dropping a call's future cancels the waiting, not the commit: its outcome is then as if it were
/// [`CommitError::Unknown`]. The calls wait for the disk or the network without a limit of their own; callers bring
/// their deadline.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug + 'static {
    /// The entry under `key`, or `None`.
    async fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError>;

    /// One page, in key order, of the entries under `prefix`, as they were at one revision: the one asked for, or the
    /// current one. Later pages pass the first page's revision and the last key seen ([`Page::next`]).
    async fn list(&self, prefix: &Prefix, options: ListOptions) -> Result<Page, ReadError>;

    /// Does all operations of `txn` at one new revision if all its preconditions hold, and else none. A transaction
    /// that changes nothing (no operations, or deletes of absent keys) answers the current revision.
    async fn commit(&self, txn: Txn) -> Result<Committed, CommitError>;

    /// Hands out every change under `prefix` at or after revision `from`, one batch for each revision, in order.
    /// A reader that listed at revision `r` watches from [`Revision::next`] of it and misses nothing.
    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, WatchError>;

    /// The newest revision.
    async fn revision(&self) -> Result<Revision, ReadError>;

    /// Answers the commits under way, ends every watch, and releases what the engine holds (files, locks, connections)
    /// before it returns. Every later call is answered with *closed*. Closing twice is harmless.
    async fn close(&self);
}

/// A point in the order of commits. The empty store is at [`Revision::ZERO`] or a little later, depending on the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

impl Revision {
    /// Before every commit.
    pub const ZERO: Self = Self(0);

    /// The revision after this one: where a watch goes on.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A key's state at some revision.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: Key,
    pub value: Bytes,
    /// The commit that created the key; a key deleted and put again is created again.
    pub create_revision: Revision,
    /// The commit that last put it.
    pub mod_revision: Revision,
    /// How often it was put since it was created; 1 for a new key.
    pub version: u64,
}

/// Values stay out of debug output: records hold people's data.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("key", &self.key)
            .field("value_bytes", &self.value.len())
            .field("create_revision", &self.create_revision.0)
            .field("mod_revision", &self.mod_revision.0)
            .field("version", &self.version)
            .finish()
    }
}

/// The acknowledgement of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The revision that every entry it put now carries.
    pub revision: Revision,
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOptions {
    /// Only keys after this one.
    pub after: Option<Key>,
    /// Most entries wanted; taken as at least 1 and at most [`PAGE_ENTRIES_MAX`].
    pub limit: usize,
    /// The revision to read at; the current one when absent.
    pub at: Option<Revision>,
}

impl Default for ListOptions {
    /// The first, largest page at the current revision.
    fn default() -> Self {
        Self { after: None, limit: PAGE_ENTRIES_MAX, at: None }
    }
}

/// Entries in key order, all as they were at `revision`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub entries: Vec<Entry>,
    pub revision: Revision,
    /// Whether keys follow the last one. Pages also end on a bound of bytes, so only this tells the end.
    pub more: bool,
}

impl Page {
    /// The options for the page after this one, or `None` after the last.
    pub fn next(&self, limit: usize) -> Option<ListOptions> {
        let last = self.entries.last()?;
        self.more.then(|| ListOptions { after: Some(last.key.clone()), limit, at: Some(self.revision) })
    }
}
