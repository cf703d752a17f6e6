//! Change Data Capture: what a transaction changed, as events.

mod bitmap;
mod capture;
mod schema;

pub(super) use capture::Commit;
pub(crate) use capture::{Change, changes, changes_of};
pub(super) use schema::ChangeSchema;

use std::sync::Arc;

use crate::org::{Metadata, ObjectKind, ObjectType};

/// The column of a change event that tells about the change.
pub const HEADER: &str = "ChangeEventHeader";
/// What the names of change events end with.
pub const SUFFIX: &str = "ChangeEvent";

/// Standard objects that can be selected for Change Data Capture and whose records this org stores.
const STANDARD: [&str; 32] = [
    "Account",
    "AccountContactRole",
    "Asset",
    "Campaign",
    "CampaignMember",
    "CampaignMemberStatus",
    "Case",
    "Contact",
    "Contract",
    "ContractLineItem",
    "EmailMessage",
    "Entitlement",
    "Event",
    "EventRelation",
    "Individual",
    "Lead",
    "ListEmail",
    "Opportunity",
    "OpportunityContactRole",
    "OpportunityLineItem",
    "Order",
    "OrderItem",
    "Pricebook2",
    "Product2",
    "Quote",
    "QuoteLineItem",
    "ServiceAppointment",
    "ServiceContract",
    "Task",
    "TaskRelation",
    "WorkOrder",
    "WorkOrderLineItem",
];

/// The name of the change event of an object; absent where changes cannot be captured.
pub fn event_of(object: &ObjectType) -> Option<String> {
    match object.kind {
        ObjectKind::Custom => Some(format!("{}__{SUFFIX}", object.name.strip_suffix("__c")?)),
        ObjectKind::Standard if STANDARD.contains(&object.name.as_str()) => {
            Some(format!("{}{SUFFIX}", object.name))
        }
        _ => None,
    }
}

/// The object whose changes `change_event` tells, spelt exactly.
pub fn captured<'a>(metadata: &'a Metadata, change_event: &str) -> Option<&'a Arc<ObjectType>> {
    let stem = change_event.strip_suffix(SUFFIX)?;
    let object = match stem.strip_suffix("__") {
        Some(stem) => metadata.object(&format!("{stem}__c")),
        None => metadata.object(stem),
    };
    object.filter(|object| event_of(object).as_deref() == Some(change_event))
}
