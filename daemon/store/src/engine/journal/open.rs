use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::directory;
use crate::engine::index::{ChangeId, Index};
use crate::engine::journal::block::{self, BLOCK};
use crate::engine::journal::generation::{self, Disk, Generation, UNFINISHED};
use crate::engine::journal::lock::DirLock;
use crate::engine::journal::record::{self, FORMAT, Group, Head};
use crate::engine::journal::{JournalOptions, change::Malformed};
use crate::store::Revision;
use crate::watch::Change;

/// Says that a store was begun here, so that one whose file is gone is not taken for a new one.
pub(super) const MARKER: &str = "store";

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
    /// A file is damaged: something else than this store changed it, or the disk lost what it had confirmed.
    #[error("the store in {} cannot be read: {reason}", .dir.display())]
    Corrupt { dir: PathBuf, reason: String },
    /// The file of a store that was begun here is gone.
    #[error("the store in {} has lost its file", .dir.display())]
    Missing { dir: PathBuf },
    #[error("opening the store in {} failed while {action}", .dir.display())]
    Io { dir: PathBuf, action: &'static str, source: io::Error },
    #[error("opening the store in {} ended without an answer", .dir.display())]
    Died { dir: PathBuf },
}

/// What the thread that writes works with.
pub(super) struct Opened {
    pub(super) index: Index,
    pub(super) generation: Generation,
    pub(super) lock: DirLock,
}

pub(super) fn open(dir: &Path, options: &JournalOptions, disk: Arc<dyn Disk>) -> Result<Opened, OpenError> {
    let failed = |action| move |source| OpenError::Io { dir: dir.to_owned(), action, source };
    directory::create(dir).map_err(failed("creating the directory"))?;
    let lock = DirLock::take(dir, options.lock_wait)?;
    let found = generations(dir).map_err(failed("looking for its files"))?;
    let marked = dir.join(MARKER).exists();
    let (index, generation) = match found.last() {
        None if marked => return Err(OpenError::Missing { dir: dir.to_owned() }),
        None => {
            let index = Index::default();
            let begun = Generation::begin(dir, 1, &index, disk, options.growth_bytes);
            (index, begun.map_err(failed("beginning it"))?)
        }
        Some(newest) => {
            let Read { mut index, begun, blocks } = read(dir, *newest)?;
            index.trim(options.history);
            // An older one is what a crash left after the newest was whole.
            for old in &found[..found.len() - 1] {
                std::fs::remove_file(dir.join(generation::name(*old)))
                    .map_err(failed("removing an old file"))?;
            }
            let resumed = Generation::resume(dir, *newest, begun, blocks, disk, options.growth_bytes);
            (index, resumed.map_err(failed("going on with its file"))?)
        }
    };
    if !marked {
        File::create(dir.join(MARKER)).map_err(failed("marking the directory"))?;
    }
    directory::sync(dir).map_err(failed("syncing the directory"))?;
    Ok(Opened { index, generation, lock })
}

/// The generations whose files are whole, oldest first; removes those that never became so.
fn generations(dir: &Path) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(dir)? {
        let file = file?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.strip_suffix(UNFINISHED).is_some_and(|name| generation::number(name).is_some()) {
            std::fs::remove_file(file.path())?;
        }
        found.extend(generation::number(&name));
    }
    found.sort_unstable();
    Ok(found)
}

/// The newest generation whose file is whole; touches nothing.
pub(super) fn newest(dir: &Path) -> io::Result<Option<u64>> {
    let mut found = None;
    for file in std::fs::read_dir(dir)? {
        found = found.max(generation::number(&file?.file_name().to_string_lossy()));
    }
    Ok(found)
}

/// A file as it was read.
pub(super) struct Read {
    pub(super) index: Index,
    begun: u64,
    blocks: u64,
}

pub(super) fn read(dir: &Path, number: u64) -> Result<Read, OpenError> {
    let name = generation::name(number);
    let corrupt = |reason: &dyn std::fmt::Display| OpenError::Corrupt {
        dir: dir.to_owned(),
        reason: format!("{name}: {reason}"),
    };
    let failed = |source| OpenError::Io { dir: dir.to_owned(), action: "reading its file", source };
    let file = File::open(dir.join(&name)).map_err(failed)?;
    let mut file = io::BufReader::with_capacity(1 << 20, file);
    let mut blocks = block::Reader::default();
    let mut filling = Filling::default();
    let mut buffer = [0; BLOCK];
    loop {
        let length = fill(&mut file, &mut buffer).map_err(failed)?;
        if length == 0 {
            break;
        }
        let Some(group) = blocks.take(&buffer[..length]).map_err(|damage| corrupt(&damage))? else {
            continue;
        };
        match record::read(group).map_err(|error| corrupt(&error))? {
            Group::Head(found, _) if found > FORMAT => {
                return Err(OpenError::NewerFormat { dir: dir.to_owned(), found });
            }
            group => filling.take(group, number, blocks.good()).map_err(|error| corrupt(&error))?,
        }
    }
    let Some(begun) = filling.begun else { return Err(corrupt(&"its beginning is not whole")) };
    Ok(Read { index: filling.finish(), begun, blocks: blocks.good() })
}

fn fill(file: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// An index that is filled group by group.
#[derive(Default)]
struct Filling {
    head: Option<Head>,
    index: Index,
    changes: u64,
    /// Blocks of the beginning, once it is whole.
    begun: Option<u64>,
    newest: Option<ChangeId>,
    compacted: Revision,
}

impl Filling {
    fn take(&mut self, group: Group, number: u64, blocks: u64) -> Result<(), Malformed> {
        match (group, self.head) {
            (Group::Head(_, Some(head)), None) if head.generation == number => {
                self.head = Some(head);
                self.index = Index::starting_at(head.compacted);
                self.compacted = head.compacted;
                Ok(())
            }
            (Group::Beginning { changes, last }, Some(head)) if self.begun.is_none() => {
                self.changes += changes.len() as u64;
                self.fill(changes)?;
                if !last {
                    return Ok(());
                }
                if self.changes != head.changes || self.newest.is_some_and(|id| id.revision > head.revision) {
                    return Err(Malformed("the beginning is not what its head says"));
                }
                self.index.filled(head.revision);
                self.begun = Some(blocks);
                Ok(())
            }
            (Group::Commits { compacted, changes }, Some(_)) if self.begun.is_some() => {
                if changes.first().is_none_or(|(id, _)| id.revision <= self.index.revision()) {
                    return Err(Malformed("a commit has a revision that was there before"));
                }
                self.compacted = self.compacted.max(compacted);
                self.fill(changes)
            }
            _ => Err(Malformed("a group is not where it belongs")),
        }
    }

    fn fill(&mut self, changes: Vec<(ChangeId, Change)>) -> Result<(), Malformed> {
        for (id, change) in changes {
            if self.newest.is_some_and(|newest| newest >= id) || id.revision == Revision::ZERO {
                return Err(Malformed("changes are out of order"));
            }
            self.newest = Some(id);
            self.index.fill(id, change);
        }
        Ok(())
    }

    fn finish(mut self) -> Index {
        self.index.compact(self.compacted);
        self.index
    }
}
