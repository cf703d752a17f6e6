//! What stands in sled, format 1. All integers are big-endian.
//!
//! | key | value |
//! | --- | --- |
//! | `m/format` | u32, the format |
//! | `m/revision` | u64, the newest revision |
//! | `m/compacted` | u64, the oldest readable revision; absent: 0 |
//! | `v` revision u64, place u16, part u16 | a part of one change |
//!
//! A change is kind u8 (1 put, 2 delete), create revision u64, version u64, key length u16, value length u32, key,
//! value; it is cut into parts of 4 KiB. sled keeps about sixteen neighbours in one page and moves a page above
//! 128 KiB into a file of its own, which it may never delete and which no sync of its data file covers; parts of this
//! size keep every page below that.
//!
//! Every change is written once, under its revision and its place in the commit: the data and the history that watches
//! resume from are the same records. Superseded ones are removed when the history forgets them.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::engine::index::{ChangeId, Forgotten};
use crate::key::Key;
use crate::store::{Entry, Revision};
use crate::watch::Change;

/// The format this code writes, and the newest it reads.
pub(super) const FORMAT: u32 = 1;

pub(super) const FORMAT_KEY: &[u8] = b"m/format";
pub(super) const REVISION_KEY: &[u8] = b"m/revision";
pub(super) const COMPACTED_KEY: &[u8] = b"m/compacted";
pub(super) const CHANGE_PREFIX: &[u8] = b"v";

/// Kind, create revision, version, and the two lengths.
const HEADER_BYTES: usize = 1 + 8 + 8 + 2 + 4;
const PART_BYTES: usize = 4096;

const PUT: u8 = 1;
const DELETE: u8 = 2;

/// A stored record that this format does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored record is malformed: {0}")]
pub(super) struct Malformed(pub(super) &'static str);

/// The key of one part of a change.
pub(super) fn part_key(id: ChangeId, part: u16) -> [u8; 13] {
    let mut key = [0; 13];
    key[..1].copy_from_slice(CHANGE_PREFIX);
    key[1..9].copy_from_slice(&id.revision.0.to_be_bytes());
    key[9..11].copy_from_slice(&id.place.to_be_bytes());
    key[11..].copy_from_slice(&part.to_be_bytes());
    key
}

pub(super) fn read_part_key(mut key: &[u8]) -> Result<(ChangeId, u16), Malformed> {
    if key.len() != 13 || key.get_u8() != CHANGE_PREFIX[0] {
        return Err(Malformed("the key of a change"));
    }
    Ok((ChangeId { revision: Revision(key.get_u64()), place: key.get_u16() }, key.get_u16()))
}

/// The keys of all parts of a change that is forgotten.
pub(super) fn part_keys(forgotten: &Forgotten) -> impl Iterator<Item = [u8; 13]> {
    let bytes = HEADER_BYTES + forgotten.key_bytes + forgotten.value_bytes;
    let id = forgotten.id;
    (0..).zip(0..bytes.div_ceil(PART_BYTES)).map(move |(part, _)| part_key(id, part))
}

/// The parts of a change, by their keys.
pub(super) fn write_parts(id: ChangeId, change: &Change) -> impl Iterator<Item = ([u8; 13], Bytes)> {
    let mut record = write_change(change);
    (0..).map_while(move |part| {
        let bytes = record.split_to(record.len().min(PART_BYTES));
        (!bytes.is_empty()).then(|| (part_key(id, part), bytes))
    })
}

fn write_change(change: &Change) -> Bytes {
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

/// Reads a change from its parts, put together again.
pub(super) fn read_change(id: ChangeId, record: Vec<u8>) -> Result<Change, Malformed> {
    let mut record = Bytes::from(record);
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

pub(super) fn read_u64(value: &[u8]) -> Result<u64, Malformed> {
    value.try_into().map(u64::from_be_bytes).map_err(|_| Malformed("a number"))
}

pub(super) fn read_u32(value: &[u8]) -> Result<u32, Malformed> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| Malformed("a number"))
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
        let written = |change: &Change| -> Vec<String> {
            write_parts(ID, change)
                .map(|(key, part)| format!("{} {}", hex::encode(key), hex::encode(part)))
                .collect()
        };
        let expect = "76000000000000010200030000 01000000000000000a0000000000000002000100000002613132";
        assert_eq!(written(&put("a", b"12".to_vec())), [expect]);
        let expect = "76000000000000010200030000 0200000000000000000000000000000000000100000000 61";
        assert_eq!(written(&delete("a")), [expect.replace("00 61", "0061")]);
        assert_eq!(
            (FORMAT_KEY, REVISION_KEY, COMPACTED_KEY),
            (&b"m/format"[..], &b"m/revision"[..], &b"m/compacted"[..])
        );
    }

    #[test]
    fn changes_are_read_back_and_removed_part_by_part() {
        let longest = "k".repeat(KEY_BYTES_MAX);
        for change in [
            put("a", vec![]),
            put("a", vec![1; PART_BYTES - HEADER_BYTES - 1]),
            put("a", vec![1; PART_BYTES - HEADER_BYTES]),
            put(&longest, vec![7; VALUE_BYTES_MAX]),
            delete(&longest),
        ] {
            let parts: Vec<_> = write_parts(ID, &change).collect();
            assert!(parts.iter().all(|(_, part)| part.len() <= PART_BYTES));
            let record = parts.iter().flat_map(|(_, part)| part.to_vec()).collect();
            assert_eq!(read_change(ID, record), Ok(change.clone()));

            for (place, (key, _)) in (0..).zip(&parts) {
                assert_eq!(read_part_key(key), Ok((ID, place)));
            }
            let value_bytes = if let Change::Put(entry) = &change { entry.value.len() } else { 0 };
            let forgotten = Forgotten { id: ID, key_bytes: change.key().len(), value_bytes };
            assert!(part_keys(&forgotten).eq(parts.into_iter().map(|(key, _)| key)));
        }
    }

    #[test]
    fn malformed_records_are_refused() {
        let whole = write_change(&put("a", b"12".to_vec())).to_vec();
        for length in 0..whole.len() {
            assert!(read_change(ID, whole[..length].to_vec()).is_err(), "cut to {length}");
        }
        assert!(read_change(ID, [&whole[..], b"3"].concat()).is_err());
        for (place, byte) in [(0, 3), (HEADER_BYTES, b'\n'), (HEADER_BYTES, 0xff)] {
            let mut wrong = whole.clone();
            wrong[place] = byte;
            assert!(read_change(ID, wrong).is_err(), "{byte} at {place}");
        }
        assert!(read_part_key(b"").is_err() && read_part_key(b"w123456789012").is_err());
        assert!(read_u64(b"1234567").is_err() && read_u32(b"12345").is_err());
    }
}
