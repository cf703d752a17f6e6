use std::fmt;

use async_trait::async_trait;

use crate::error::WatchError;
use crate::key::Key;
use crate::store::{Entry, Revision};

/// One key's part in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The key now holds this entry.
    Put(Entry),
    /// The key, which existed, is gone since this revision.
    Delete { key: Key, revision: Revision },
}

impl Change {
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(entry) => &entry.key,
            Self::Delete { key, .. } => key,
        }
    }
}

/// All matching changes of one commit, in the order of its operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    pub revision: Revision,
    pub changes: Vec<Change>,
}

/// A running watch. It holds a place in the history that all watches share, and no queue of its own: who does not read
/// costs the others nothing, and learns by [`WatchError::Compacted`] when the history has moved past it.
pub struct Watch(Box<dyn WatchSource>);

impl Watch {
    /// Wraps an engine's source.
    pub fn new(source: impl WatchSource) -> Self {
        Self(Box::new(source))
    }

    /// Waits for the next commit that changed a matching key. Dropping the future loses nothing. After an error other
    /// than *unavailable* every further call gives the same error.
    pub async fn next(&mut self) -> Result<Changes, WatchError> {
        self.0.next().await
    }

    /// How far this watch has come: every matching change up to this revision has been handed out. It also moves when
    /// only other keys change, so an idle reader that resumes from it does not fall out of the history.
    pub async fn progress(&mut self) -> Result<Revision, WatchError> {
        self.0.progress().await
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch")
    }
}

/// What an engine provides for a [`Watch`]; the methods mean what its methods mean.
#[async_trait]
pub trait WatchSource: Send + 'static {
    async fn next(&mut self) -> Result<Changes, WatchError>;
    async fn progress(&mut self) -> Result<Revision, WatchError>;
}
