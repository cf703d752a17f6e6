use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::limits::KEY_BYTES_MAX;

/// The name of an entry: 1 to [`KEY_BYTES_MAX`] bytes of UTF-8 without control characters, ordered by its bytes.
/// Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl Key {
    /// Checks `name` and makes a key of it.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidKey> {
        let name = name.as_ref();
        if name.is_empty() {
            return Err(InvalidKey::Empty);
        }
        check(name)?;
        Ok(Self(name.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Length in bytes.
    #[expect(clippy::len_without_is_empty, reason = "a key is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl std::str::FromStr for Key {
    type Err = InvalidKey;

    fn from_str(name: &str) -> Result<Self, InvalidKey> {
        Self::new(name)
    }
}

/// What the keys of a list or watch begin with: a key, or nothing, which means every key. It is compared byte by byte,
/// so `tenants/a` also matches `tenants/ab`; end it with the separator where that is not meant.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// Checks `name` and makes a prefix of it.
    pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidKey> {
        let name = name.as_ref();
        check(name)?;
        Ok(Self(name.into()))
    }

    /// The prefix of every key.
    pub fn all() -> Self {
        Self("".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `key` begins with this prefix.
    pub fn matches(&self, key: &Key) -> bool {
        key.as_str().starts_with(&*self.0)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Why a string is no key or prefix. The string itself is not repeated: it may come from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    #[error("a key must not be empty")]
    Empty,
    #[error("a key of {bytes} bytes exceeds the {KEY_BYTES_MAX} allowed")]
    TooLong { bytes: usize },
    #[error("a key must not hold control characters")]
    ControlCharacter,
}

fn check(name: &str) -> Result<(), InvalidKey> {
    if name.len() > KEY_BYTES_MAX {
        return Err(InvalidKey::TooLong { bytes: name.len() });
    }
    if name.chars().any(char::is_control) {
        return Err(InvalidKey::ControlCharacter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_checked() {
        assert_eq!(Key::new(""), Err(InvalidKey::Empty));
        assert_eq!(Key::new("a\nb"), Err(InvalidKey::ControlCharacter));
        assert!(Key::new("k".repeat(KEY_BYTES_MAX)).is_ok());
        assert_eq!(Key::new("k".repeat(KEY_BYTES_MAX + 1)), Err(InvalidKey::TooLong { bytes: 513 }));
    }

    #[test]
    fn prefixes_match_byte_by_byte() {
        let key = Key::new("tenants/ab").expect("valid");
        for (prefix, expect) in
            [("", true), ("tenants/a", true), ("tenants/ab", true), ("tenants/abc", false)]
        {
            assert_eq!(Prefix::new(prefix).expect("valid").matches(&key), expect, "{prefix:?}");
        }
    }
}
