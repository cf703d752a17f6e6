//! Transitions of deprovisioning.

use super::{Action, notify, operation};
use crate::Timestamp;
use crate::account::{Actor, ConditionType, Failure, NextAction, Phase, ServiceAccount, Status};
use crate::fault::{Fault, Result};
use crate::ids::OperationName;
use crate::notification::NotificationCode;
use crate::reason::Reason;

/// Accepted in every phase but the last; whatever works on the account is halted first.
pub(super) fn started(
    account: &mut ServiceAccount,
    operation: OperationName,
    now: Timestamp,
    actions: &mut Vec<Action>,
) -> Result<()> {
    if account.phase == Phase::Deprovisioned {
        return Err(Fault::new(
            Reason::WrongPhase,
            "the account is deprovisioned; it can be deleted, and another one created for the same organisation",
        )
        .meta("phase", account.phase.as_str())
        .violation("phase", "must not be DEPROVISIONED"));
    }
    if let Some(running) = account.current_operation.take() {
        if account.phase == Phase::Deprovisioning {
            account.current_operation = Some(running.clone());
            return Err(Fault::new(
                Reason::OperationInProgress,
                format!("'{running}' deprovisions the account already; wait for it or cancel it"),
            )
            .meta("operation", running.to_string()));
        }
        actions.push(Action::Halt { operation: running });
    }
    account.phase = Phase::Deprovisioning;
    if account.condition(ConditionType::Suspended) == Status::True {
        account.observe(ConditionType::Suspended, Status::False, "DEPROVISIONING", "", now);
    }
    account.observe(
        ConditionType::Protected,
        Status::False,
        "DEPROVISIONING",
        "it is being deprovisioned",
        now,
    );
    operation::wait_for(account, "DEPROVISION");
    operation::take(account, operation, actions);
    Ok(())
}

/// What is there stays as the operation has left it; a later deprovisioning goes on from there.
pub(super) fn failed(
    account: &mut ServiceAccount,
    failure: Failure,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let (reason, message) = (failure.reason.as_str(), failure.message.as_str());
    account.observe(ConditionType::Protected, Status::False, reason, message, now);
    let told = [("reason", reason), ("message", message)];
    notify(account, NotificationCode::DeprovisioningFailed, &told, actions);
    account.next_action = Some(match failure.reason {
        Reason::ReauthorizationRequired => grant_needed(),
        Reason::SaasUnavailable | Reason::GrantInDoubt => by_operator(
            "deprovision again when the organisation answers, or with mode LOCAL_ONLY, which leaves it as it is",
        ),
        _ => by_operator("mend what the failure says, and deprovision again"),
    });
    account.failure = Some(failure);
}

pub(super) fn cancelled(account: &mut ServiceAccount, now: Timestamp) {
    account.observe(
        ConditionType::Protected,
        Status::False,
        "CANCELLED",
        "deprovisioning was cancelled before its end",
        now,
    );
    account.next_action = Some(by_operator("deprovision again to finish what was begun"));
}

/// A fresh grant has come to an account whose deprovisioning had stopped.
pub(super) fn go_on() -> NextAction {
    by_operator("the account is authorised again; deprovision it again")
}

/// The action while a deprovisioning has no grant.
pub const REAUTHORIZE_OR_DEPROVISION_LOCALLY: &str = "REAUTHORIZE_OR_DEPROVISION_LOCALLY";

/// What a deprovisioning without a grant waits for.
pub(super) fn grant_needed() -> NextAction {
    let hint = "authorise the account again and deprovision it, or deprovision it with mode LOCAL_ONLY, which \
                leaves the organisation as it is";
    NextAction { action: REAUTHORIZE_OR_DEPROVISION_LOCALLY.to_owned(), ..by_operator(hint) }
}

fn by_operator(hint: &str) -> NextAction {
    NextAction {
        actor: Actor::Operator,
        action: "DEPROVISION".to_owned(),
        hint: hint.to_owned(),
        link: None,
        deadline: None,
    }
}

pub(super) fn ended(account: &mut ServiceAccount, leftovers: u64, now: Timestamp, actions: &mut Vec<Action>) {
    account.current_operation = None;
    account.phase = Phase::Deprovisioned;
    account.failure = None;
    account.next_action = None;
    for kind in ConditionType::ALL {
        if kind != ConditionType::LicenseValid {
            account.observe(kind, Status::False, "DEPROVISIONED", "", now);
        }
    }
    let leftovers = leftovers.to_string();
    notify(account, NotificationCode::AccountDeprovisioned, &[("leftovers", leftovers.as_str())], actions);
}
