//! Licences that end: grace, then suspension, then the end of the account; and back on renewal at any time before.

use provision_core::account::{Condition, ConditionType, Failure, Phase, ServiceAccount, Status};
use provision_core::license::{License, LicenseState, demand};
use provision_core::machine::{Event, LICENSE_GRACE};
use provision_core::operation::{Disposition, Removal, RemovalMode};
use provision_core::ports::{Accounts as _, DeprovisionAccount, Mutation};
use provision_core::{Principal, Result, Timestamp};

use super::accounts::apply;
use crate::context::Context;
use crate::service::ControlPlane;

/// After a removal that failed, how long until it is tried again.
const REMOVAL_AGAIN: chrono::Duration = chrono::Duration::days(1);

/// Brings an account to what its licence is worth now.
pub(super) async fn look_after(
    context: &Context,
    plane: &ControlPlane,
    account: &ServiceAccount,
    license: Option<&License>,
) -> Result<()> {
    if account.phase == Phase::Deprovisioned {
        return Ok(());
    }
    let now = context.now();
    let Some(event) = due(account, license, removal_time(context, account, license), now) else {
        return Ok(());
    };
    if let Event::LicenseLapsed { removal: Some(at), .. } = &event
        && now >= *at
        && is_removable(account, now)
    {
        return remove(plane, account).await;
    }
    apply(context, plane, &account.name, &account.uid, event, "LicenseReviewed").await
}

/// What the licence says about the account; `None` where the account says so already.
fn due(
    account: &ServiceAccount,
    license: Option<&License>,
    removal: Option<Timestamp>,
    now: Timestamp,
) -> Option<Event> {
    match license.map(|l| (l.state(now), l.grace_end())) {
        Some((LicenseState::Active, _)) => {
            let holds = says(account, ConditionType::LicenseValid, Status::True, "ACTIVE")
                && account.condition(ConditionType::Suspended) != Status::True;
            (!holds).then_some(Event::LicenseRestored)
        }
        Some((LicenseState::Grace, Some(until))) => {
            let known = says(account, ConditionType::LicenseValid, Status::True, LICENSE_GRACE);
            (!known).then_some(Event::LicenseGrace { until })
        }
        _ => {
            let fault = demand(license, &account.connector, now).err()?;
            let failure = Failure { reason: fault.reason(), message: fault.message().to_owned() };
            Some(Event::LicenseLapsed { failure, removal })
        }
    }
}

/// When a suspended account is deprovisioned: a while after its licence has stopped to count, or, where it never
/// counted, after it was suspended.
fn removal_time(context: &Context, account: &ServiceAccount, license: Option<&License>) -> Option<Timestamp> {
    let after = context.settings.removal_after?;
    let now = context.now();
    let lapsed = license.and_then(License::grace_end).filter(|end| *end <= now);
    let suspended = account
        .conditions
        .iter()
        .find(|c| c.kind == ConditionType::Suspended && c.status == Status::True)
        .map(|c| c.last_transition_time);
    let since = lapsed.or(suspended).unwrap_or(now);
    chrono::Duration::from_std(after).ok().and_then(|after| since.checked_add_signed(after))
}

/// Only what people were told of is removed; a removal that has failed is tried again after a while.
fn is_removable(account: &ServiceAccount, now: Timestamp) -> bool {
    if account.current_operation.is_some() && account.phase == Phase::Deprovisioning {
        return false;
    }
    match account.phase {
        Phase::Deprovisioning => now >= account.update_time + REMOVAL_AGAIN,
        _ => account.condition(ConditionType::Suspended) == Status::True,
    }
}

/// Quarantined content is exported: nothing is lost, and nothing dangerous is put back unasked.
async fn remove(plane: &ControlPlane, account: &ServiceAccount) -> Result<()> {
    let by = Mutation { principal: Principal::system(), method: "LicenseRemoval", idempotency: None };
    let removal = Removal { mode: RemovalMode::Everything, disposition: Some(Disposition::Export) };
    let request =
        DeprovisionAccount { name: account.name.clone(), etag: None, removal, validate_only: false };
    let operation = plane.deprovision(by, request).await?;
    tracing::warn!(account = %account.name, operation = %operation.name, "deprovisioned: the licence has lapsed");
    Ok(())
}

fn says(account: &ServiceAccount, kind: ConditionType, status: Status, reason: &str) -> bool {
    let found: Option<&Condition> = account.conditions.iter().find(|c| c.kind == kind);
    found.is_some_and(|c| c.status == status && c.reason == reason)
}
