//! What stands in the groups of a generation, format 1. All integers are big-endian.
//!
//! | first byte | then |
//! | --- | --- |
//! | 1 head | format u32, generation u64, revision u64, compacted u64, number of changes u64 |
//! | 2 beginning | changes that were there when the file was begun, in the order of their ids |
//! | 3 end of the beginning | as 2, the last ones |
//! | 4 commits | compacted u64, then changes |
//!
//! Changes are a count u32, then for each: revision u64, place u16, length u32 and the [record](super::change).

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::engine::index::{ChangeId, Commit};
use crate::engine::journal::change::{self, Malformed};
use crate::store::Revision;
use crate::watch::Change;

/// The format this code writes, and the newest it reads.
pub(super) const FORMAT: u32 = 1;

const HEAD: u8 = 1;
const BEGINNING: u8 = 2;
const END_OF_BEGINNING: u8 = 3;
const COMMITS: u8 = 4;

/// What a generation begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) generation: u64,
    pub(super) revision: Revision,
    pub(super) compacted: Revision,
    pub(super) changes: u64,
}

/// A group, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// The format, and the rest where it is ours.
    Head(u32, Option<Head>),
    Beginning {
        changes: Vec<(ChangeId, Change)>,
        last: bool,
    },
    Commits {
        compacted: Revision,
        changes: Vec<(ChangeId, Change)>,
    },
}

pub(super) fn head(head: &Head) -> Bytes {
    let mut out = BytesMut::new();
    out.put_u8(HEAD);
    out.put_u32(FORMAT);
    for number in [head.generation, head.revision.0, head.compacted.0, head.changes] {
        out.put_u64(number);
    }
    out.freeze()
}

pub(super) fn commits(commits: &[Commit], compacted: Revision) -> Bytes {
    let mut changes = Changes::begin(COMMITS, Some(compacted));
    for commit in commits {
        for (place, change) in (0..).zip(&commit.changes) {
            changes.add(ChangeId { revision: commit.revision, place }, change);
        }
    }
    changes.finish()
}

/// Changes on their way into a group.
pub(super) struct Changes {
    out: BytesMut,
    /// Where the count stands.
    count_at: usize,
    count: u32,
}

impl Changes {
    pub(super) fn of_beginning() -> Self {
        Self::begin(BEGINNING, None)
    }

    fn begin(kind: u8, compacted: Option<Revision>) -> Self {
        let mut out = BytesMut::new();
        out.put_u8(kind);
        if let Some(compacted) = compacted {
            out.put_u64(compacted.0);
        }
        let count_at = out.len();
        out.put_u32(0);
        Self { out, count_at, count: 0 }
    }

    pub(super) fn add(&mut self, id: ChangeId, change: &Change) {
        let record = change::write(change);
        self.out.put_u64(id.revision.0);
        self.out.put_u16(id.place);
        self.out.put_u32(record.len() as u32);
        self.out.put_slice(&record);
        self.count += 1;
    }

    pub(super) fn bytes(&self) -> usize {
        self.out.len()
    }

    pub(super) fn finish(mut self) -> Bytes {
        self.out[self.count_at..self.count_at + 4].copy_from_slice(&self.count.to_be_bytes());
        self.out.freeze()
    }

    pub(super) fn finish_beginning(mut self) -> Bytes {
        self.out[0] = END_OF_BEGINNING;
        self.finish()
    }
}

pub(super) fn read(mut group: Bytes) -> Result<Group, Malformed> {
    match group.try_get_u8().map_err(cut)? {
        HEAD => {
            let format = group.try_get_u32().map_err(cut)?;
            if format != FORMAT {
                return Ok(Group::Head(format, None));
            }
            let mut number = || group.try_get_u64().map_err(cut);
            let head = Head {
                generation: number()?,
                revision: Revision(number()?),
                compacted: Revision(number()?),
                changes: number()?,
            };
            Ok(Group::Head(format, Some(head)))
        }
        BEGINNING => Ok(Group::Beginning { changes: changes(group)?, last: false }),
        END_OF_BEGINNING => Ok(Group::Beginning { changes: changes(group)?, last: true }),
        COMMITS => {
            let compacted = Revision(group.try_get_u64().map_err(cut)?);
            Ok(Group::Commits { compacted, changes: changes(group)? })
        }
        _ => Err(Malformed("the kind of a group")),
    }
}

fn changes(mut group: Bytes) -> Result<Vec<(ChangeId, Change)>, Malformed> {
    let count = group.try_get_u32().map_err(cut)?;
    let mut changes = Vec::new();
    for _ in 0..count {
        let revision = Revision(group.try_get_u64().map_err(cut)?);
        let id = ChangeId { revision, place: group.try_get_u16().map_err(cut)? };
        let length = group.try_get_u32().map_err(cut)? as usize;
        if length > group.remaining() {
            return Err(Malformed("a group is cut short"));
        }
        changes.push((id, change::read(id, group.split_to(length))?));
    }
    if group.has_remaining() { Err(Malformed("a group is not of its length")) } else { Ok(changes) }
}

fn cut(_: bytes::TryGetError) -> Malformed {
    Malformed("a group is cut short")
}
