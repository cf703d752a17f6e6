//! GROUP BY, HAVING and the functions over groups.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::ast::{Aggregate, Condition, Function, Item, Operand, Order, Path, Query};
use super::bind::{Binder, Bound};
use super::compare;
use super::parse::malformed;
use super::run::directed;
use crate::org::FieldType;
use crate::surface::ApiError;
use crate::tables::{Row, View};

/// Groups a query may make.
const GROUPS_MAX: usize = 2_000;

/// A column of a grouped answer.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub name: String,
    pub bound: Bound,
    /// `None` for a grouped field.
    pub function: Option<Function>,
    /// How it was written, to be found again in HAVING and ORDER BY.
    written: String,
    /// Needed by HAVING or ORDER BY, and not part of the answer.
    hidden: bool,
}

fn written(aggregate: &Aggregate) -> String {
    format!("{:?}({})", aggregate.function, aggregate.path.text().to_ascii_lowercase())
}

/// The columns of a grouped query.
pub(super) fn outputs(binder: &Binder<'_>, query: &Query) -> Result<Vec<Output>, ApiError> {
    let mut outputs = Vec::new();
    let mut unnamed = 0;
    for item in &query.items {
        match item {
            Item::Field(path) => outputs.push(grouped(binder, query, path, None)?),
            Item::Formatted { path, alias } => {
                let mut alias = alias.clone();
                if path.function.is_some() && alias.is_none() {
                    unnamed += 1;
                    alias = Some(format!("expr{}", unnamed - 1));
                }
                outputs.push(grouped(binder, query, path, alias)?);
            }
            Item::Aggregate(aggregate) => {
                let name = aggregate.alias.clone().unwrap_or_else(|| {
                    unnamed += 1;
                    format!("expr{}", unnamed - 1)
                });
                outputs.push(computed(binder, aggregate, name, false)?);
            }
            Item::Fields { at, .. } => {
                return Err(malformed(binder.text, *at, "FIELDS is not allowed with GROUP BY"));
            }
            Item::Child(child) => {
                return Err(malformed(
                    binder.text,
                    child.from.at,
                    "subqueries are not allowed with GROUP BY",
                ));
            }
        }
    }
    let mut further = Vec::new();
    query.having.iter().for_each(|condition| operands(condition, &mut further));
    further.extend(query.order.iter().map(|order| order.by.clone()));
    for operand in further {
        if find(&outputs, &operand).is_some() {
            continue;
        }
        let mut output = match &operand {
            Operand::Aggregate(aggregate) => computed(binder, aggregate, String::new(), true)?,
            Operand::Field(path) => grouped(binder, query, path, None)?,
        };
        output.hidden = true;
        outputs.push(output);
    }
    Ok(outputs)
}

fn operands(condition: &Condition, found: &mut Vec<Operand>) {
    match condition {
        Condition::And(all) | Condition::Or(all) => all.iter().for_each(|one| operands(one, found)),
        Condition::Not(one) => operands(one, found),
        Condition::Compare { left, .. } => found.push(left.clone()),
        Condition::InQuery { left, .. } => found.push(Operand::Field(left.clone())),
    }
}

fn grouped(
    binder: &Binder<'_>,
    query: &Query,
    path: &Path,
    alias: Option<String>,
) -> Result<Output, ApiError> {
    let written = path.text().to_ascii_lowercase();
    if !query.group_by.iter().any(|group| group.text().to_ascii_lowercase() == written) {
        let message = format!("Field must be grouped or aggregated: {}", path.text());
        return Err(malformed(binder.text, path.at, &message));
    }
    let bound = binder.bind(path)?;
    let name = alias.unwrap_or_else(|| bound.field.name.clone());
    Ok(Output { name, bound, function: None, written, hidden: false })
}

fn computed(
    binder: &Binder<'_>,
    aggregate: &Aggregate,
    name: String,
    hidden: bool,
) -> Result<Output, ApiError> {
    let bound = super::run::bind_aggregate(binder, aggregate)?;
    let numeric = matches!(aggregate.function, Function::Sum | Function::Avg);
    if numeric && !bound.field.kind.is_number() {
        let message = format!(
            "field {} does not support aggregate operator {:?}",
            bound.field.name, aggregate.function
        );
        return Err(malformed(binder.text, aggregate.path.at, &message));
    }
    Ok(Output { name, bound, function: Some(aggregate.function), written: written(aggregate), hidden })
}

fn find(outputs: &[Output], operand: &Operand) -> Option<usize> {
    match operand {
        Operand::Aggregate(aggregate) => {
            let written = written(aggregate);
            outputs.iter().position(|output| output.written == written)
        }
        Operand::Field(path) => {
            let written = path.text().to_ascii_lowercase();
            outputs
                .iter()
                .position(|output| output.written == written || output.name.to_ascii_lowercase() == written)
        }
    }
}

/// The values of each group, in the order of the outputs.
pub(super) fn group(view: &View<'_>, by: &[Bound], outputs: &[Output], rows: &[Row]) -> Vec<Vec<Value>> {
    let mut groups: Vec<(Vec<Value>, Vec<&Row>)> = Vec::new();
    let mut index = std::collections::BTreeMap::new();
    for row in rows {
        let key: Vec<Value> = by.iter().map(|bound| bound.value(view, row)).collect();
        // Texts that differ in case only fall together.
        let at = *index.entry(Value::from(key.clone()).to_string().to_lowercase()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(row);
    }
    if by.is_empty() && groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    groups.truncate(GROUPS_MAX);
    groups.iter().map(|(_, rows)| outputs.iter().map(|output| value(view, output, rows)).collect()).collect()
}

fn value(view: &View<'_>, output: &Output, rows: &[&Row]) -> Value {
    let Some(function) = output.function else {
        return rows.first().map(|row| output.bound.value(view, row)).unwrap_or_default();
    };
    let values = rows.iter().map(|row| output.bound.value(view, row)).filter(|value| !value.is_null());
    let numbers = || rows.iter().filter_map(|row| output.bound.value(view, row).as_f64());
    let kind = output.bound.field.kind;
    match function {
        Function::Count => values.count().into(),
        Function::CountDistinct => {
            values.map(|value| value.to_string().to_lowercase()).collect::<BTreeSet<_>>().len().into()
        }
        Function::Min => values.min_by(|a, b| compare::sort(kind, a, b)).unwrap_or_default(),
        Function::Max => values.max_by(|a, b| compare::sort(kind, a, b)).unwrap_or_default(),
        Function::Sum => numbers().reduce(|sum, number| sum + number).map(Value::from).unwrap_or_default(),
        Function::Avg => {
            let count = numbers().count();
            if count == 0 { Value::Null } else { (numbers().sum::<f64>() / count as f64).into() }
        }
    }
}

/// Keeps the groups that meet the HAVING condition.
pub(super) fn having(
    groups: Vec<Vec<Value>>,
    outputs: &[Output],
    condition: Option<&Condition>,
) -> Result<Vec<Vec<Value>>, ApiError> {
    let Some(condition) = condition else { return Ok(groups) };
    let mut kept = Vec::new();
    for group in groups {
        if passes(condition, outputs, &group)? {
            kept.push(group);
        }
    }
    Ok(kept)
}

fn passes(condition: &Condition, outputs: &[Output], group: &[Value]) -> Result<bool, ApiError> {
    Ok(match condition {
        Condition::And(all) => {
            for one in all {
                if !passes(one, outputs, group)? {
                    return Ok(false);
                }
            }
            true
        }
        Condition::Or(any) => {
            for one in any {
                if passes(one, outputs, group)? {
                    return Ok(true);
                }
            }
            false
        }
        Condition::Not(one) => !passes(one, outputs, group)?,
        Condition::Compare { left, operator, values } => {
            let Some(at) = find(outputs, left) else {
                return Err(ApiError::bad("MALFORMED_QUERY", "Invalid HAVING"));
            };
            compare::holds(kind(&outputs[at]), &group[at], *operator, values)
        }
        Condition::InQuery { .. } => {
            return Err(ApiError::bad("MALFORMED_QUERY", "semi joins are not allowed in HAVING"));
        }
    })
}

fn kind(output: &Output) -> FieldType {
    match output.function {
        Some(Function::Count | Function::CountDistinct) => FieldType::Int,
        _ => output.bound.field.kind,
    }
}

/// Orders the groups.
pub(super) fn sort(groups: &mut [Vec<Value>], outputs: &[Output], order: &[Order]) -> Result<(), ApiError> {
    let mut columns = Vec::new();
    for order in order {
        let at =
            find(outputs, &order.by).ok_or_else(|| ApiError::bad("MALFORMED_QUERY", "Invalid ORDER BY"))?;
        columns.push((at, order.descending, order.nulls_last));
    }
    groups.sort_by(|a, b| {
        let each = columns.iter().map(|(at, descending, last)| {
            directed(kind(&outputs[*at]), &a[*at], &b[*at], *descending, *last)
        });
        each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    Ok(())
}

/// A group as a record of the answer.
pub(super) fn record(outputs: &[Output], group: Vec<Value>) -> Value {
    let mut record = Map::new();
    record.insert("attributes".to_owned(), json!({"type": "AggregateResult"}));
    let shown = outputs.iter().zip(group).filter(|(output, _)| !output.hidden);
    record.extend(shown.map(|(output, value)| (output.name.clone(), value)));
    Value::Object(record)
}
