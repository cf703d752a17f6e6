//! A store that dies at a chosen commit: before it happens, or after it with the answer lost.

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
        self.crash.point().await;
        committed
    }

    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, WatchError> {
        self.inner.watch(prefix, from).await
    }

    async fn revision(&self) -> Result<Revision, ReadError> {
        self.inner.revision().await
    }

    async fn close(&self) {}
}
