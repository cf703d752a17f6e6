//! Inventories and plans as artifacts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use provision_core::inventory::{Inventory, InventorySummary};
use provision_core::plan::{Plan, PlanRef};
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::artifact::{ArtifactError, ArtifactRef};
use provision_store::record::RecordKey;

use crate::context::Context;

/// Parsed inventories that are kept at hand, and what they may weigh together: object types, fields and rights, at some
/// hundred bytes each.
const CACHED_MAX: usize = 8;
const CACHED_WEIGHT_MAX: usize = 200_000;

/// Reads inventories, and keeps the last few parsed.
pub struct Inventories {
    context: Arc<Context>,
    cache: Mutex<VecDeque<(String, Arc<Inventory>)>>,
}

impl Inventories {
    pub fn new(context: Arc<Context>) -> Self {
        Inventories { context, cache: Mutex::new(VecDeque::new()) }
    }

    /// The account's inventory and its summary, or `None` while none was read.
    pub async fn of(&self, name: &AccountName) -> Result<Option<(InventorySummary, Arc<Inventory>)>> {
        let found = self.context.repository().find::<InventorySummary>(&RecordKey::inventory(name)).await?;
        let Some(summary) = found.map(|f| f.value) else { return Ok(None) };
        if let Some(inventory) = self.cached(&summary.artifact) {
            return Ok(Some((summary, inventory)));
        }
        let inventory = Arc::new(self.context.load::<Inventory>(&summary.artifact).await?);
        self.remember(&summary.artifact, &inventory);
        Ok(Some((summary, inventory)))
    }

    /// Stores an inventory as an artifact and keeps it at hand. Answers the reference.
    pub async fn keep(&self, inventory: Inventory) -> Result<String> {
        let artifact = self.context.save(&inventory).await?;
        self.remember(&artifact, &Arc::new(inventory));
        Ok(artifact)
    }

    /// The oldest give way; the newest stays, however large it is.
    fn remember(&self, artifact: &str, inventory: &Arc<Inventory>) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.retain(|(key, _)| key != artifact);
        cache.push_back((artifact.to_owned(), inventory.clone()));
        let mut weight: usize = cache.iter().map(|(_, inventory)| weight(inventory)).sum();
        while cache.len() > 1 && (cache.len() > CACHED_MAX || weight > CACHED_WEIGHT_MAX) {
            let gone = cache.pop_front();
            weight -= gone.map_or(0, |(_, inventory)| self::weight(&inventory));
        }
    }

    fn cached(&self, artifact: &str) -> Option<Arc<Inventory>> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.iter().find(|(key, _)| key == artifact).map(|(_, inventory)| inventory.clone())
    }
}

fn weight(inventory: &Inventory) -> usize {
    inventory.object_types.iter().map(|o| 1 + o.fields.len()).sum::<usize>()
        + inventory.profiles.iter().map(|p| 1 + p.object_permissions.len()).sum::<usize>()
}

impl Context {
    /// Stores a value as an artifact; durable when it returns.
    pub async fn save<T: serde::Serialize>(&self, value: &T) -> Result<String> {
        let bytes = serde_json::to_vec(value).map_err(Fault::internal_error)?;
        Ok(self.artifacts.put(bytes.into()).await.map_err(artifact_fault)?.to_string())
    }

    /// Reads a value back.
    pub async fn load<T: serde::de::DeserializeOwned>(&self, reference: &str) -> Result<T> {
        let reference: ArtifactRef = reference.parse().map_err(Fault::internal_error)?;
        let bytes = self.artifacts.get(&reference).await.map_err(artifact_fault)?;
        serde_json::from_slice(&bytes).map_err(Fault::internal_error)
    }

    /// The plan that a reference names.
    pub async fn load_plan(&self, reference: &PlanRef) -> Result<Plan> {
        self.load(&reference.artifact).await
    }
}

pub(crate) fn artifact_fault(error: ArtifactError) -> Fault {
    match error {
        ArtifactError::TooLarge { .. } => {
            Fault::new(Reason::TooLarge, "the organisation is larger than what can be stored")
                .with_internal(error)
        }
        ArtifactError::Missing { .. } | ArtifactError::Damaged { .. } => Fault::internal_error(error),
        other => {
            Fault::new(Reason::StoreUnavailable, "the artifact store cannot be used at the moment; try again")
                .with_internal(other)
                .retry_after(std::time::Duration::from_secs(1))
        }
    }
}
