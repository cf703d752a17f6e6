use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

use crate::engine::History;
use crate::error::ReadError;
use crate::key::{Key, Prefix};
use crate::limits::{PAGE_BYTES_MAX, PAGE_ENTRIES_MAX};
use crate::store::{Entry, ListOptions, Page, Revision};
use crate::watch::Change;

/// All changes of one revision, in the order of its operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) revision: Revision,
    pub(super) changes: Vec<Change>,
}

/// Names one change: its revision and its place in the commit. Engines with a disk store each change under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ChangeId {
    pub(super) revision: Revision,
    pub(super) place: u16,
}

/// What one commit did to one key: `entry` is absent where it was deleted.
struct Version {
    id: ChangeId,
    entry: Option<Entry>,
}

/// Every key's versions, and the log of recent commits.
///
/// Invariant: for each revision in `compacted..=revision` every key's state can be told, and each commit after
/// `compacted` is in the log. `compacted` only grows.
#[derive(Default)]
pub(super) struct Index {
    revision: Revision,
    compacted: Revision,
    keys: BTreeMap<Key, Vec<Version>>,
    log: VecDeque<Commit>,
    log_bytes: usize,
}

impl Index {
    /// An index that has forgotten everything before `compacted`, to be filled by [`Index::fill`].
    pub(super) fn starting_at(compacted: Revision) -> Self {
        Self { revision: Revision::ZERO, compacted, ..Self::default() }
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// The oldest revision that can be read; the oldest watchable one is the next.
    pub(super) fn compacted(&self) -> Revision {
        self.compacted
    }

    pub(super) fn current(&self, key: &str) -> Option<&Entry> {
        self.keys.get(key)?.last()?.entry.as_ref()
    }

    pub(super) fn list(&self, prefix: &Prefix, options: &ListOptions) -> Result<Page, ReadError> {
        let at = options.at.unwrap_or(self.revision);
        if at > self.revision {
            return Err(ReadError::Future { current: self.revision });
        }
        if at < self.compacted {
            return Err(ReadError::Compacted { oldest: self.compacted });
        }
        let limit = options.limit.clamp(1, PAGE_ENTRIES_MAX);
        let start = match &options.after {
            Some(after) if after.as_str() >= prefix.as_str() => Bound::Excluded(after.as_str()),
            _ => Bound::Included(prefix.as_str()),
        };
        let mut page = Page { entries: Vec::new(), revision: at, more: false };
        let mut bytes = 0;
        for (key, versions) in self.keys.range::<str, _>((start, Bound::Unbounded)) {
            if !prefix.matches(key) {
                break;
            }
            let Some(entry) =
                versions.iter().rev().find(|v| v.id.revision <= at).and_then(|v| v.entry.as_ref())
            else {
                continue;
            };
            if page.entries.len() == limit || bytes >= PAGE_BYTES_MAX {
                page.more = true;
                break;
            }
            bytes += entry.key.len() + entry.value.len();
            page.entries.push(entry.clone());
        }
        Ok(page)
    }

    /// The first commits of the log after revision `after`, oldest first.
    pub(super) fn log_after(&self, after: Revision) -> impl Iterator<Item = &Commit> {
        let start = self.log.partition_point(|commit| commit.revision <= after);
        self.log.range(start..)
    }

    /// Adds a commit. Its revision must be above every earlier one.
    pub(super) fn apply(&mut self, commit: Commit) {
        debug_assert!(commit.revision > self.revision, "revisions grow");
        for (place, change) in (0..).zip(commit.changes) {
            self.fill(ChangeId { revision: commit.revision, place }, change);
        }
    }

    /// Adds one stored change to an index that is filled from a disk, in the order of their ids. Commits up to
    /// `compacted` may lack the changes that were forgotten.
    pub(super) fn fill(&mut self, id: ChangeId, change: Change) {
        let entry = match &change {
            Change::Put(entry) => Some(entry.clone()),
            Change::Delete { .. } => None,
        };
        self.keys.entry(change.key().clone()).or_default().push(Version { id, entry });
        self.revision = id.revision;
        if id.revision > self.compacted {
            self.log_bytes += change_bytes(&change);
            match self.log.back_mut() {
                Some(commit) if commit.revision == id.revision => commit.changes.push(change),
                _ => self.log.push_back(Commit { revision: id.revision, changes: vec![change] }),
            }
        }
    }

    /// Ends the filling of an index with what a disk held at `revision`: the changes of the newest commits may have been
    /// forgotten.
    pub(super) fn filled(&mut self, revision: Revision) {
        self.revision = self.revision.max(revision);
        self.prune_all();
    }

    /// Everything that is held, as changes under their ids, in no order.
    pub(super) fn versions(&self) -> Vec<(ChangeId, Change)> {
        let change = |key: &Key, version: &Version| match &version.entry {
            Some(entry) => Change::Put(entry.clone()),
            None => Change::Delete { key: key.clone(), revision: version.id.revision },
        };
        let all = self.keys.iter().flat_map(|(key, versions)| versions.iter().map(move |one| (key, one)));
        all.map(|(key, version)| (version.id, change(key, version))).collect()
    }

    /// Forgets the oldest revisions until `history` is kept.
    pub(super) fn trim(&mut self, history: History) {
        while self.log.len() > 1 && (self.log.len() > history.revisions || self.log_bytes > history.bytes) {
            self.forget_oldest();
        }
    }

    /// Forgets the revisions before `to`, as an earlier process had.
    pub(super) fn compact(&mut self, to: Revision) {
        while self.log.front().is_some_and(|oldest| oldest.revision <= to) {
            self.forget_oldest();
        }
        if to > self.compacted {
            self.compacted = to;
            self.prune_all();
        }
    }

    /// Forgets all history and goes on `by` revisions later.
    pub(super) fn leap(&mut self, by: u64) {
        self.compact(self.revision);
        self.revision = Revision(self.revision.0.saturating_add(by));
        self.compacted = self.revision;
    }

    /// Everything that is there at the newest revision, by key.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.keys.values().filter_map(|versions| versions.last()?.entry.clone()).collect()
    }

    fn forget_oldest(&mut self) {
        let Some(commit) = self.log.pop_front() else { return };
        self.log_bytes -= commit_bytes(&commit);
        self.compacted = commit.revision;
        for change in &commit.changes {
            self.prune(change.key());
        }
    }

    fn prune_all(&mut self) {
        let keys: Vec<Key> = self.keys.keys().cloned().collect();
        for key in keys {
            self.prune(&key);
        }
    }

    /// Forgets the versions of `key` that no readable revision can see.
    fn prune(&mut self, key: &Key) {
        let Some(versions) = self.keys.get_mut(key) else { return };
        let readable = versions.partition_point(|v| v.id.revision <= self.compacted).saturating_sub(1);
        versions.drain(..readable);
        if let Some(oldest) = versions.first()
            && oldest.entry.is_none()
            && oldest.id.revision <= self.compacted
        {
            versions.remove(0);
        }
        if versions.is_empty() {
            self.keys.remove(key);
        }
    }
}

fn commit_bytes(commit: &Commit) -> usize {
    commit.changes.iter().map(change_bytes).sum()
}

fn change_bytes(change: &Change) -> usize {
    match change {
        Change::Put(entry) => entry.key.len() + entry.value.len(),
        Change::Delete { key, .. } => key.len(),
    }
}
