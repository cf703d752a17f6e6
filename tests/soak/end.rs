//! Where a world stands in the end, without what differs from run to run.

use std::collections::BTreeMap;

use provision_client::ListOptions;
use provision_client::api::v1::OperationMetadata;
use salesforce_simulator::Simulator;
use salesforce_simulator::ledger::Kind;

use crate::caller::{ACCOUNT, Caller, TENANT, told};

/// What one run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub state: String,
    /// State by component.
    pub components: BTreeMap<String, String>,
    /// How often the organisation had each component made or removed; what was brought in unchanged is no effect.
    pub effects: BTreeMap<String, u64>,
    /// How often people were told that the account is protected.
    pub protected: usize,
    pub token_reuses: usize,
}

impl End {
    pub async fn of(caller: &Caller, org: &Simulator) -> Result<End, String> {
        let options = || ListOptions { limit: 1_000, ..ListOptions::default() };
        let account = caller.account().await?;
        let components = caller.client.components().list(ACCOUNT, options()).await.map_err(told)?.components;
        let notifications = caller.client.notifications().list(TENANT, options()).await.map_err(told)?;
        let notifications = notifications.notifications;
        Ok(End {
            state: format!("{:?}", account.state()),
            components: components
                .into_iter()
                .map(|one| (format!("{}:{}", one.kind, one.full_name), format!("{:?}", one.state())))
                .collect(),
            effects: effects(org),
            protected: notifications.iter().filter(|one| one.code == "ACCOUNT_PROTECTED").count(),
            token_reuses: token_reuses(org),
        })
    }

    /// What is not as in the undisturbed run.
    pub fn differs(&self, undisturbed: &End) -> Option<String> {
        if self == undisturbed {
            return None;
        }
        let mut told = Vec::new();
        if self.state != undisturbed.state {
            told.push(format!("the account is {} and not {}", self.state, undisturbed.state));
        }
        maps("component", &self.components, &undisturbed.components, &mut told);
        maps("effect", &self.effects, &undisturbed.effects, &mut told);
        if self.protected != undisturbed.protected {
            told.push(format!("told {} times that it is protected", self.protected));
        }
        if self.token_reuses > 0 {
            told.push(format!("{} refresh tokens were used after they were rotated", self.token_reuses));
        }
        Some(told.join("; "))
    }
}

fn maps<V: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &BTreeMap<String, V>,
    expected: &BTreeMap<String, V>,
    told: &mut Vec<String>,
) {
    for name in found.keys().chain(expected.keys().filter(|name| !found.contains_key(*name))) {
        let (is, ought) = (found.get(name), expected.get(name));
        if is != ought {
            told.push(format!("{what} {name}: {is:?} and not {ought:?}"));
        }
    }
}

/// Components made and removed by deployments, and how often.
pub fn effects(org: &Simulator) -> BTreeMap<String, u64> {
    let mut effects = BTreeMap::new();
    for entry in org.ledger().of(Kind::ComponentDeployed) {
        let effect = entry.detail.get("effect").map_or("", String::as_str);
        if matches!(effect, "created" | "deleted") {
            *effects.entry(format!("{effect} {}", entry.subject)).or_default() += 1;
        }
    }
    effects
}

/// How often a grant ended since a rotated token was used again.
pub fn token_reuses(org: &Simulator) -> usize {
    let reused = |reason: &String| reason.contains("used again");
    org.ledger()
        .of(Kind::GrantRevoked)
        .iter()
        .filter(|entry| entry.detail.get("reason").is_some_and(reused))
        .count()
}

/// Reasons of failed operations that name a defect of ours.
pub async fn defects(caller: &Caller) -> Result<Vec<String>, String> {
    let options = ListOptions { filter: "state = FAILED".into(), limit: 1_000 };
    let failed = caller.client.operations().list(TENANT, options).await.map_err(told)?.operations;
    let mut found = Vec::new();
    for operation in failed {
        let error = provision_client::metadata(&operation).map(|_: OperationMetadata| ()).err();
        found.extend(error.map(told));
        if let Some(provision_client::api::google::longrunning::operation::Result::Error(status)) =
            &operation.result
        {
            let error = provision_client::Error::from_operation(status);
            if error.reason() == "INTERNAL" {
                found.push(format!("{} failed: {error}", operation.name));
            }
        }
    }
    Ok(found)
}
