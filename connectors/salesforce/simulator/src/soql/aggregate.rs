//! GROUP BY with its totals, HAVING and the functions over groups.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::ast::{Condition, Function, Operand, Order, Shown, Totals};
use super::bind::zone;
use super::compare;
use super::format::formatted;
use super::reach::Bound;
use super::run::{Prepared, directed};
use crate::org::FieldType;
use crate::surface::ApiError;
use crate::tables::{Row, View};

mod outputs;

pub(crate) use outputs::Output;
pub(super) use outputs::{grouped, outputs};

/// Groups a query may answer: there is no second page.
pub(super) const GROUPS_MAX: usize = 2_000;

/// The rows of one group, and which of the grouped fields are totalled over.
struct Group<'a> {
    rows: Vec<&'a Row>,
    totalled: Vec<bool>,
}

/// The values of each group, in the order of the outputs.
pub(super) fn group(view: &View<'_>, query: &Prepared, outputs: &[Output], rows: &[Row]) -> Vec<Vec<Value>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places = Vec::new();
    let keys: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| query.group_by.iter().map(|bound| bound.value(view, &query.object, row)).collect())
        .collect();
    // Where a value came first orders the groups of totals.
    let mut ranks: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new(); query.group_by.len()];
    for totalled in combinations(query.totals, query.group_by.len()) {
        let mut index: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        for (row, key) in rows.iter().zip(&keys) {
            let place: Vec<usize> = key
                .iter()
                .zip(&totalled)
                .enumerate()
                .map(|(at, (value, totalled))| {
                    if *totalled {
                        return usize::MAX;
                    }
                    // Texts that differ in case only fall together.
                    let next = ranks[at].len();
                    *ranks[at].entry(value.to_string().to_lowercase()).or_insert(next)
                })
                .collect();
            let at = *index.entry(place.clone()).or_insert_with(|| {
                groups.push(Group { rows: Vec::new(), totalled: totalled.clone() });
                places.push(place);
                groups.len() - 1
            });
            groups[at].rows.push(row);
        }
    }
    if query.group_by.is_empty() && groups.is_empty() {
        groups.push(Group { rows: Vec::new(), totalled: Vec::new() });
    }
    if query.totals != Totals::None {
        let mut placed: Vec<_> = places.into_iter().zip(groups).collect();
        placed.sort_by(|(a, _), (b, _)| a.cmp(b));
        groups = placed.into_iter().map(|(_, group)| group).collect();
    }
    groups
        .iter()
        .map(|group| outputs.iter().map(|output| value(view, query, output, group)).collect())
        .collect()
}

/// For each kind of group, which of the fields are totalled over.
fn combinations(totals: Totals, fields: usize) -> Vec<Vec<bool>> {
    match totals {
        Totals::None => vec![vec![false; fields]],
        Totals::Rollup => {
            (0..=fields).map(|total| (0..fields).map(|at| at >= fields - total).collect()).collect()
        }
        Totals::Cube => {
            (0..1_usize << fields).map(|bits| (0..fields).map(|at| bits >> at & 1 == 1).collect()).collect()
        }
    }
}

fn value(view: &View<'_>, query: &Prepared, output: &Output, group: &Group<'_>) -> Value {
    let totalled = output.group.is_some_and(|at| group.totalled.get(at).copied().unwrap_or_default());
    let of = |row: &&Row| output.bound.value(view, &query.object, row);
    let Some(function) = output.function else {
        if totalled {
            return Value::Null;
        }
        let first = group.rows.first().map(of).unwrap_or_default();
        return shown(view, output, first);
    };
    let values = group.rows.iter().map(of).filter(|value| !value.is_null());
    let numbers = || group.rows.iter().filter_map(|row| of(row).as_f64());
    let kind = output.bound.field.kind;
    let found = match function {
        Function::Grouping => i32::from(totalled).into(),
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
    };
    shown(view, output, found)
}

fn shown(view: &View<'_>, output: &Output, value: Value) -> Value {
    if output.shown == Shown::default() || !output.shown.format {
        return value;
    }
    formatted(&output.bound.field, &value, zone(view))
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
            let at = place(outputs, left)?;
            compare::holds(outputs[at].kind(), &group[at], *operator, values)
        }
        Condition::InQuery { .. } => {
            return Err(ApiError::bad("MALFORMED_QUERY", "Semi join sub-selects are not allowed in HAVING"));
        }
    })
}

fn place(outputs: &[Output], operand: &Operand) -> Result<usize, ApiError> {
    outputs::find(outputs, operand)
        .ok_or_else(|| ApiError::bad("MALFORMED_QUERY", format!("Invalid field: {}", operand.path().text())))
}

/// Orders the groups.
pub(super) fn sort(groups: &mut [Vec<Value>], outputs: &[Output], order: &[Order]) -> Result<(), ApiError> {
    let mut columns = Vec::new();
    for order in order {
        columns.push((place(outputs, &order.by)?, order.descending, order.nulls_last));
    }
    groups.sort_by(|a, b| {
        let each = columns.iter().map(|(at, descending, last)| {
            directed(outputs[*at].kind(), &a[*at], &b[*at], *descending, *last)
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

/// What a bound field may be grouped by.
pub(super) fn groupable(bound: &Bound) -> bool {
    crate::tables::filterable(&bound.field)
        && !matches!(
            bound.field.kind,
            FieldType::DateTime
                | FieldType::Double
                | FieldType::Currency
                | FieldType::Percent
                | FieldType::Time
                | FieldType::Location
                | FieldType::MultiPicklist
                | FieldType::EncryptedString
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_of_the_right_fields() {
        assert_eq!(combinations(Totals::None, 2), [[false, false]]);
        assert_eq!(combinations(Totals::Rollup, 2), [[false, false], [false, true], [true, true]]);
        assert_eq!(combinations(Totals::Cube, 1), [[false], [true]]);
        assert_eq!(combinations(Totals::Cube, 3).len(), 8);
    }
}
