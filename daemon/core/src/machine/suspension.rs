//! Transitions around a licence that ends.

use super::{Action, authorization, channel, notify, operation};
use crate::Timestamp;
use crate::account::{Actor, Condition, ConditionType, Failure, NextAction, Phase, ServiceAccount, Status};
use crate::notification::NotificationCode;

/// The reason of `LicenseValid` while the licence has ended and still counts.
pub const LICENSE_GRACE: &str = "LICENSE_GRACE";
/// Reasons of `Suspended` when the removal comes near, and how many hours before they begin to hold.
const WARNINGS: [(&str, i64); 2] = [("REMOVAL_IN_A_DAY", 24), ("REMOVAL_IN_A_WEEK", 7 * 24)];

/// The licence has ended, and counts for a while. Told once.
pub(super) fn grace(
    account: &mut ServiceAccount,
    until: Timestamp,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let known = reason(account, ConditionType::LicenseValid) == LICENSE_GRACE;
    restored(account, now, actions);
    let message = format!("the licence has expired and counts until {}", written(until));
    account.observe(ConditionType::LicenseValid, Status::True, LICENSE_GRACE, &message, now);
    if !known && account.phase != Phase::Deprovisioned {
        let more = [("message", message.as_str()), ("until", &written(until))];
        notify(account, NotificationCode::LicenseExpiring, &more, actions);
    }
}

/// Intake stops; nothing in the organisation is touched. People are told when it begins, and a week and a day before
/// the account is deprovisioned.
pub(super) fn lapsed(
    account: &mut ServiceAccount,
    failure: &Failure,
    removal: Option<Timestamp>,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let (word, message) = (failure.reason.as_str(), failure.message.as_str());
    account.observe(ConditionType::LicenseValid, Status::False, word, message, now);
    if !can_be_suspended(account.phase) {
        return;
    }
    let was_suspended = account.condition(ConditionType::Suspended) == Status::True;
    let before = reason(account, ConditionType::Suspended).to_owned();
    let warning = removal.and_then(|at| WARNINGS.into_iter().find(|(_, hours)| now + hour(*hours) >= at));
    let word = warning.map_or(word, |(word, _)| word);
    account.observe(ConditionType::Suspended, Status::True, word, message, now);
    account.observe(ConditionType::Protected, Status::False, failure.reason.as_str(), message, now);
    account.next_action = Some(renew_action(removal));
    let removal = removal.map(written).unwrap_or_default();
    let more = [("message", message), ("removal_time", removal.as_str())];
    if !was_suspended {
        notify(account, NotificationCode::AccountSuspended, &more, actions);
        actions.push(Action::CloseEvents);
    } else if warning.is_some() && before != word {
        notify(account, NotificationCode::RemovalDue, &more, actions);
    }
}

/// The licence counts again: everything goes on where it stopped.
pub(super) fn restored(account: &mut ServiceAccount, now: Timestamp, actions: &mut Vec<Action>) {
    let was_suspended = account.condition(ConditionType::Suspended) == Status::True;
    account.observe(ConditionType::LicenseValid, Status::True, "ACTIVE", "", now);
    account.observe(ConditionType::Suspended, Status::False, "LICENSE_VALID", "", now);
    if !was_suspended || !can_be_suspended(account.phase) {
        return;
    }
    account.next_action = match account.phase {
        Phase::Ready => Some(authorization::provision_action()),
        Phase::Failed => Some(operation::retry_action()),
        _ => None,
    };
    notify(account, NotificationCode::AccountResumed, &[], actions);
    if account.phase == Phase::Active {
        channel::protected_again(account, "LICENSE_RESTORED", now);
        actions.push(Action::OpenEvents);
    }
}

/// What to do about a licence that has lapsed.
pub(super) fn renew_action(deadline: Option<Timestamp>) -> NextAction {
    NextAction {
        actor: Actor::Operator,
        action: "RENEW_LICENSE".to_owned(),
        hint: "ask the vendor to renew the licence; nothing is removed until then".to_owned(),
        link: None,
        deadline,
    }
}

/// What has nothing in an organisation has nothing to suspend; what is being removed goes on being removed.
fn can_be_suspended(phase: Phase) -> bool {
    matches!(phase, Phase::Ready | Phase::Active | Phase::Failed)
}

fn reason(account: &ServiceAccount, kind: ConditionType) -> &str {
    let found: Option<&Condition> = account.conditions.iter().find(|c| c.kind == kind);
    found.map_or("", |c| c.reason.as_str())
}

fn hour(hours: i64) -> chrono::Duration {
    chrono::Duration::hours(hours)
}

fn written(at: Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
