use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;

use crate::contract::Harness;
use crate::engine::History;
use crate::engine::sled::{SledOptions, SledStore};
use crate::store::Store;

struct InTempDir(TempDir);

impl InTempDir {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }
}

#[async_trait]
impl Harness for InTempDir {
    async fn open(&self, history: History) -> Arc<dyn Store> {
        let options = SledOptions { history, ..SledOptions::default() };
        Arc::new(SledStore::open(self.0.path(), options).await.expect("the store opens"))
    }
}

crate::durable_store_contract_suite!(Box::new(InTempDir::new()));
