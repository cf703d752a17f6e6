//! Values that nobody stores: those of formula fields and of roll-up summaries, worked out when a record is looked at.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::View;
use crate::org::{Computed, Field, FieldType, Id, ObjectType, Record, Summary};
use crate::rules::Subject;
use crate::rules::formula::{Formula, Wanted};

/// Computed fields that lead to others, below each other.
const DEPTH_MAX: u32 = 10;
/// Formulas kept ready by a thread.
const READY_MAX: usize = 512;

/// A formula that is ready, and what it was made of: its text and the state of the schema.
type Ready = (String, u64, Formula);

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static READY: RefCell<HashMap<String, Ready>> = RefCell::default();
}

/// The record with the values of its object's computed fields.
pub(crate) fn whole(view: &View<'_>, object: &ObjectType, record: &Arc<Record>) -> Arc<Record> {
    if !object.fields.iter().any(|field| field.computed.is_some()) {
        return record.clone();
    }
    let mut made = Record::clone(record);
    made.values.extend(values(view, object, Some(record.id), &record.values));
    Arc::new(made)
}

/// The values of an object's computed fields for a record with these values.
pub(crate) fn values(
    view: &View<'_>,
    object: &ObjectType,
    id: Option<Id>,
    values: &BTreeMap<String, Value>,
) -> Vec<(String, Value)> {
    let computed = object.fields.iter().filter(|field| field.computed.is_some());
    computed.map(|field| (field.name.clone(), value(view, object, id, values, field))).collect()
}

/// The value of one computed field; null where it cannot be worked out.
pub(crate) fn value(
    view: &View<'_>,
    object: &ObjectType,
    id: Option<Id>,
    values: &BTreeMap<String, Value>,
    field: &Field,
) -> Value {
    let depth = DEPTH.get();
    if depth >= DEPTH_MAX {
        return Value::Null;
    }
    DEPTH.set(depth + 1);
    let value = match field.computed.as_deref() {
        Some(Computed::Formula { source, blank_as_zero }) => {
            formula(view, object, id, values, (field, source, *blank_as_zero))
        }
        Some(Computed::Summary(summary)) => id.map(|id| rolled_up(view, summary, id)).unwrap_or_default(),
        None => Value::Null,
    };
    DEPTH.set(depth);
    rounded(field, value)
}

fn formula(
    view: &View<'_>,
    object: &ObjectType,
    id: Option<Id>,
    values: &BTreeMap<String, Value>,
    (field, source, blank_as_zero): (&Field, &str, bool),
) -> Value {
    let empty = || match field.kind {
        FieldType::Boolean => Value::Bool(false),
        _ => Value::Null,
    };
    let Some(formula) = ready(view, object, field, source) else { return empty() };
    // Empty numbers count as zero where the field says so.
    let mut filled = None;
    if blank_as_zero {
        let numbers = object.fields.iter().filter(|field| field.kind.is_number() && field.computed.is_none());
        let blank = numbers.filter(|field| values.get(&field.name).is_none_or(Value::is_null));
        let mut copy = values.clone();
        copy.extend(blank.map(|field| (field.name.clone(), Value::from(0))));
        filled = Some(copy);
    }
    let subject = Subject { object, id, new: filled.as_ref().unwrap_or(values), old: None };
    formula.evaluate(view, &subject).map_or_else(|_| empty(), |datum| datum.stored(field.kind))
}

/// The formula, compiled once by each thread as long as the schema stays as it is.
fn ready(view: &View<'_>, object: &ObjectType, field: &Field, source: &str) -> Option<Formula> {
    let metadata = &view.state.metadata;
    let (key, revision) = (format!("{}.{}", object.name, field.name), metadata.schema_revision());
    let known = READY.with_borrow(|ready| {
        let (text, of, formula) = ready.get(&key)?;
        (text == source && *of == revision).then(|| formula.clone())
    });
    if known.is_some() {
        return known;
    }
    let formula = Formula::compile(source, metadata, object, Wanted::of(field.kind)).ok()?;
    READY.with_borrow_mut(|ready| {
        if ready.len() >= READY_MAX {
            ready.clear();
        }
        ready.insert(key, (source.to_owned(), revision, formula.clone()));
    });
    Some(formula)
}

/// What the details of a record come to.
fn rolled_up(view: &View<'_>, summary: &Summary, id: Id) -> Value {
    let Some(object) = view.state.metadata.object(&summary.child) else { return Value::Null };
    let records = &view.state.records;
    let rows = records.with_value(&object.name, &summary.key, &id.into());
    let live = rows.into_iter().filter_map(|row| records.get(&object.name, row)).filter(|row| !row.deleted);
    let of = |row: &Arc<Record>, name: &str| match object.field(name) {
        Some(field) if field.computed.is_some() => value(view, object, Some(row.id), &row.values, field),
        Some(field) => row.get(&field.name).clone(),
        None => Value::Null,
    };
    let counted = live.filter(|row| {
        summary.filters.iter().all(|(field, operation, wanted)| fits(&of(row, field), operation, wanted))
    });
    let Some(field) = &summary.of else { return Value::from(counted.count()) };
    let values = counted.map(|row| of(row, field)).filter(|value| !value.is_null());
    match summary.operation.as_str() {
        "sum" => {
            let sum: f64 = values.filter_map(|value| value.as_f64()).sum();
            serde_json::Number::from_f64(sum).map_or(Value::Null, Value::Number)
        }
        "min" => values.min_by(order).unwrap_or_default(),
        "max" => values.max_by(order).unwrap_or_default(),
        _ => Value::from(values.count()),
    }
}

fn order(one: &Value, other: &Value) -> Ordering {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => one.as_str().cmp(&other.as_str()),
    }
}

/// Whether a value meets the criterion of a roll-up.
fn fits(value: &Value, operation: &str, wanted: &str) -> bool {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => if *flag { "true" } else { "false" }.to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let wanted_bool = match wanted {
        "1" | "True" => "true",
        "0" | "False" => "false",
        other => other,
    };
    let wanted = if value.is_boolean() { wanted_bool } else { wanted };
    let ordering = match (value.as_f64(), wanted.parse::<f64>()) {
        (Some(own), Ok(wanted)) => own.total_cmp(&wanted),
        _ => text.to_lowercase().cmp(&wanted.to_lowercase()),
    };
    let any = || wanted.split(',').any(|one| one.trim().eq_ignore_ascii_case(&text));
    let lower = || (text.to_lowercase(), wanted.to_lowercase());
    match operation {
        "equals" => ordering == Ordering::Equal || any(),
        "notEqual" => ordering != Ordering::Equal && !any(),
        "lessThan" => ordering == Ordering::Less,
        "greaterThan" => ordering == Ordering::Greater,
        "lessOrEqual" => ordering != Ordering::Greater,
        "greaterOrEqual" => ordering != Ordering::Less,
        "contains" | "includes" => lower().0.contains(&lower().1),
        "notContain" | "excludes" => !lower().0.contains(&lower().1),
        "startsWith" => lower().0.starts_with(&lower().1),
        _ => false,
    }
}

/// Numbers have the places of their field.
fn rounded(field: &Field, value: Value) -> Value {
    let Some(number) = value.as_f64().filter(|_| field.kind.is_number() && value.is_f64()) else {
        return value;
    };
    let factor = 10f64.powi(i32::from(field.scale));
    let scaled = (number * factor).round() / factor;
    let whole = scaled.fract() == 0.0 && scaled.abs() < 9e15;
    if whole {
        Value::from(scaled as i64)
    } else {
        serde_json::Number::from_f64(scaled).map_or(value, Value::Number)
    }
}
