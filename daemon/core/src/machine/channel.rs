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
    let others_hold =
        [ConditionType::Authorized, ConditionType::TriggersInstalled, ConditionType::QuarantineReady]
            .into_iter()
            .all(|kind| account.condition(kind) == Status::True);
    if others_hold {
        account.observe(ConditionType::Protected, Status::True, "CONNECTED", "", now);
    }
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
