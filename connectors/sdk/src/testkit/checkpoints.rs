//! Checkpoints of an inventory's reading, kept in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::connector::InventoryCheckpoints;
use crate::fault::ConnectorFault;

/// Keeps parts as long as it lives, and counts what is asked of it.
#[derive(Debug, Default)]
pub struct MemoryCheckpoints(Mutex<BTreeMap<String, Vec<u8>>>);

impl MemoryCheckpoints {
    /// The keys of the parts that are kept.
    pub fn keys(&self) -> Vec<String> {
        self.parts().keys().cloned().collect()
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl InventoryCheckpoints for MemoryCheckpoints {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, ConnectorFault> {
        Ok(self.parts().get(key).cloned())
    }

    async fn store(&self, key: &str, part: Vec<u8>) -> Result<(), ConnectorFault> {
        self.parts().insert(key.to_owned(), part);
        Ok(())
    }
}
