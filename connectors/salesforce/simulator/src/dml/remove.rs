//! Into the recycle bin, out of it again, and out of it for good.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apply::{Placed, Placement};
use super::save::{Work, note, tries};
use super::{Options, RowError, prepare, trigger};
use crate::apex::run::Thrown;
use crate::ledger::Kind;
use crate::org::{Field, Id, ObjectType, State, TriggerEvent, rest_time};
use crate::rules;
use crate::tables;
use crate::transaction::Transaction;

/// Lookups of standard objects whose records go with their parent, beside those to a master: child, field.
const CASCADES: [(&str, &str); 11] = [
    ("Attachment", "ParentId"),
    ("CaseComment", "ParentId"),
    ("Contact", "AccountId"),
    ("ContentDocumentLink", "ContentDocumentId"),
    ("ContentDocumentLink", "LinkedEntityId"),
    ("ContentVersion", "ContentDocumentId"),
    ("FeedComment", "FeedItemId"),
    ("FeedItem", "ParentId"),
    ("Note", "ParentId"),
    ("Opportunity", "AccountId"),
    ("FeedAttachment", "FeedEntityId"),
];

/// Moves records to the recycle bin, and what cannot be without them. Triggers run for those that were named alone.
pub(super) fn delete(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    chunk: Vec<Placed>,
    options: Options,
) -> Result<Vec<Placement>, Thrown> {
    let works = chunk.into_iter().map(|placed| doomed(tx, object, placed, options)).collect();
    let works = tries(tx, works, options, |tx, works| {
        for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
            if let Err(error) = rules::before_delete(&tx.view(), &work.subject(object)) {
                work.errors.push(error);
            }
        }
        trigger::fire(tx, object, TriggerEvent::BeforeDelete, works)?;
        for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
            if let Some(id) = work.id {
                bin(tx, &object.name, id);
            }
        }
        trigger::fire(tx, object, TriggerEvent::AfterDelete, works)
    })?;
    Ok(works.into_iter().map(|work| work.result(false)).collect())
}

fn doomed(tx: &Transaction, object: &ObjectType, placed: Placed, options: Options) -> Work {
    let Placed { at, row } = placed;
    let mut work = Work::new(at, row.id);
    let old = may_delete(object).and_then(|()| {
        let id = row.id.ok_or_else(|| RowError::no_id("delete"))?;
        prepare::changeable(tx, object, id, options, |access| access.delete)
    });
    match old {
        Ok(old) => {
            work.values = old.values.clone();
            work.old = Some(old);
        }
        Err(error) => work.errors.push(error),
    }
    work
}

/// Whether records of the object can be deleted at all.
pub(crate) fn may_delete(object: &ObjectType) -> Result<(), RowError> {
    if !tables::grows(object) || !object.deletable {
        return Err(RowError::unsupported(object, "delete"));
    }
    Ok(())
}

/// Moves one record and all that hangs on it.
pub(super) fn bin(tx: &mut Transaction, object: &str, root: Id) {
    let mut doomed: Vec<(Arc<str>, Id)> = vec![(object.into(), root)];
    while let Some((name, id)) = doomed.pop() {
        stamp(tx, &name, id);
        if tx.state.records.delete(&name, id, root) {
            dependants(&tx.state, &name, id, &mut doomed);
            forget(tx, &name, id, root);
            note(tx, Kind::RecordDeleted, &name, id);
        }
    }
}

/// A record that goes says when, for those who replicate.
fn stamp(tx: &mut Transaction, object: &str, id: Id) {
    let Some(record) = tx.state.records.get(object, id).filter(|record| !record.deleted) else { return };
    if record.values.contains_key("SystemModstamp") {
        let mut record = crate::org::Record::clone(record);
        record.values.insert("SystemModstamp".to_owned(), rest_time(tx.org.now_ms()).into());
        tx.state.records.put(object, record);
    }
}

/// Records that go with their parent: details of a master, versions and links of a document, attachments.
fn dependants(state: &State, object: &str, id: Id, found: &mut Vec<(Arc<str>, Id)>) {
    let mut children = |child: &ObjectType, field: &Field| {
        let rows = state.records.with_value(&child.name, &field.name, &id.into());
        found.extend(rows.into_iter().map(|row| (child.name.as_str().into(), row)));
    };
    let details = state.metadata.references_to(object).iter().filter(|(_, field)| field.master_detail);
    details.for_each(|(child, field)| children(child, field));
    for (child, name) in CASCADES {
        let Some(child) = state.metadata.object(child) else { continue };
        let Some(field) = child.field(name) else { continue };
        if field.reference_to.is_empty() || field.reference_to.iter().any(|parent| parent == object) {
            children(child, field);
        }
    }
}

/// Empties the optional lookups of others to a record that goes.
fn forget(tx: &mut Transaction, object: &str, id: Id, root: Id) {
    let metadata = tx.state.metadata.clone();
    for (child, field) in metadata.references_to(object) {
        let cascades = CASCADES.contains(&(child.name.as_str(), field.name.as_str()));
        if field.master_detail || cascades || !field.nillable {
            continue;
        }
        for row in tx.state.records.with_value(&child.name, &field.name, &id.into()) {
            tx.state.records.empty(&child.name, row, &field.name, root);
        }
    }
}

/// Takes records out of the recycle bin, with what went with them, under their old ids.
pub(super) fn undelete(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    chunk: Vec<Placed>,
    options: Options,
) -> Result<Vec<Placement>, Thrown> {
    let works = chunk.into_iter().map(|placed| buried(tx, object, placed, options)).collect();
    let works = tries(tx, works, options, |tx, works| {
        for work in works.iter_mut() {
            let Some(id) = work.id else { continue };
            for (name, id) in tx.state.records.restore(id) {
                note(tx, Kind::RecordRestored, &name, id);
            }
            if let Err(error) = super::validate::unique(tx, object, work) {
                work.errors.push(error);
            }
        }
        trigger::fire(tx, object, TriggerEvent::AfterUndelete, works)
    })?;
    Ok(works.into_iter().map(|work| work.result(false)).collect())
}

fn buried(tx: &Transaction, object: &ObjectType, placed: Placed, options: Options) -> Work {
    let Placed { at, row } = placed;
    let mut work = Work::new(at, row.id);
    let found = match row.id {
        None => Err(RowError::no_id("undelete")),
        Some(_) if !tables::grows(object) || !object.undeletable => {
            Err(RowError::unsupported(object, "undelete"))
        }
        Some(id) if tx.state.records.binned(id).is_empty() => Err(RowError::not_in_bin()),
        Some(id) => tx.state.records.get(&object.name, id).cloned().ok_or_else(RowError::not_in_bin),
    };
    let allowed = !options.as_user || tx.rights.object(object).delete;
    match found {
        Ok(record) if allowed => {
            work.values = record.values.clone();
            work.old = Some(record);
        }
        Ok(_) => work.errors.push(RowError::no_access()),
        Err(error) => work.errors.push(error),
    }
    work
}

impl Transaction {
    /// Takes records out of the recycle bin for good.
    pub fn empty_recycle_bin(&mut self, ids: &[Id], options: Options) -> Vec<super::RowResult> {
        let mut results = Vec::with_capacity(ids.len());
        for id in ids {
            let object = self.state.records.binned(*id).first().map(|(object, _)| object.clone());
            let object = object.and_then(|name| self.state.metadata.object(&name).cloned());
            let allowed = |object: &Arc<ObjectType>| !options.as_user || self.rights.object(object).delete;
            let errors = match object {
                Some(object) if !allowed(&object) => vec![RowError::no_access()],
                _ if self.state.records.purge(*id) => Vec::new(),
                _ => vec![RowError::new("INVALID_ID_FIELD", "Invalid record id; no recycle bin entry found")],
            };
            results.push(super::RowResult { id: Some(*id), created: false, errors });
        }
        results
    }
}

impl Work {
    pub(super) fn new(at: usize, id: Option<Id>) -> Self {
        Self { at, id, old: None, values: BTreeMap::new(), blob: None, errors: Vec::new() }
    }
}
