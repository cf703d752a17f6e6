//! Queries of Apex: run inside a transaction, with binds, in system or user mode; rows from which records are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::ast::With;
use super::bind::zone;
use super::binds::{BindValue, Binds};
use super::dates;
use super::parse;
use super::prepare::prepare_query;
use super::reach::{Bound, Read, Step};
use super::run::{Column, Outcome, Prepared, below, run};
use crate::org::{Field, FieldType, Id, ObjectType, Reach};
use crate::surface::ApiError;
use crate::tables::{Row, View};
use crate::transaction::Transaction;

/// Whose rights a query is run with, where its text does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Objects and fields are open; sharing counts or does not.
    System { with_sharing: bool },
    /// Objects, fields and sharing as the running user has them.
    User,
}

/// What a query found.
#[derive(Debug, Clone)]
pub enum ApexRows {
    /// `SELECT COUNT()`.
    Count(usize),
    /// Of one object.
    Records(Vec<ApexRow>),
    /// Of `AggregateResult`: values by alias or `expr0`.
    Groups(Vec<BTreeMap<String, Node>>),
}

/// A record that was found.
#[derive(Debug, Clone)]
pub struct ApexRow {
    pub object: Arc<ObjectType>,
    /// Always known, whether it was selected or not.
    pub id: Option<Id>,
    /// What was selected, by API name of the field or name of the relationship as the schema spells them.
    pub values: BTreeMap<String, Node>,
}

/// One selected value.
#[derive(Debug, Clone)]
pub enum Node {
    /// As the store keeps it, with the field that it is of.
    Value(Arc<Field>, Value),
    /// A count, or a sum and the like of a field of this type.
    Number(FieldType, Value),
    /// The bytes of a blob field.
    Blob(Bytes),
    /// `None`: there is no parent, or not for this user.
    Parent(Option<Box<ApexRow>>),
    Children(Vec<ApexRow>),
}

/// Runs a query. `binds` by name in lower case, without the colon. Refusals have the words of `System.QueryException`.
pub fn query(
    tx: &Transaction,
    text: &str,
    binds: &BTreeMap<String, BindValue>,
    mode: Mode,
) -> Result<ApexRows, ApiError> {
    found(tx, text, binds, mode).map_err(|error| ApiError { message: unpointed(error.message), ..error })
}

/// Apex is told what is wrong and not where.
fn unpointed(message: String) -> String {
    let rest = message.split_once("\nERROR at Row:").and_then(|(_, rest)| rest.split_once('\n'));
    rest.map(|(_, words)| words.to_owned()).unwrap_or(message)
}

fn found(
    tx: &Transaction,
    text: &str,
    binds: &BTreeMap<String, BindValue>,
    mode: Mode,
) -> Result<ApexRows, ApiError> {
    let query = parse::parse(text, dates::wall(tx.org.now_ms(), zone(&tx.view())), Binds::Values(binds))?;
    let reach = match (&query.with, mode) {
        (Some(With::UserMode), _) => Reach::User,
        (found, Mode::User) if *found != Some(With::SystemMode) => Reach::User,
        // The class still says whether sharing counts.
        (_, Mode::User) if tx.machine.with_sharing() => Reach::Shared,
        (_, Mode::System { with_sharing: true }) => Reach::Shared,
        _ => Reach::System,
    };
    let rights = tx.rights.reaching(reach);
    let view = View { rights: &rights, ..tx.view() };
    if query.with == Some(With::SecurityEnforced) {
        let user = tx.rights.reaching(Reach::User);
        let secure = View { rights: &user, ..view };
        prepare_query(&secure, text, &query).map_err(|error| match error.code.as_str() {
            "INVALID_FIELD" | "INVALID_TYPE" => ApiError::bad(
                "INVALID_FIELD",
                "Insufficient permissions: secure query included inaccessible field",
            ),
            _ => error,
        })?;
    }
    let prepared = prepare_query(&view, text, &query)?;
    match run(&view, &prepared, query.all_rows)? {
        Outcome::Count(count) => Ok(ApexRows::Count(count)),
        Outcome::Rows(rows) => Ok(ApexRows::Records(records(&view, &prepared, &rows)?)),
        Outcome::Groups(groups) => {
            let outputs = prepared.groups.as_deref().unwrap_or_default();
            Ok(ApexRows::Groups(groups.into_iter().map(|group| aggregated(outputs, group)).collect()))
        }
    }
}

fn records(view: &View<'_>, query: &Prepared, rows: &[Row]) -> Result<Vec<ApexRow>, ApiError> {
    rows.iter().map(|row| record(view, query, row)).collect()
}

fn record(view: &View<'_>, query: &Prepared, row: &Row) -> Result<ApexRow, ApiError> {
    let mut record = blank(view, &query.object, row);
    for column in &query.columns {
        match column {
            Column::Field { bound, key, .. } => {
                walk(view, &mut record, (&query.object, row), &bound.steps, &mut |record, object, row| {
                    record.values.insert(key.clone(), node(view, record, object, row, bound));
                });
            }
            Column::TypeOf { steps, when, otherwise } => {
                let Some((last, before)) = steps.split_last() else { continue };
                walk(view, &mut record, (&query.object, row), before, &mut |record, _, row| {
                    let parent = type_of(view, row, last, when, otherwise.as_deref());
                    record.values.insert(last.relationship.clone(), Node::Parent(parent.map(Box::new)));
                });
            }
            Column::Children { relationship, link, query: children } => {
                let rows = match record.id {
                    Some(id) => below(view, children, link, id.as_str())?,
                    None => Vec::new(),
                };
                record.values.insert(relationship.clone(), Node::Children(records(view, children, &rows)?));
            }
        }
    }
    Ok(record)
}

fn blank(view: &View<'_>, object: &Arc<ObjectType>, row: &Row) -> ApexRow {
    let id = row.value(view, "Id").as_str().and_then(Id::parse);
    ApexRow { object: object.clone(), id, values: BTreeMap::new() }
}

/// Calls `put` with the record at the end of the steps, making the parents on the way.
fn walk(
    view: &View<'_>,
    record: &mut ApexRow,
    (object, row): (&ObjectType, &Row),
    steps: &[Step],
    put: &mut dyn FnMut(&mut ApexRow, &ObjectType, &Row),
) {
    let Some((step, rest)) = steps.split_first() else { return put(record, object, row) };
    match step.follow(view, row) {
        None => {
            record.values.entry(step.relationship.clone()).or_insert(Node::Parent(None));
        }
        Some((object, row)) => {
            let own = || Node::Parent(Some(Box::new(blank(view, &object, &row))));
            if let Node::Parent(Some(parent)) =
                record.values.entry(step.relationship.clone()).or_insert_with(own)
            {
                walk(view, parent, (&object, &row), rest, put);
            }
        }
    }
}

fn node(view: &View<'_>, record: &ApexRow, object: &ObjectType, row: &Row, bound: &Bound) -> Node {
    match record.id.filter(|_| bound.field.kind == FieldType::Base64) {
        Some(id) => {
            let held = || crate::tables::held::body(&view.state.metadata, id).cloned();
            Node::Blob(view.state.records.blob(id).cloned().or_else(held).unwrap_or_default())
        }
        None if matches!(bound.read, Read::Distance(_)) => {
            Node::Number(FieldType::Double, bound.of(view, object, row))
        }
        None => Node::Value(bound.field.clone(), bound.of(view, object, row)),
    }
}

/// The parent with the fields of the branch that fits its object.
fn type_of(
    view: &View<'_>,
    row: &Row,
    step: &Step,
    when: &[(Arc<ObjectType>, Vec<Bound>)],
    otherwise: Option<&[Bound]>,
) -> Option<ApexRow> {
    let (object, row) = step.follow(view, row)?;
    let branch = when.iter().find(|(known, _)| known.name == object.name);
    let bounds = branch.map(|(_, bounds)| bounds.as_slice()).or(otherwise)?;
    let mut parent = blank(view, &object, &row);
    for bound in bounds {
        walk(view, &mut parent, (&object, &row), &bound.steps, &mut |record, object, row| {
            record.values.insert(bound.field.name.clone(), node(view, record, object, row, bound));
        });
    }
    Some(parent)
}

fn aggregated(outputs: &[super::aggregate::Output], group: Value) -> BTreeMap<String, Node> {
    let Value::Object(group) = group else { return BTreeMap::new() };
    let named = group.into_iter().filter_map(|(name, value)| {
        let output = outputs.iter().find(|output| output.name == name)?;
        let node = match output.function {
            None => Node::Value(output.bound.field.clone(), value),
            Some(function) => Node::Number(function.result(output.bound.field.kind), value),
        };
        Some((name, node))
    });
    named.collect()
}
