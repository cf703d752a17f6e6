//! What the recorder noted.

use std::path::Path;

use bytes::{Buf, Bytes};

/// One thing the daemon did to its disk.
#[derive(Debug, Clone)]
pub struct Note {
    /// Length of the note itself.
    pub bytes: u64,
    pub act: Act,
}

/// Names are relative to the data directory; the empty one is that itself.
#[derive(Debug, Clone)]
pub enum Act {
    Create(String),
    Write { name: String, at: u64, data: Bytes },
    Truncate { name: String, length: u64 },
    Rename { from: String, to: String },
    Unlink(String),
    Sync(String),
    MakeDir(String),
    SyncDir(String),
}

/// Reads all whole notes; a process that was killed may have left half of one.
pub fn read(file: &Path) -> Result<Vec<Note>, String> {
    let mut rest = Bytes::from(std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?);
    let mut notes = Vec::new();
    while rest.len() >= HEAD {
        let mut head = rest.slice(..HEAD);
        let kind = head.get_u8();
        let (_clock, a, _b) = (head.get_u64_le(), head.get_u64_le(), head.get_u64_le());
        let (name_length, length) = (head.get_u32_le() as usize, head.get_u32_le() as usize);
        if rest.len() < HEAD + name_length + length {
            break;
        }
        rest.advance(HEAD);
        let name = plain(&rest.split_to(name_length))?;
        let data = rest.split_to(length);
        let act = match kind {
            1 => Act::Create(name),
            2 => Act::Write { name, at: a, data },
            3 => Act::Truncate { name, length: a },
            4 => Act::Rename { from: name, to: plain(&data)? },
            5 => Act::Unlink(name),
            6 => Act::Sync(name),
            7 => Act::MakeDir(name),
            8 => Act::SyncDir(name),
            _ => return Err(format!("a note of kind {kind}")),
        };
        notes.push(Note { bytes: (HEAD + name_length + length) as u64, act });
    }
    Ok(notes)
}

const HEAD: usize = 33;

fn plain(name: &[u8]) -> Result<String, String> {
    let name = std::str::from_utf8(name).map_err(|error| error.to_string())?;
    Ok(name.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/"))
}
