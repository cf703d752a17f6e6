//! An account's life, as those see it who want something of it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use provision_client::NewAccount;
use provision_client::api::v1::{DeprovisionServiceAccountRequest, ServiceAccountState};
use provision_client::names;
use salesforce_simulator::Simulator;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::{Happening, Org};

use super::Wish;
use crate::caller::{ACCOUNT, Caller, TENANT, holds, passes, told};
use crate::end::End;

/// What has been done to the organisation so far; it outlives daemons.
#[derive(Default)]
pub struct Course {
    /// Grants that had been issued when all were revoked.
    revoked_after: OnceLock<u64>,
    /// Somebody has changed what the account had brought in.
    damaged: OnceLock<()>,
    /// Where it stood before it was removed.
    protected: Mutex<Option<End>>,
}

/// From nothing to a provisioning that runs.
pub async fn started(caller: &Caller, environment: &str) -> Result<(), String> {
    created(caller, environment).await?;
    caller.authorize().await?;
    read(caller, 1).await?;
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
    read(caller, 1).await?;
    caller
        .brought_about("PROVISION", 1, |client| async move {
            let plan = client.accounts().plan(ACCOUNT, vec![]).await?;
            client.accounts().provision(ACCOUNT, &plan.etag).await
        })
        .await?;
    caller.until_protected().await
}

/// From whatever it is to removed.
pub async fn removed(caller: &Caller) -> Result<(), String> {
    caller
        .brought_about("DEPROVISION", 1, |client| async move {
            let request = DeprovisionServiceAccountRequest { name: ACCOUNT.to_owned(), ..Default::default() };
            client.accounts().deprovision(request).await
        })
        .await?;
    caller.until("deprovisioned", |account| account.state() == ServiceAccountState::Deprovisioned).await
}

#[async_trait]
impl Wish for Course {
    /// From nothing to protected; the grant is taken away, and the account is authorised again; the organisation is read
    /// anew; somebody damages what was brought in, which is noticed and repaired; and all of it is removed.
    async fn fulfilled(&self, caller: &Caller, org: &Simulator, environment: &str) -> Result<(), String> {
        if self.protected().is_none() {
            if self.damaged.get().is_none() {
                self.authorized_again(caller, org, environment).await?;
                read(caller, 2).await?;
            }
            self.repaired(caller, org).await?;
            let end = End::of(caller, org).await?;
            *self.protected.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        }
        removed(caller).await
    }
}

impl Course {
    /// Where the account stood before it was removed; `None` where it has not come to that.
    pub fn protected(&self) -> Option<End> {
        self.protected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn authorized_again(
        &self,
        caller: &Caller,
        org: &Simulator,
        environment: &str,
    ) -> Result<(), String> {
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

    async fn repaired(&self, caller: &Caller, org: &Simulator) -> Result<(), String> {
        if self.damaged.get().is_none() {
            damage(org.org())?;
            let _ = self.damaged.set(());
        }
        if caller.succeeded("REPAIR").await?.is_empty() {
            // Nobody tells the daemon: its own look has to find it.
            caller
                .until("found damaged", |account| account.state() != ServiceAccountState::Protected)
                .await?;
        }
        caller
            .brought_about(
                "REPAIR",
                1,
                |client| async move { client.accounts().repair(ACCOUNT, false).await },
            )
            .await?;
        caller.until_protected().await?;
        match intact(org.org()) {
            true => Ok(()),
            false => Err("the account is protected, and what was damaged is not repaired".to_owned()),
        }
    }
}

/// Switches a trigger off, and takes the app's permissions from its user.
fn damage(org: &Org) -> Result<(), String> {
    let (trigger, set) = damageable(org).ok_or("nothing of the app is in the organisation")?;
    let changed = org.change_metadata(|metadata| {
        let found = metadata.triggers.values_mut().find(|found| found.unit.name == trigger).ok_or(())?;
        Arc::make_mut(found).unit.status = "Inactive".to_owned();
        Ok::<_, ()>(())
    });
    changed.map_err(|()| "the trigger is gone".to_owned())?;
    Arc::make_mut(&mut org.write().assignments).retain(|_, assignment| assignment.set != set);
    Ok(())
}

fn intact(org: &Org) -> bool {
    let Some((trigger, set)) = damageable(org) else { return false };
    let metadata = org.metadata();
    metadata.triggers.values().any(|found| found.unit.name == trigger && found.unit.status == "Active")
        && org.read().assignments.values().any(|assignment| assignment.set == set)
}

/// The app's first trigger, and its permission set.
fn damageable(org: &Org) -> Option<(String, salesforce_simulator::org::Id)> {
    let metadata = org.metadata();
    let ours = |name: &str| name.starts_with("CAS_");
    let triggers = metadata.triggers.values().map(|trigger| trigger.unit.name.clone());
    let trigger = triggers.filter(|name| ours(name)).min()?;
    let set = metadata.permission_sets.values().find(|set| ours(&set.name))?.id;
    Some((trigger, set))
}

/// Reads the organisation, for the time of that number.
async fn read(caller: &Caller, times: usize) -> Result<(), String> {
    caller
        .brought_about("REFRESH_INVENTORY", times, |client| async move {
            client.inventory().refresh(ACCOUNT).await
        })
        .await
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
