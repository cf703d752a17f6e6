//! Records past their time.

use provision_core::audit::AuditEvent;
use provision_core::notification::Notification;
use provision_core::operation::Operation;
use provision_core::tenant::Tenant;
use provision_core::{Fault, Result};
use provision_store::record::{IdempotencyRecord, NotificationFloor, RecordKey};
use provision_store::{Prefix, Txn, read_all};

use super::READ_MAX;
use crate::commit::{Built, Draft, commit_fault};
use crate::context::Context;

/// How long a finished operation is kept.
const OPERATION_LIFETIME: chrono::Duration = chrono::Duration::days(30);
/// How long the audit trail goes back.
const AUDIT_LIFETIME: chrono::Duration = chrono::Duration::days(400);
/// Deletions in one commit.
const DELETED_A_COMMIT: usize = 100;

pub(super) async fn sweep(context: &Context) -> Result<()> {
    let now = context.now();
    remove_where::<IdempotencyRecord>(context, &RecordKey::idempotencies(), |r| now >= r.expire_time).await?;
    let old = |o: &Operation| o.end_time.is_some_and(|end| now >= end + OPERATION_LIFETIME);
    forget_exports(context, old).await?;
    remove_where::<Operation>(context, &RecordKey::all_operations(), old).await?;
    let (tenants, _) = context.repository().all::<Tenant>(&RecordKey::tenants(), READ_MAX).await?;
    for tenant in tenants {
        trim_notifications(context, &tenant.value).await?;
        let old = context.now() - AUDIT_LIFETIME;
        let audits = RecordKey::audits(&tenant.value.id);
        remove_where::<AuditEvent>(context, &audits, |event| event.create_time < old).await?;
    }
    Ok(())
}

/// What old operations have exported, before the records that name it.
async fn forget_exports(context: &Context, old: impl Fn(&Operation) -> bool) -> Result<()> {
    let (all, _) = context.repository().all::<Operation>(&RecordKey::all_operations(), READ_MAX).await?;
    for operation in all.iter().map(|o| &o.value).filter(|o| o.export.is_some() && old(o)) {
        context.forget_export(operation).await?;
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
