//! The contract, and what the disk may do to the engine.

mod crash;
mod durability;
mod opening;
mod space;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tempfile::TempDir;

use crate::contract::Harness;
use crate::engine::History;
use crate::engine::journal::{JournalOptions, JournalStore};
use crate::key::Key;
use crate::store::{Revision, Store};
use crate::txn::Txn;

struct InTempDir(TempDir);

impl InTempDir {
    fn new() -> Self {
        Self(temp_dir())
    }
}

#[async_trait]
impl Harness for InTempDir {
    async fn open(&self, history: History) -> Arc<dyn Store> {
        Arc::new(open(self.0.path(), history).await)
    }
}

crate::durable_store_contract_suite!(Box::new(InTempDir::new()));

fn temp_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

async fn open(dir: &Path, history: History) -> JournalStore {
    let options = JournalOptions { history, ..JournalOptions::default() };
    JournalStore::open(dir, options).await.expect("the store opens")
}

fn key(name: &str) -> Key {
    Key::new(name).expect("a valid key")
}

async fn put(store: &JournalStore, name: &str, value: &str) -> Revision {
    store.commit(Txn::new().put(key(name), value.to_owned())).await.expect("the commit is taken").revision
}

async fn value(store: &JournalStore, name: &str) -> Option<String> {
    let entry = store.get(&key(name)).await.expect("the key is read")?;
    Some(String::from_utf8(entry.value.to_vec()).expect("text"))
}
