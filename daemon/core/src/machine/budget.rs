//! Transitions around the organisation's allowance of calls.

use crate::Timestamp;
use crate::account::{ConditionType, ServiceAccount, Status};

pub(super) fn observed(account: &mut ServiceAccount, within: bool, message: &str, now: Timestamp) {
    let (status, reason) = match within {
        true => (Status::True, "WITHIN_BUDGET"),
        false => (Status::False, "API_BUDGET_EXHAUSTED"),
    };
    account.observe(ConditionType::WithinApiBudget, status, reason, message, now);
}
