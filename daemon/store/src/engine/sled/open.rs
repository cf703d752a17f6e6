use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::directory;
use crate::engine::index::{ChangeId, Forgotten, Index};
use crate::engine::sled::SledOptions;
use crate::engine::sled::format::{
    self, CHANGE_PREFIX, COMPACTED_KEY, FORMAT, FORMAT_KEY, Malformed, REVISION_KEY,
};
use crate::engine::sled::journal::{MakeSyncer, SledJournal};
use crate::engine::sled::lock::DirLock;
use crate::store::Revision;

/// Why a directory could not be opened as a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the store directory {} is in use by another process", .dir.display())]
    Locked { dir: PathBuf },
    #[error(
        "the store in {} has format {found}, written by a newer release; this one reads up to {FORMAT}",
        .dir.display()
    )]
    NewerFormat { dir: PathBuf, found: u32 },
    #[error("the store in {} cannot be read: {reason}", .dir.display())]
    Corrupt { dir: PathBuf, reason: String },
    #[error("opening the store in {} failed while {action}", .dir.display())]
    Io { dir: PathBuf, action: &'static str, source: io::Error },
    #[error("opening the store in {} ended without an answer", .dir.display())]
    Died { dir: PathBuf },
}

/// What the thread that writes works with.
pub(super) struct Opened {
    pub(super) index: Index,
    pub(super) forgotten: Vec<Forgotten>,
    pub(super) journal: SledJournal,
    /// Last, so that it is given up after sled.
    pub(super) lock: DirLock,
}

pub(super) fn open(dir: &Path, options: &SledOptions, syncer: MakeSyncer) -> Result<Opened, OpenError> {
    let io_error = |action| move |source| OpenError::Io { dir: dir.to_owned(), action, source };
    let corrupt = |reason: String| OpenError::Corrupt { dir: dir.to_owned(), reason };

    directory::create(dir).map_err(io_error("creating the directory"))?;
    let lock = DirLock::take(dir, options.lock_wait)?;
    remove_torn_snapshots(dir).map_err(io_error("removing unfinished snapshots"))?;
    let db = sled::Config::new()
        .path(dir)
        .cache_capacity(options.cache_bytes)
        // Every group of commits is flushed and synced by the thread itself.
        .flush_every_ms(None)
        .open()
        .map_err(|error| corrupt(format!("sled: {error}")))?;
    let data = File::open(dir.join("db")).map_err(io_error("opening the data file"))?;
    let journal = SledJournal { db, syncer: syncer(data) };

    check_format(dir, &journal)?;
    // The files that this open created or renamed stay after a loss of power only if the directory is synced.
    directory::sync(dir).map_err(io_error("syncing the directory"))?;
    let (mut index, mut forgotten) = load(&journal.db).map_err(|error| corrupt(error.to_string()))?;
    forgotten.extend(index.trim(options.history));
    Ok(Opened { index, forgotten, journal, lock })
}

/// sled takes its newest `snap.*` file for whole, and one whose writing was cut short by a crash (`snap.*.generating`)
/// for the newest: the directory would never open again. Without it sled recovers from its log.
fn remove_torn_snapshots(dir: &Path) -> io::Result<()> {
    for file in std::fs::read_dir(dir)? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Reads the format, or writes it into an empty store.
fn check_format(dir: &Path, journal: &SledJournal) -> Result<(), OpenError> {
    let corrupt = |reason: String| OpenError::Corrupt { dir: dir.to_owned(), reason };
    let stored = journal.db.get(FORMAT_KEY).map_err(|error| corrupt(format!("sled: {error}")))?;
    let found = match stored {
        Some(stored) => format::read_u32(&stored).map_err(|error| corrupt(error.to_string()))?,
        None if journal.db.is_empty() => {
            journal
                .db
                .insert(FORMAT_KEY, &FORMAT.to_be_bytes())
                .map_err(|error| corrupt(format!("sled: {error}")))?;
            journal.sync().map_err(|error| corrupt(error.to_string()))?;
            FORMAT
        }
        None => return Err(corrupt("it holds data but no format".to_owned())),
    };
    match found {
        FORMAT => Ok(()),
        found if found > FORMAT => Err(OpenError::NewerFormat { dir: dir.to_owned(), found }),
        found => Err(corrupt(format!("no release wrote format {found}"))),
    }
}

#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error("sled: {0}")]
    Sled(#[from] sled::Error),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Fills the index. Nothing else uses sled yet, so its iterator is safe to read by.
fn load(db: &sled::Db) -> Result<(Index, Vec<Forgotten>), LoadError> {
    let revision_at = |key| -> Result<Revision, LoadError> {
        Ok(Revision(db.get(key)?.map_or(Ok(0), |value| format::read_u64(&value))?))
    };
    let revision = revision_at(REVISION_KEY)?;
    let mut index = Index::starting_at(revision_at(COMPACTED_KEY)?);
    let mut change: Option<(ChangeId, Vec<u8>)> = None;
    for part in db.scan_prefix(CHANGE_PREFIX) {
        let (key, bytes) = part?;
        let (id, part) = format::read_part_key(&key)?;
        if id.revision == Revision::ZERO || id.revision > revision {
            return Err(Malformed("a change lies outside the revisions").into());
        }
        match &mut change {
            Some((whole, record)) if *whole == id && part > 0 => record.extend_from_slice(&bytes),
            _ if part > 0 => return Err(Malformed("a change lacks its first part").into()),
            _ => {
                if let Some((id, record)) = change.replace((id, bytes.to_vec())) {
                    index.fill(id, format::read_change(id, record)?);
                }
            }
        }
    }
    if let Some((id, record)) = change {
        index.fill(id, format::read_change(id, record)?);
    }
    let forgotten = index.filled(revision);
    Ok((index, forgotten))
}
