//! Transitions around a grant that lives, and may not for long.

use super::{Action, notify};
use crate::Timestamp;
use crate::account::{Actor, ConditionType, Failure, NextAction, Phase, ServiceAccount, Status};
use crate::notification::NotificationCode;

/// The action while nobody but the daemon can do anything about a grant.
const WAIT_FOR_GRANT: &str = "WAIT_FOR_GRANT";

/// Told once; the account counts as authorised for as long as the access token works.
pub(super) fn in_doubt(
    account: &mut ServiceAccount,
    failure: &Failure,
    until: Option<Timestamp>,
    usable: bool,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    let known = account
        .conditions
        .iter()
        .any(|c| c.kind == ConditionType::Authorized && c.reason == failure.reason.as_str());
    let (reason, message) = (failure.reason.as_str(), failure.message.as_str());
    let status = if usable { Status::True } else { Status::False };
    account.observe(ConditionType::Authorized, status, reason, message, now);
    if !usable && account.phase == Phase::Active {
        account.observe(ConditionType::Protected, Status::False, reason, message, now);
    }
    let waits = account.next_action.as_ref().is_none_or(|next| next.action == WAIT_FOR_GRANT);
    if waits {
        account.next_action = Some(NextAction {
            actor: Actor::System,
            action: WAIT_FOR_GRANT.to_owned(),
            hint: "wait: the daemon asks the application whether the grant lives, and says when somebody must act"
                .to_owned(),
            link: None,
            deadline: until,
        });
    }
    if !known {
        let until = until.map(|until| until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        let until = until.unwrap_or_default();
        let more = [("message", failure.message.as_str()), ("until", until.as_str())];
        notify(account, NotificationCode::GrantInDoubt, &more, actions);
    }
}

/// Also after the application has refused for a while what it takes again.
pub(super) fn confirmed(account: &mut ServiceAccount, now: Timestamp, actions: &mut Vec<Action>) {
    let before = account.condition(ConditionType::Authorized);
    if before == Status::Unknown {
        return;
    }
    account.observe(ConditionType::Authorized, Status::True, "GRANTED", "", now);
    let done = [WAIT_FOR_GRANT, super::BEGIN_AUTHORIZATION, super::AUTHORIZE];
    let settled = account.next_action.as_ref().is_some_and(|next| done.contains(&next.action.as_str()));
    if settled {
        account.next_action = match account.phase {
            Phase::Ready => Some(super::authorization::provision_action()),
            Phase::Failed => Some(super::operation::retry_action()),
            _ => None,
        };
    }
    if account.phase == Phase::Active && before == Status::False {
        super::channel::protected_again(account, "GRANT_CONFIRMED", now);
        actions.push(Action::OpenEvents);
    }
}

pub(super) fn expiring(account: &mut ServiceAccount, expire_time: Timestamp, actions: &mut Vec<Action>) {
    let at = expire_time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    notify(account, NotificationCode::GrantExpiring, &[("expire_time", at.as_str())], actions);
}
