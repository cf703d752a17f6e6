//! Transitions around a licence that has lapsed.

use super::{Action, channel, notify};
use crate::Timestamp;
use crate::account::{Actor, ConditionType, Failure, NextAction, Phase, ServiceAccount, Status};
use crate::notification::NotificationCode;

/// Intake stops; nothing in the organisation is touched.
pub(super) fn lapsed(
    account: &mut ServiceAccount,
    failure: &Failure,
    removal: Option<Timestamp>,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let known = account.condition(ConditionType::Suspended) == Status::True;
    let (reason, message) = (failure.reason.as_str(), failure.message.as_str());
    account.observe(ConditionType::LicenseValid, Status::False, reason, message, now);
    if account.phase != Phase::Active {
        return;
    }
    account.observe(ConditionType::Suspended, Status::True, reason, message, now);
    account.observe(ConditionType::Protected, Status::False, reason, message, now);
    account.next_action = Some(NextAction {
        actor: Actor::Operator,
        action: "RENEW_LICENSE".to_owned(),
        hint: "ask the vendor to renew the licence".to_owned(),
        link: None,
        deadline: removal,
    });
    if !known {
        let removal = removal.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        let removal = removal.unwrap_or_default();
        let more = [("message", message), ("removal_time", removal.as_str())];
        notify(account, NotificationCode::AccountSuspended, &more, actions);
        actions.push(Action::CloseEvents);
    }
}

pub(super) fn restored(account: &mut ServiceAccount, now: Timestamp, actions: &mut Vec<Action>) {
    let was_suspended = account.condition(ConditionType::Suspended) == Status::True;
    account.observe(ConditionType::LicenseValid, Status::True, "ACTIVE", "", now);
    account.observe(ConditionType::Suspended, Status::False, "LICENSE_VALID", "", now);
    if was_suspended && account.phase == Phase::Active {
        account.next_action = None;
        channel::protected_again(account, "LICENSE_RESTORED", now);
        notify(account, NotificationCode::AccountResumed, &[], actions);
        actions.push(Action::OpenEvents);
    }
}
