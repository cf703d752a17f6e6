//! Transitions around the event channel. People are told only about accounts that count as protected.

use super::{Action, notify};
use crate::Timestamp;
use crate::account::{ConditionType, Phase, ServiceAccount, Status};
use crate::notification::NotificationCode;

pub(super) fn connected(account: &mut ServiceAccount, now: Timestamp, actions: &mut Vec<Action>) {
    let was_lost = account.condition(ConditionType::EventsFlowing) == Status::False;
    if account.phase != Phase::Active || !was_lost {
        return;
    }
    account.observe(ConditionType::EventsFlowing, Status::True, "CONNECTED", "", now);
    protected_again(account, "CONNECTED", now);
    notify(account, NotificationCode::EventsResumed, &[], actions);
}

pub(super) fn interrupted(
    account: &mut ServiceAccount,
    message: &str,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let known = account.condition(ConditionType::EventsFlowing) == Status::False;
    if account.phase != Phase::Active {
        return;
    }
    account.observe(ConditionType::EventsFlowing, Status::False, "INTERRUPTED", message, now);
    account.observe(ConditionType::Protected, Status::False, "EVENTS_INTERRUPTED", message, now);
    if !known {
        notify(account, NotificationCode::EventsInterrupted, &[("message", message)], actions);
    }
}

/// A gap is declared, not hidden: what happened in it was not looked at.
pub(super) fn missed(account: &mut ServiceAccount, since: Option<Timestamp>, actions: &mut Vec<Action>) {
    let since = since.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).unwrap_or_default();
    notify(account, NotificationCode::EventsMissed, &[("since", since.as_str())], actions);
}

/// An account counts as protected again once all that protection stands on holds.
pub(super) fn protected_again(account: &mut ServiceAccount, reason: &str, now: Timestamp) {
    let all_hold = [
        ConditionType::Authorized,
        ConditionType::TriggersInstalled,
        ConditionType::QuarantineReady,
        ConditionType::EventsFlowing,
    ]
    .into_iter()
    .all(|kind| account.condition(kind) == Status::True);
    let drifted = account.condition(ConditionType::InSync) == Status::False;
    if all_hold && !drifted && account.condition(ConditionType::Suspended) != Status::True {
        account.observe(ConditionType::Protected, Status::True, reason, "", now);
    }
}
