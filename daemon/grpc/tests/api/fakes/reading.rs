//! One connector, an empty inventory, no components.

use std::collections::BTreeMap;

use async_trait::async_trait;
use provision_core::account::Actor;
use provision_core::component::Component;
use provision_core::connector::{Environment, Manifest};
use provision_core::fault::{Fault, Result};
use provision_core::inventory::{ObjectType, Profile};
use provision_core::ports::{Components, Connectors, InventoryReader, ListQuery, Page};
use provision_core::precondition::{CheckSeverity, PreconditionSpec};
use provision_core::{AccountName, ComponentId, ConnectorId, ObjectTypeId, ProfileId, Timestamp};

use super::page;

pub struct FakeReading {
    manifest: Manifest,
}

impl FakeReading {
    pub fn new() -> Self {
        let environment = Environment { id: "sandbox".to_owned(), display_name: "Sandbox".to_owned() };
        let manifest = Manifest {
            id: ConnectorId::new("example").expect("valid"),
            display_name: "Example".to_owned(),
            version: "1.0.0".to_owned(),
            environments: vec![environment],
            capabilities: vec!["changes".to_owned()],
            settings_schema: serde_json::json!({"type": "object", "maxProperties": 3}),
            required_permissions: Vec::new(),
            preconditions: vec![precondition()],
            authorization_hints: vec!["look at the browser".to_owned()],
            notification_texts: BTreeMap::new(),
        };
        FakeReading { manifest }
    }
}

fn precondition() -> PreconditionSpec {
    PreconditionSpec {
        id: "api".to_owned(),
        title: "API".to_owned(),
        description: "The API is on.".to_owned(),
        fix: "switch it on".to_owned(),
        actor: Actor::SaasAdmin,
        severity: CheckSeverity::Blocking,
        refuses_grant: true,
        look: Some("look at the settings".to_owned()),
        help_uri: None,
        environments: vec!["sandbox".to_owned()],
    }
}

impl Connectors for FakeReading {
    fn manifests(&self) -> Vec<&Manifest> {
        vec![&self.manifest]
    }

    fn manifest(&self, id: &ConnectorId) -> Result<&Manifest> {
        if *id == self.manifest.id { Ok(&self.manifest) } else { Err(Fault::not_found(id)) }
    }
}

#[async_trait]
impl Components for FakeReading {
    async fn list(&self, _: &AccountName, query: ListQuery) -> Result<Page<Component>> {
        Ok(page(Vec::new(), &query))
    }

    async fn get(&self, _: &AccountName, id: &ComponentId) -> Result<Component> {
        Err(Fault::not_found(id))
    }
}

#[async_trait]
impl InventoryReader for FakeReading {
    async fn object_types(
        &self,
        _: &AccountName,
        query: ListQuery,
    ) -> Result<(Page<(ObjectType, usize)>, Option<Timestamp>)> {
        Ok((page(Vec::new(), &query), None))
    }

    async fn object_type(&self, _: &AccountName, id: &ObjectTypeId) -> Result<(ObjectType, Timestamp)> {
        Err(Fault::not_found(id))
    }

    async fn profiles(
        &self,
        _: &AccountName,
        query: ListQuery,
    ) -> Result<(Page<(Profile, usize)>, Option<Timestamp>)> {
        Ok((page(Vec::new(), &query), None))
    }

    async fn profile(&self, _: &AccountName, id: &ProfileId) -> Result<(Profile, Timestamp)> {
        Err(Fault::not_found(id))
    }
}
