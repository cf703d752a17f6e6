//! Transitions around differences between plan and organisation.

use super::{Action, channel, notify};
use crate::Timestamp;
use crate::account::{ConditionType, Phase, ServiceAccount, Status};
use crate::component::{Coverage, Difference};
use crate::notification::NotificationCode;

/// Differences that a message names; the rest is counted.
const NAMED_MAX: usize = 10;

/// Told when the differences are others than those told before.
pub(super) fn observed(
    account: &mut ServiceAccount,
    differences: &[Difference],
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    if account.phase != Phase::Active {
        return;
    }
    if differences.is_empty() {
        account.observe(ConditionType::InSync, Status::True, "OBSERVED", "", now);
        channel::protected_again(account, "IN_SYNC", now);
        return;
    }
    let message = told(differences);
    let known = account
        .conditions
        .iter()
        .any(|c| c.kind == ConditionType::InSync && c.status == Status::False && c.message == message);
    account.observe(ConditionType::InSync, Status::False, "DRIFT_DETECTED", &message, now);
    if !known {
        notify(account, NotificationCode::DriftDetected, &[("message", &message)], actions);
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
    account.observe(ConditionType::InSync, Status::True, "REPAIRED", &coverage.message(), now);
    channel::protected_again(account, "REPAIRED", now);
    notify(account, NotificationCode::AccountRepaired, &[], actions);
}

fn told(differences: &[Difference]) -> String {
    let named: Vec<_> = differences.iter().take(NAMED_MAX).map(|d| d.message.as_str()).collect();
    match differences.len().saturating_sub(NAMED_MAX) {
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}
