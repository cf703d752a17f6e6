//! Differences between what an account was promised and what its organisation is: looked for now and then, told once,
//! and, where the account's policy says so, repaired.

mod baseline;
mod look;
mod policy;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use provision_core::account::{ConditionType, Phase, ServiceAccount, Status};
use provision_core::{Result, Timestamp};
use provision_store::record::RecordKey;

pub(crate) use self::baseline::baseline;
pub(crate) use self::look::demand_same_organization;
use self::look::{Looked, Outlook};
use crate::broker::Broker;
use crate::context::Context;
use crate::runtime::Runtime;
use crate::service::ControlPlane;

/// Accounts that are read in one round.
const ACCOUNTS_MAX: usize = 100_000;
/// Organisations that are looked at at the same time.
const LOOKS_AT_ONCE: usize = 4;
/// Rounds in one interval, and the longest pause between two.
const ROUNDS: u32 = 60;
const PAUSE_MAX: Duration = Duration::from_secs(30);
const PAUSE_MIN: Duration = Duration::from_millis(5);
/// What is not as it should be is looked at more often, so that people who mend it see so.
const AMISS_FASTER: u32 = 6;

/// How often organisations are compared with their plans, and what that may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftSettings {
    /// Between two looks at one organisation; each pause lies between three quarters and five quarters of it.
    pub interval: Duration,
    /// Calls of one look.
    pub calls_max: u64,
    /// Repairs of one account that its policy begins in 24 hours.
    pub repairs_per_day_max: u32,
    /// The pause after a repair that has failed; it doubles with each further one.
    pub repair_delay: Duration,
}

impl Default for DriftSettings {
    fn default() -> Self {
        DriftSettings {
            interval: Duration::from_secs(3600),
            calls_max: 200,
            repairs_per_day_max: 4,
            repair_delay: Duration::from_secs(15 * 60),
        }
    }
}

/// The loop.
pub(crate) struct Drift {
    context: Arc<Context>,
    broker: Arc<Broker>,
    runtime: Arc<Runtime>,
    plane: ControlPlane,
}

/// When an account is looked at next, and how often it could not be looked at in a row.
#[derive(Debug, Clone, Copy)]
struct Due {
    at: Timestamp,
    failures: u32,
}

impl Drift {
    pub fn new(
        context: Arc<Context>,
        broker: Arc<Broker>,
        runtime: Arc<Runtime>,
        plane: ControlPlane,
    ) -> Self {
        Drift { context, broker, runtime, plane }
    }

    /// Looks at every account in its turn, until the daemon stops.
    pub async fn run(&self) {
        // By uid: an account that was made again is another one.
        let mut due: HashMap<String, Due> = HashMap::new();
        let pause = (self.context.settings.drift.interval / ROUNDS).clamp(PAUSE_MIN, PAUSE_MAX);
        loop {
            if let Err(fault) = self.round(&mut due).await {
                tracing::warn!(?fault, "the accounts could not be read for their comparison");
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn round(&self, due: &mut HashMap<String, Due>) -> Result<()> {
        let repository = self.context.repository();
        let (all, _) = repository.all::<ServiceAccount>(&RecordKey::all_accounts(), ACCOUNTS_MAX).await?;
        let accounts: Vec<ServiceAccount> =
            all.into_iter().map(|account| account.value).filter(can_be_looked_at).collect();
        let now = self.context.now();
        let mut known = HashMap::with_capacity(accounts.len());
        let mut turn = Vec::new();
        for account in accounts {
            let first = || Due { at: now + self.part_of_interval(0.0, 1.0, 1), failures: 0 };
            let next = due.get(&account.uid).copied().unwrap_or_else(first);
            known.insert(account.uid.clone(), next);
            if next.at <= now {
                turn.push((account, next.failures));
            }
        }
        *due = known;
        let mut looks = futures::stream::iter(turn)
            .map(|(account, failures)| async move {
                let looked = self.look_and_act(&account, failures).await;
                (account.uid, looked)
            })
            .buffer_unordered(LOOKS_AT_ONCE);
        while let Some((uid, looked)) = looks.next().await {
            let faster = if looked.amiss { AMISS_FASTER } else { 1 };
            let mut at = self.context.now() + self.part_of_interval(0.75, 1.25, faster);
            if let Some(wait) = looked.wait.and_then(|wait| chrono::Duration::from_std(wait).ok()) {
                at = at.max(self.context.now() + wait);
            }
            due.insert(uid, Due { at, failures: looked.failures });
        }
        Ok(())
    }

    async fn look_and_act(&self, account: &ServiceAccount, failures: u32) -> Looked {
        let looked = self.look(account, failures).await.unwrap_or_else(|fault| {
            tracing::warn!(account = %account.name, ?fault, "what was seen of the organisation could not be stored");
            Looked { outlook: Outlook::Unseen, amiss: false, failures, wait: None }
        });
        metrics::counter!("provisiond_drift_looks_total", "outcome" => looked.outlook.as_str()).increment(1);
        if looked.outlook == Outlook::Differs
            && let Err(fault) = self.repair_by_policy(&account.name).await
        {
            tracing::warn!(account = %account.name, ?fault, "the repair that the account's policy asks for did not begin");
        }
        looked
    }

    /// A random part of the interval between two fractions, divided.
    fn part_of_interval(&self, from: f64, to: f64, divided_by: u32) -> chrono::Duration {
        let mut bytes = [0u8; 4];
        self.context.randomness.fill(&mut bytes);
        let random = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
        let interval = self.context.settings.drift.interval / divided_by;
        let part = interval.mul_f64(from + (to - from) * random);
        chrono::Duration::from_std(part).unwrap_or(chrono::Duration::MAX)
    }
}

/// Provisioned, with a grant, and nobody works on it.
fn can_be_looked_at(account: &ServiceAccount) -> bool {
    account.phase == Phase::Active
        && account.current_operation.is_none()
        && account.condition(ConditionType::Authorized) == Status::True
        && account.condition(ConditionType::Suspended) != Status::True
}
