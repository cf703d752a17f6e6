//! A chunk of rows on its way into the store, in the platform's order: loaded, checked, shown to flows and before
//! triggers, checked again, saved, shown to after triggers and flows.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::apply::{Placed, Placement};
use super::{Options, RowError, RowResult, prepare, special, trigger, validate};
use crate::apex::run::Thrown;
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Record, TriggerEvent, rest_time};
use crate::rules::{self, Subject};
use crate::transaction::{Note, Transaction};

/// How often a chunk is tried when triggers refuse some of its rows.
const TRIES_MAX: usize = 3;

/// A record in the making.
#[derive(Clone)]
pub(super) struct Work {
    /// Its place in the call.
    pub at: usize,
    pub id: Option<Id>,
    /// As it is stored; absent while it is new.
    pub old: Option<Arc<Record>>,
    /// All values as they are to be.
    pub values: BTreeMap<String, Value>,
    pub blob: Option<Bytes>,
    pub errors: Vec<RowError>,
}

impl Work {
    /// Takes over what a before trigger or flow has written.
    pub(super) fn change(&mut self, object: &ObjectType, changed: BTreeMap<String, Value>) {
        for (name, value) in changed {
            let Some(field) = object.field(&name) else { continue };
            if if self.old.is_some() { field.updateable } else { field.createable } {
                self.values.insert(field.name.clone(), prepare::kept(field, value));
            }
        }
    }

    /// As rules and flows look at it.
    pub(super) fn subject<'a>(&'a self, object: &'a ObjectType) -> Subject<'a> {
        Subject { object, id: self.id, new: &self.values, old: self.old.as_deref() }
    }

    /// Whether a field is not as it was.
    pub(super) fn changes(&self, field: &str) -> bool {
        let before = self.old.as_ref().map_or(&Value::Null, |old| old.get(field));
        self.values.get(field).unwrap_or(&Value::Null) != before
    }

    pub(super) fn result(self, created: bool) -> Placement {
        let done = self.errors.is_empty();
        let id = if self.old.is_none() && !done { None } else { self.id };
        (self.at, RowResult { id, created: created && done, errors: self.errors })
    }
}

pub(super) fn insert(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    chunk: Vec<Placed>,
    options: Options,
) -> Result<Vec<Placement>, Thrown> {
    let works = chunk.into_iter().map(|placed| prepare::insert(tx, object, placed, options)).collect();
    let works = save(tx, object, works, options, [TriggerEvent::BeforeInsert, TriggerEvent::AfterInsert])?;
    Ok(works.into_iter().map(|work| work.result(true)).collect())
}

pub(super) fn update(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    chunk: Vec<Placed>,
    options: Options,
) -> Result<Vec<Placement>, Thrown> {
    let works = chunk.into_iter().map(|placed| prepare::update(tx, object, placed, options)).collect();
    let works = save(tx, object, works, options, [TriggerEvent::BeforeUpdate, TriggerEvent::AfterUpdate])?;
    Ok(works.into_iter().map(|work| work.result(false)).collect())
}

/// Saves rows that are prepared.
pub(super) fn save(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    mut works: Vec<Work>,
    options: Options,
    events: [TriggerEvent; 2],
) -> Result<Vec<Work>, Thrown> {
    for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
        validate::values(tx, object, work);
    }
    tries(tx, works, options, |tx, works| once(tx, object, works, events))
}

/// Does something with the good rows. Where a trigger, flow or rule refuses some of them and the others may stay, all
/// is undone and done again with those alone.
pub(super) fn tries(
    tx: &mut Transaction,
    mut works: Vec<Work>,
    options: Options,
    mut once: impl FnMut(&mut Transaction, &mut [Work]) -> Result<(), Thrown>,
) -> Result<Vec<Work>, Thrown> {
    if options.all_or_none && works.iter().any(|work| !work.errors.is_empty()) {
        return Ok(works);
    }
    for tried in 1.. {
        let good: Vec<usize> = (0..works.len()).filter(|at| works[*at].errors.is_empty()).collect();
        if good.is_empty() {
            break;
        }
        if tried > TRIES_MAX {
            good.iter().for_each(|at| works[*at].errors.push(RowError::too_many_retries()));
            break;
        }
        let mark = tx.mark();
        let mut attempt: Vec<Work> = good.iter().map(|at| works[*at].clone()).collect();
        once(tx, &mut attempt)?;
        let failed = attempt.iter().any(|work| !work.errors.is_empty());
        let again = failed && !options.all_or_none;
        for (at, work) in good.into_iter().zip(attempt) {
            if !again {
                works[at] = work;
            } else if !work.errors.is_empty() {
                works[at].errors = work.errors;
            }
        }
        if !again {
            break;
        }
        tx.restore(mark);
    }
    Ok(works)
}

fn once(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    works: &mut [Work],
    [before, after]: [TriggerEvent; 2],
) -> Result<(), Thrown> {
    for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
        match rules::before_save(&tx.view(), &work.subject(object)) {
            Ok(assigned) => work.change(object, assigned),
            Err(error) => work.errors.push(error),
        }
    }
    trigger::fire(tx, object, before, works)?;
    for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
        validate::whole(tx, object, work);
        if work.errors.is_empty() {
            work.errors = rules::validate(&tx.view(), &work.subject(object));
        }
    }
    let now = rest_time(tx.org.now_ms());
    for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
        if let Err(error) = store(tx, object, work, &now) {
            work.errors.push(error);
        }
    }
    trigger::fire(tx, object, after, works)?;
    for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
        if let Err(error) = rules::after_save(&tx.view(), &work.subject(object)) {
            work.errors.push(error);
        }
    }
    Ok(())
}

/// Puts one record into the store.
fn store(tx: &mut Transaction, object: &Arc<ObjectType>, work: &mut Work, now: &str) -> Result<(), RowError> {
    validate::unique(tx, object, work)?;
    let new = work.old.is_none();
    let user = tx.rights.user;
    let values = &mut work.values;
    let stamp = if new {
        values.insert("CreatedDate".to_owned(), now.into());
        values.insert("CreatedById".to_owned(), user.into());
        Kind::RecordCreated
    } else {
        Kind::RecordUpdated
    };
    for name in ["LastModifiedDate", "SystemModstamp"] {
        values.insert(name.to_owned(), now.into());
    }
    values.insert("LastModifiedById".to_owned(), user.into());
    if new {
        let prefix = object.key_prefix.as_deref().unwrap_or("000");
        work.id = Some(tx.org.ids.next(prefix));
        let number = tx.state.records.made(&object.name) + 1;
        for field in object.fields.iter().filter(|field| field.auto_number) {
            work.values.insert(field.name.clone(), format!("{number:08}").into());
        }
    }
    let Some(id) = work.id else { return Err(RowError::no_id("update")) };
    special::before_store(tx, object, id, work)?;
    if let Some(bytes) = work.blob.clone() {
        tx.state.records.put_blob(id, bytes);
    }
    if object.name != "User" {
        let record = Record { id, values: work.values.clone(), deleted: false };
        tx.state.records.put(&object.name, record);
    }
    note(tx, stamp, &object.name, id);
    Ok(())
}

/// A line of the ledger, written when all has ended well.
pub(super) fn note(tx: &mut Transaction, kind: Kind, object: &str, id: Id) {
    let user = Some(tx.rights.user);
    tx.pending.notes.push(Note { kind, user, subject: object.into(), detail: vec![("id", id)] });
}
