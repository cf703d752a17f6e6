//! Moves on what nobody else does: authorisations that never came back, request ids and records past their time.

use std::time::Duration;

use provision_core::notification::Notification;
use provision_core::operation::Operation;
use provision_core::tenant::Tenant;
use provision_core::{AccountName, Fault, Result};
use provision_store::record::{AuthorizationPointer, IdempotencyRecord, NotificationFloor, RecordKey};
use provision_store::{Prefix, Txn, read_all};

use crate::commit::{Built, Draft, commit_fault};
use crate::context::Context;
use crate::service::ControlPlane;

const INTERVAL: Duration = Duration::from_secs(5);
/// Rounds between two removals of old records.
const SWEEP_EVERY: u32 = 60;
/// Entries that one round reads of a kind.
const READ_MAX: usize = 200_000;
/// How long a finished operation is kept.
const OPERATION_LIFETIME: chrono::Duration = chrono::Duration::days(30);
/// Deletions in one commit.
const DELETED_A_COMMIT: usize = 100;

pub(crate) async fn run(context: &Context, plane: &ControlPlane) {
    let mut round = 0u32;
    loop {
        if let Err(fault) = expire_authorizations(context, plane).await {
            tracing::warn!(?fault, "overdue authorisations could not be ended");
        }
        if round.is_multiple_of(SWEEP_EVERY)
            && let Err(fault) = sweep(context).await
        {
            tracing::warn!(?fault, "old records could not be removed");
        }
        round = round.wrapping_add(1);
        tokio::time::sleep(INTERVAL).await;
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

async fn sweep(context: &Context) -> Result<()> {
    let now = context.now();
    remove_where::<IdempotencyRecord>(context, &RecordKey::idempotencies(), |r| now >= r.expire_time).await?;
    remove_where::<Operation>(context, &RecordKey::all_operations(), |o| {
        o.end_time.is_some_and(|end| now >= end + OPERATION_LIFETIME)
    })
    .await?;
    let (tenants, _) = context.repository().all::<Tenant>(&RecordKey::tenants(), READ_MAX).await?;
    for tenant in tenants {
        trim_notifications(context, &tenant.value).await?;
    }
    Ok(())
}

async fn remove_where<T: provision_store::record::Record>(
    context: &Context,
    prefix: &Prefix,
    old: impl Fn(&T) -> bool,
) -> Result<()> {
    let snapshot = read_all(context.store.as_ref(), prefix, READ_MAX).await.map_err(Fault::internal_error)?;
    let mut doomed = Vec::new();
    for entry in snapshot.entries {
        let value: T =
            provision_store::record::decode(&entry.value).map_err(crate::repository::record_fault)?;
        if old(&value) {
            doomed.push(entry.key);
        }
    }
    for chunk in doomed.chunks(DELETED_A_COMMIT) {
        let txn = chunk.iter().fold(Txn::new(), |txn, key| txn.delete(key.clone()));
        context.store.commit(txn).await.map_err(commit_fault)?;
    }
    Ok(())
}

/// Keeps a tenant's newest notifications. The floor moves first: no feed may resume from before what is removed.
async fn trim_notifications(context: &Context, tenant: &Tenant) -> Result<()> {
    let prefix = RecordKey::notifications(&tenant.id);
    let (all, _) = context.repository().all::<Notification>(&prefix, READ_MAX).await?;
    let Some(newest_removed) = all.get(context.settings.notifications_kept) else { return Ok(()) };
    let key = RecordKey::notification_floor(&tenant.id);
    let floor = NotificationFloor { revision: newest_removed.created.0 };
    context
        .commit(|| async {
            let mut draft = Draft::default();
            draft.put(key.clone(), &floor)?;
            Ok(Built::Commit(draft, ()))
        })
        .await?;
    for chunk in all[context.settings.notifications_kept..].chunks(DELETED_A_COMMIT) {
        let txn = chunk
            .iter()
            .fold(Txn::new(), |txn, n| txn.delete(RecordKey::notification(&tenant.id, n.value.sequence)));
        context.store.commit(txn).await.map_err(commit_fault)?;
    }
    Ok(())
}
