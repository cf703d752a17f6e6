//! A store whose daemon dies at a chosen commit, before it or after it, or which keeps back the answer of one.

use std::sync::Arc;

use async_trait::async_trait;
use provision_store::engine::memory::MemoryStore;
use provision_store::*;

use crate::world::Crash;

#[derive(Debug)]
pub struct CrashingStore {
    pub inner: Arc<MemoryStore>,
    pub crash: Arc<Crash>,
}

#[async_trait]
impl Store for CrashingStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.inner.get(key).await
    }

    async fn list(&self, prefix: &Prefix, options: ListOptions) -> Result<Page, ReadError> {
        self.inner.list(prefix, options).await
    }

    async fn commit(&self, txn: Txn) -> Result<Committed, CommitError> {
        self.crash.point().await;
        let committed = self.inner.commit(txn).await;
        if self.crash.answers().await {
            committed
        } else {
            Err(CommitError::Unknown { reason: "the answer was lost".to_owned() })
        }
    }

    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, WatchError> {
        self.inner.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, ReadError> {
        self.inner.revision().await
    }

    async fn close(&self) {}
}
