use std::collections::HashSet;
use std::fmt;

use bytes::Bytes;

use crate::key::Key;
use crate::limits::{TXN_BYTES_MAX, TXN_OPS_MAX, TXN_PRECONDITIONS_MAX, VALUE_BYTES_MAX};
use crate::store::Revision;

/// What must hold, at the instant of the commit, for it to happen.
///
/// A lost ownership is fenced off with [`Precondition::AtRevision`] on the key that holds the owner's epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// The key does not exist.
    Absent(Key),
    /// The key exists and was last put at this revision.
    AtRevision(Key, Revision),
    /// The key exists.
    Present(Key),
}

impl Precondition {
    pub fn key(&self) -> &Key {
        match self {
            Self::Absent(key) | Self::AtRevision(key, _) | Self::Present(key) => key,
        }
    }

    /// Whether it holds for a key last put at `current` (`None`: absent).
    pub fn holds(&self, current: Option<Revision>) -> bool {
        match self {
            Self::Absent(_) => current.is_none(),
            Self::AtRevision(_, revision) => current == Some(*revision),
            Self::Present(_) => current.is_some(),
        }
    }
}

/// One change of a commit.
#[derive(Clone, PartialEq, Eq)]
pub enum Op {
    /// Creates or replaces. The same value again is a change like any other.
    Put(Key, Bytes),
    /// Deletes; deleting what does not exist changes nothing.
    Delete(Key),
}

impl Op {
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Put(key, value) => key.len() + value.len(),
            Self::Delete(key) => key.len(),
        }
    }
}

/// Values stay out of debug output: records hold people's data.
impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(key, value) => write!(f, "Put({key:?}, {} bytes)", value.len()),
            Self::Delete(key) => write!(f, "Delete({key:?})"),
        }
    }
}

/// An all-or-nothing commit: the operations happen, all at one revision, if every precondition holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Txn {
    pub preconditions: Vec<Precondition>,
    pub ops: Vec<Op>,
}

impl Txn {
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires that `key` does not exist.
    #[must_use]
    pub fn absent(mut self, key: Key) -> Self {
        self.preconditions.push(Precondition::Absent(key));
        self
    }

    /// Requires that `key` was last put at `revision`.
    #[must_use]
    pub fn at_revision(mut self, key: Key, revision: Revision) -> Self {
        self.preconditions.push(Precondition::AtRevision(key, revision));
        self
    }

    /// Requires that `key` exists.
    #[must_use]
    pub fn present(mut self, key: Key) -> Self {
        self.preconditions.push(Precondition::Present(key));
        self
    }

    #[must_use]
    pub fn put(mut self, key: Key, value: impl Into<Bytes>) -> Self {
        self.ops.push(Op::Put(key, value.into()));
        self
    }

    #[must_use]
    pub fn delete(mut self, key: Key) -> Self {
        self.ops.push(Op::Delete(key));
        self
    }

    /// Sum of its keys and values in bytes, as [`TXN_BYTES_MAX`] counts them.
    pub fn bytes(&self) -> usize {
        self.preconditions.iter().map(|p| p.key().len()).sum::<usize>()
            + self.ops.iter().map(Op::bytes).sum::<usize>()
    }

    /// Checks what every engine checks before it looks at the state.
    pub fn validate(&self) -> Result<(), InvalidTxn> {
        if self.preconditions.len() > TXN_PRECONDITIONS_MAX {
            return Err(InvalidTxn::TooManyPreconditions { preconditions: self.preconditions.len() });
        }
        if self.ops.len() > TXN_OPS_MAX {
            return Err(InvalidTxn::TooManyOps { ops: self.ops.len() });
        }
        let mut keys = HashSet::with_capacity(self.ops.len());
        for op in &self.ops {
            if let Op::Put(key, value) = op
                && value.len() > VALUE_BYTES_MAX
            {
                return Err(InvalidTxn::ValueTooLarge { key: key.clone(), bytes: value.len() });
            }
            if !keys.insert(op.key()) {
                return Err(InvalidTxn::DuplicateKey { key: op.key().clone() });
            }
        }
        match self.bytes() {
            bytes if bytes > TXN_BYTES_MAX => Err(InvalidTxn::TooLarge { bytes }),
            _ => Ok(()),
        }
    }
}

/// Why no engine would take a transaction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTxn {
    #[error("{preconditions} preconditions exceed the {TXN_PRECONDITIONS_MAX} allowed")]
    TooManyPreconditions { preconditions: usize },
    #[error("{ops} operations exceed the {TXN_OPS_MAX} allowed")]
    TooManyOps { ops: usize },
    #[error("the value of {key} has {bytes} bytes; {VALUE_BYTES_MAX} are allowed")]
    ValueTooLarge { key: Key, bytes: usize },
    #[error("keys and values of {bytes} bytes exceed the {TXN_BYTES_MAX} allowed")]
    TooLarge { bytes: usize },
    #[error("two operations name {key}")]
    DuplicateKey { key: Key },
}
