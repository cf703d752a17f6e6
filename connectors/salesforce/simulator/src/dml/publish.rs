//! Publishing platform events, which are never stored.

use serde_json::{Map, Value};

use super::apply::{Placed, Placement};
use super::{Options, Row, RowError, RowResult};
use crate::events::{EVENT_BYTES_MAX, RawEvent, Refusal};
use crate::org::Id;
use crate::transaction::{Event, Transaction};

/// Publishes events: at once, or when the transaction has ended well, as their definition says.
pub(super) fn publish(tx: &mut Transaction, rows: Vec<Placed>, options: Options) -> Vec<Placement> {
    let mut results = Vec::with_capacity(rows.len());
    for Placed { at, row } in rows {
        let result = match one(tx, row, options) {
            Ok(id) => RowResult { id: Some(id), created: false, errors: Vec::new() },
            Err(error) => RowResult { id: None, created: false, errors: vec![error] },
        };
        results.push((at, result));
    }
    results
}

fn one(tx: &mut Transaction, row: Row, options: Options) -> Result<Id, RowError> {
    let Row { object, values, .. } = row;
    if options.as_user && !tx.rights.object(&object).create {
        return Err(RowError::no_access());
    }
    let unknown = values.keys().find(|name| !object.field(name).is_some_and(|field| field.createable));
    if let Some(name) = unknown {
        let message = format!("No such column '{name}' on sobject of type {}", object.name);
        return Err(RowError::new("INVALID_FIELD", message));
    }
    let values: Map<String, Value> = values.into_iter().collect();
    let raw = encoded(tx, &object, &values)
        .map_err(|refusal| RowError::new(refusal.code(), refusal.to_string()))?;
    let user = tx.rights.user;
    let id = tx.org.ids.next(object.key_prefix.as_deref().unwrap_or("e00"));
    let event = Event { object, user, raw };
    if event.object.publish_behavior.as_deref() == Some("PublishImmediately") {
        event.leave(&tx.org);
    } else {
        tx.pending.events.push(event);
    }
    Ok(id)
}

/// The event as it will be sent, if it can be.
fn encoded(
    tx: &Transaction,
    object: &crate::org::ObjectType,
    values: &Map<String, Value>,
) -> Result<RawEvent, Refusal> {
    let schema = tx.org.bus.schema_of(object)?;
    let payload = schema.encode(tx.org.now_ms(), tx.rights.user, values)?;
    let raw = RawEvent { id: String::new(), schema_id: schema.id.clone(), payload, headers: Vec::new() };
    let (published, _, allocations) = tx.org.bus.usage();
    if published + tx.pending.events.len() as u64 >= allocations.published_per_hour {
        return Err(Refusal::LimitExceeded);
    }
    if raw.size() > EVENT_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    Ok(raw)
}
