//! The engine that keeps nothing: for tests and demonstrations.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::engine::History;
use crate::engine::index::Index;
use crate::engine::shared::Shared;
use crate::engine::staging::Staging;
use crate::error::{CommitError, ReadError, WatchError};
use crate::key::{Key, Prefix};
use crate::store::{Committed, Entry, ListOptions, Page, Revision, Store};
use crate::txn::Txn;
use crate::watch::Watch;

/// A store that lives as long as its process. It keeps the whole contract but durability.
pub struct MemoryStore {
    shared: Arc<Shared>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::with_history(History::default())
    }

    pub fn with_history(history: History) -> Self {
        Self { shared: Shared::new(Index::default(), history) }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.shared.get(key)
    }

    async fn list(&self, prefix: &Prefix, options: ListOptions) -> Result<Page, ReadError> {
        self.shared.list(prefix, &options)
    }

    async fn commit(&self, txn: Txn) -> Result<Committed, CommitError> {
        txn.validate()?;
        if self.shared.is_closed() {
            return Err(CommitError::Closed);
        }
        let revision = {
            let mut index = self.shared.index.write();
            let mut staging = Staging::on(&index);
            let revision = staging.stage(&index, txn)?;
            self.shared.apply(&mut index, staging.into_commits());
            revision
        };
        self.shared.announce(revision);
        Ok(Committed { revision })
    }

    async fn watch(&self, prefix: &Prefix, from: Revision) -> Result<Watch, WatchError> {
        self.shared.watch(prefix, from)
    }

    async fn revision(&self) -> Result<Revision, ReadError> {
        self.shared.revision()
    }

    async fn close(&self) {
        self.shared.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Harness;

    struct Fresh;

    #[async_trait]
    impl Harness for Fresh {
        async fn open(&self, history: History) -> Arc<dyn Store> {
            Arc::new(MemoryStore::with_history(history))
        }
    }

    crate::store_contract_suite!(Box::new(Fresh));
}
