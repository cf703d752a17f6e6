//! Changes of records, from statements and from `Database.*`.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::eval::eval;
use super::exec::{Context, at};
use super::{Limit, Thrown, exception, limit, null_reference, record, throw, trace};
use crate::apex::program::Dml;
use crate::apex::syntax::ast::{DmlWord, Pos};
use crate::apex::value::{ExceptionState, FailedRow, RecordValue, Value, store};
use crate::debug_log::{Category, Level};
use crate::dml::{Operation, Options, Row, RowError, RowResult};
use crate::org::{Id, TriggerEvent};
use crate::transaction::Transaction;

/// Status of rows that were good, in a call that was undone.
const ROLLED_BACK: &str = "ALL_OR_NONE_OPERATION_ROLLED_BACK";

/// How a change is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    pub all_or_none: bool,
    /// The rights of the running user are enforced.
    pub as_user: bool,
}

impl Manner {
    /// As a plain statement has it.
    pub const STATEMENT: Self = Self { all_or_none: true, as_user: false };
}

/// A statement: the first row that fails throws `System.DmlException`.
pub(super) fn statement(tx: &mut Transaction, cx: Context<'_>, dml: &Dml, pos: Pos) -> Result<(), Thrown> {
    let value = eval(tx, cx, &dml.value)?;
    let manner = Manner { as_user: dml.as_user, ..Manner::STATEMENT };
    let operation = match dml.operation {
        DmlWord::Insert => Operation::Insert,
        DmlWord::Update => Operation::Update,
        DmlWord::Upsert => Operation::Upsert(dml.external_id.clone()),
        DmlWord::Delete => Operation::Delete,
        DmlWord::Undelete => Operation::Undelete,
        DmlWord::Merge => {
            let others = match &dml.duplicates {
                Some(duplicates) => eval(tx, cx, duplicates)?,
                None => Value::Null,
            };
            at(tx, pos);
            return merge(tx, &value, &others, manner).map(|_| ());
        }
    };
    at(tx, pos);
    let records = record::all(tx, &value)?;
    change(tx, operation, &records, manner).map(|_| ())
}

/// Changes records: counts the limits, writes new ids into the records, and with `all_or_none` throws
/// `System.DmlException` for the first row that fails.
pub fn change(
    tx: &mut Transaction,
    operation: Operation,
    records: &[Rc<RecordValue>],
    manner: Manner,
) -> Result<Vec<RowResult>, Thrown> {
    check(tx, &operation, records)?;
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        match store::to_row(record) {
            Ok(row) => rows.push(row),
            Err(message) => return Err(throw(tx, "System.SObjectException", message)),
        }
    }
    let results = apply(tx, operation.clone(), rows, manner)?;
    if matches!(operation, Operation::Insert | Operation::Upsert(_)) {
        let name: Arc<str> = Arc::from("Id");
        for (record, result) in records.iter().zip(&results) {
            if let (Some(id), true) = (result.id, result.errors.is_empty()) {
                record.state.borrow_mut().fields.insert(name.clone(), Value::Id(id));
            }
        }
    }
    Ok(results)
}

/// Does what [`change`] does for rows that are no records in memory (`Database.delete(ids)`).
pub fn apply(
    tx: &mut Transaction,
    operation: Operation,
    rows: Vec<Row>,
    manner: Manner,
) -> Result<Vec<RowResult>, Thrown> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    limit(tx, Limit::DmlStatements, 1)?;
    limit(tx, Limit::DmlRows, rows.len() as u64)?;
    let options = Options {
        all_or_none: manner.all_or_none,
        as_user: manner.as_user,
        with_sharing: tx.machine.with_sharing(),
    };
    let ids: Vec<Option<Id>> = rows.iter().map(|row| row.id).collect();
    tx.machine.told(Category::Db, Level::Info, || {
        let object = rows.first().map(|row| row.object.name.as_str()).unwrap_or_default();
        format!("DML_BEGIN|[]|Op:{}|Type:{object}|Rows:{}", word(&operation), rows.len())
    });
    let results = match itself(tx, &operation, &ids) {
        Some(refused) => refused,
        None => tx.apply(operation.clone(), rows, options)?,
    };
    tx.machine.told(Category::Db, Level::Info, || "DML_END|[]".to_owned());
    if manner.all_or_none && results.iter().any(|result| !result.errors.is_empty()) {
        return Err(refused(tx, &operation, &results, &ids));
    }
    Ok(results)
}

/// How a debug log and an exception call an operation.
fn word(operation: &Operation) -> &'static str {
    match operation {
        Operation::Insert => "Insert",
        Operation::Update => "Update",
        Operation::Upsert(_) => "Upsert",
        Operation::Delete => "Delete",
        Operation::Undelete => "Undelete",
        Operation::Merge => "Merge",
    }
}

/// A row that a before trigger runs for cannot be changed by that trigger: the whole call is refused.
fn itself(tx: &Transaction, operation: &Operation, ids: &[Option<Id>]) -> Option<Vec<RowResult>> {
    if !matches!(operation, Operation::Update | Operation::Upsert(_) | Operation::Delete) {
        return None;
    }
    let before = |event| matches!(event, TriggerEvent::BeforeUpdate | TriggerEvent::BeforeDelete);
    let running: HashMap<Id, &Arc<str>> = tx
        .machine
        .triggers
        .iter()
        .filter(|trigger| before(trigger.event))
        .flat_map(|trigger| trigger.old_map.iter().map(move |map| (map, &trigger.name)))
        .flat_map(|(map, name)| {
            let entries = map.entries.borrow();
            let ids: Vec<Id> = entries
                .keys()
                .filter_map(|key| if let Value::Id(id) = key.value { Some(id) } else { None })
                .collect();
            ids.into_iter().map(move |id| (id, name))
        })
        .collect();
    let blamed = |id: &Option<Id>| id.and_then(|id| running.get(&id).map(|name| (id, *name)));
    if running.is_empty() || !ids.iter().any(|id| blamed(id).is_some()) {
        return None;
    }
    let result = |id: &Option<Id>| {
        RowResult {
        id: *id,
        created: false,
        errors: vec![match blamed(id) {
            Some((id, name)) => RowError {
                status: "SELF_REFERENCE_FROM_TRIGGER".to_owned(),
                message: format!(
                    "Object (id = {}) is currently in trigger {name}, therefore it cannot recursively update itself",
                    id.short()
                ),
                fields: Vec::new(),
            },
            None => RowError {
                status: ROLLED_BACK.to_owned(),
                message: "Record rolled back because not all records were valid and the request was using AllOrNone header".to_owned(),
                fields: Vec::new(),
            },
        }],
    }
    };
    Some(ids.iter().map(result).collect())
}

/// Whether these records may be changed at all.
fn check(tx: &mut Transaction, operation: &Operation, records: &[Rc<RecordValue>]) -> Result<(), Thrown> {
    let mut seen = HashSet::with_capacity(records.len());
    let mut ids = HashSet::with_capacity(records.len());
    let inserting = matches!(operation, Operation::Insert | Operation::Upsert(_));
    for record in records {
        let state = record.state.borrow();
        if state.read_only {
            drop(state);
            let message = "DML statement cannot operate on trigger.new or trigger.old";
            return Err(throw(tx, "System.SObjectException", message));
        }
        let id = match state.fields.get("Id") {
            Some(Value::Id(id)) => Some(*id),
            _ => None,
        };
        drop(state);
        if inserting && !seen.insert(Rc::as_ptr(record)) {
            let message = "Before Insert or Upsert list must not have two identically equal elements";
            return Err(throw(tx, "System.ListException", message));
        }
        if let Some(id) = id.filter(|_| *operation != Operation::Insert)
            && !ids.insert(id)
        {
            return Err(throw(tx, "System.ListException", format!("Duplicate id in list: {id}")));
        }
    }
    let touched = tx.machine.triggers.iter().flat_map(|trigger| &trigger.new).any(|list| {
        list.items
            .borrow()
            .iter()
            .any(|item| matches!(item, Value::Record(record) if seen_or(&seen, records, record)))
    });
    if touched {
        let message = "DML statement cannot operate on trigger.new or trigger.old";
        return Err(throw(tx, "System.SObjectException", message));
    }
    Ok(())
}

fn seen_or(
    seen: &HashSet<*const RecordValue>,
    records: &[Rc<RecordValue>],
    record: &Rc<RecordValue>,
) -> bool {
    if seen.is_empty() {
        // Only few are worth comparing one by one; the lists of triggers are short.
        records.iter().any(|own| Rc::ptr_eq(own, record))
    } else {
        seen.contains(&Rc::as_ptr(record))
    }
}

/// Joins up to two records into the first.
pub fn merge(
    tx: &mut Transaction,
    master: &Value,
    others: &Value,
    manner: Manner,
) -> Result<Vec<RowResult>, Thrown> {
    let mut rows = Vec::new();
    for record in record::all(tx, master)? {
        match store::to_row(&record) {
            Ok(row) => rows.push(row),
            Err(message) => return Err(throw(tx, "System.SObjectException", message)),
        }
    }
    let items = match others {
        Value::List(list) => list.items.borrow().clone(),
        Value::Null => return Err(null_reference(tx)),
        one => vec![one.clone()],
    };
    for item in items {
        rows.push(match &item {
            Value::Record(record) => match store::to_row(record) {
                Ok(row) => row,
                Err(message) => return Err(throw(tx, "System.SObjectException", message)),
            },
            other => {
                let id = other.as_text().and_then(Id::parse);
                let found = id.and_then(|id| Some((id, tx.state.metadata.object_of(id)?.clone())));
                let Some((id, object)) = found else { return Err(null_reference(tx)) };
                Row { object, id: Some(id), values: Default::default(), blob: None }
            }
        });
    }
    apply(tx, Operation::Merge, rows, manner)
}

/// `Insert failed. First exception on row 0; first error: REQUIRED_FIELD_MISSING, …: [Name]`
fn refused(tx: &mut Transaction, operation: &Operation, results: &[RowResult], ids: &[Option<Id>]) -> Thrown {
    let word = word(operation);
    let mut rows = Vec::new();
    for (index, result) in results.iter().enumerate() {
        let at_fault = result.errors.iter().any(|error| error.status != ROLLED_BACK);
        if at_fault {
            let id = ids.get(index).copied().flatten();
            rows.push(FailedRow { index, id, errors: result.errors.clone() });
        }
    }
    let message = rows.first().and_then(|row| Some((row, row.errors.first()?))).map(|(row, error)| {
        let id = row.id.map(|id| format!(" with id {id}")).unwrap_or_default();
        format!(
            "{word} failed. First exception on row {}{id}; first error: {}, {}: [{}]",
            row.index,
            error.status,
            error.message,
            error.fields.join(", ")
        )
    });
    let state = ExceptionState { message, trace: trace(tx), rows, ..Default::default() };
    Thrown::Exception(exception(tx, "System.DmlException", state))
}
