//! A file of blocks of 512 bytes, the unit in which disks tear.
//!
//! | bytes | |
//! | --- | --- |
//! | 4 | CRC-32 of the block's number (u64) and everything behind this field; big-endian |
//! | 2 | length of the content, at most 504; big-endian |
//! | 1 | kind: 1 whole, 2 first, 3 middle, 4 last block of a group |
//! | 1 | 0xB7, so that no block that was written is all zeros |
//! | 504 | content, padded with zeros |
//!
//! A group is what one append wrote, and an append is synced before the next begins. So after a loss of power blocks of
//! the last group alone can be missing: they are beyond the end of the file or all zeros. Any other block that does not
//! add up is damage, and so is a missing one with a group behind it.

use bytes::{BufMut, Bytes, BytesMut};

pub(super) const BLOCK: usize = 512;
const HEAD: usize = 8;
const ROOM: usize = BLOCK - HEAD;
const MARK: u8 = 0xB7;

const WHOLE: u8 = 1;
const FIRST: u8 = 2;
const MIDDLE: u8 = 3;
const LAST: u8 = 4;

/// Damage that no loss of power makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub(super) struct Damage {
    pub(super) at: u64,
    what: &'static str,
}

/// The blocks of a group whose first block has the number `first`. A group is never empty.
pub(super) fn write(group: &[u8], first: u64) -> Bytes {
    let count = group.len().div_ceil(ROOM);
    let mut out = BytesMut::with_capacity(count * BLOCK);
    for (place, content) in group.chunks(ROOM).enumerate() {
        let kind = match (place == 0, place + 1 == count) {
            (true, true) => WHOLE,
            (true, false) => FIRST,
            (false, false) => MIDDLE,
            (false, true) => LAST,
        };
        let mut block = [0; BLOCK];
        block[4..6].copy_from_slice(&(content.len() as u16).to_be_bytes());
        block[6] = kind;
        block[7] = MARK;
        block[HEAD..HEAD + content.len()].copy_from_slice(content);
        let sum = checksum(first + place as u64, &block[4..]);
        block[..4].copy_from_slice(&sum.to_be_bytes());
        out.put_slice(&block);
    }
    out.freeze()
}

fn checksum(number: u64, rest: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&number.to_be_bytes());
    sum.update(rest);
    sum.finalize()
}

/// Puts groups together again from a file's bytes, given in order.
#[derive(Default)]
pub(super) struct Reader {
    number: u64,
    group: Option<BytesMut>,
    /// Blocks up to the end of the last whole group.
    good: u64,
    /// The first block that is missing.
    hole: Option<u64>,
}

impl Reader {
    /// Takes the next block, or what there is of it at the end of the file; a group when it is whole.
    pub(super) fn take(&mut self, block: &[u8]) -> Result<Option<Bytes>, Damage> {
        let number = self.number;
        self.number += 1;
        let damage = |what| Err(Damage { at: number * BLOCK as u64, what });
        if block.len() < BLOCK || block.iter().all(|byte| *byte == 0) {
            self.hole.get_or_insert(number);
            return Ok(None);
        }
        let length = usize::from(u16::from_be_bytes([block[4], block[5]]));
        if block[..4] != checksum(number, &block[4..]).to_be_bytes() || length > ROOM || length == 0 {
            return damage("a block is damaged");
        }
        let (kind, content) = (block[6], &block[HEAD..HEAD + length]);
        if self.hole.is_some() {
            // Of the group that was cut short. It has one beginning, and that may be there or missing.
            let begins = matches!(kind, WHOLE | FIRST) && number != self.good;
            return if begins { damage("a group is missing before the one") } else { Ok(None) };
        }
        match (kind, &mut self.group) {
            (WHOLE, None) => {
                self.good = self.number;
                Ok(Some(Bytes::copy_from_slice(content)))
            }
            (FIRST, None) => {
                self.group = Some(BytesMut::from(content));
                Ok(None)
            }
            (MIDDLE, Some(group)) => {
                group.extend_from_slice(content);
                Ok(None)
            }
            (LAST, Some(group)) => {
                group.extend_from_slice(content);
                self.good = self.number;
                Ok(self.group.take().map(BytesMut::freeze))
            }
            _ => damage("a block is not where it belongs"),
        }
    }

    /// Blocks up to the end of the last whole group; what is behind was never acknowledged.
    pub(super) fn good(&self) -> u64 {
        self.good
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(file: &[u8]) -> Result<(Vec<Bytes>, u64), Damage> {
        let mut reader = Reader::default();
        let mut groups = Vec::new();
        for block in file.chunks(BLOCK) {
            groups.extend(reader.take(block)?);
        }
        Ok((groups, reader.good()))
    }

    fn file(groups: &[Vec<u8>]) -> Vec<u8> {
        let mut file = Vec::new();
        for group in groups {
            file.extend_from_slice(&write(group, (file.len() / BLOCK) as u64));
        }
        file
    }

    fn groups() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let group = prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..1600),
            (1_usize..1600).prop_map(|length| vec![0; length]),
        ];
        proptest::collection::vec(group, 1..6)
    }

    proptest! {
        #[test]
        fn groups_are_read_back(groups in groups()) {
            let file = file(&groups);
            let (found, good) = read(&file).unwrap();
            prop_assert_eq!(found, groups);
            prop_assert_eq!(good as usize * BLOCK, file.len());
        }

        #[test]
        fn any_part_of_the_last_group_may_be_missing(groups in groups(), kept in any::<u64>(), end in 0_usize..4) {
            let whole = file(&groups);
            let before = file(&groups[..groups.len() - 1]).len();
            let mut torn = whole.clone();
            let mut lost = false;
            for (place, block) in torn[before..].chunks_mut(BLOCK).enumerate() {
                if kept >> place & 1 == 0 {
                    block.fill(0);
                    lost = true;
                }
            }
            let cut = (end * 300).min(torn.len() - before);
            torn.truncate(torn.len() - cut);
            lost |= cut > 0;
            let (found, good) = read(&torn).unwrap();
            let expected = if lost { &groups[..groups.len() - 1] } else { &groups[..] };
            prop_assert_eq!(found, expected);
            prop_assert_eq!(good as usize * BLOCK, if lost { before } else { whole.len() });
        }

        #[test]
        fn a_flipped_bit_is_damage(groups in groups(), place in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let mut file = file(&groups);
            let at = place.index(file.len());
            file[at] ^= 1_u8 << bit;
            prop_assert!(read(&file).is_err());
        }

        #[test]
        fn a_missing_block_before_the_last_group_is_damage(groups in groups(), place in any::<prop::sample::Index>()) {
            prop_assume!(groups.len() > 1);
            let before = file(&groups[..groups.len() - 1]).len();
            let mut file = file(&groups);
            let block = place.index(before / BLOCK);
            file[block * BLOCK..(block + 1) * BLOCK].fill(0);
            prop_assert!(read(&file).is_err());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read(&bytes);
        }
    }
}
