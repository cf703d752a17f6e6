//! Transitions around the grant.

use super::{Action, notify, wrong_phase};
use crate::Timestamp;
use crate::account::{Actor, ConditionType, Failure, Identity, NextAction, Phase, ServiceAccount, Status};
use crate::fault::{Fault, Result};
use crate::notification::NotificationCode;
use crate::reason::Reason;

/// A fresh grant may replace an old one at any time but while an operation uses it. A deprovisioning that has stopped
/// for want of a grant goes on with a fresh one.
fn demand_free(account: &ServiceAccount) -> Result<()> {
    let taken = match account.phase {
        Phase::Provisioning | Phase::Deprovisioned => true,
        Phase::Deprovisioning => account.current_operation.is_some(),
        _ => false,
    };
    if !taken {
        return Ok(());
    }
    Err(wrong_phase(account, "authorised", &[Phase::Draft, Phase::Ready, Phase::Active, Phase::Failed]))
}

pub(super) fn begun(account: &mut ServiceAccount, deadline: Timestamp, now: Timestamp) -> Result<()> {
    demand_free(account)?;
    if account.phase == Phase::Draft {
        account.phase = Phase::AwaitingAuthorization;
    }
    if account.condition(ConditionType::Authorized) != Status::True {
        account.observe(
            ConditionType::Authorized,
            Status::False,
            "PENDING",
            "waiting for the administrator",
            now,
        );
        account.next_action = Some(NextAction {
            actor: Actor::SaasAdmin,
            action: AUTHORIZE.to_owned(),
            hint: "open the authorisation page that BeginAuthorization answered, log in and allow access"
                .to_owned(),
            link: None,
            deadline: Some(deadline),
        });
    }
    Ok(())
}

/// The action while an authorisation is under way.
pub const AUTHORIZE: &str = "AUTHORIZE";
/// The action while no authorisation is under way.
pub const BEGIN_AUTHORIZATION: &str = "BEGIN_AUTHORIZATION";

/// What to do once the account is authorised.
pub(super) fn provision_action() -> NextAction {
    NextAction {
        actor: Actor::Operator,
        action: "PROVISION".to_owned(),
        hint: "check the organisation and user shown, make a plan and provision it".to_owned(),
        link: None,
        deadline: None,
    }
}

/// What to do while no authorisation is under way.
pub fn authorize_action() -> NextAction {
    NextAction {
        actor: Actor::Operator,
        action: BEGIN_AUTHORIZATION.to_owned(),
        hint: "call BeginAuthorization and send the administrator to the page it answers".to_owned(),
        link: None,
        deadline: None,
    }
}

/// An account that had a grant keeps it; only the attempt has ended, which its condition tells until the next grant.
pub(super) fn ended(account: &mut ServiceAccount, failure: &Failure, now: Timestamp) {
    if account.condition(ConditionType::Authorized) == Status::True {
        let message = format!(
            "the grant holds; a later authorisation was refused at {}: {}",
            now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            failure.message
        );
        account.observe(ConditionType::Authorized, Status::True, "GRANTED", &message, now);
        return;
    }
    if account.phase == Phase::AwaitingAuthorization {
        account.phase = Phase::Draft;
    }
    account.observe(ConditionType::Authorized, Status::False, failure.reason.as_str(), &failure.message, now);
    account.next_action = Some(match (account.phase, failure.reason) {
        (Phase::Deprovisioning, _) => super::removal::grant_needed(),
        (Phase::Active, Reason::OrgMismatch) => NextAction {
            hint: "authorise again and log in to the organisation that the account protects; where that one is no \
                   more, as where a fresh copy has taken its place, deprovision the account with mode LOCAL_ONLY and \
                   create another one"
                .to_owned(),
            ..authorize_action()
        },
        _ => authorize_action(),
    });
}

pub(super) fn authorized(
    account: &mut ServiceAccount,
    identity: Identity,
    now: Timestamp,
    actions: &mut Vec<Action>,
) -> Result<()> {
    demand_free(account)?;
    if let Some(known) = &account.identity
        && known.organization_id != identity.organization_id
        && matches!(account.phase, Phase::Active | Phase::Deprovisioning)
    {
        return Err(Fault::new(
            Reason::OrgMismatch,
            "another organisation was authorised than the one this account protects; log in to that one",
        )
        .meta("expected", known.organization_id.clone())
        .meta("actual", identity.organization_id));
    }
    account.identity = Some(identity);
    account.observe(ConditionType::Authorized, Status::True, "GRANTED", "", now);
    if account.phase == Phase::Deprovisioning {
        account.next_action = Some(super::removal::go_on());
        return Ok(());
    }
    account.failure = None;
    if account.phase == Phase::Active {
        account.next_action = None;
        super::channel::protected_again(account, "AUTHORIZED", now);
        // Also where it is open: it goes on under the fresh grant before the old one ends.
        actions.push(Action::OpenEvents);
        return Ok(());
    }
    account.phase = Phase::Ready;
    account.next_action = Some(provision_action());
    notify(account, NotificationCode::AccountAuthorized, &[], actions);
    Ok(())
}

/// Told once: a grant that was lost before stays lost in silence.
pub(super) fn grant_lost(
    account: &mut ServiceAccount,
    failure: &Failure,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let doubt = Reason::GrantInDoubt.as_str();
    let known = account
        .conditions
        .iter()
        .any(|c| c.kind == ConditionType::Authorized && c.status == Status::False && c.reason != doubt);
    account.observe(ConditionType::Authorized, Status::False, failure.reason.as_str(), &failure.message, now);
    account.observe(ConditionType::Protected, Status::False, failure.reason.as_str(), &failure.message, now);
    if matches!(account.phase, Phase::Deprovisioning | Phase::Deprovisioned) {
        // The operation that needs the grant says so when it fails.
        return;
    }
    account.next_action = Some(authorize_action());
    if !known {
        notify(
            account,
            NotificationCode::ReauthorizationRequired,
            &[("reason", failure.reason.as_str()), ("message", &failure.message)],
            actions,
        );
    }
}
