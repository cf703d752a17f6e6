//! The record of one change: kind u8 (1 put, 2 delete), create revision u64, version u64, key length u16, value length
//! u32, key, value; all integers big-endian.
//!
//! Every change is written once, under its revision and its place in the commit: the data and the history that watches
//! resume from are the same records.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::engine::index::ChangeId;
use crate::key::Key;
use crate::store::{Entry, Revision};
use crate::watch::Change;

/// Kind, create revision, version, and the two lengths.
const HEADER_BYTES: usize = 1 + 8 + 8 + 2 + 4;

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// A stored record that this format does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored record is malformed: {0}")]
pub(super) struct Malformed(pub(super) &'static str);

pub(super) fn write(change: &Change) -> Bytes {
    let (kind, create_revision, version, value) = match change {
        Change::Put(entry) => (PUT, entry.create_revision.0, entry.version, &entry.value[..]),
        Change::Delete { .. } => (DELETE, 0, 0, &[][..]),
    };
    let key = change.key().as_str().as_bytes();
    let mut record = BytesMut::with_capacity(HEADER_BYTES + key.len() + value.len());
    record.put_u8(kind);
    record.put_u64(create_revision);
    record.put_u64(version);
    // The limits on keys and values keep both lengths far below the ends of their types.
    record.put_u16(key.len() as u16);
    record.put_u32(value.len() as u32);
    record.put_slice(key);
    record.put_slice(value);
    record.freeze()
}

/// Reads what [`write`] wrote.
pub(super) fn read(id: ChangeId, mut record: Bytes) -> Result<Change, Malformed> {
    if record.len() < HEADER_BYTES {
        return Err(Malformed("a change is cut short"));
    }
    let kind = record.get_u8();
    let create_revision = Revision(record.get_u64());
    let version = record.get_u64();
    let key_bytes = usize::from(record.get_u16());
    let value_bytes = record.get_u32() as usize;
    if record.remaining() != key_bytes + value_bytes {
        return Err(Malformed("a change is not of its length"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{KEY_BYTES_MAX, VALUE_BYTES_MAX};

    const ID: ChangeId = ChangeId { revision: Revision(0x0102), place: 3 };

    fn put(key: &str, value: Vec<u8>) -> Change {
        Change::Put(Entry {
            key: Key::new(key).expect("a valid key"),
            value: value.into(),
            create_revision: Revision(0x0a),
            mod_revision: ID.revision,
            version: 2,
        })
    }

    fn delete(key: &str) -> Change {
        Change::Delete { key: Key::new(key).expect("a valid key"), revision: ID.revision }
    }

    /// Format 1 as it was first written. A change of it is a new format.
    #[test]
    fn format_1_stays_as_it_is() {
        let written = |change: &Change| hex::encode(write(change));
        assert_eq!(
            written(&put("a", b"12".to_vec())),
            "01000000000000000a0000000000000002000100000002613132"
        );
        assert_eq!(written(&delete("a")), "020000000000000000000000000000000000010000000061");
    }

    #[test]
    fn changes_are_read_back() {
        let longest = "k".repeat(KEY_BYTES_MAX);
        for change in [put("a", vec![]), put(&longest, vec![7; VALUE_BYTES_MAX]), delete(&longest)] {
            assert_eq!(read(ID, write(&change)), Ok(change.clone()));
        }
    }

    #[test]
    fn malformed_records_are_refused() {
        let whole = write(&put("a", b"12".to_vec()));
        for length in 0..whole.len() {
            assert!(read(ID, whole.slice(..length)).is_err(), "cut to {length}");
        }
        assert!(read(ID, [&whole[..], b"3"].concat().into()).is_err());
        for (place, byte) in [(0, 3), (HEADER_BYTES, b'\n'), (HEADER_BYTES, 0xff)] {
            let mut wrong = whole.to_vec();
            wrong[place] = byte;
            assert!(read(ID, wrong.into()).is_err(), "{byte} at {place}");
        }
    }
}
