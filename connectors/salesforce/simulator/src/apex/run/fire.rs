//! Running triggers for rows that the door brings.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::call;
use super::exec;
use super::machine::{Place, TriggerContext};
use super::{Thrown, fatal, heap};
use crate::apex::program::{Program, Sharing, Trigger};
use crate::apex::types::Type;
use crate::apex::value::{Key, ListValue, MapValue, RecordState, RecordValue, Value, identical, store};
use crate::dml::{Fired, Invocation, RowError};
use crate::org::{Id, ObjectType, TriggerEvent};
use crate::transaction::Transaction;

/// Runs the active triggers of one event over at most one chunk of rows. What a before trigger has set comes back, and
/// what `addError` has said.
pub fn fire(tx: &mut Transaction, invocation: Invocation) -> Result<Fired, Thrown> {
    let program = tx.program.clone();
    let triggers: Vec<&Trigger> = program.triggers_on(&invocation.object.name, invocation.event).collect();
    if triggers.is_empty() {
        return Ok(Fired::default());
    }
    let rows = Rows::of(&invocation);
    let size = invocation.rows.len();
    heap(tx, size * 64)?;
    let context = rows.context(tx, &invocation)?;
    for trigger in triggers {
        tx.machine.triggers.push(TriggerContext { name: trigger.name.clone(), ..context.clone() });
        let result = run(tx, &program, trigger);
        tx.machine.triggers.pop();
        result?;
    }
    rows.fired(tx, &invocation)
}

fn run(tx: &mut Transaction, program: &Program, trigger: &Trigger) -> Result<(), Thrown> {
    let body = match program.body(trigger.body) {
        Ok(body) => body,
        Err(problem) => {
            let message = format!("Trigger {} does not compile: {}", trigger.name, problem.message);
            return Err(fatal(tx, "System.UnexpectedException", message));
        }
    };
    let place = Place::Trigger(trigger.name.clone(), trigger.unit);
    let base = tx.machine.locals.len();
    call::within(tx, program, place, Sharing::Without, &exec::NOBODY, base, &body, |tx, cx| {
        exec::block(tx, cx, &body.block)
    })
    .map(|_| ())
}

/// The records of `Trigger.new` and `Trigger.old`, in the order of the rows.
struct Rows {
    new: Vec<Rc<RecordValue>>,
    old: Vec<Rc<RecordValue>>,
    /// Values before the triggers, where they may change them.
    before: Vec<BTreeMap<Arc<str>, Value>>,
}

impl Rows {
    fn of(invocation: &Invocation) -> Self {
        let names = store::names(&invocation.object);
        let editable = matches!(invocation.event, TriggerEvent::BeforeInsert | TriggerEvent::BeforeUpdate);
        let mut rows = Self { new: Vec::new(), old: Vec::new(), before: Vec::new() };
        for row in &invocation.rows {
            if let Some(values) = &row.new {
                let mut state = store::state_of(&names, row.id, values);
                state.read_only = !editable;
                if editable {
                    rows.before.push(state.fields.clone());
                }
                rows.new.push(RecordValue::of(invocation.object.clone(), state));
            }
            if let Some(old) = &row.old {
                let state = store::state_of(&names, Some(old.id), &old.values);
                let state = RecordState { read_only: true, ..state };
                rows.old.push(RecordValue::of(invocation.object.clone(), state));
            }
        }
        rows
    }

    fn context(&self, tx: &mut Transaction, invocation: &Invocation) -> Result<TriggerContext, Thrown> {
        let has_new = !matches!(invocation.event, TriggerEvent::BeforeDelete | TriggerEvent::AfterDelete);
        let has_old = matches!(
            invocation.event,
            TriggerEvent::BeforeUpdate
                | TriggerEvent::AfterUpdate
                | TriggerEvent::BeforeDelete
                | TriggerEvent::AfterDelete
        );
        let has_ids = invocation.event != TriggerEvent::BeforeInsert;
        let object = &invocation.object;
        Ok(TriggerContext {
            name: Arc::from(""),
            event: invocation.event,
            size: invocation.rows.len(),
            new: has_new.then(|| list(object, &self.new)),
            old: has_old.then(|| list(object, &self.old)),
            new_map: if has_new && has_ids { Some(map(tx, object, &self.new)?) } else { None },
            old_map: if has_old { Some(map(tx, object, &self.old)?) } else { None },
        })
    }

    fn fired(&self, tx: &mut Transaction, invocation: &Invocation) -> Result<Fired, Thrown> {
        let mut fired = Fired::default();
        let deleting = self.new.is_empty();
        let told = if deleting { &self.old } else { &self.new };
        fired.errors = told.iter().map(|record| errors(record)).collect();
        if fired.errors.iter().all(Vec::is_empty) {
            fired.errors.clear();
        }
        for (record, before) in self.new.iter().zip(&self.before) {
            let mut changed = BTreeMap::new();
            for (name, value) in &record.state.borrow().fields {
                let same = before.get(name).map_or(value.is_null(), |before| identical(before, value));
                if same {
                    continue;
                }
                let Some(field) = invocation.object.field(name) else { continue };
                match store::to_json(field, value) {
                    Ok(value) => {
                        changed.insert(field.name.clone(), value);
                    }
                    Err(message) => return Err(super::throw(tx, "System.SObjectException", message)),
                }
            }
            fired.changed.push(changed);
        }
        Ok(fired)
    }
}

fn list(object: &ObjectType, records: &[Rc<RecordValue>]) -> Rc<ListValue> {
    let list = ListValue::new(
        Type::Record(Arc::from(object.name.as_str())),
        records.iter().cloned().map(Value::Record).collect(),
    );
    list.read_only.set(true);
    list
}

fn map(
    tx: &mut Transaction,
    object: &ObjectType,
    records: &[Rc<RecordValue>],
) -> Result<Rc<MapValue>, Thrown> {
    let map = MapValue::new(Type::Id, Type::Record(Arc::from(object.name.as_str())));
    for record in records {
        let id: Option<Id> = match record.state.borrow().fields.get("Id") {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        };
        if let Some(id) = id {
            let key = Key::of(tx, Value::Id(id))?;
            map.entries.borrow_mut().insert(key, Value::Record(record.clone()));
        }
    }
    map.read_only.set(true);
    Ok(map)
}

/// What `addError` has said about a record.
fn errors(record: &RecordValue) -> Vec<RowError> {
    let state = record.state.borrow();
    let error = |(field, message): &(Arc<str>, String)| RowError {
        status: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
        message: message.clone(),
        fields: if field.is_empty() { Vec::new() } else { vec![field.to_string()] },
    };
    state.errors.iter().map(error).collect()
}
