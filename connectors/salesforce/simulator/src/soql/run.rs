//! Queries are prepared (names bound, restrictions checked) and then run over the rows.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::aggregate;
use super::ast::{Aggregate, Condition, Item, Literal, Operand, Operator, Order, Path, Query};
use super::bind::{Binder, Bound};
use super::binds::Binds;
use super::parse::{self, malformed, pointing};
use super::{compare, narrow, restrict};
use crate::org::{FieldType, ObjectType};
use crate::surface::ApiError;
use crate::tables::{self, Row, View};

/// Columns a `FIELDS()` query may bring rows for.
const FIELDS_ROWS_MAX: usize = 200;

/// A column of the answer.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    Field {
        bound: Bound,
    },
    /// Records of a child object; `link` is the child's field that holds the parent's id.
    Children {
        relationship: String,
        link: Bound,
        query: Box<Prepared>,
    },
}

/// A query ready to run. It holds nothing of the org's state, so it may be kept for further pages.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub object: Arc<ObjectType>,
    pub columns: Vec<Column>,
    pub count: bool,
    pub groups: Option<Vec<aggregate::Output>>,
    group_by: Vec<Bound>,
    condition: Option<Test>,
    having: Option<Condition>,
    order: Vec<(Bound, bool, bool)>,
    group_order: Vec<Order>,
    limit: Option<usize>,
    offset: usize,
    one_row: bool,
    entities: Option<Vec<String>>,
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

/// Parses a query and binds it to what the caller may see.
pub(crate) fn prepare(view: &View<'_>, text: &str) -> Result<Prepared, ApiError> {
    prepare_with(view, text, Binds::None)
}

/// As [`prepare`], with values for the binds in the text.
pub(super) fn prepare_with(view: &View<'_>, text: &str, binds: Binds<'_>) -> Result<Prepared, ApiError> {
    let query = parse::parse_with(text, view.org.now_ms(), binds)?;
    let name = query.from.text();
    let object = view.object(&name).filter(|object| object.queryable).cloned();
    let object = object.ok_or_else(|| {
        let message = format!(
            "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
        );
        ApiError::bad("INVALID_TYPE", pointing(text, query.from.at, &message))
    })?;
    prepare_on(view, text, object, &query, false)
}

fn prepare_on(
    view: &View<'_>,
    text: &str,
    object: Arc<ObjectType>,
    query: &Query,
    below_parent: bool,
) -> Result<Prepared, ApiError> {
    let binder = Binder { view: *view, text, object: object.clone(), alias: query.alias.as_deref() };
    restrict::check(&binder, query, below_parent)?;
    let condition = query.condition.as_ref().map(|condition| test(&binder, condition)).transpose()?;
    let mut prepared = Prepared {
        entities: restrict::named_entities(query.condition.as_ref())
            .filter(|_| restrict::is_catalogue(&object.name)),
        object,
        columns: Vec::new(),
        count: query.count,
        groups: None,
        group_by: Vec::new(),
        condition,
        having: query.having.clone(),
        order: Vec::new(),
        group_order: Vec::new(),
        limit: query.limit,
        offset: query.offset,
        one_row: restrict::one_row_only(&binder, query),
    };
    if query.aggregates() {
        prepared.group_by = query.group_by.iter().map(|path| binder.bind(path)).collect::<Result<_, _>>()?;
        prepared.groups = Some(aggregate::outputs(&binder, query)?);
        prepared.group_order = query.order.clone();
        return Ok(prepared);
    }
    for order in &query.order {
        let Operand::Field(path) = &order.by else {
            return Err(malformed(text, query.from.at, "Ordered aggregates need GROUP BY"));
        };
        let bound = binder.bind(path)?;
        if !tables::filterable(&bound.field) {
            return Err(binder
                .refuse(path, &format!("field '{}' can not be sorted in a query call", bound.field.name)));
        }
        prepared.order.push((bound, order.descending, order.nulls_last));
    }
    prepared.columns = columns(&binder, query)?;
    Ok(prepared)
}

fn columns(binder: &Binder<'_>, query: &Query) -> Result<Vec<Column>, ApiError> {
    let mut columns: Vec<Column> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for item in &query.items {
        match item {
            Item::Field(path) | Item::Formatted { path, .. } => {
                let bound = binder.bind(path)?;
                let name = path.text().to_ascii_lowercase();
                if !seen.insert(name) {
                    return Err(malformed(
                        binder.text,
                        path.at,
                        &format!("duplicate field selected: {}", path.text()),
                    ));
                }
                columns.push(Column::Field { bound });
            }
            Item::Fields { which, at } => {
                if query.limit.is_none_or(|limit| limit > FIELDS_ROWS_MAX) {
                    return Err(malformed(
                        binder.text,
                        *at,
                        "The SOQL FIELDS function must have a LIMIT of at most 200",
                    ));
                }
                let object = &binder.object;
                let wanted = object.fields.iter().filter(|field| match which.as_str() {
                    "CUSTOM" => field.custom,
                    "STANDARD" => !field.custom,
                    _ => true,
                });
                let visible = wanted.filter(|field| binder.view.rights.field(object, field).read);
                columns.extend(visible.map(|field| Column::Field {
                    bound: Bound { steps: Vec::new(), field: field.clone(), part: None },
                }));
            }
            Item::Child(query) => columns.push(children(binder, query)?),
            Item::Aggregate(_) => {}
        }
    }
    Ok(columns)
}

/// The relationship that a query of children goes along; the parent's name may stand before it: `Account.Contacts`.
pub(super) fn relationship_of(parent: &str, query: &Query) -> String {
    match query.from.parts.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && first.eq_ignore_ascii_case(parent) => rest.join("."),
        _ => query.from.text(),
    }
}

/// `(SELECT … FROM Contacts)`.
fn children(binder: &Binder<'_>, query: &Query) -> Result<Column, ApiError> {
    let name = relationship_of(&binder.object.name, query);
    for object in binder.view.state.metadata.objects() {
        let link = object.fields.iter().find(|field| {
            field.reference_to.iter().any(|parent| parent.eq_ignore_ascii_case(&binder.object.name))
                && child_relationship(object, field)
                    .is_some_and(|relationship| relationship.eq_ignore_ascii_case(&name))
        });
        let Some(link) = link.filter(|field| binder.view.rights.field(object, field).read) else { continue };
        if !binder.view.rights.object(object).read {
            break;
        }
        let relationship = child_relationship(object, link).unwrap_or_default();
        let link = Bound { steps: Vec::new(), field: link.clone(), part: None };
        let prepared = prepare_on(&binder.view, binder.text, object.clone(), query, true)?;
        return Ok(Column::Children { relationship, link, query: Box::new(prepared) });
    }
    let message = format!(
        "Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."
    );
    Err(ApiError::bad("INVALID_TYPE", pointing(binder.text, query.from.at, &message)))
}

/// The word that steps from a parent to the children behind `field`: as deployed, or the plural of a standard object.
pub(crate) fn child_relationship(object: &ObjectType, field: &crate::org::Field) -> Option<String> {
    if let Some(name) = &field.child_relationship {
        return Some(name.clone());
    }
    let principal = [
        "ParentId",
        "AccountId",
        "ContactId",
        "OpportunityId",
        "CampaignId",
        "ContentDocumentId",
        "LinkedEntityId",
        "WhatId",
    ];
    (!object.is_custom() && principal.contains(&field.name.as_str())).then(|| match object.name.as_str() {
        name if name.ends_with('y') => format!("{}ies", &name[..name.len() - 1]),
        name => format!("{name}s"),
    })
}

fn test(binder: &Binder<'_>, condition: &Condition) -> Result<Test, ApiError> {
    let all = |conditions: &[Condition]| {
        conditions.iter().map(|one| test(binder, one)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match condition {
        Condition::And(conditions) => Test::All(all(conditions)?),
        Condition::Or(conditions) => Test::Any(all(conditions)?),
        Condition::Not(condition) => Test::Not(Box::new(test(binder, condition)?)),
        Condition::Compare { left: Operand::Aggregate(aggregate), .. } => {
            return Err(binder.refuse(&aggregate.path, "Aggregate functions are not allowed in WHERE"));
        }
        Condition::Compare { left: Operand::Field(path), .. }
            if binder.object.name == "SubscriberPackageVersion"
                && path.text().eq_ignore_ascii_case(restrict::INSTALLATION_KEY) =>
        {
            Test::All(Vec::new())
        }
        Condition::Compare { left: Operand::Field(path), operator, values } => {
            let left = binder.bind(path)?;
            restrict::comparable(&left.field, *operator, values)
                .map_err(|message| binder.refuse(path, &message))?;
            let values = values.iter().map(|value| at_moments(&left, value)).collect();
            compared(left, *operator, values)
        }
        Condition::InQuery { left, negated, query } => {
            let bound = binder.bind(left)?;
            let values = semi_join(binder, left, query)?;
            let operator = if *negated { Operator::NotIn } else { Operator::In };
            compared(bound, operator, values)
        }
    })
}

fn compared(left: Bound, operator: Operator, values: Vec<Literal>) -> Test {
    narrow::among(&left, operator, &values).unwrap_or(Test::Compare { left, operator, values })
}

/// A day is a moment where moments are compared.
fn at_moments(left: &Bound, value: &Literal) -> Literal {
    match value {
        Literal::Day(span) if left.field.kind == FieldType::DateTime => {
            Literal::Time(span.start..span.start.saturating_add(1))
        }
        other => other.clone(),
    }
}

/// The values of the one column that an inner query selects.
fn semi_join(binder: &Binder<'_>, left: &Path, query: &Query) -> Result<Vec<Literal>, ApiError> {
    let name = query.from.text();
    let object = binder.view.object(&name).cloned();
    let object = object.ok_or_else(|| {
        ApiError::bad(
            "INVALID_TYPE",
            pointing(binder.text, query.from.at, &format!("sObject type '{name}' is not supported.")),
        )
    })?;
    let inner = prepare_on(&binder.view, binder.text, object, query, false)?;
    let [Column::Field { bound }] = inner.columns.as_slice() else {
        return Err(malformed(binder.text, left.at, "semi join sub-selects must select one field"));
    };
    let rows = matching(&binder.view, &inner, false)?;
    let values = rows.iter().filter_map(|row| match bound.value(&binder.view, row) {
        Value::String(text) => Some(Literal::Text(text)),
        Value::Number(number) => number.as_f64().map(Literal::Number),
        _ => None,
    });
    Ok(values.collect())
}

impl Test {
    fn passes(&self, view: &View<'_>, row: &Row) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.passes(view, row)),
            Self::Any(tests) => tests.iter().any(|test| test.passes(view, row)),
            Self::Not(test) => !test.passes(view, row),
            Self::Compare { left, operator, values } => {
                compare::holds(left.field.kind, &left.value(view, row), *operator, values)
            }
            Self::Among { left, negated, null, keys } => {
                let among = match left.value(view, row) {
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
    let groups = aggregate::group(view, &query.group_by, outputs, &rows);
    let mut groups = aggregate::having(groups, outputs, query.having.as_ref())?;
    aggregate::sort(&mut groups, outputs, &query.group_order)?;
    let groups = groups.into_iter().skip(query.offset).take(query.limit.unwrap_or(usize::MAX));
    Ok(Outcome::Groups(groups.map(|group| aggregate::record(outputs, group)).collect()))
}

/// The rows that a subquery finds below one parent.
pub(crate) fn below(
    view: &View<'_>,
    query: &Prepared,
    link: &Bound,
    parent: &str,
) -> Result<Vec<Row>, ApiError> {
    let mut below = query.clone();
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

fn matching(view: &View<'_>, query: &Prepared, deleted: bool) -> Result<Vec<Row>, ApiError> {
    let mut rows = Vec::new();
    let mut visit = |row: Row| {
        if query.condition.as_ref().is_none_or(|test| test.passes(view, &row)) {
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
    let mut keyed: Vec<(Vec<Value>, Row)> = rows
        .into_iter()
        .map(|row| (query.order.iter().map(|(bound, ..)| bound.value(view, &row)).collect(), row))
        .collect();
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

/// Binds the operand of a grouped query.
pub(super) fn bind_aggregate(binder: &Binder<'_>, aggregate: &Aggregate) -> Result<Bound, ApiError> {
    binder.bind(&aggregate.path)
}
