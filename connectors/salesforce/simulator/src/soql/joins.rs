//! Queries behind IN.

use serde_json::Value;

use super::ast::{Condition, Literal, Path, Query};
use super::bind::Binder;
use super::point::malformed;
use super::prepare::{object_of, prepare_on};
use super::reach::{Bound, Read};
use super::run::{Column, matching};
use crate::org::FieldType;
use crate::surface::ApiError;

/// Queries behind IN in one condition.
const JOINS_MAX: usize = 2;

/// Refuses queries where none may stand.
pub(super) fn check(binder: &Binder<'_>, condition: &Condition) -> Result<(), ApiError> {
    let refuse = |at, message: &str| Err(malformed(binder.text, at, message));
    let mut places = Vec::new();
    places_of(condition, &mut places);
    match places.get(JOINS_MAX) {
        Some(at) => refuse(*at, &format!("Maximum {JOINS_MAX} semi join sub-selects are allowed")),
        None => nested(condition, 0, &refuse),
    }
}

fn places_of(condition: &Condition, found: &mut Vec<usize>) {
    match condition {
        Condition::And(all) | Condition::Or(all) => all.iter().for_each(|one| places_of(one, found)),
        Condition::Not(one) => places_of(one, found),
        Condition::InQuery { left, .. } => found.push(left.at),
        Condition::Compare { .. } => {}
    }
}

fn nested(
    condition: &Condition,
    depth: usize,
    refuse: &impl Fn(usize, &str) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let first = |condition: &Condition| {
        let mut places = Vec::new();
        places_of(condition, &mut places);
        places.first().copied()
    };
    match condition {
        Condition::And(all) => all.iter().try_for_each(|one| nested(one, depth + 1, refuse)),
        Condition::Or(_) => match first(condition) {
            Some(at) if depth == 0 => {
                refuse(at, "Semi join sub-selects are not allowed with the 'OR' operator")
            }
            Some(at) => refuse(
                at,
                "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions",
            ),
            None => Ok(()),
        },
        Condition::Not(one) => match first(one) {
            Some(at) => refuse(at, "Semi join sub-selects are not allowed with the 'NOT' operator"),
            None => Ok(()),
        },
        Condition::InQuery { query, .. } => match query.condition.as_ref().and_then(first) {
            Some(at) => refuse(at, "Nesting of semi join sub-selects is not supported"),
            None => Ok(()),
        },
        Condition::Compare { .. } => Ok(()),
    }
}

/// The values of the one column that an inner query selects.
pub(super) fn values(
    binder: &Binder<'_>,
    left: &Path,
    outer: &Bound,
    query: &Query,
) -> Result<Vec<Literal>, ApiError> {
    let refuse = |at, message: &str| malformed(binder.text, at, message);
    let object = object_of(&binder.view, binder.text, query)?;
    let inner = prepare_on(&binder.view, binder.text, object, query, false)?;
    let [Column::Field { bound, .. }] = inner.columns.as_slice() else {
        return Err(refuse(query.from.at, "Semi join sub-selects must select exactly one field"));
    };
    let is_id = |bound: &Bound| {
        matches!(bound.field.kind, FieldType::Id | FieldType::Reference) && matches!(bound.read, Read::Whole)
    };
    if !is_id(outer) {
        let message = format!(
            "The left operand field in the where expression for outer query should be an id field, cannot use: '{}'",
            left.text()
        );
        return Err(refuse(left.at, &message));
    }
    if !is_id(bound) {
        let message =
            format!("Semi join sub-selects can only query id fields, cannot use: '{}'", bound.field.name);
        return Err(refuse(query.from.at, &message));
    }
    if inner.object.name == binder.object.name {
        let message = "The inner and outer selects should not be on the same object type";
        return Err(refuse(query.from.at, message));
    }
    let outer_objects = pointed_at(outer, &binder.object.name);
    let inner_objects = pointed_at(bound, &inner.object.name);
    if !outer_objects.iter().any(|one| inner_objects.contains(one)) {
        let message = format!(
            "The selected field '{}' in the subquery and the left operand field in the where expression in the outer query '{}' should point to the same object type",
            bound.field.name, outer.field.name
        );
        return Err(refuse(left.at, &message));
    }
    let rows = matching(&binder.view, &inner, false)?;
    let values = rows.iter().filter_map(|row| match bound.value(&binder.view, &inner.object, row) {
        Value::String(text) => Some(Literal::Text(text)),
        _ => None,
    });
    Ok(values.collect())
}

/// The objects whose ids a field holds, in lower case; `own` is the object that a path without steps is of.
fn pointed_at(bound: &Bound, own: &str) -> Vec<String> {
    if bound.field.kind == FieldType::Reference {
        return bound.field.reference_to.iter().map(|name| name.to_ascii_lowercase()).collect();
    }
    match bound.steps.last() {
        Some(step) => step.targets.iter().map(|target| target.name.to_ascii_lowercase()).collect(),
        None => vec![own.to_ascii_lowercase()],
    }
}
