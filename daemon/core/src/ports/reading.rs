//! What can be read: inventories, components, connectors.

use async_trait::async_trait;

use super::{ListQuery, Page};
use crate::Timestamp;
use crate::component::Component;
use crate::connector::Manifest;
use crate::fault::Result;
use crate::ids::{AccountName, ComponentId, ConnectorId, ObjectTypeId, ProfileId};
use crate::inventory::{ObjectType, Profile};

/// Inventories as they were read last; each value with the time it was read.
#[async_trait]
pub trait InventoryReader: Send + Sync {
    /// Ordered by API name; fields are left out. Filter fields: `api_name`, `custom`, `accepts_triggers`,
    /// `holds_files`, `holds_feed`. The second number of each item is its count of fields.
    async fn object_types(
        &self,
        account: &AccountName,
        query: ListQuery,
    ) -> Result<(Page<(ObjectType, usize)>, Option<Timestamp>)>;
    async fn object_type(&self, account: &AccountName, id: &ObjectTypeId) -> Result<(ObjectType, Timestamp)>;
    /// Ordered by display name; permissions are left out, their count is the second number. Filter fields:
    /// `display_name`, `kind`, `custom`.
    async fn profiles(
        &self,
        account: &AccountName,
        query: ListQuery,
    ) -> Result<(Page<(Profile, usize)>, Option<Timestamp>)>;
    async fn profile(&self, account: &AccountName, id: &ProfileId) -> Result<(Profile, Timestamp)>;
}

/// Components of an account.
#[async_trait]
pub trait Components: Send + Sync {
    /// Ordered by kind and name; filter fields `kind`, `state`.
    async fn list(&self, account: &AccountName, query: ListQuery) -> Result<Page<Component>>;
    async fn get(&self, account: &AccountName, id: &ComponentId) -> Result<Component>;
}

/// The connectors of this daemon.
pub trait Connectors: Send + Sync {
    /// Ordered by id.
    fn manifests(&self) -> Vec<&Manifest>;
    fn manifest(&self, id: &ConnectorId) -> Result<&Manifest>;
}
