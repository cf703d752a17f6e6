use std::collections::HashMap;

use crate::engine::index::{Commit, Index};
use crate::error::CommitError;
use crate::key::Key;
use crate::store::{Entry, Revision};
use crate::txn::{Op, Txn};
use crate::watch::Change;

/// Commits accepted but not yet durable. Each is decided on the index *and* on those accepted before it, so that many
/// can share one trip to the disk and still take effect one after the other.
pub(super) struct Staging {
    revision: Revision,
    pending: HashMap<Key, Option<Entry>>,
    commits: Vec<Commit>,
}

impl Staging {
    /// Begins on top of `index`, which must not change until the commits are applied or dropped.
    pub(super) fn on(index: &Index) -> Self {
        Self { revision: index.revision(), pending: HashMap::new(), commits: Vec::new() }
    }

    /// Accepts a validated transaction, giving its revision, or refuses it for a precondition.
    pub(super) fn stage(&mut self, index: &Index, txn: Txn) -> Result<Revision, CommitError> {
        for (place, precondition) in txn.preconditions.iter().enumerate() {
            let key = precondition.key();
            let current = self.current(index, key).map(|entry| entry.mod_revision);
            if !precondition.holds(current) {
                return Err(CommitError::PreconditionFailed { index: place, key: key.clone(), current });
            }
        }
        let revision = self.revision.next();
        let changes: Vec<Change> = txn
            .ops
            .into_iter()
            .filter_map(|op| change(self.current(index, op.key()), revision, op))
            .collect();
        if changes.is_empty() {
            return Ok(self.revision);
        }
        for change in &changes {
            let entry = match change {
                Change::Put(entry) => Some(entry.clone()),
                Change::Delete { .. } => None,
            };
            self.pending.insert(change.key().clone(), entry);
        }
        self.revision = revision;
        self.commits.push(Commit { revision, changes });
        Ok(revision)
    }

    /// The revision of the newest accepted commit.
    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    pub(super) fn into_commits(self) -> Vec<Commit> {
        self.commits
    }

    fn current<'a>(&'a self, index: &'a Index, key: &Key) -> Option<&'a Entry> {
        match self.pending.get(key) {
            Some(pending) => pending.as_ref(),
            None => index.current(key.as_str()),
        }
    }
}

fn change(current: Option<&Entry>, revision: Revision, op: Op) -> Option<Change> {
    match op {
        Op::Put(key, value) => Some(Change::Put(Entry {
            key,
            value,
            create_revision: current.map_or(revision, |entry| entry.create_revision),
            mod_revision: revision,
            version: current.map_or(1, |entry| entry.version.saturating_add(1)),
        })),
        Op::Delete(key) => current.map(|_| Change::Delete { key, revision }),
    }
}
