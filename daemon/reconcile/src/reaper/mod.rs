//! Moves on what nobody else does: authorisations that never came back, licences that end, operations past their
//! deadline, people who should have acted, and records past their time.
//!
//! One bad record never holds up the others, and a round is bounded.

mod accounts;
mod licenses;
mod operations;
mod sweep;

pub(crate) use accounts::look_after_tenant;

use std::sync::Arc;
use std::time::Duration;

use provision_core::{AccountName, Fault, Result};
use provision_store::record::{AuthorizationPointer, RecordKey};
use provision_store::{Prefix, read_all};

use crate::context::Context;
use crate::service::ControlPlane;

const INTERVAL: Duration = Duration::from_secs(5);
/// Rounds between two looks at all accounts.
const ACCOUNTS_EVERY: u32 = 6;
/// Rounds between two removals of old records.
const SWEEP_EVERY: u32 = 60;
/// Entries that one round reads of a kind.
const READ_MAX: usize = 200_000;

/// The reaper. It keeps nothing but the count of its rounds: a restarted one goes on where the last one was.
pub struct Reaper {
    context: Arc<Context>,
    plane: ControlPlane,
    round: u32,
}

impl Reaper {
    pub fn new(context: Arc<Context>, plane: ControlPlane) -> Self {
        Reaper { context, plane, round: 0 }
    }

    /// Goes round until the task is dropped.
    pub(crate) async fn run(mut self) {
        loop {
            self.round().await;
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Looks at what is due now.
    pub async fn round(&mut self) {
        let Reaper { context, plane, round } = self;
        if let Err(fault) = expire_authorizations(context, plane).await {
            tracing::warn!(?fault, "overdue authorisations could not be ended");
        }
        if round.is_multiple_of(ACCOUNTS_EVERY)
            && let Err(fault) = accounts::look_after_all(context, plane).await
        {
            tracing::warn!(?fault, "accounts could not be looked after");
        }
        if round.is_multiple_of(SWEEP_EVERY) {
            if let Err(fault) = operations::look_after_all(context, plane).await {
                tracing::warn!(?fault, "operations could not be looked after");
            }
            if let Err(fault) = sweep::sweep(context).await {
                tracing::warn!(?fault, "old records could not be removed");
            }
        }
        *round = round.wrapping_add(1);
    }
}

async fn expire_authorizations(context: &Context, plane: &ControlPlane) -> Result<()> {
    let prefix = RecordKey::authorization_pointers();
    let snapshot =
        read_all(context.store.as_ref(), &prefix, READ_MAX).await.map_err(Fault::internal_error)?;
    let now = context.now();
    for entry in snapshot.entries {
        let Some(name) = account_of(&entry.key, &prefix) else { continue };
        let pointer: AuthorizationPointer =
            provision_store::record::decode(&entry.value).map_err(crate::repository::record_fault)?;
        if now >= pointer.expire_time {
            // One that cannot be ended must not hold up the others.
            if let Err(fault) = plane.expire_authorization(&pointer, &name).await {
                tracing::warn!(account = %name, ?fault, "an overdue authorisation could not be ended");
            }
        }
    }
    Ok(())
}

fn account_of(key: &provision_store::Key, prefix: &Prefix) -> Option<AccountName> {
    let (tenant, account) = key.as_str().strip_prefix(prefix.as_str())?.split_once('/')?;
    Some(AccountName { tenant: tenant.parse().ok()?, account: account.parse().ok()? })
}
