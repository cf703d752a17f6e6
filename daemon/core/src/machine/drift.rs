//! Transitions around differences between plan and organisation.

use super::{Action, channel, notify};
use crate::Timestamp;
use crate::account::{Actor, ConditionType, Failure, NextAction, Phase, ServiceAccount, Status};
use crate::component::{Coverage, Difference};
use crate::notification::NotificationCode;
use crate::reason::Reason;

/// The reason of conditions that do not hold because of a difference.
pub const DRIFT_DETECTED: &str = "DRIFT_DETECTED";
/// What is done about an account whose organisation was replaced.
pub const REPLACE_ACCOUNT: &str = "REPLACE_ACCOUNT";

/// Differences that a message names; the rest is counted.
const NAMED_MAX: usize = 10;
/// Characters of one difference that a message keeps.
const DIFFERENCE_LENGTH_MAX: usize = 300;
/// What a difference can break; the conditions come back when it is gone.
const BREAKABLE: [ConditionType; 4] = [
    ConditionType::AppInstalled,
    ConditionType::QuarantineReady,
    ConditionType::TriggersInstalled,
    ConditionType::EventsFlowing,
];

/// What a comparison of plan and organisation has brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// None: they agree.
    pub differences: Vec<Difference>,
    /// Conditions that do not hold because of them.
    pub breaks: Vec<ConditionType>,
    /// Components that were planned for another version of the application's part than the daemon brings: nothing is
    /// wrong with them.
    pub outdated: u64,
}

/// Told when the differences are others than those told before. An account with differences does not count as
/// protected: what it was given is not all there.
pub(super) fn observed(
    account: &mut ServiceAccount,
    comparison: &Comparison,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    if account.phase != Phase::Active {
        return;
    }
    replacement_settled(account);
    if comparison.differences.is_empty() {
        account.observe(ConditionType::InSync, Status::True, "OBSERVED", &outdated(comparison.outdated), now);
        mend(account, &[], now);
        // Only a repair leaves a failure on an active account, and what it could not do was done otherwise.
        account.failure = None;
        channel::protected_again(account, "IN_SYNC", now);
        return;
    }
    let message = told(&comparison.differences);
    let known = is_known(account, DRIFT_DETECTED, &message);
    mend(account, &comparison.breaks, now);
    for kind in BREAKABLE.into_iter().filter(|kind| comparison.breaks.contains(kind)) {
        account.observe(kind, Status::False, DRIFT_DETECTED, &message, now);
    }
    out_of_sync(account, DRIFT_DETECTED, &message, now);
    if !known {
        notify(account, NotificationCode::DriftDetected, &[("message", &message)], actions);
    }
}

/// The organisation behind the grant is another one than the one that was provisioned: nothing is written to it.
pub(super) fn replaced(
    account: &mut ServiceAccount,
    actual: &str,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    if account.phase != Phase::Active {
        return;
    }
    let expected = account.identity.as_ref().map_or("", |identity| identity.organization_id.as_str());
    let message = format!(
        "the organisation is {actual} now and was {expected} when it was provisioned, as where a fresh copy \
         has taken its place: nothing is written to it"
    );
    let reason = Reason::OrgMismatch.as_str();
    let known = is_known(account, reason, &message);
    out_of_sync(account, reason, &message, now);
    account.next_action = Some(NextAction {
        actor: Actor::Operator,
        action: REPLACE_ACCOUNT.to_owned(),
        hint: "deprovision the account with mode LOCAL_ONLY, and create another one for the organisation as it is \
               now"
            .to_owned(),
        link: None,
        deadline: None,
    });
    if !known {
        notify(account, NotificationCode::DriftDetected, &[("message", &message)], actions);
    }
}

/// The organisation could not be looked at. `definite`: it refuses, so the daemon can do nothing else there either.
pub(super) fn unseen(
    account: &mut ServiceAccount,
    failure: &Failure,
    definite: bool,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    // What is known to be wrong stays known while nobody can look.
    let wrong = account.condition(ConditionType::InSync) == Status::False;
    if account.phase != Phase::Active || (wrong && !definite) {
        return;
    }
    let reason = failure.reason.as_str();
    if !definite {
        account.observe(ConditionType::InSync, Status::Unknown, reason, &failure.message, now);
        return;
    }
    let known = account
        .conditions
        .iter()
        .any(|c| c.kind == ConditionType::InSync && c.status == Status::False && c.reason == reason);
    out_of_sync(account, reason, &failure.message, now);
    if !known {
        notify(account, NotificationCode::DriftDetected, &[("message", &failure.message)], actions);
    }
}

pub(super) fn repaired(
    account: &mut ServiceAccount,
    coverage: Coverage,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    account.current_operation = None;
    account.next_action = None;
    account.failure = None;
    account.observed_generation = account.generation;
    account.observe(ConditionType::InSync, Status::True, "REPAIRED", &coverage.message(), now);
    mend(account, &[], now);
    channel::protected_again(account, "REPAIRED", now);
    notify(account, NotificationCode::AccountRepaired, &[], actions);
}

fn out_of_sync(account: &mut ServiceAccount, reason: &str, message: &str, now: Timestamp) {
    account.observe(ConditionType::InSync, Status::False, reason, message, now);
    account.observe(ConditionType::Protected, Status::False, reason, message, now);
}

/// What a difference had broken holds again, unless one breaks it still.
fn mend(account: &mut ServiceAccount, still: &[ConditionType], now: Timestamp) {
    for kind in BREAKABLE.into_iter().filter(|kind| !still.contains(kind)) {
        let broken = account
            .conditions
            .iter()
            .any(|c| c.kind == kind && c.status == Status::False && c.reason == DRIFT_DETECTED);
        if broken {
            account.observe(kind, Status::True, "IN_SYNC", "", now);
        }
    }
}

/// The right organisation has answered.
fn replacement_settled(account: &mut ServiceAccount) {
    if account.next_action.as_ref().is_some_and(|next| next.action == REPLACE_ACCOUNT) {
        account.next_action = None;
    }
}

fn is_known(account: &ServiceAccount, reason: &str, message: &str) -> bool {
    account.conditions.iter().any(|c| {
        c.kind == ConditionType::InSync
            && c.status == Status::False
            && c.reason == reason
            && c.message == message
    })
}

fn outdated(components: u64) -> String {
    match components {
        0 => String::new(),
        count => format!(
            "{count} components are of another version of the app than this daemon brings: plan and provision again \
             to bring this one in"
        ),
    }
}

fn told(differences: &[Difference]) -> String {
    let short = |difference: &Difference| -> String {
        difference.message.chars().take(DIFFERENCE_LENGTH_MAX).collect()
    };
    let named: Vec<_> = differences.iter().take(NAMED_MAX).map(short).collect();
    match differences.len().saturating_sub(NAMED_MAX) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

#[cfg(test)]
mod tests;
