//! Queries of Apex: run inside a transaction, with binds, in system or user mode; rows from which records are made.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::bind::Bound;
use super::binds::{BindValue, Binds};
use super::run::{Column, Outcome, Prepared, below, prepare_with, run};
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
    let (text, deleted) = all_rows(text);
    let found = super::parse::security(&text)?;
    let reach = match found.unwrap_or_default() {
        Security::User => Reach::User,
        _ => match mode {
            Mode::User if found != Some(Security::System) => Reach::User,
            // The class still says whether sharing counts.
            Mode::User if tx.machine.with_sharing() => Reach::Shared,
            Mode::System { with_sharing: true } => Reach::Shared,
            _ => Reach::System,
        },
    };
    let rights = tx.rights.reaching(reach);
    let view = View { rights: &rights, ..tx.view() };
    if found == Some(Security::Enforced) {
        let user = tx.rights.reaching(Reach::User);
        let secure = View { rights: &user, ..view };
        prepare_with(&secure, &text, Binds::Values(binds)).map_err(|error| match error.code.as_str() {
            "INVALID_FIELD" | "INVALID_TYPE" => ApiError::bad(
                "INVALID_FIELD",
                "Insufficient permissions: secure query included inaccessible field",
            ),
            _ => error,
        })?;
    }
    let prepared = prepare_with(&view, &text, Binds::Values(binds))?;
    match run(&view, &prepared, deleted)? {
        Outcome::Count(count) => Ok(ApexRows::Count(count)),
        Outcome::Rows(rows) => Ok(ApexRows::Records(records(&view, &prepared, &rows)?)),
        Outcome::Groups(groups) => {
            let outputs = prepared.groups.as_deref().unwrap_or_default();
            Ok(ApexRows::Groups(groups.into_iter().map(|group| aggregated(outputs, group)).collect()))
        }
    }
}

/// What `WITH` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Security {
    User,
    #[default]
    System,
    Enforced,
}

/// `ALL ROWS` at the end asks for the recycle bin too; it is taken off.
fn all_rows(text: &str) -> (String, bool) {
    let trimmed = text.trim_end();
    let upper = trimmed.to_ascii_uppercase();
    let found = upper.strip_suffix("ROWS").map(str::trim_end).and_then(|rest| {
        let before = rest.strip_suffix("ALL")?;
        (rest.len() + 4 < upper.len()
            && before.ends_with(|letter: char| letter.is_whitespace() || letter == ')' || letter == '\''))
        .then_some(before.len())
    });
    match found {
        Some(length) => (trimmed.get(..length).unwrap_or_default().to_owned(), true),
        None => (text.to_owned(), false),
    }
}

/// A query's text without `ALL ROWS` at its end.
pub(super) fn without_all_rows(text: &str) -> String {
    all_rows(text).0
}

fn records(view: &View<'_>, query: &Prepared, rows: &[Row]) -> Result<Vec<ApexRow>, ApiError> {
    rows.iter().map(|row| record(view, query, row)).collect()
}

fn record(view: &View<'_>, query: &Prepared, row: &Row) -> Result<ApexRow, ApiError> {
    let mut record = blank(view, &query.object, row);
    for column in &query.columns {
        match column {
            Column::Field { bound } => place(view, &mut record, row, bound, 0),
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

/// Puts a field where its path leads, making the parents on the way.
fn place(view: &View<'_>, record: &mut ApexRow, row: &Row, bound: &Bound, depth: usize) {
    let Some(step) = bound.steps.get(depth) else {
        let node = match record.id.filter(|_| bound.field.kind == FieldType::Base64) {
            Some(id) => Node::Blob(view.state.records.blob(id).cloned().unwrap_or_default()),
            None => Node::Value(bound.field.clone(), row.value(view, &bound.field.name)),
        };
        record.values.insert(bound.field.name.clone(), node);
        return;
    };
    match step.follow(view, row) {
        None => {
            record.values.entry(step.relationship.clone()).or_insert(Node::Parent(None));
        }
        Some((object, row)) => {
            let own = || Node::Parent(Some(Box::new(blank(view, &object, &row))));
            if let Node::Parent(Some(parent)) =
                record.values.entry(step.relationship.clone()).or_insert_with(own)
            {
                place(view, parent, &row, bound, depth + 1);
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rows_is_taken_off_the_end() {
        assert_eq!(
            all_rows("SELECT Id FROM A LIMIT 5 ALL  ROWS "),
            ("SELECT Id FROM A LIMIT 5 ".to_owned(), true)
        );
        assert!(!all_rows("SELECT Id FROM Allrows").1);
        assert!(!all_rows("SELECT Id FROM A WHERE B = 'ALL ROWS'").1);
    }
}
