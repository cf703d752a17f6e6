//! A simulated organisation, and the connector for it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use provision_connector_sdk::core::inventory::Inventory;
use provision_connector_sdk::core::plan::{ObjectSelection, Plan, PlanStep, PlannedComponent};
use provision_connector_sdk::testkit::{MemoryCheckpoints, StaticCredentials, World};
use provision_connector_sdk::{
    AccountContext, ApplyProgress, ApplyRequest, Begin, CallCounter, Connector, ConnectorFault, Credentials,
    InventoryProgress, InventoryReading, InventoryRequest, PlanRequest, Session,
};
use provision_salesforce::{Delivery, EnvironmentConfig, SalesforceConfig, SalesforceConnector};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::{Config, Environment, Simulator};

use crate::client::Client;

/// Kinds of what the simulator counts as a change of the organisation.
const EFFECTS: [Kind; 8] = [
    Kind::DeployStarted,
    Kind::ComponentDeployed,
    Kind::RecordCreated,
    Kind::RecordUpdated,
    Kind::RecordDeleted,
    Kind::RecordRestored,
    Kind::PermissionAssigned,
    Kind::EventPublished,
];

pub struct Salesforce {
    pub simulator: Simulator,
    pub connector: SalesforceConnector,
    pub environment: &'static str,
}

impl Salesforce {
    pub async fn start(environment: Environment) -> Self {
        Self::with(Config { environment, ..Config::default() }).await
    }

    pub async fn with(config: Config) -> Self {
        Self::delivering(config, Delivery::Source).await
    }

    pub async fn delivering(config: Config, delivery: Delivery) -> Self {
        let name = match config.environment {
            Environment::Sandbox => "sandbox",
            Environment::Production => "production",
        };
        let simulator = Simulator::start(config).await.expect("the simulator starts");
        let ready = simulator.ready();
        let environment = EnvironmentConfig {
            login_url: ready.base_url.parse().expect("a URL"),
            client_id: ready.client_id.clone(),
            client_secrets: ready.client_secret.clone().into(),
            refresh_tokens: Default::default(),
            delivery,
        };
        let connector = SalesforceConnector::new(SalesforceConfig {
            sandbox: Some(environment.clone()),
            production: Some(environment),
            ca_file: ready.ca_file.clone(),
            allow_loopback: true,
            deploy_poll_min: Duration::from_millis(10),
            request_timeout: Duration::from_secs(60),
            ..SalesforceConfig::new(ready.pubsub_url.parse().expect("a URL"))
        })
        .expect("the connector is set up");
        Salesforce { simulator, connector, environment: name }
    }

    fn static_credentials(&self, token: &str) -> Arc<dyn Credentials> {
        Arc::new(StaticCredentials::new(token, &self.simulator.ready().base_url))
    }

    /// Those of a user without an administrator's rights.
    pub fn credentials_of_the_ordinary_user(&self) -> Arc<dyn Credentials> {
        let org = self.simulator.org();
        self.static_credentials(&org.open_session(org.user, None, "full"))
    }

    /// A session of the administrator, whose organisation and user are known.
    pub async fn session(&self) -> Session {
        let credentials = self.static_credentials(&self.simulator.ready().access_token);
        let calls = Arc::new(CallCounter::default());
        let mut session = Session { account: self.account(), credentials, calls };
        let identity = self.connector.identify(&session).await.expect("the administrator is known");
        session.account.identity = Some(identity);
        session
    }

    /// Everything, read anew.
    pub async fn inventory(&self, session: &Session) -> Inventory {
        let checkpoints = MemoryCheckpoints::default();
        let request = InventoryRequest { previous: None, checkpoints: &checkpoints };
        match self.connector.inventory(session, request, &Silent).await.expect("an inventory") {
            InventoryReading::Read(inventory) => inventory,
            InventoryReading::Unchanged => panic!("there is nothing to be unchanged from"),
        }
    }

    /// A plan as the daemon stores it.
    pub async fn plan(&self, session: &Session, object_types: &[&str]) -> Plan {
        let inventory = self.inventory(session).await;
        let names: Vec<String> = object_types.iter().map(|name| (*name).to_owned()).collect();
        let selection =
            if names.is_empty() { ObjectSelection::Default } else { ObjectSelection::Listed(names) };
        self.plan_of(session, &inventory, selection).await.expect("a plan")
    }

    /// The same for a selection, over an inventory that was read.
    pub async fn plan_of(
        &self,
        session: &Session,
        inventory: &Inventory,
        selection: ObjectSelection,
    ) -> Result<Plan, ConnectorFault> {
        let request = PlanRequest { selection: &selection, inventory };
        let proposed = self.connector.plan(session, request).await?;
        Ok(Plan {
            account: "tenants/acme/serviceAccounts/main".parse().expect("a name"),
            account_uid: "uid".to_owned(),
            etag: proposed.observed_digest,
            steps: proposed.steps,
            estimated_api_calls: proposed.estimated_api_calls,
            tests: proposed.tests,
            risks: proposed.risks,
            unprotected: proposed.unprotected,
            object_types: proposed.object_types,
            selection,
            create_time: chrono::Utc::now(),
        })
    }

    /// One call of `apply`.
    pub async fn apply(
        &self,
        session: &Session,
        plan: &Plan,
        step: &PlanStep,
        begin: Begin<'_>,
    ) -> Result<ApplyProgress, ConnectorFault> {
        let request = ApplyRequest { plan, step, idempotency_key: &step.id, begin, refused: &[] };
        self.connector.apply(session, request).await
    }

    /// Calls of `apply` until the step is done, or fails.
    pub async fn finish(
        &self,
        session: &Session,
        plan: &Plan,
        step: &PlanStep,
        begin: Begin<'_>,
    ) -> Result<(), ConnectorFault> {
        let mut progress = self.apply(session, plan, step, begin).await?;
        while let ApplyProgress::Running { handle, poll_after, .. } = progress {
            tokio::time::sleep(poll_after.min(Duration::from_millis(50))).await;
            progress = self.apply(session, plan, step, Begin::Resume { handle: &handle }).await?;
        }
        Ok(())
    }

    /// Changes the source of a trigger behind the connector's back.
    fn rewritten(&self, component: &PlannedComponent, change: impl Fn(&str) -> String) -> bool {
        if component.kind != "ApexTrigger" {
            return false;
        }
        let changed = self.simulator.org().change_metadata(|metadata| {
            let trigger =
                metadata.triggers.values_mut().find(|trigger| trigger.unit.name == component.full_name);
            let trigger = std::sync::Arc::make_mut(trigger.ok_or(())?);
            trigger.unit.body = change(&trigger.unit.body);
            Ok::<_, ()>(())
        });
        changed.is_ok()
    }

    pub fn count(&self, kind: Kind) -> u64 {
        self.simulator.ledger().count(kind)
    }
}

/// The step of that id.
pub fn step<'p>(plan: &'p Plan, id: &str) -> &'p PlanStep {
    plan.steps.iter().find(|step| step.id == id).expect("a step of that id")
}

pub struct Silent;

impl InventoryProgress for Silent {
    fn report(&self, _part: &'static str, _done: u64, _total: u64) {}
}

#[async_trait]
impl World for Salesforce {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn account(&self) -> AccountContext {
        AccountContext {
            uid: "uid".to_owned(),
            environment: self.environment.to_owned(),
            settings: serde_json::Map::new(),
            identity: None,
        }
    }

    async fn credentials(&self) -> Arc<dyn Credentials> {
        self.static_credentials(&self.simulator.ready().access_token)
    }

    async fn refused_credentials(&self) -> Arc<dyn Credentials> {
        self.static_credentials("00D000000000001!revoked")
    }

    fn effects(&self) -> Option<u64> {
        Some(EFFECTS.iter().map(|kind| self.count(*kind)).sum())
    }

    fn portrait(&self) -> Option<String> {
        // The contract leaves attachments and their cases behind, which are nobody's to remove.
        let portrait = self.simulator.org().portrait();
        let stands = portrait.0.into_iter().filter(|(name, _)| !name.starts_with("record "));
        Some(stands.map(|(name, what)| format!("{name}: {what}\n")).collect())
    }

    async fn quarantine(&self, action: &str, content: &[u8]) -> bool {
        Client::of(self).quarantine(action, content).await;
        true
    }

    async fn disown(&self, component: &PlannedComponent) -> bool {
        self.rewritten(component, |_| "trigger Theirs on Case (before insert) { }".to_owned())
    }

    async fn tamper(&self, component: &PlannedComponent) -> bool {
        self.rewritten(component, |body| body.replace("CAS_RecordChangeHandler.handle", "// "))
    }
}
