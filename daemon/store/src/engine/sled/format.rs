//! What stands in sled, format 1. All integers are big-endian.
//!
//! | key | value |
//! | --- | --- |
//! | `m/format` | u32, the format |
//! | `m/revision` | u64, the newest revision |
//! | `m/compacted` | u64, the oldest readable revision; absent: 0 |
//! | `v` revision u64, place u16 | one change: kind u8 (1 put, 2 delete), create revision u64, version u64, key length u16, key, value |
//!
//! Every change is written once, under its revision and its place in the commit: the data and the history that watches
//! resume from are the same records. Superseded ones are removed when the history forgets them.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::engine::index::ChangeId;
use crate::key::Key;
use crate::store::{Entry, Revision};
use crate::watch::Change;

/// The format this code writes, and the newest it reads.
pub(super) const FORMAT: u32 = 1;

pub(super) const FORMAT_KEY: &[u8] = b"m/format";
pub(super) const REVISION_KEY: &[u8] = b"m/revision";
pub(super) const COMPACTED_KEY: &[u8] = b"m/compacted";
pub(super) const CHANGE_PREFIX: &[u8] = b"v";

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// A stored record that this format does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored record is malformed: {0}")]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) fn change_key(id: ChangeId) -> [u8; 11] {
    let mut key = [0; 11];
    key[..1].copy_from_slice(CHANGE_PREFIX);
    key[1..9].copy_from_slice(&id.revision.0.to_be_bytes());
    key[9..].copy_from_slice(&id.place.to_be_bytes());
    key
}

pub(super) fn read_change_key(mut key: &[u8]) -> Result<ChangeId, Malformed> {
    if key.len() != 11 || key.get_u8() != CHANGE_PREFIX[0] {
        return Err(Malformed("the key of a change"));
    }
    Ok(ChangeId { revision: Revision(key.get_u64()), place: key.get_u16() })
}

pub(super) fn write_change(change: &Change) -> Vec<u8> {
    let mut record = BytesMut::new();
    let (kind, create_revision, version, value) = match change {
        Change::Put(entry) => (PUT, entry.create_revision.0, entry.version, &entry.value[..]),
        Change::Delete { .. } => (DELETE, 0, 0, &[][..]),
    };
    let key = change.key().as_str().as_bytes();
    record.put_u8(kind);
    record.put_u64(create_revision);
    record.put_u64(version);
    // A key has at most 512 bytes.
    record.put_u16(key.len() as u16);
    record.put_slice(key);
    record.put_slice(value);
    record.into()
}

pub(super) fn read_change(id: ChangeId, record: &[u8]) -> Result<Change, Malformed> {
    let mut record = Bytes::copy_from_slice(record);
    let cut = |_| Malformed("a change is cut short");
    let kind = record.try_get_u8().map_err(cut)?;
    let create_revision = Revision(record.try_get_u64().map_err(cut)?);
    let version = record.try_get_u64().map_err(cut)?;
    let key_bytes = usize::from(record.try_get_u16().map_err(cut)?);
    if record.remaining() < key_bytes {
        return Err(Malformed("a change is cut short"));
    }
    let key = record.split_to(key_bytes);
    let key = std::str::from_utf8(&key).ok().and_then(|key| Key::new(key).ok()).ok_or(Malformed("a name"))?;
    match kind {
        PUT => {
            Ok(Change::Put(Entry { key, value: record, create_revision, mod_revision: id.revision, version }))
        }
        DELETE => Ok(Change::Delete { key, revision: id.revision }),
        _ => Err(Malformed("the kind of a change")),
    }
}

pub(super) fn read_u64(value: &[u8]) -> Result<u64, Malformed> {
    value.try_into().map(u64::from_be_bytes).map_err(|_| Malformed("a number"))
}

pub(super) fn read_u32(value: &[u8]) -> Result<u32, Malformed> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| Malformed("a number"))
}
