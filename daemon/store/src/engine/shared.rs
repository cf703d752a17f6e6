use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::watch;

use crate::engine::History;
use crate::engine::cursor::Cursor;
use crate::engine::index::{Commit, Index};
use crate::error::{ReadError, WatchError};
use crate::key::{Key, Prefix};
use crate::store::{Entry, ListOptions, Page, Revision};
use crate::watch::{Changes, Watch};

/// What watches wait for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal {
    pub(super) revision: Revision,
    pub(super) closed: bool,
}

/// The index, shared by one writer and any number of readers and watches. Locks are held for one page or one bounded
/// stretch of the log, never across a wait.
pub(super) struct Shared {
    pub(super) index: RwLock<Index>,
    history: History,
    signal: watch::Sender<Signal>,
}

/// What a look at the log past a watch's place brought.
pub(super) enum Step {
    /// The next commit with matching changes.
    Found(Changes),
    /// No match up to this revision, and the log goes on.
    Passed(Revision),
    /// No match up to this revision, the newest.
    End(Revision),
}

/// Most commits looked at under one lock.
const COMMITS_PER_STEP_MAX: usize = 256;

impl Shared {
    pub(super) fn new(index: Index, history: History) -> Arc<Self> {
        let signal = watch::Sender::new(Signal { revision: index.revision(), closed: false });
        Arc::new(Self { index: RwLock::new(index), history, signal })
    }

    pub(super) fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.open_for_reads()?;
        Ok(self.index.read().current(key.as_str()).cloned())
    }

    pub(super) fn list(&self, prefix: &Prefix, options: &ListOptions) -> Result<Page, ReadError> {
        self.open_for_reads()?;
        self.index.read().list(prefix, options)
    }

    pub(super) fn revision(&self) -> Result<Revision, ReadError> {
        self.open_for_reads()?;
        Ok(self.index.read().revision())
    }

    pub(super) fn watch(self: &Arc<Self>, prefix: &Prefix, from: Revision) -> Result<Watch, WatchError> {
        if self.is_closed() {
            return Err(WatchError::Closed);
        }
        // A watch's place is the revision it has passed.
        let place = Revision(from.0.saturating_sub(1));
        let (revision, compacted) = {
            let index = self.index.read();
            (index.revision(), index.compacted())
        };
        if place > revision {
            return Err(WatchError::Future { current: revision });
        }
        if place < compacted {
            return Err(WatchError::Compacted { oldest: compacted.next() });
        }
        Ok(Watch::new(Cursor::new(Arc::clone(self), prefix.clone(), place, self.signal.subscribe())))
    }

    /// Looks for the first matching commit after `place`.
    pub(super) fn step(&self, prefix: &Prefix, place: Revision) -> Result<Step, WatchError> {
        let index = self.index.read();
        if place < index.compacted() {
            return Err(WatchError::Compacted { oldest: index.compacted().next() });
        }
        let mut passed = place;
        for (looked_at, commit) in index.log_after(place).enumerate() {
            if looked_at == COMMITS_PER_STEP_MAX {
                return Ok(Step::Passed(passed));
            }
            passed = commit.revision;
            let changes: Vec<_> =
                commit.changes.iter().filter(|c| prefix.matches(c.key())).cloned().collect();
            if !changes.is_empty() {
                return Ok(Step::Found(Changes { revision: commit.revision, changes }));
            }
        }
        Ok(Step::End(index.revision()))
    }

    /// Makes durable commits visible and wakes the watches.
    pub(super) fn publish(&self, commits: Vec<Commit>) {
        let revision = {
            let mut index = self.index.write();
            self.apply(&mut index, commits)
        };
        self.announce(revision);
    }

    /// As [`Shared::publish`], for a caller that holds the index and announces the revision afterwards.
    pub(super) fn apply(&self, index: &mut Index, commits: Vec<Commit>) -> Revision {
        for commit in commits {
            index.apply(commit);
        }
        index.trim(self.history);
        index.revision()
    }

    pub(super) fn announce(&self, revision: Revision) {
        self.signal.send_if_modified(|signal| {
            let newer = revision > signal.revision;
            signal.revision = signal.revision.max(revision);
            newer
        });
    }

    pub(super) fn close(&self) {
        self.signal.send_modify(|signal| signal.closed = true);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.signal.borrow().closed
    }

    fn open_for_reads(&self) -> Result<(), ReadError> {
        if self.is_closed() { Err(ReadError::Closed) } else { Ok(()) }
    }
}
