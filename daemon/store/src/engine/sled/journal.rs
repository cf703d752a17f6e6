use std::fs::File;
use std::io;

use crate::engine::index::{ChangeId, Commit, Forgotten};
use crate::engine::sled::format::{self, COMPACTED_KEY, REVISION_KEY};
use crate::engine::writer::{Journal, JournalError};
use crate::store::Revision;

/// Brings what was written to sled's file onto the disk itself.
pub(super) trait Syncer: Send {
    fn sync(&self) -> io::Result<()>;
}

impl Syncer for File {
    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Makes the syncer out of a second handle of sled's file; fdatasync acts on the file, whichever handle wrote to it.
pub(super) type MakeSyncer = Box<dyn FnOnce(File) -> Box<dyn Syncer> + Send>;

/// sled, used for nothing but atomic batches.
pub(super) struct SledJournal {
    pub(super) db: sled::Db,
    pub(super) syncer: Box<dyn Syncer>,
}

impl SledJournal {
    /// Writes out and syncs what was inserted.
    pub(super) fn sync(&self) -> Result<(), JournalError> {
        self.db.flush().map_err(|error| JournalError(format!("flushing sled: {error}")))?;
        self.syncer.sync().map_err(|error| JournalError(format!("syncing the data file: {error}")))
    }
}

impl Journal for SledJournal {
    fn append(
        &mut self,
        commits: &[Commit],
        forgotten: &[Forgotten],
        compacted: Revision,
    ) -> Result<(), JournalError> {
        let Some(newest) = commits.last() else { return Ok(()) };
        let mut batch = sled::Batch::default();
        for commit in commits {
            for (place, change) in (0..).zip(&commit.changes) {
                let id = ChangeId { revision: commit.revision, place };
                for (key, part) in format::write_parts(id, change) {
                    batch.insert(&key, &part[..]);
                }
            }
        }
        for key in forgotten.iter().flat_map(format::part_keys) {
            batch.remove(&key);
        }
        batch.insert(REVISION_KEY, &newest.revision.0.to_be_bytes());
        batch.insert(COMPACTED_KEY, &compacted.0.to_be_bytes());
        self.db.apply_batch(batch).map_err(|error| JournalError(format!("writing to sled: {error}")))?;
        self.sync()
    }
}
