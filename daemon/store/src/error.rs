use crate::key::Key;
use crate::store::Revision;
use crate::txn::InvalidTxn;

/// The answer every store error gives to "may I try again?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The same call can never succeed.
    Never,
    /// Read the state anew and decide anew; the same call again would be wrong or fail.
    AfterReading,
    /// Nothing happened; the same call may succeed later.
    Later,
}

/// Why a get or list gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The revision asked for is no longer held: begin again at the current one.
    #[error("the revision asked for is no longer held; the oldest is {oldest}")]
    Compacted { oldest: Revision },
    /// The revision asked for has not happened, so it came from another store or from before a restore.
    #[error("the revision asked for has not happened; the newest is {current}")]
    Future { current: Revision },
    #[error("the store cannot be reached: {reason}")]
    Unavailable { reason: String },
    #[error("the store is closed")]
    Closed,
}

impl ReadError {
    pub fn retry(&self) -> Retry {
        match self {
            Self::Compacted { .. } | Self::Future { .. } => Retry::AfterReading,
            Self::Unavailable { .. } => Retry::Later,
            Self::Closed => Retry::Never,
        }
    }
}

/// Why a watch did not start, or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// Changes that the watch would have to hand out are no longer held: list anew and watch from there.
    #[error("changes of the watch are no longer held; the oldest watchable revision is {oldest}")]
    Compacted { oldest: Revision },
    /// The start lies after the next revision, so it came from another store or from before a restore.
    #[error("the start of the watch has not happened; the newest revision is {current}")]
    Future { current: Revision },
    #[error("the store cannot be reached: {reason}")]
    Unavailable { reason: String },
    #[error("the store is closed")]
    Closed,
}

impl WatchError {
    pub fn retry(&self) -> Retry {
        match self {
            Self::Compacted { .. } | Self::Future { .. } => Retry::AfterReading,
            Self::Unavailable { .. } => Retry::Later,
            Self::Closed => Retry::Never,
        }
    }
}

/// Why a commit was not acknowledged. Only [`CommitError::Unknown`] leaves open whether it happened; every other
/// variant says that it did not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The first precondition that did not hold, by its place in the transaction, and the revision at which its key
    /// was last put (`None`: the key is absent).
    #[error("precondition {index} on {key} failed; its revision is {}", .current.map_or("none".into(), |r| r.to_string()))]
    PreconditionFailed { index: usize, key: Key, current: Option<Revision> },
    /// The commit may have happened, now or after a restart. Read before repeating it.
    #[error("the outcome of the commit is unknown: {reason}")]
    Unknown { reason: String },
    /// The commit did not happen.
    #[error("the store takes no commits: {reason}")]
    Unavailable { reason: String },
    #[error("the transaction is not valid: {0}")]
    Invalid(#[from] InvalidTxn),
    #[error("the store is closed")]
    Closed,
}

impl CommitError {
    pub fn retry(&self) -> Retry {
        match self {
            Self::PreconditionFailed { .. } | Self::Unknown { .. } => Retry::AfterReading,
            Self::Unavailable { .. } => Retry::Later,
            Self::Invalid(_) | Self::Closed => Retry::Never,
        }
    }

    /// Whether the commit may have happened all the same.
    pub fn may_have_happened(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}
