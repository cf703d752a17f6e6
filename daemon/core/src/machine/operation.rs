//! Transitions around operations.

use super::{Action, notify, wrong_phase};
use crate::Timestamp;
use crate::account::{Actor, ConditionType, Failure, NextAction, Phase, ServiceAccount, Status};
use crate::component::Coverage;
use crate::fault::{Fault, Result};
use crate::ids::OperationName;
use crate::notification::NotificationCode;
use crate::operation::OperationKind;
use crate::reason::Reason;

pub(super) fn started(
    account: &mut ServiceAccount,
    operation: OperationName,
    kind: OperationKind,
    now: Timestamp,
    actions: &mut Vec<Action>,
) -> Result<()> {
    if kind == OperationKind::Deprovision {
        return super::removal::started(account, operation, now, actions);
    }
    if let Some(running) = &account.current_operation {
        return Err(Fault::new(
            Reason::OperationInProgress,
            format!("'{running}' works on the account; wait for it or cancel it"),
        )
        .meta("operation", running.to_string()));
    }
    let fitting: &[Phase] = match kind {
        OperationKind::Repair => &[Phase::Active],
        _ => &[Phase::Ready, Phase::Active, Phase::Failed],
    };
    if !fitting.contains(&account.phase) {
        let what = match kind {
            OperationKind::Provision => "provisioned",
            OperationKind::RefreshInventory => "read",
            OperationKind::Repair => "repaired",
            OperationKind::Deprovision => "deprovisioned",
        };
        return Err(wrong_phase(account, what, fitting));
    }
    if account.condition(ConditionType::Authorized) != Status::True {
        return Err(Fault::new(
            Reason::ReauthorizationRequired,
            "the account's grant is gone; authorise it again first",
        ));
    }
    if kind == OperationKind::Provision {
        account.phase = Phase::Provisioning;
        wait_for(account, "PROVISION");
    }
    take(account, operation, actions);
    Ok(())
}

/// Nobody but the daemon must act while the operation runs.
pub(super) fn wait_for(account: &mut ServiceAccount, action: &str) {
    account.failure = None;
    account.next_action =
        Some(NextAction { actor: Actor::System, ..again(action, "wait for the operation") });
}

/// The operation has the account now, and is to be driven.
pub(super) fn take(account: &mut ServiceAccount, operation: OperationName, actions: &mut Vec<Action>) {
    account.current_operation = Some(operation.clone());
    actions.push(Action::Drive { operation });
}

pub(super) fn step_done(
    account: &mut ServiceAccount,
    establishes: &[ConditionType],
    coverage: Coverage,
    now: Timestamp,
) {
    for kind in establishes {
        account.observe(*kind, Status::True, "OBSERVED", &coverage.message(), now);
    }
}

pub(super) fn provisioned(
    account: &mut ServiceAccount,
    coverage: Coverage,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    account.current_operation = None;
    account.phase = Phase::Active;
    account.failure = None;
    account.next_action = None;
    account.observed_generation = account.generation;
    account.observe(ConditionType::InSync, Status::True, "PROVISIONED", "", now);
    account.observe(ConditionType::EventsFlowing, Status::True, "CANARY_RETURNED", "", now);
    account.observe(ConditionType::Protected, Status::True, "PROVISIONED", &coverage.message(), now);
    actions.push(Action::OpenEvents);
    let (protected, refused) = (coverage.protected().to_string(), coverage.refused.to_string());
    let counts = [("protected_object_types", protected.as_str()), ("refused_object_types", refused.as_str())];
    notify(account, NotificationCode::AccountProtected, &counts, actions);
}

/// A failed reading of the inventory leaves the account where it was.
pub(super) fn failed(
    account: &mut ServiceAccount,
    kind: OperationKind,
    failure: Failure,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    account.current_operation = None;
    match kind {
        OperationKind::RefreshInventory => {
            account.observe(
                ConditionType::InventoryCurrent,
                Status::False,
                failure.reason.as_str(),
                &failure.message,
                now,
            );
        }
        OperationKind::Repair => {
            notify(
                account,
                NotificationCode::RepairFailed,
                &[("reason", failure.reason.as_str()), ("message", &failure.message)],
                actions,
            );
            let repair = || again("REPAIR", "mend what the failure says, and repair again");
            account.next_action = Some(grant_first(account).unwrap_or_else(repair));
            account.failure = Some(failure);
        }
        OperationKind::Deprovision => super::removal::failed(account, failure, now, actions),
        OperationKind::Provision => {
            account.phase = Phase::Failed;
            account.observe(
                ConditionType::Protected,
                Status::False,
                failure.reason.as_str(),
                &failure.message,
                now,
            );
            notify(
                account,
                NotificationCode::ProvisioningFailed,
                &[("reason", failure.reason.as_str()), ("message", &failure.message)],
                actions,
            );
            account.next_action = Some(grant_first(account).unwrap_or_else(retry_action));
            account.failure = Some(failure);
        }
    }
}

/// Where the grant went while the operation ran, nothing can be mended before there is another.
fn grant_first(account: &ServiceAccount) -> Option<NextAction> {
    (account.condition(ConditionType::Authorized) == Status::False).then(super::authorize_action)
}

/// What to do after a provisioning that failed.
pub(super) fn retry_action() -> NextAction {
    again("RETRY", "mend what the failure says, plan again and provision")
}

fn again(action: &str, hint: &str) -> NextAction {
    NextAction {
        actor: Actor::Operator,
        action: action.to_owned(),
        hint: hint.to_owned(),
        link: None,
        deadline: None,
    }
}

/// What was brought in stays; a later plan keeps what is there.
pub(super) fn cancelled(
    account: &mut ServiceAccount,
    kind: OperationKind,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    account.current_operation = None;
    if kind == OperationKind::Deprovision {
        super::removal::cancelled(account, now);
    }
    if kind == OperationKind::Provision {
        account.phase = Phase::Ready;
        account.observe(
            ConditionType::Protected,
            Status::False,
            "CANCELLED",
            "provisioning was cancelled",
            now,
        );
        account.next_action = Some(NextAction {
            actor: Actor::Operator,
            action: "PROVISION".to_owned(),
            hint: "make a plan and provision it".to_owned(),
            link: None,
            deadline: None,
        });
        notify(account, NotificationCode::ProvisioningCancelled, &[], actions);
    }
}
