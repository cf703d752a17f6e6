//! The use cases behind the ports: what the daemon's edges ask for.

mod accounts;
mod admin;
mod authorization;
mod deletion;
mod deprovisioning;
mod explanation;
mod exports;
mod notifications;
mod operations;
mod planning;
mod preconditions;
mod reading;
mod repairing;
mod settings;
mod starting;
mod watching;

use std::sync::Arc;

use provision_connector_sdk::GrantPolicy;
use provision_core::account::{ApiBudget, Beside, ServiceAccount};
use provision_core::license::{self, License};
use provision_core::machine::Action;
use provision_core::ports::AccountView;
use provision_core::ports::Tagged;
use provision_core::{AccountName, ConnectorId, Result, TenantId};
use provision_store::record::{Credential, RecordKey};

use crate::broker::{Broker, outlook};
use crate::context::{Context, account_context};
use crate::inventory::Inventories;
use crate::repository::Versioned;
use crate::runtime::Runtime;

/// The middle of the daemon: implements every port of `provision_core::ports`.
#[derive(Clone)]
pub struct ControlPlane {
    context: Arc<Context>,
    broker: Arc<Broker>,
    runtime: Arc<Runtime>,
    inventories: Arc<Inventories>,
}

impl ControlPlane {
    pub fn new(context: Arc<Context>, broker: Arc<Broker>, runtime: Arc<Runtime>) -> Self {
        let inventories = runtime.inventories().clone();
        ControlPlane { context, broker, runtime, inventories }
    }

    /// Demands the tenant's licence; stands before every call to the application.
    async fn demand_license(&self, tenant: &TenantId, connector: &ConnectorId) -> Result<()> {
        let found = self.context.repository().find::<License>(&RecordKey::license(tenant, connector)).await?;
        license::demand(found.as_ref().map(|l| &l.value), connector, self.context.now())
    }

    /// The tasks of the reconciler.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Does what a committed transition asks for.
    pub(crate) fn perform(&self, name: &AccountName, actions: Vec<Action>) {
        self.runtime.perform(name, actions);
    }

    async fn view(&self, account: Versioned<ServiceAccount>) -> Result<AccountView> {
        view_of(&self.context, account).await
    }
}

/// An account as it is shown.
async fn view_of(context: &Context, account: Versioned<ServiceAccount>) -> Result<AccountView> {
    let etag = account.etag();
    let channel = context
        .repository()
        .find::<provision_core::account::EventChannel>(&RecordKey::channel(&account.value.name))
        .await?
        .map(|c| c.value)
        .filter(|c| c.account_uid == account.value.uid);
    let grant = context
        .repository()
        .find::<Credential>(&RecordKey::credential(&account.value.name))
        .await?
        .map(|c| c.value)
        .filter(|c| c.account_uid == account.value.uid)
        .map(|c| outlook(&c, grant_policy(context, &account.value)));
    let budget = context.repository().find::<ApiBudget>(&RecordKey::budget(&account.value.name)).await?;
    let budget = budget.map(|b| b.value).filter(|b| b.account_uid == account.value.uid);
    let beside = Beside { channel, grant, budget };
    Ok(Tagged { value: (account.value, beside), etag })
}

/// How long grants live there; an account of a connector that is not configured any more is shown all the same.
fn grant_policy(context: &Context, account: &ServiceAccount) -> GrantPolicy {
    let connector = context.connectors.get(&account.connector);
    connector.map(|connector| connector.grant_policy(&account_context(account))).unwrap_or_default()
}

/// A time as texts for people have it: as the API writes it, to the second.
fn written(time: provision_core::Timestamp) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
