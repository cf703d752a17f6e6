//! What is due for accounts: their licence, and whoever must act.

use std::collections::HashMap;

use provision_core::account::ServiceAccount;
use provision_core::license::License;
use provision_core::machine::Event;
use provision_core::tenant::Tenant;
use provision_core::{AccountName, Principal, Reason, Result, TenantId};
use provision_store::record::RecordKey;

use super::{READ_MAX, licenses, operations};
use crate::commit::{Built, Draft};
use crate::context::Context;
use crate::service::ControlPlane;

pub(super) async fn look_after_all(context: &Context, plane: &ControlPlane) -> Result<()> {
    let (tenants, _) = context.repository().all::<Tenant>(&RecordKey::tenants(), READ_MAX).await?;
    for tenant in tenants {
        look_after_tenant(context, plane, &tenant.value.id).await?;
    }
    Ok(())
}

/// Looks after a tenant's accounts. One that cannot be looked after is logged, and the others are.
pub(crate) async fn look_after_tenant(
    context: &Context,
    plane: &ControlPlane,
    tenant: &TenantId,
) -> Result<()> {
    let (licenses, _) = context.repository().all::<License>(&RecordKey::licenses(tenant), READ_MAX).await?;
    let licenses: HashMap<_, _> =
        licenses.into_iter().map(|found| (found.value.connector.clone(), found.value)).collect();
    let (accounts, _) =
        context.repository().all::<ServiceAccount>(&RecordKey::accounts(tenant), READ_MAX).await?;
    for account in accounts {
        let account = account.value;
        let license = licenses.get(&account.connector);
        if let Err(fault) = licenses::look_after(context, plane, &account, license).await {
            tracing::warn!(account = %account.name, ?fault, "the account's licence could not be looked at");
        }
        if let Some(operation) = &account.current_operation
            && let Err(fault) = operations::look_after(context, plane, operation).await
        {
            tracing::warn!(%operation, ?fault, "the operation could not be looked after");
        }
        if let Err(fault) = remind(context, plane, &account).await {
            tracing::warn!(account = %account.name, ?fault, "an overdue action could not be told");
        }
    }
    Ok(())
}

/// Tells people that somebody should have acted by now.
async fn remind(context: &Context, plane: &ControlPlane, account: &ServiceAccount) -> Result<()> {
    let due = account.next_action.as_ref().and_then(|next| next.deadline);
    if due.is_none_or(|due| context.now() < due) {
        return Ok(());
    }
    apply(context, plane, &account.name, &account.uid, Event::ActionOverdue, "ActionOverdue").await
}

/// Applies an event to the account as it stands now, where it changes anything that is seen.
pub(super) async fn apply(
    context: &Context,
    plane: &ControlPlane,
    name: &AccountName,
    uid: &str,
    event: Event,
    word: &str,
) -> Result<()> {
    let actions = context
        .commit(|| async {
            let found = match context.account(name).await {
                Ok(found) if found.value.uid == uid => found,
                Ok(_) => return Ok(Built::Already(Vec::new())),
                Err(fault) if fault.reason() == Reason::ResourceNotFound => {
                    return Ok(Built::Already(Vec::new()));
                }
                Err(fault) => return Err(fault),
            };
            let mut draft = Draft::default();
            let (next, actions) = draft.transition(context, &found, event.clone())?;
            if next.conditions == found.value.conditions && next.next_action == found.value.next_action {
                return Ok(Built::Already(Vec::new()));
            }
            let by = Principal::system();
            draft.audit(context, &name.tenant, &by, word, name.to_string(), &[])?;
            Ok(Built::Commit(draft, actions))
        })
        .await?;
    plane.perform(name, actions);
    Ok(())
}
