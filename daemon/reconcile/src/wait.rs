//! Waiting for a record to reach a state, by the store's watch: never by time alone.

use std::time::Duration;

use provision_core::Result;
use provision_store::record::Record;
use provision_store::{Key, Prefix, WatchError};

use crate::context::Context;
use crate::repository::{Versioned, read_fault};

impl Context {
    /// The record under `key` once `reached` says so, or as it is when `timeout` ends.
    pub async fn wait_for<T: Record>(
        &self,
        key: &Key,
        timeout: Duration,
        reached: impl Fn(Option<&T>) -> bool + Send + Sync,
    ) -> Result<Option<Versioned<T>>> {
        let deadline = tokio::time::Instant::now() + timeout;
        // A key is its own prefix; keys that it is a prefix of only cause a look too many.
        let prefix = Prefix::new(key.as_str()).map_err(provision_core::Fault::internal_error)?;
        loop {
            let revision = self.store.revision().await.map_err(read_fault)?;
            let mut watch = match self.store.watch(&prefix, revision.next()).await {
                Ok(watch) => watch,
                Err(WatchError::Compacted { .. } | WatchError::Future { .. }) => continue,
                Err(WatchError::Closed) => return Err(read_fault(provision_store::ReadError::Closed)),
                Err(WatchError::Unavailable { reason }) => {
                    return Err(read_fault(provision_store::ReadError::Unavailable { reason }));
                }
            };
            loop {
                let found = self.repository().find::<T>(key).await?;
                if reached(found.as_ref().map(|f| &f.value)) {
                    return Ok(found);
                }
                tokio::select! {
                    changes = watch.next() => if changes.is_err() { break },
                    () = tokio::time::sleep_until(deadline) => return Ok(found),
                    () = self.shutdown.cancelled() => return Ok(found),
                }
            }
        }
    }
}
