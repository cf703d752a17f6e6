//! No state without an owner: whatever an account waits for has somebody who must act, and a time.
//!
//! Transitions say who must act where they know it; what they leave open is settled here, after each of them.

use super::{Action, DRIFT_DETECTED, authorization, notify, suspension};
use crate::Timestamp;
use crate::account::{Actor, Condition, ConditionType, NextAction, Phase, ServiceAccount, State, Status};
use crate::notification::NotificationCode;

/// Days that a caller or an administrator has before people are told again.
const PEOPLE_DAYS: i64 = 14;
/// Hours that the daemon itself has.
const SYSTEM_HOURS: i64 = 6;
/// What the daemon does about an event channel that is lost.
pub const RECONNECT: &str = "RECONNECT";
/// What is done about a difference between plan and organisation.
pub const REPAIR: &str = "REPAIR";
/// Where nothing better is known: the causes say more.
pub const EXPLAIN: &str = "EXPLAIN";
/// What is done where the organisation refuses the daemon.
pub const MEND_ORGANIZATION: &str = "MEND_ORGANIZATION";
/// Found out from conditions alone, and so found out anew after each transition.
const DERIVED: [&str; 4] = [RECONNECT, REPAIR, MEND_ORGANIZATION, EXPLAIN];

/// Nothing must happen: the life has ended, or all that protects works.
fn is_settled(account: &ServiceAccount) -> bool {
    account.phase == Phase::Deprovisioned || account.state() == State::Protected
}

/// Gives the account an owner, an action and a deadline where it waits and has none. An action that stays keeps its
/// deadline.
pub(super) fn settle(before: &ServiceAccount, account: &mut ServiceAccount, now: Timestamp) {
    if account.next_action.as_ref().is_some_and(|next| DERIVED.contains(&next.action.as_str())) {
        account.next_action = None;
    }
    if account.next_action.is_none() && !is_settled(account) {
        account.next_action = Some(derived(account));
    }
    if account.phase == Phase::Deprovisioned {
        account.next_action = None;
    }
    let Some(next) = &mut account.next_action else { return };
    if next.deadline.is_none() {
        let earlier = before.next_action.as_ref().filter(|earlier| earlier.action == next.action);
        next.deadline = earlier.and_then(|e| e.deadline).or(Some(now + patience(next.actor)));
    }
}

fn patience(actor: Actor) -> chrono::Duration {
    match actor {
        Actor::System => chrono::Duration::hours(SYSTEM_HOURS),
        Actor::Operator | Actor::SaasAdmin => chrono::Duration::days(PEOPLE_DAYS),
    }
}

fn derived(account: &ServiceAccount) -> NextAction {
    let is_false = |kind| account.condition(kind) == Status::False;
    let act = |actor, action: &str, hint: &str| NextAction {
        actor,
        action: action.to_owned(),
        hint: hint.to_owned(),
        link: None,
        deadline: None,
    };
    if account.condition(ConditionType::Suspended) == Status::True {
        return suspension::renew_action(None);
    }
    if is_false(ConditionType::Authorized) {
        return authorization::authorize_action();
    }
    if is_false(ConditionType::EventsFlowing) {
        return act(Actor::System, RECONNECT, "wait until the event channel is open again");
    }
    let refused = |c: &Condition| c.kind == ConditionType::InSync && c.reason != DRIFT_DETECTED;
    if is_false(ConditionType::InSync) && account.conditions.iter().any(refused) {
        let hint = "mend what the condition InSync says; CheckPreconditions names what does not hold, each with its fix, and \
                    the account is looked at again by itself";
        return act(Actor::SaasAdmin, MEND_ORGANIZATION, hint);
    }
    if is_false(ConditionType::InSync) {
        return act(Actor::Operator, REPAIR, "look at the differences, then call RepairServiceAccount");
    }
    act(Actor::Operator, EXPLAIN, "call ExplainServiceAccount: it says why, and what to do")
}

/// Whoever should have acted is told, and has as much time again.
pub(super) fn overdue(account: &mut ServiceAccount, now: Timestamp, actions: &mut Vec<Action>) {
    let Some(next) = &mut account.next_action else { return };
    if next.deadline.is_none_or(|deadline| now < deadline) {
        return;
    }
    next.deadline = Some(now + patience(next.actor));
    let (action, hint) = (next.action.clone(), next.hint.clone());
    notify(account, NotificationCode::ActionOverdue, &[("action", &action), ("message", &hint)], actions);
}
