//! Record ids: 15 case-sensitive characters, or 18 with a checksum that makes them safe to compare ignoring case.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use serde::{Serialize, Serializer};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/// Key prefixes of the kinds of rows that the org itself makes.
pub mod prefix {
    pub const ORGANIZATION: &str = "00D";
    pub const GROUP: &str = "00G";
    pub const RECORD_TYPE: &str = "012";
    pub const USER: &str = "005";
    pub const PROFILE: &str = "00e";
    pub const USER_LICENSE: &str = "100";
    pub const PERMISSION_SET: &str = "0PS";
    pub const PERMISSION_SET_ASSIGNMENT: &str = "0Pa";
    pub const OBJECT_PERMISSIONS: &str = "110";
    pub const FIELD_PERMISSIONS: &str = "01k";
    pub const SETUP_ENTITY_ACCESS: &str = "0J0";
    pub const APEX_CLASS: &str = "01p";
    pub const APEX_TRIGGER: &str = "01q";
    pub const CUSTOM_OBJECT: &str = "01I";
    pub const CUSTOM_FIELD: &str = "00N";
    pub const DEPLOY_REQUEST: &str = "0Af";
    pub const CONTENT_VERSION: &str = "068";
    pub const CONTENT_DOCUMENT: &str = "069";
    pub const CONTENT_DOCUMENT_LINK: &str = "06A";
    pub const SETUP_AUDIT_TRAIL: &str = "0Ym";
    pub const QUERY_CURSOR: &str = "01g";
    pub const PACKAGE_INSTALL_REQUEST: &str = "0Hf";
    pub const PACKAGE_UNINSTALL_REQUEST: &str = "06y";
    pub const INSTALLED_PACKAGE: &str = "0A3";
}

/// An 18-character record id. Two ids are equal when their first 15 characters are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 18]);

impl Id {
    /// Before every id, in their order.
    pub(super) const LEAST: Self = Self([0; 18]);
    /// After every id.
    pub(super) const GREATEST: Self = Self([b'~'; 18]);

    /// Reads an id of 15 or 18 characters; the checksum of a longer one is not trusted but made anew.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let fits = matches!(bytes.len(), 15 | 18) && bytes.iter().all(u8::is_ascii_alphanumeric);
        fits.then(|| Self::from_15(&bytes[..15]))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        // Only ASCII ever gets in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The case-sensitive 15 characters.
    pub fn short(&self) -> &str {
        &self.as_str()[..15]
    }

    /// The three characters that name the kind of row (not always uniquely).
    pub fn prefix(&self) -> &str {
        &self.as_str()[..3]
    }

    /// An id that always comes out the same for the same words, for rows that are computed rather than stored.
    pub fn derived(prefix: &str, words: &[&str]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for word in words {
            hash.update(word.as_bytes());
            hash.update([0]);
        }
        let digest = hash.finalize();
        let mut number = 0u64;
        for byte in digest.iter().take(8) {
            number = number << 8 | u64::from(*byte);
        }
        Self::assemble(prefix, "dv", number)
    }

    fn assemble(prefix: &str, pod: &str, mut number: u64) -> Self {
        let mut bytes = [b'0'; 15];
        for (at, byte) in prefix.bytes().take(3).enumerate() {
            bytes[at] = byte;
        }
        for (at, byte) in pod.bytes().take(2).enumerate() {
            bytes[3 + at] = byte;
        }
        for at in (6..15).rev() {
            bytes[at] = ALPHABET[(number % 62) as usize];
            number /= 62;
        }
        Self::from_15(&bytes)
    }

    fn from_15(bytes: &[u8]) -> Self {
        let mut id = [b'0'; 18];
        id[..15].copy_from_slice(bytes);
        for chunk in 0..3 {
            let upper = (0..5).filter(|bit| bytes[chunk * 5 + bit].is_ascii_uppercase());
            let index = upper.fold(0usize, |index, bit| index | 1 << bit);
            id[15 + chunk] = CHECKSUM[index];
        }
        Self(id)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl From<Id> for serde_json::Value {
    fn from(id: Id) -> Self {
        Self::String(id.as_str().to_owned())
    }
}

/// Hands out ids; the same seed gives the same ids in the same order.
#[derive(Debug)]
pub struct IdGenerator {
    pod: String,
    next: Mutex<HashMap<String, u64>>,
    first: u64,
}

impl IdGenerator {
    /// A generator whose ids depend on nothing but `seed` and the order of the calls.
    pub fn new(seed: u64) -> Self {
        let mixed = mix(seed);
        let letter = |shift: u32| ALPHABET[((mixed >> shift) % 62) as usize] as char;
        Self {
            pod: [letter(0), letter(8)].iter().collect(),
            next: Mutex::new(HashMap::new()),
            // Leaves room for eight more base-62 digits' worth of rows of each kind.
            first: (mixed >> 20) % 62u64.pow(5) + 1,
        }
    }

    /// The next id with this key prefix.
    pub fn next(&self, prefix: &str) -> Id {
        let mut next = self.next.lock().unwrap_or_else(|broken| broken.into_inner());
        let number = next.entry(prefix.to_owned()).or_insert(self.first);
        *number += 1;
        Id::assemble(prefix, &self.pod, *number)
    }
}

/// Spreads a seed over all 64 bits (the finaliser of SplitMix64).
pub(crate) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_salesforces() {
        // The pair printed in Salesforce's own article on 15 and 18 character ids follows this rule.
        assert_eq!(
            Id::parse("00D000000000062").map(|id| id.to_string()).as_deref(),
            Some("00D000000000062EAA")
        );
        assert_eq!(
            Id::parse("001D000000IRFma").map(|id| id.to_string()).as_deref(),
            Some("001D000000IRFmaIAH")
        );
    }

    #[test]
    fn long_and_short_forms_are_the_same_id() {
        assert_eq!(Id::parse("001D000000IRFma"), Id::parse("001D000000IRFmaIAH"));
        assert_eq!(Id::parse("short"), None);
        assert_eq!(Id::parse("001D000000IRFm\u{e9}"), None);
    }

    #[test]
    fn a_seed_fixes_the_ids() {
        let (a, b, c) = (IdGenerator::new(7), IdGenerator::new(7), IdGenerator::new(8));
        assert_eq!(a.next("001"), b.next("001"));
        assert_eq!(a.next("001"), b.next("001"));
        assert_ne!(a.next("001"), c.next("001"));
        assert_ne!(a.next("001"), a.next("001"));
    }
}
