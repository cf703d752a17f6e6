//! Positions in a topic.

use bytes::Bytes;

/// A position: ten opaque bytes on the wire, a growing counter with holes inside.
///
/// Real ids were seen as an 8-byte big-endian number and two zero bytes; clients that send back only the first
/// eight are accepted there too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayId(pub(crate) u64);

impl ReplayId {
    /// The ten bytes of the wire.
    pub fn to_bytes(self) -> Bytes {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.0.to_be_bytes());
        Bytes::copy_from_slice(&bytes)
    }

    /// Reads what a client sent back.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, rest) = bytes.split_first_chunk::<8>()?;
        matches!(rest, [] | [0, 0]).then(|| Self(u64::from_be_bytes(*number)))
    }
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// After everything published so far.
    Latest,
    /// At the oldest event still kept.
    Earliest,
    /// After the event with this id.
    After(ReplayId),
}

/// Why a subscription cannot begin there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Purged, never issued, or from another org.
    #[error("the replay id is not known to this topic")]
    UnknownReplayId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_bytes_there_and_eight_or_ten_back() {
        let id = ReplayId(0x0102_0304);
        assert_eq!(id.to_bytes().as_ref(), [0, 0, 0, 0, 1, 2, 3, 4, 0, 0]);
        assert_eq!(ReplayId::from_bytes(&id.to_bytes()), Some(id));
        assert_eq!(ReplayId::from_bytes(&id.to_bytes()[..8]), Some(id));
        for bad in [&b""[..], &[0; 7], &[0; 9], &[0, 0, 0, 0, 0, 0, 0, 1, 0, 1], &[0; 11]] {
            assert_eq!(ReplayId::from_bytes(bad), None);
        }
    }
}
