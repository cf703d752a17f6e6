//! Transitions of deprovisioning.

use super::{Action, notify};
use crate::Timestamp;
use crate::account::{Actor, ConditionType, NextAction, Phase, ServiceAccount, Status};
use crate::fault::{Fault, Result};
use crate::ids::OperationName;
use crate::notification::NotificationCode;
use crate::reason::Reason;

/// Accepted in every phase but the last; whatever works on the account is halted first.
pub(super) fn started(
    account: &mut ServiceAccount,
    operation: OperationName,
    actions: &mut Vec<Action>,
) -> Result<()> {
    if account.phase == Phase::Deprovisioned {
        return Err(super::wrong_phase(account, "deprovisioned again", &[Phase::Active]));
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
    account.failure = None;
    account.next_action = Some(NextAction {
        actor: Actor::System,
        action: "DEPROVISION".to_owned(),
        hint: "wait for the operation".to_owned(),
        link: None,
        deadline: None,
    });
    account.current_operation = Some(operation.clone());
    actions.push(Action::Drive { operation });
    Ok(())
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
