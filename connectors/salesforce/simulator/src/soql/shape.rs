//! Rows in the form of a query's answer.

use serde_json::{Map, Value, json};

use super::bind::{Bound, Step};
use super::run::{Column, Prepared, below};
use crate::org::{FieldType, ObjectType};
use crate::surface::ApiError;
use crate::tables::{Row, View};

/// Some rows as records of the answer. `root` is `/services/data/v67.0` or its `/tooling`.
pub(crate) fn records(
    view: &View<'_>,
    query: &Prepared,
    rows: &[Row],
    root: &str,
) -> Result<Vec<Value>, ApiError> {
    rows.iter().map(|row| record(view, query, row, root)).collect()
}

/// One row as a record of the answer.
pub(crate) fn record(view: &View<'_>, query: &Prepared, row: &Row, root: &str) -> Result<Value, ApiError> {
    let mut record = Map::new();
    record.insert("attributes".to_owned(), attributes(view, &query.object, row, root));
    for column in &query.columns {
        match column {
            Column::Field { bound } => {
                place(view, &mut record, (&query.object, row), &bound.steps, bound, root)
            }
            Column::Children { relationship, link, query: children } => {
                let id = row.value(view, "Id");
                let rows = below(view, children, link, id.as_str().unwrap_or_default())?;
                let nested = if rows.is_empty() {
                    Value::Null
                } else {
                    let all = records(view, children, &rows, root)?;
                    json!({"totalSize": all.len(), "done": true, "records": all})
                };
                record.insert(relationship.clone(), nested);
            }
        }
    }
    Ok(Value::Object(record))
}

/// Puts a field where its path leads, making the parents on the way.
fn place(
    view: &View<'_>,
    record: &mut Map<String, Value>,
    (object, row): (&ObjectType, &Row),
    steps: &[Step],
    bound: &Bound,
    root: &str,
) {
    let Some((step, rest)) = steps.split_first() else {
        let shown = value(view, object, row, &bound.field.name, bound.field.kind, root);
        record.insert(bound.field.name.clone(), shown);
        return;
    };
    match step.follow(view, row) {
        None => {
            record.entry(step.relationship.clone()).or_insert(Value::Null);
        }
        Some((object, row)) => {
            let own = || json!({"attributes": attributes(view, &object, &row, root)});
            if let Value::Object(next) = record.entry(step.relationship.clone()).or_insert_with(own) {
                place(view, next, (&object, &row), rest, bound, root);
            }
        }
    }
}

/// A value as it is shown: bytes are shown as the place to fetch them from.
pub(crate) fn value(
    view: &View<'_>,
    object: &ObjectType,
    row: &Row,
    column: &str,
    kind: FieldType,
    root: &str,
) -> Value {
    if kind == FieldType::Base64 {
        let id = row.value(view, "Id");
        return format!("{root}/sobjects/{}/{}/{column}", object.name, id.as_str().unwrap_or_default())
            .into();
    }
    row.value(view, column)
}

fn attributes(view: &View<'_>, object: &ObjectType, row: &Row, root: &str) -> Value {
    let id = row.value(view, "Id");
    let url = format!("{root}/sobjects/{}/{}", object.name, id.as_str().unwrap_or_default());
    json!({"type": object.name, "url": url})
}
