//! Parts of a reading, kept for the case that it is interrupted.

use async_trait::async_trait;
use provision_connector_sdk::{ConnectorFault, FaultClass, InventoryCheckpoints};
use provision_core::{AccountName, Fault, OperationName, Reason, Result};
use provision_store::artifact::{ArtifactError, ArtifactRef};
use provision_store::record::{InventoryCheckpoint, RecordKey};

use super::Driver;
use crate::commit::{Built, Draft};
use crate::context::Context;

/// Largest part, in bytes.
const PART_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest key of a part.
const KEY_LENGTH_MAX: usize = 64;
/// Parts of one reading.
const PARTS_MAX: usize = 2_000;
/// Records in one commit.
const REMOVED_A_COMMIT: usize = 100;

/// The checkpoints of one operation: what another has left is not seen.
pub(super) struct Checkpoints<'a> {
    pub context: &'a Context,
    pub account: &'a AccountName,
    pub operation: &'a OperationName,
}

#[async_trait]
impl InventoryCheckpoints for Checkpoints<'_> {
    async fn load(&self, key: &str) -> Result<Option<Vec<u8>>, ConnectorFault> {
        self.find(key).await.map_err(classify)
    }

    async fn store(&self, key: &str, part: Vec<u8>) -> Result<(), ConnectorFault> {
        self.keep(key, part).await.map_err(classify)
    }
}

impl Checkpoints<'_> {
    async fn find(&self, key: &str) -> Result<Option<Vec<u8>>> {
        demand_key(key)?;
        let key = RecordKey::inventory_checkpoint(self.account, key);
        let found = self.context.repository().find::<InventoryCheckpoint>(&key).await?;
        let Some(checkpoint) = found.map(|f| f.value).filter(|c| c.operation == *self.operation) else {
            return Ok(None);
        };
        let reference: ArtifactRef = checkpoint.artifact.parse().map_err(Fault::internal_error)?;
        match self.context.artifacts.get(&reference).await {
            Ok(bytes) => Ok(Some(bytes.into())),
            // Asked for once more, instead of failing over what is only a help.
            Err(ArtifactError::Missing { .. } | ArtifactError::Damaged { .. }) => Ok(None),
            Err(error) => Err(crate::inventory::artifact_fault(error)),
        }
    }

    async fn keep(&self, key: &str, part: Vec<u8>) -> Result<()> {
        demand_key(key)?;
        if part.len() > PART_BYTES_MAX {
            return Err(Fault::internal_error(format!("the part '{key}' has {} bytes", part.len())));
        }
        let artifact =
            self.context.artifacts.put(part.into()).await.map_err(crate::inventory::artifact_fault)?;
        let record =
            InventoryCheckpoint { operation: self.operation.clone(), artifact: artifact.to_string() };
        let key = RecordKey::inventory_checkpoint(self.account, key);
        self.context
            .commit(|| async {
                let mut draft = Draft::default();
                draft.put(key.clone(), &record)?;
                Ok(Built::Commit(draft, ()))
            })
            .await
    }
}

impl Driver<'_> {
    /// Removes what readings of the account have left. Best effort: what stays is seen by no other operation, and goes
    /// with the next reading or the account.
    pub(super) async fn forget_checkpoints(&self, account: &AccountName) {
        if let Err(fault) = forget(self.context, account).await {
            tracing::warn!(%account, ?fault, "parts of a reading could not be removed");
        }
    }
}

/// Removes all checkpoints of an account, with the parts that they name.
pub(crate) async fn forget(context: &Context, account: &AccountName) -> Result<()> {
    let prefix = RecordKey::inventory_checkpoints(account);
    let snapshot = provision_store::read_all(context.store.as_ref(), &prefix, PARTS_MAX)
        .await
        .map_err(Fault::internal_error)?;
    for chunk in snapshot.entries.chunks(REMOVED_A_COMMIT) {
        context
            .commit(|| async {
                let mut draft = Draft::default();
                chunk.iter().for_each(|entry| draft.delete(entry.key.clone()));
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        for entry in chunk {
            let checkpoint: InventoryCheckpoint =
                provision_store::record::decode(&entry.value).map_err(crate::repository::record_fault)?;
            let reference: ArtifactRef = checkpoint.artifact.parse().map_err(Fault::internal_error)?;
            context.artifacts.delete(&reference).await.map_err(crate::inventory::artifact_fault)?;
        }
    }
    Ok(())
}

fn demand_key(key: &str) -> Result<()> {
    let ok = (1..=KEY_LENGTH_MAX).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if ok { Ok(()) } else { Err(Fault::internal_error(format!("'{key}' is no key of a part"))) }
}

fn classify(fault: Fault) -> ConnectorFault {
    match fault.reason() {
        Reason::Internal => ConnectorFault::new(FaultClass::Rejected, fault),
        _ => ConnectorFault::new(FaultClass::Transient, fault),
    }
}
