//! Transitions around a grant that lives, and may not for long.

use super::{Action, notify};
use crate::Timestamp;
use crate::account::{ConditionType, Failure, ServiceAccount, Status};
use crate::notification::NotificationCode;

/// Told once; the account counts as authorised for as long as the access token works.
pub(super) fn in_doubt(
    account: &mut ServiceAccount,
    failure: &Failure,
    until: Option<Timestamp>,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let known = account
        .conditions
        .iter()
        .any(|c| c.kind == ConditionType::Authorized && c.reason == failure.reason.as_str());
    account.observe(ConditionType::Authorized, Status::True, failure.reason.as_str(), &failure.message, now);
    if !known {
        let until = until.map(|until| until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        let until = until.unwrap_or_default();
        let more = [("message", failure.message.as_str()), ("until", until.as_str())];
        notify(account, NotificationCode::GrantInDoubt, &more, actions);
    }
}

pub(super) fn confirmed(account: &mut ServiceAccount, now: Timestamp) {
    if account.condition(ConditionType::Authorized) == Status::True {
        account.observe(ConditionType::Authorized, Status::True, "GRANTED", "", now);
    }
}

pub(super) fn expiring(account: &mut ServiceAccount, expire_time: Timestamp, actions: &mut Vec<Action>) {
    let at = expire_time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    notify(account, NotificationCode::GrantExpiring, &[("expire_time", at.as_str())], actions);
}
