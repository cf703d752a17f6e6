//! From the door to the triggers and flows that stand on an object.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::RowError;
use super::save::Work;
use crate::apex::run::Thrown;
use crate::org::{Id, Metadata, ObjectType, Record, TriggerEvent};
use crate::tables::computed;
use crate::transaction::Transaction;

/// Triggers inside each other.
const DEPTH_MAX: usize = 16;

/// What the triggers of one event get to see, at most 200 rows of one object (2,000 of an event).
pub struct Invocation {
    pub object: Arc<ObjectType>,
    pub event: TriggerEvent,
    pub rows: Vec<TriggerRow>,
}

/// One row of `Trigger.new` and `Trigger.old`.
pub struct TriggerRow {
    /// Absent before an insert.
    pub id: Option<Id>,
    /// As the store keeps them; absent in deletes.
    pub new: Option<BTreeMap<String, Value>>,
    /// Absent in inserts and undeletes.
    pub old: Option<Arc<Record>>,
}

/// What the triggers of one event made of the rows, in their order.
#[derive(Default)]
pub struct Fired {
    /// Values that a before trigger has changed, by field; fewer rows than there were mean no change in the others.
    pub changed: Vec<BTreeMap<String, Value>>,
    /// From `addError`.
    pub errors: Vec<Vec<RowError>>,
}

/// `AfterInsert`
pub(super) fn words(event: TriggerEvent) -> &'static str {
    match event {
        TriggerEvent::BeforeInsert => "BeforeInsert",
        TriggerEvent::BeforeUpdate => "BeforeUpdate",
        TriggerEvent::BeforeDelete => "BeforeDelete",
        TriggerEvent::AfterInsert => "AfterInsert",
        TriggerEvent::AfterUpdate => "AfterUpdate",
        TriggerEvent::AfterDelete => "AfterDelete",
        TriggerEvent::AfterUndelete => "AfterUndelete",
    }
}

/// Whether an active trigger waits for this.
pub(crate) fn listens(metadata: &Metadata, object: &ObjectType, event: TriggerEvent) -> bool {
    metadata.triggers.values().any(|trigger| {
        trigger.unit.status == "Active"
            && trigger.events.contains(&event)
            && trigger.object.eq_ignore_ascii_case(&object.name)
    })
}

/// Runs the triggers of one event over all rows that are still good.
pub(super) fn fire(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    event: TriggerEvent,
    works: &mut [Work],
) -> Result<(), Thrown> {
    if !listens(&tx.state.metadata, object, event) {
        return Ok(());
    }
    let good: Vec<usize> = (0..works.len()).filter(|at| works[*at].errors.is_empty()).collect();
    if good.is_empty() {
        return Ok(());
    }
    let line = format!("{} trigger event {}", object.name, words(event));
    if tx.firing.len() == DEPTH_MAX {
        let stack: Vec<&str> = tx.firing.iter().rev().map(String::as_str).collect();
        let message =
            format!("{}: maximum trigger depth exceeded\n{line}\n{}", object.name, stack.join("\n"));
        let error = RowError::new("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message);
        good.iter().for_each(|at| works[*at].errors.push(error.clone()));
        return Ok(());
    }
    let rows = good.iter().map(|at| whole(tx, object, row(&works[*at], event))).collect();
    tx.firing.push(line);
    let fired = crate::apex::run::fire(tx, Invocation { object: object.clone(), event, rows });
    tx.firing.pop();
    let fired = match fired {
        Ok(fired) => fired,
        Err(thrown @ Thrown::Exception(_)) => {
            let error = uncaught(tx, event, &thrown);
            good.iter().for_each(|at| works[*at].errors.push(error.clone()));
            return Ok(());
        }
        Err(fatal) => return Err(fatal),
    };
    for (at, errors) in good.iter().zip(fired.errors) {
        works[*at].errors.extend(errors);
    }
    for (at, changed) in good.iter().zip(fired.changed) {
        works[*at].change(object, changed);
    }
    Ok(())
}

/// The innermost trigger of a stack trace.
pub(crate) fn trigger_of(stack: &str) -> Option<&str> {
    stack.lines().find_map(|line| line.strip_prefix("Trigger.")?.split(':').next())
}

/// What a row is told when a trigger ends with an exception that nobody caught.
pub(crate) fn uncaught(tx: &Transaction, event: TriggerEvent, thrown: &Thrown) -> RowError {
    let stack = thrown.stack();
    let message = format!(
        "{}: execution of {}\n\ncaused by: {}\n\n{stack}",
        trigger_of(&stack).unwrap_or("Trigger"),
        words(event),
        thrown.headline(&tx.program),
    );
    RowError::new("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)
}

/// With the values of computed fields.
fn whole(tx: &Transaction, object: &ObjectType, mut row: TriggerRow) -> TriggerRow {
    let view = tx.view();
    if let Some(new) = &mut row.new {
        let computed = computed::values(&view, object, row.id, new);
        new.extend(computed);
    }
    row.old = row.old.map(|old| computed::whole(&view, object, &old));
    row
}

fn row(work: &Work, event: TriggerEvent) -> TriggerRow {
    let deleting = matches!(event, TriggerEvent::BeforeDelete | TriggerEvent::AfterDelete);
    TriggerRow {
        id: work.id.filter(|_| event != TriggerEvent::BeforeInsert),
        new: (!deleting).then(|| work.values.clone()),
        old: work.old.clone().filter(|_| event != TriggerEvent::AfterUndelete),
    }
}
