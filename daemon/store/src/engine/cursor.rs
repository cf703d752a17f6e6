use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::engine::shared::{Shared, Signal, Step};
use crate::error::WatchError;
use crate::key::Prefix;
use crate::store::Revision;
use crate::watch::{Changes, WatchSource};

/// A place in the shared log.
pub(super) struct Cursor {
    shared: Arc<Shared>,
    prefix: Prefix,
    /// Every matching change up to here was handed out.
    place: Revision,
    signal: watch::Receiver<Signal>,
}

impl Cursor {
    pub(super) fn new(
        shared: Arc<Shared>,
        prefix: Prefix,
        place: Revision,
        signal: watch::Receiver<Signal>,
    ) -> Self {
        Self { shared, prefix, place, signal }
    }

    /// Moves on past what does not match. `None`: nothing matches up to the newest revision.
    async fn advance(&mut self) -> Result<Option<Changes>, WatchError> {
        loop {
            match self.shared.step(&self.prefix, self.place)? {
                Step::Found(changes) => return Ok(Some(changes)),
                Step::Passed(revision) => self.place = revision,
                Step::End(revision) => {
                    self.place = revision;
                    return Ok(None);
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl WatchSource for Cursor {
    async fn next(&mut self) -> Result<Changes, WatchError> {
        loop {
            // Seen before the look at the log, so that a commit between the two wakes the wait below.
            let closed = self.signal.borrow_and_update().closed;
            if let Some(changes) = self.advance().await? {
                self.place = changes.revision;
                return Ok(changes);
            }
            if closed || self.signal.changed().await.is_err() {
                return Err(WatchError::Closed);
            }
        }
    }

    async fn progress(&mut self) -> Result<Revision, WatchError> {
        self.advance().await?;
        Ok(self.place)
    }
}
