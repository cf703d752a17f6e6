//! Several records become one.

use std::sync::Arc;

use super::apply::Placed;
use super::save::{Work, note, tries};
use super::{Options, Row, RowError, RowResult, prepare, remove, save, trigger};
use crate::apex::run::{Thrown, throw};
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Record, TriggerEvent};
use crate::transaction::Transaction;

const MERGEABLE: [&str; 4] = ["Account", "Case", "Contact", "Lead"];
/// The winner and two others.
const ROWS_MAX: usize = 3;

/// Merges the other rows into the first: their children become its children, without triggers, and they go to the
/// recycle bin.
pub(super) fn merge(
    tx: &mut Transaction,
    rows: Vec<Row>,
    options: Options,
    results: &mut [RowResult],
) -> Result<(), Thrown> {
    let count = rows.len();
    let mut rows = rows.into_iter().enumerate();
    let Some((_, master)) = rows.next() else { return Ok(()) };
    let object = master.object.clone();
    let refuse = |results: &mut [RowResult], error: RowError| {
        results.iter_mut().for_each(|result| result.errors.push(error.clone()));
    };
    if !MERGEABLE.contains(&object.name.as_str()) {
        refuse(results, RowError::unsupported(&object, "merge"));
        return Ok(());
    }
    if count > ROWS_MAX {
        return Err(throw(tx, "System.ListException", "Merge: cannot merge more than 3 records"));
    }
    let victims: Vec<(usize, Row)> = rows.collect();
    if victims.iter().any(|(_, row)| row.object.name != object.name || row.id == master.id) {
        refuse(
            results,
            RowError::new("INVALID_ID_FIELD", "Entities to merge must be of one type and distinct"),
        );
        return Ok(());
    }
    let Some(into) = master.id else {
        refuse(results, RowError::no_id("merge"));
        return Ok(());
    };
    let works = victims.into_iter().map(|(at, row)| loser(tx, &object, at, row, options)).collect();
    let works = tries(tx, works, options, |tx, works| {
        trigger::fire(tx, &object, TriggerEvent::BeforeDelete, works)?;
        for work in works.iter_mut().filter(|work| work.errors.is_empty()) {
            if let Some(id) = work.id {
                adopt(tx, &object, id, into);
                remove::bin(tx, &object.name, id);
                work.old = tx.state.records.get(&object.name, id).cloned();
            }
        }
        trigger::fire(tx, &object, TriggerEvent::AfterDelete, works)
    })?;
    for work in works {
        let (at, result) = work.result(false);
        if let Some(place) = results.get_mut(at) {
            *place = result;
        }
    }
    if results.iter().any(RowResult::failed) {
        return Ok(());
    }
    for (_, result) in save::update(tx, &object, vec![Placed { at: 0, row: master }], options)? {
        if let Some(place) = results.first_mut() {
            *place = result;
        }
    }
    Ok(())
}

fn loser(tx: &Transaction, object: &ObjectType, at: usize, row: Row, options: Options) -> Work {
    let mut work = Work::new(at, row.id);
    let old = row
        .id
        .ok_or_else(|| RowError::no_id("merge"))
        .and_then(|id| prepare::changeable(tx, object, id, options, |access| access.delete));
    match old {
        Ok(old) => work.old = Some(old),
        Err(error) => work.errors.push(error),
    }
    work
}

/// Moves what refers to `from` over to `into`, and writes into `from` where it went.
fn adopt(tx: &mut Transaction, object: &Arc<ObjectType>, from: Id, into: Id) {
    for (child, field) in tx.state.metadata.clone().references_to(&object.name) {
        for id in tx.state.records.with_value(&child.name, &field.name, &from.into()) {
            let Some(record) = tx.state.records.get(&child.name, id).filter(|record| record.id != into)
            else {
                continue;
            };
            let mut record = Record::clone(record);
            record.values.insert(field.name.clone(), into.into());
            tx.state.records.put(&child.name, record);
            note(tx, Kind::RecordUpdated, &child.name, id);
        }
    }
    if object.field("MasterRecordId").is_some()
        && let Some(record) = tx.state.records.get(&object.name, from)
    {
        let mut record = Record::clone(record);
        record.values.insert("MasterRecordId".to_owned(), into.into());
        tx.state.records.put(&object.name, record);
    }
}
