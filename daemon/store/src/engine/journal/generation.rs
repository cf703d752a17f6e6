//! One file of the store: everything that was there when the file was begun, and every group of commits since.
//!
//! A new generation is written beside the old one, synced, and only then given its name; then the old one is removed.
//! So there is always one file that is whole by itself, and none that needs another.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::directory;
use crate::engine::index::{Commit, Index};
use crate::engine::journal::block::{self, BLOCK};
use crate::engine::journal::record::{self, Head};
use crate::engine::writer::{Journal, JournalError};
use crate::store::Revision;

/// Bytes of changes in one group of a generation's beginning.
const CHUNK_BYTES: usize = 256 * 1024;

/// Brings what was written to a file onto the disk itself.
pub(super) trait Disk: Send + Sync {
    fn write(&self, file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// The disk of this machine.
pub(super) struct Real;

impl Disk for Real {}

/// The newest generation, open for appending.
pub(super) struct Generation {
    dir: PathBuf,
    number: u64,
    file: File,
    disk: Arc<dyn Disk>,
    /// Blocks that are certain.
    blocks: u64,
    /// Blocks of the beginning.
    begun: u64,
    /// Bytes by which it grows at least before the next is begun.
    growth: u64,
    /// What the file holds behind `blocks` is not known: nothing may be written behind it.
    doubtful: bool,
}

/// Name of the file of a generation.
pub(super) fn name(number: u64) -> String {
    format!("journal-{number:016x}")
}

/// The number in the name of a file.
pub(super) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("journal-").filter(|digits| digits.len() == 16)?;
    u64::from_str_radix(digits, 16).ok()
}

/// Ending of a file that is not whole yet.
pub(super) const UNFINISHED: &str = ".new";

impl Generation {
    /// Goes on with a file of which so many blocks were read.
    pub(super) fn resume(
        dir: &Path,
        number: u64,
        begun: u64,
        blocks: u64,
        disk: Arc<dyn Disk>,
        growth: u64,
    ) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).open(dir.join(name(number)))?;
        // What was written behind and never acknowledged must not mix with what comes.
        file.set_len(blocks * BLOCK as u64)?;
        file.sync_all()?;
        Ok(Self { dir: dir.to_owned(), number, file, disk, blocks, begun, growth, doubtful: false })
    }

    /// Begins a generation with what `index` holds.
    pub(super) fn begin(
        dir: &Path,
        number: u64,
        index: &Index,
        disk: Arc<dyn Disk>,
        growth: u64,
    ) -> io::Result<Self> {
        let unfinished = dir.join(name(number) + UNFINISHED);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&unfinished)?;
        let written = write_beginning(&file, number, index).and_then(|blocks| {
            disk.sync(&file)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, dir.join(name(number)))?;
            directory::sync(dir)?;
            Ok(blocks)
        });
        match written {
            Ok(blocks) => Ok(Self {
                dir: dir.to_owned(),
                number,
                file,
                disk,
                blocks,
                begun: blocks,
                growth,
                doubtful: false,
            }),
            Err(error) => {
                // The room may be what is missing.
                let _ = std::fs::remove_file(&unfinished);
                Err(error)
            }
        }
    }

    /// Begins the next generation with what `index` holds and removes this one.
    fn renew(&mut self, index: &Index) -> io::Result<()> {
        match Self::begin(&self.dir, self.number + 1, index, Arc::clone(&self.disk), self.growth) {
            Ok(next) => {
                let old = self.dir.join(name(self.number));
                *self = next;
                // Were it to stay, the next start would remove it.
                let _ = std::fs::remove_file(old);
                Ok(())
            }
            Err(error) => {
                // Were the new one to keep its name, the next start would take it for the newest, and miss what is
                // appended to this one from now on.
                let named = self.dir.join(name(self.number + 1));
                if named.exists()
                    && std::fs::remove_file(&named).and_then(|()| directory::sync(&self.dir)).is_err()
                {
                    self.doubtful = true;
                }
                Err(error)
            }
        }
    }

    fn grown(&self) -> bool {
        let (begun, blocks) = (self.begun * BLOCK as u64, self.blocks * BLOCK as u64);
        blocks - begun > self.growth.max(begun)
    }

    /// Forgets what a failed append may have left. Without room or with an error of the disk that may fail too.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.blocks * BLOCK as u64)?;
        self.disk.sync(&self.file)
    }
}

fn write_beginning(file: &File, number: u64, index: &Index) -> io::Result<u64> {
    let mut changes = index.versions();
    changes.sort_unstable_by_key(|(id, _)| *id);
    let head = Head {
        generation: number,
        revision: index.revision(),
        compacted: index.compacted(),
        changes: changes.len() as u64,
    };
    let mut out = io::BufWriter::with_capacity(1 << 20, file);
    let mut blocks = 0;
    let mut group = |bytes: &[u8]| {
        let written = block::write(bytes, blocks);
        blocks += (written.len() / BLOCK) as u64;
        out.write_all(&written)
    };
    group(&record::head(&head))?;
    let mut chunk = record::Changes::of_beginning();
    for (id, change) in changes {
        chunk.add(id, &change);
        if chunk.bytes() >= CHUNK_BYTES {
            group(&std::mem::replace(&mut chunk, record::Changes::of_beginning()).finish())?;
        }
    }
    group(&chunk.finish_beginning())?;
    out.flush()?;
    Ok(blocks)
}

impl Journal for Generation {
    fn append(
        &mut self,
        before: &Index,
        commits: &[Commit],
        compacted: Revision,
    ) -> Result<(), JournalError> {
        if (self.doubtful || self.grown())
            && let Err(error) = self.renew(before)
        {
            if self.doubtful {
                return Err(JournalError::Refused(format!("beginning a new file: {error}")));
            }
            // The old file serves as well; the next try comes when it has grown once more.
            self.begun = self.blocks;
        }
        let group = record::commits(commits, compacted);
        let bytes = block::write(&group, self.blocks);
        let at = self.blocks * BLOCK as u64;
        let written = self.disk.write(&self.file, at, &bytes).and_then(|()| self.disk.sync(&self.file));
        let Err(error) = written else {
            self.blocks += (bytes.len() / BLOCK) as u64;
            return Ok(());
        };
        // After a failed sync nobody knows what the disk has: only a new file is certain again.
        match self.cut() {
            Ok(()) => Err(JournalError::Refused(format!("writing: {error}"))),
            Err(_) => {
                self.doubtful = true;
                Err(JournalError::Doubtful(format!("writing: {error}")))
            }
        }
    }
}
