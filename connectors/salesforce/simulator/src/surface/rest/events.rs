//! Publishing a platform event through its REST twin.

use serde_json::{Map, Value};

use super::write::no_access;
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Org, Rights};
use crate::surface::ApiError;

/// Publishes an event; needs Create on it. What comes back is no record that could be read.
pub(super) fn publish(
    org: &Org,
    rights: &Rights,
    object: &ObjectType,
    body: &Map<String, Value>,
) -> Result<Id, ApiError> {
    if !rights.object(object).create {
        return Err(no_access());
    }
    for name in body.keys().filter(|name| *name != "attributes") {
        let known = object.field(name).is_some_and(|field| field.createable);
        if !known {
            let message = format!("No such column '{name}' on sobject of type {}", object.name);
            return Err(ApiError::bad("INVALID_FIELD", message));
        }
    }
    let values: Map<String, Value> = body
        .iter()
        .filter(|(name, _)| *name != "attributes")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let published = org
        .bus
        .publish_record(object, rights.user, &values)
        .map_err(|refusal| ApiError::bad(refusal.code(), refusal.to_string()))?;
    org.note(
        Kind::EventPublished,
        Some(rights.user),
        crate::events::topic_of(&object.name),
        &[("event", &published.event_id)],
    );
    Ok(org.ids.next(object.key_prefix.as_deref().unwrap_or("e00")))
}
