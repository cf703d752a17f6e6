//! Transitions around what is known of an organisation.

use super::{Action, notify};
use crate::Timestamp;
use crate::account::{ConditionType, ServiceAccount, Status};
use crate::inventory::ReadingOutcome;
use crate::notification::NotificationCode;

/// The reason of `InventoryCurrent` while a reading is held.
pub const INVENTORY_FALL_HELD: &str = "INVENTORY_FALL_HELD";

pub(super) fn read(
    account: &mut ServiceAccount,
    outcome: &ReadingOutcome,
    now: Timestamp,
    actions: &mut Vec<Action>,
) {
    account.current_operation = None;
    let changes = outcome.changes.as_ref().filter(|changes| !changes.is_empty());
    let told = changes.map(|changes| changes.summary()).unwrap_or_default();
    if !outcome.held {
        account.observe(ConditionType::InventoryCurrent, Status::True, "READ", "", now);
        if changes.is_some() {
            notify(account, NotificationCode::InventoryChanged, &[("changes", &told)], actions);
        }
        return;
    }
    let known = account
        .conditions
        .iter()
        .any(|c| c.kind == ConditionType::InventoryCurrent && c.reason == INVENTORY_FALL_HELD);
    let message = format!(
        "much less was found than before ({told}); look at the organisation and at the rights of the authorised user, \
         then refresh the inventory and accept the fall"
    );
    account.observe(ConditionType::InventoryCurrent, Status::False, INVENTORY_FALL_HELD, &message, now);
    // Told once: a reading that is held again says nothing new.
    if !known {
        notify(account, NotificationCode::InventoryHeld, &[("changes", &told)], actions);
    }
}
