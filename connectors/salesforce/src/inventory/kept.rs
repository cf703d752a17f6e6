//! Parts of a reading, kept in the daemon's checkpoints.

use provision_connector_sdk::{ConnectorFault, InventoryCheckpoints};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest part that checkpoints take; a larger one is read again after an interruption.
const PART_MAX: usize = 16 << 20;

/// The parts.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a>(&'a dyn InventoryCheckpoints);

impl<'a> Kept<'a> {
    pub(super) fn new(checkpoints: &'a dyn InventoryCheckpoints) -> Self {
        Kept(checkpoints)
    }

    /// The part, if it is there and of this version's form.
    pub(super) async fn load<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, ConnectorFault> {
        let part = self.0.load(key).await?;
        Ok(part.and_then(|part| serde_json::from_slice(&part).ok()))
    }

    pub(super) async fn store<T: Serialize + Sync>(&self, key: &str, part: &T) -> Result<(), ConnectorFault> {
        let bytes = serde_json::to_vec(part).map_err(ConnectorFault::protocol)?;
        if bytes.len() > PART_MAX {
            return Ok(());
        }
        self.0.store(key, bytes).await
    }
}
