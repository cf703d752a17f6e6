//! The connector's inventory, as the daemon asks for it.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use provision_connector_sdk::{
    Access, AccountContext, CallCounter, Connector as _, ConnectorFault, Credentials, InventoryCheckpoints,
    InventoryProgress, InventoryReading, InventoryRequest, Session,
};
use provision_salesforce::{Delivery, EnvironmentConfig, SalesforceConfig, SalesforceConnector};
use salesforce_simulator::Simulator;

use super::{API_VERSION, Failure, Seen};

/// The connector and a session of the organisation's administrator.
pub struct Ours {
    connector: SalesforceConnector,
    session: Session,
}

impl Ours {
    pub async fn new(simulator: &Simulator) -> Result<Self, Failure> {
        let ready = simulator.ready();
        let connector = SalesforceConnector::new(SalesforceConfig {
            sandbox: Some(EnvironmentConfig {
                login_url: ready.base_url.parse()?,
                client_id: ready.client_id.clone(),
                client_secrets: ready.client_secret.clone().into(),
                refresh_tokens: Default::default(),
                delivery: Delivery::Source,
            }),
            allow_loopback: true,
            api_version: API_VERSION.to_owned(),
            ..SalesforceConfig::new(ready.pubsub_url.parse()?)
        })?;
        let access = Access {
            token: ready.access_token.clone().into(),
            instance_url: ready.base_url.clone(),
            generation: 1,
        };
        let account = AccountContext {
            uid: "versus".to_owned(),
            environment: "sandbox".to_owned(),
            settings: serde_json::Map::new(),
            identity: None,
        };
        let calls = Arc::new(CallCounter::default());
        let mut session = Session { account, credentials: Arc::new(Fixed(access)), calls };
        session.account.identity = Some(connector.identify(&session).await?);
        Ok(Ours { connector, session })
    }

    /// One reading from nothing.
    pub async fn run(&self) -> Result<Seen, Failure> {
        let begun = Instant::now();
        let request = InventoryRequest { previous: None, checkpoints: &Nowhere };
        let reading = self.connector.inventory(&self.session, request, &Nowhere).await?;
        let seconds = begun.elapsed().as_secs_f64();
        let InventoryReading::Read(inventory) = reading else {
            return Err("a first reading that is unchanged".into());
        };
        let fields: usize = inventory.object_types.iter().map(|object| object.fields.len()).sum();
        let rights: usize = inventory.profiles.iter().map(|profile| profile.object_permissions.len()).sum();
        Ok(Seen {
            seconds,
            objects: inventory.object_types.len() as u64,
            fields: fields as u64,
            rights: rights as u64,
        })
    }
}

struct Fixed(Access);

#[async_trait]
impl Credentials for Fixed {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        Ok(self.0.clone())
    }

    async fn renew(&self, _stale: &Access) -> Result<Access, ConnectorFault> {
        Err(ConnectorFault::protocol("the session of a comparison ended"))
    }
}

/// Keeps nothing and tells nobody.
struct Nowhere;

#[async_trait]
impl InventoryCheckpoints for Nowhere {
    async fn load(&self, _key: &str) -> Result<Option<Vec<u8>>, ConnectorFault> {
        Ok(None)
    }

    async fn store(&self, _key: &str, _part: Vec<u8>) -> Result<(), ConnectorFault> {
        Ok(())
    }
}

impl InventoryProgress for Nowhere {
    fn report(&self, _part: &'static str, _done: u64, _total: u64) {}
}
