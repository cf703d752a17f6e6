//! Prepared queries are run over the rows.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::aggregate;
use super::ast::{Condition, Literal, Operator, Order, Shown, Totals};
use super::reach::{Bound, Step};
use super::{compare, narrow, restrict};
use crate::org::{FieldType, ObjectType};
use crate::surface::ApiError;
use crate::tables::{self, Row, View};

/// A column of the answer.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    Field {
        bound: Bound,
        shown: Shown,
        /// The name it has in a record: the field's own, or its alias.
        key: String,
    },
    /// Records of a child object; `link` is the child's field that holds the parent's id.
    Children { relationship: String, link: Bound, query: Box<Prepared> },
    /// A parent of whose object depends which fields are shown.
    TypeOf { steps: Vec<Step>, when: Vec<(Arc<ObjectType>, Vec<Bound>)>, otherwise: Option<Vec<Bound>> },
}

/// A query ready to run. It holds nothing of the org's state, so it may be kept for further pages.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub object: Arc<ObjectType>,
    pub columns: Vec<Column>,
    pub count: bool,
    pub groups: Option<Vec<aggregate::Output>>,
    pub(super) group_by: Vec<Bound>,
    pub(super) totals: Totals,
    pub(super) condition: Option<Test>,
    pub(super) having: Option<Condition>,
    pub(super) order: Vec<(Bound, bool, bool)>,
    pub(super) group_order: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
    pub(super) one_row: bool,
    pub(super) entities: Option<Vec<String>>,
}

/// A condition with its names bound.
#[derive(Debug, Clone)]
pub(super) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Compare {
        left: Bound,
        operator: Operator,
        values: Vec<Literal>,
    },
    /// `IN` and `NOT IN` with many texts. `null`: a row without a value is among them.
    Among {
        left: Bound,
        negated: bool,
        null: bool,
        keys: Arc<HashSet<String>>,
    },
}

/// What a query found.
pub(crate) enum Outcome {
    Count(usize),
    Rows(Vec<Row>),
    Groups(Vec<Value>),
}

impl Test {
    fn passes(&self, view: &View<'_>, object: &ObjectType, row: &Row) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.passes(view, object, row)),
            Self::Any(tests) => tests.iter().any(|test| test.passes(view, object, row)),
            Self::Not(test) => !test.passes(view, object, row),
            Self::Compare { left, operator, values } => {
                compare::holds(left.field.kind, &left.value(view, object, row), *operator, values)
            }
            Self::Among { left, negated, null, keys } => {
                let among = match left.value(view, object, row) {
                    Value::String(text) => keys.contains(&narrow::key(left.field.kind, &text)),
                    Value::Null => *null,
                    _ => false,
                };
                among != *negated
            }
        }
    }
}

/// Runs a query; `deleted` looks into the recycle bin too.
pub(crate) fn run(view: &View<'_>, query: &Prepared, deleted: bool) -> Result<Outcome, ApiError> {
    let rows = matching(view, query, deleted)?;
    if query.count {
        return Ok(Outcome::Count(rows.len()));
    }
    let Some(outputs) = &query.groups else { return Ok(Outcome::Rows(rows)) };
    let groups = aggregate::group(view, query, outputs, &rows);
    let mut groups = aggregate::having(groups, outputs, query.having.as_ref())?;
    aggregate::sort(&mut groups, outputs, &query.group_order)?;
    let groups: Vec<_> =
        groups.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect();
    if groups.len() > aggregate::GROUPS_MAX {
        let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch";
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    Ok(Outcome::Groups(groups.into_iter().map(|group| aggregate::record(outputs, group)).collect()))
}

/// Whether a row is among those that the query is about, whatever its order and limit.
pub(crate) fn holds(view: &View<'_>, query: &Prepared, row: &Row) -> bool {
    query.condition.as_ref().is_none_or(|condition| condition.passes(view, &query.object, row))
}

/// The rows that a subquery finds below one parent.
pub(crate) fn below(
    view: &View<'_>,
    query: &Prepared,
    link: &Bound,
    parent: &str,
) -> Result<Vec<Row>, ApiError> {
    let mut below = query.clone();
    if restrict::is_catalogue(&query.object.name) {
        below.entities = Some(vec![parent.to_owned()]);
    }
    let parent = Test::Compare {
        left: link.clone(),
        operator: Operator::Equal,
        values: vec![Literal::Text(parent.to_owned())],
    };
    below.condition = Some(match below.condition.take() {
        Some(condition) => Test::All(vec![parent, condition]),
        None => parent,
    });
    matching(view, &below, false)
}

/// The rows that a query is about; without groups they are sorted and cut.
pub(super) fn matching(view: &View<'_>, query: &Prepared, deleted: bool) -> Result<Vec<Row>, ApiError> {
    let mut rows = Vec::new();
    let mut visit = |row: Row| {
        if query.condition.as_ref().is_none_or(|test| test.passes(view, &query.object, &row)) {
            rows.push(row);
        }
    };
    match &query.entities {
        Some(entities) => tables::scan_entities(view, &query.object, entities, &mut visit),
        None => match narrow::candidates(view, &query.object, query.condition.as_ref(), deleted) {
            Some(rows) => rows.into_iter().for_each(visit),
            None => tables::scan(view, &query.object, deleted, &mut visit),
        },
    }
    if query.one_row && rows.len() > 1 {
        let message = format!(
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval. Result size: {}",
            rows.len()
        );
        return Err(ApiError::bad("MALFORMED_QUERY", message));
    }
    if query.groups.is_some() {
        return Ok(rows);
    }
    if !query.order.is_empty() {
        rows = sorted(view, query, rows);
    }
    let rows: Vec<Row> =
        rows.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX)).collect();
    if restrict::is_catalogue(&query.object.name) && !query.count && rows.len() > restrict::CATALOGUE_ROWS_MAX
    {
        let message = format!(
            "{} does not support queryMore(), use LIMIT to restrict the results to a single batch",
            query.object.name
        );
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    Ok(rows)
}

fn sorted(view: &View<'_>, query: &Prepared, rows: Vec<Row>) -> Vec<Row> {
    let keys = |row: &Row| -> Vec<Value> {
        query.order.iter().map(|(bound, ..)| bound.value(view, &query.object, row)).collect()
    };
    let mut keyed: Vec<(Vec<Value>, Row)> = rows.into_iter().map(|row| (keys(&row), row)).collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let mut order = std::cmp::Ordering::Equal;
        for (at, (bound, descending, nulls_last)) in query.order.iter().enumerate() {
            order = order.then_with(|| directed(bound.field.kind, &a[at], &b[at], *descending, *nulls_last));
        }
        order
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// Nulls come first whatever the direction, unless asked for last.
pub(super) fn directed(
    kind: FieldType,
    a: &Value,
    b: &Value,
    descending: bool,
    nulls_last: bool,
) -> std::cmp::Ordering {
    let order = compare::sort(kind, a, b);
    if a.is_null() || b.is_null() {
        return if nulls_last { order.reverse() } else { order };
    }
    if descending { order.reverse() } else { order }
}
