//! Publishing platform events, which are never stored.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::apply::{Placed, Placement};
use super::save::Work;
use super::{Options, Row, RowError, RowResult, trigger};
use crate::apex::run::{Thrown, fatal};
use crate::events::change::{Change, event_of};
use crate::events::{EVENT_BYTES_MAX, RawEvent, Refusal};
use crate::org::{Id, ObjectType, TriggerEvent, rest_time};
use crate::transaction::{Event, Transaction};

/// Change events that triggers see together.
const DELIVERED_MAX: usize = 2_000;

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
    let given: Map<String, Value> = values.clone().into_iter().collect();
    let raw =
        encoded(tx, &object, &given).map_err(|refusal| RowError::new(refusal.code(), refusal.to_string()))?;
    let user = tx.rights.user;
    let id = tx.org.ids.next(object.key_prefix.as_deref().unwrap_or("e00"));
    let event = Event { id, object, user, values, raw };
    let immediately = event.object.publish_behavior.as_deref() == Some("PublishImmediately");
    // What a test publishes stays in it.
    if immediately && !tx.machine.testing {
        event.leave(&tx.org);
        tx.pending.gone.push(event);
    } else {
        tx.pending.events.push(event);
    }
    Ok(id)
}

/// Brings events of one kind to the triggers that stand on them.
pub(crate) fn deliver(tx: &mut Transaction, events: Vec<Event>) -> Result<(), Thrown> {
    let Some(object) = events.first().map(|event| event.object.clone()) else { return Ok(()) };
    let now = rest_time(tx.org.now_ms());
    let works = events.into_iter().enumerate().map(|(at, event)| {
        let mut work = Work::new(at, None);
        work.values = event.values;
        let known = [
            ("CreatedDate", Value::from(now.clone())),
            ("CreatedById", event.user.into()),
            ("EventUuid", event.raw.id.into()),
            ("ReplayId", (at + 1).to_string().into()),
        ];
        work.values.extend(known.map(|(name, value)| (name.to_owned(), value)));
        work
    });
    let mut works: Vec<Work> = works.collect();
    trigger::fire(tx, &object, TriggerEvent::AfterInsert, &mut works)?;
    if let Some(error) = works.iter().flat_map(|work| &work.errors).next() {
        // Nobody waits for an answer: what the trigger did is undone.
        return Err(fatal(tx, "System.UnexpectedException", error.message.clone()));
    }
    Ok(())
}

/// Brings changes of records to the triggers that stand on their change events.
pub(crate) fn deliver_changes(tx: &mut Transaction, user: Id, changes: &[Change]) -> Result<(), Thrown> {
    let metadata = tx.state.metadata.clone();
    let mut by_event: Vec<(Arc<ObjectType>, Vec<Work>)> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let Some(event) = event_of(&change.object).and_then(|name| metadata.object(&name).cloned()) else {
            continue;
        };
        let mut work = Work::new(at, None);
        work.values = change.row(user, tx.org.now_ms(), at + 1);
        work.values.insert("ReplayId".to_owned(), (at + 1).to_string().into());
        match by_event.iter_mut().find(|(known, _)| known.name == event.name) {
            Some((_, works)) => works.push(work),
            None => by_event.push((event, vec![work])),
        }
    }
    for (event, mut works) in by_event {
        for part in works.chunks_mut(DELIVERED_MAX) {
            trigger::fire(tx, &event, TriggerEvent::AfterInsert, part)?;
        }
        if let Some(error) = works.iter().flat_map(|work| &work.errors).next() {
            return Err(fatal(tx, "System.UnexpectedException", error.message.clone()));
        }
    }
    Ok(())
}

/// The event as it will be sent, if it can be.
fn encoded(tx: &Transaction, object: &ObjectType, values: &Map<String, Value>) -> Result<RawEvent, Refusal> {
    let schema = tx.org.bus.schema_of(object)?;
    let payload = schema.encode(tx.org.now_ms(), tx.rights.user, values)?;
    let id = tx.org.bus.next_uuid();
    let raw = RawEvent { id, schema_id: schema.id.clone(), payload, headers: Vec::new() };
    let (published, _, allocations) = tx.org.bus.usage();
    if published + tx.pending.events.len() as u64 >= allocations.published_per_hour {
        return Err(Refusal::LimitExceeded);
    }
    if raw.size() > EVENT_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    Ok(raw)
}
