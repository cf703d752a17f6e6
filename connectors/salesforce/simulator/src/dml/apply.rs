//! A call on several rows: by object, in chunks, all or some of them.

use std::sync::Arc;

use super::{Operation, Options, Row, RowError, RowResult, grants, people, publish, remove, save, upsert};
use crate::apex::run::{Thrown, exception, throw, trace};
use crate::apex::value::{ExceptionState, FailedRow};
use crate::org::{ObjectKind, ObjectType, has_object_permissions};
use crate::transaction::Transaction;

/// Rows that triggers see together.
pub(super) const CHUNK: usize = 200;
/// Changes from one object to another in the rows of one call.
const RUNS_MAX: usize = 10;

/// A row with its place in the call.
pub(super) struct Placed {
    pub at: usize,
    pub row: Row,
}

/// Neighbours of one object.
type Run = (Arc<ObjectType>, Vec<Placed>);

/// What became of a row, with its place in the call.
pub(super) type Placement = (usize, RowResult);

impl Transaction {
    /// Does something to records. The results stand in the order of the rows. An error is one of Apex that no row is
    /// to blame for: the statement itself throws it, or nobody can catch it and the transaction has to be dropped.
    pub fn apply(
        &mut self,
        operation: Operation,
        rows: Vec<Row>,
        options: Options,
    ) -> Result<Vec<RowResult>, Thrown> {
        if options.as_user && self.machine.depth() > 0 {
            self.check_user(&operation, &rows)?;
        }
        let mark = self.mark();
        let mut results: Vec<RowResult> = rows.iter().map(|row| RowResult::open(row.id)).collect();
        if operation == Operation::Merge {
            super::merge::merge(self, rows, options, &mut results)?;
        } else {
            for (object, run) in runs(self, rows)? {
                for (at, result) in self.run(&operation, &object, run, options)? {
                    if let Some(place) = results.get_mut(at) {
                        *place = result;
                    }
                }
                if options.all_or_none && results.iter().any(RowResult::failed) {
                    break;
                }
            }
        }
        if options.all_or_none && results.iter().any(RowResult::failed) {
            self.restore(mark);
            if options.as_user && self.machine.depth() > 0 {
                self.refuse_hidden(&results)?;
            }
            let inserting = operation == Operation::Insert;
            for result in results.iter_mut() {
                if result.errors.is_empty() {
                    result.errors.push(RowError::rolled_back());
                }
                result.id = result.id.filter(|_| !inserting && !result.created);
                result.created = false;
            }
        }
        Ok(results)
    }

    /// Apex in user mode needs the right on the object, or the statement itself throws.
    fn check_user(&mut self, operation: &Operation, rows: &[Row]) -> Result<(), Thrown> {
        let may = |object: &ObjectType| {
            let access = self.rights.object(object);
            match operation {
                Operation::Insert => access.create,
                Operation::Update => access.edit,
                Operation::Upsert(_) => access.create && access.edit,
                Operation::Delete | Operation::Undelete | Operation::Merge => access.delete,
            }
        };
        // What the setup itself decides is decided row by row.
        let own = |object: &ObjectType| has_object_permissions(object) && object.name != "User";
        let denied = rows.iter().map(|row| &row.object).find(|object| own(object) && !may(object));
        match denied.map(|object| format!("Access to entity '{}' denied", object.name)) {
            Some(message) => Err(throw(self, "System.SecurityException", message)),
            None => Ok(()),
        }
    }

    /// Fields that a user may not write are told of in words of their own.
    fn refuse_hidden(&mut self, results: &[RowResult]) -> Result<(), Thrown> {
        let failed = results.iter().enumerate().filter(|(_, result)| result.failed());
        let rows =
            failed.map(|(index, result)| FailedRow { index, id: result.id, errors: result.errors.clone() });
        let rows: Vec<FailedRow> = rows.collect();
        let first = rows.first().and_then(|row| row.errors.first());
        match first.filter(|error| error.is_hidden()).map(|error| error.message.clone()) {
            Some(message) => {
                let state =
                    ExceptionState { message: Some(message), trace: trace(self), rows, ..Default::default() };
                Err(Thrown::Exception(exception(self, "System.DmlException", state)))
            }
            None => Ok(()),
        }
    }

    fn run(
        &mut self,
        operation: &Operation,
        object: &Arc<ObjectType>,
        run: Vec<Placed>,
        options: Options,
    ) -> Result<Vec<Placement>, Thrown> {
        if object.kind == ObjectKind::Event && *operation == Operation::Insert {
            return Ok(publish::publish(self, run, options));
        }
        if (object.name != "User" || people::is_setup(operation, &run))
            && let Err(error) = self.mix.add(object)
        {
            let refused =
                |placed: Placed| RowResult { id: placed.row.id, created: false, errors: vec![error.clone()] };
            return Ok(run.into_iter().map(|placed| (placed.at, refused(placed))).collect());
        }
        if object.name == "PermissionSetAssignment" {
            return Ok(people::assignments(self, operation, run, options));
        }
        if grants::TABLES.contains(&object.name.as_str()) {
            return Ok(grants::change(self, operation, run, options));
        }
        let mut done = Vec::with_capacity(run.len());
        let mut run = run.into_iter();
        loop {
            let chunk: Vec<Placed> = run.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Ok(done);
            }
            let results = match operation {
                Operation::Insert => save::insert(self, object, chunk, options)?,
                Operation::Update => save::update(self, object, chunk, options)?,
                Operation::Upsert(key) => upsert::upsert(self, object, key.as_deref(), chunk, options)?,
                Operation::Delete => remove::delete(self, object, chunk, options)?,
                Operation::Undelete => remove::undelete(self, object, chunk, options)?,
                // Not by runs.
                Operation::Merge => Vec::new(),
            };
            let failed = results.iter().any(|(_, result)| result.failed());
            done.extend(results);
            if failed && options.all_or_none {
                return Ok(done);
            }
        }
    }
}

/// Neighbours of one object stay together.
fn runs(tx: &mut Transaction, rows: Vec<Row>) -> Result<Vec<Run>, Thrown> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, row) in rows.into_iter().enumerate() {
        match runs.last_mut().filter(|(object, _)| object.name == row.object.name) {
            Some((_, run)) => run.push(Placed { at, row }),
            None => runs.push((row.object.clone(), vec![Placed { at, row }])),
        }
    }
    if runs.len() > RUNS_MAX {
        let message = format!(
            "Cannot have more than {RUNS_MAX} chunks in a single operation. Please rearrange the data to reduce chunking."
        );
        return Err(throw(tx, "System.TypeException", message));
    }
    Ok(runs)
}
