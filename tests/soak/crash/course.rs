//! An account's life, as those see it who want something of it.

use std::sync::OnceLock;

use async_trait::async_trait;
use provision_client::NewAccount;
use provision_client::names;
use salesforce_simulator::Simulator;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::Happening;

use super::Wish;
use crate::caller::{ACCOUNT, Caller, TENANT, holds, passes, told};

/// What has been done to the organisation so far; it outlives daemons.
#[derive(Default)]
pub struct Course {
    /// Grants that had been issued when all were revoked.
    revoked_after: OnceLock<u64>,
}

/// From nothing to a provisioning that runs.
pub async fn started(caller: &Caller, environment: &str) -> Result<(), String> {
    created(caller, environment).await?;
    caller.authorize().await?;
    caller
        .brought_about("REFRESH_INVENTORY", |client| async move { client.inventory().refresh(ACCOUNT).await })
        .await?;
    let begun = async {
        let plan = caller.client.accounts().plan(ACCOUNT, vec![]).await?;
        caller.client.accounts().provision(ACCOUNT, &plan.etag).await
    };
    match begun.await {
        Err(error) if !passes(&error) && error.reason() != "REAUTHORIZATION_REQUIRED" => Err(told(error)),
        _ => Ok(()),
    }
}

/// From nothing to protected.
pub async fn protected(caller: &Caller, environment: &str) -> Result<(), String> {
    created(caller, environment).await?;
    caller.authorize().await?;
    caller
        .brought_about("REFRESH_INVENTORY", |client| async move { client.inventory().refresh(ACCOUNT).await })
        .await?;
    caller
        .brought_about("PROVISION", |client| async move {
            let plan = client.accounts().plan(ACCOUNT, vec![]).await?;
            client.accounts().provision(ACCOUNT, &plan.etag).await
        })
        .await?;
    caller.until_protected().await
}

#[async_trait]
impl Wish for Course {
    /// From nothing to protected; then the grant is taken away, and the account is authorised again.
    async fn fulfilled(&self, caller: &Caller, org: &Simulator, environment: &str) -> Result<(), String> {
        if self.revoked_after.get().is_none() {
            protected(caller, environment).await?;
        }
        let before = *self.revoked_after.get_or_init(|| {
            org.org().happen(&Happening::GrantsRevoked);
            org.ledger().count(Kind::GrantIssued)
        });
        // Somebody has to use the account before anybody notices.
        while org.ledger().count(Kind::GrantIssued) == before && holds(&caller.account().await?, "Authorized")
        {
            match caller.client.accounts().plan(ACCOUNT, vec![]).await {
                Ok(_) => {}
                Err(error) if passes(&error) || error.reason() == "REAUTHORIZATION_REQUIRED" => {}
                Err(error) => return Err(format!("a plan without a grant: {}", told(error))),
            }
        }
        caller.authorize().await?;
        caller.until_protected().await
    }
}

async fn created(caller: &Caller, environment: &str) -> Result<(), String> {
    let new = NewAccount {
        parent: TENANT.into(),
        id: "main".into(),
        display_name: "Main".into(),
        connector: names::connector("salesforce"),
        environment: environment.into(),
        ..NewAccount::default()
    };
    match caller.client.accounts().create(new).await {
        Ok(_) => Ok(()),
        Err(error) if error.reason() == "RESOURCE_EXISTS" => Ok(()),
        Err(error) => Err(told(error)),
    }
}
