//! The contract, and a test for each way in which sled must, or must not, be used.

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
use crate::engine::sled::{SledOptions, SledStore};
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

async fn open(dir: &Path, history: History) -> SledStore {
    let options = SledOptions { history, ..SledOptions::default() };
    SledStore::open(dir, options).await.expect("the store opens")
}

fn key(name: &str) -> Key {
    Key::new(name).expect("a valid key")
}

async fn put(store: &SledStore, name: &str, value: &str) -> Revision {
    store.commit(Txn::new().put(key(name), value.to_owned())).await.expect("the commit is taken").revision
}

async fn value(store: &SledStore, name: &str) -> Option<String> {
    let entry = store.get(&key(name)).await.expect("the key is read")?;
    Some(String::from_utf8(entry.value.to_vec()).expect("text"))
}

/// The engine's own source: what it must not call, it does not name.
#[test]
fn sled_is_read_by_its_iterator_at_the_start_alone() {
    let sources = [
        ("sled.rs", include_str!("../sled.rs")),
        ("format.rs", include_str!("format.rs")),
        ("journal.rs", include_str!("journal.rs")),
        ("lock.rs", include_str!("lock.rs")),
        ("open.rs", include_str!("open.rs")),
    ];
    for (file, source) in sources {
        let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for call in ["watch_prefix", "transaction", "flush_async", "db.iter(", "db.range("] {
            assert!(!code.contains(call), "{file} calls {call}");
        }
        assert_eq!(code.contains("scan_prefix"), file == "open.rs", "{file}");
    }
}
