//! Rows in the form of a query's answer.

use serde_json::{Map, Value, json};

use super::ast::Shown;
use super::bind::zone;
use super::format::formatted;
use super::reach::{Bound, Read, Step};
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
    let shaper = Shaper { view, root };
    let mut record = Map::new();
    record.insert("attributes".to_owned(), shaper.attributes(&query.object, row, false));
    for column in &query.columns {
        match column {
            Column::Field { bound, shown, key } => {
                shaper.walk(&mut record, (&query.object, row), &bound.steps, &mut |record, object, row| {
                    record.insert(key.clone(), shaper.shown(object, row, bound, *shown));
                })
            }
            Column::Children { relationship, link, query: children } => {
                // All entities have the same Id; what refers to one names its durable id.
                let key = if matches!(row, Row::Entity(_)) { "DurableId" } else { "Id" };
                let id = row.value(view, key);
                let rows = below(view, children, link, id.as_str().unwrap_or_default())?;
                let nested = if rows.is_empty() {
                    Value::Null
                } else {
                    page_of(view, &children.object.name, records(view, children, &rows, root)?)
                };
                record.insert(relationship.clone(), nested);
            }
            Column::TypeOf { steps, when, otherwise } => {
                shaper.type_of(&mut record, (&query.object, row), steps, when, otherwise.as_deref());
            }
        }
    }
    Ok(Value::Object(record))
}

/// All children of one record; the Tooling API says more of them.
fn page_of(view: &View<'_>, object: &str, all: Vec<Value>) -> Value {
    if !view.tooling {
        return json!({"totalSize": all.len(), "done": true, "records": all});
    }
    json!({
        "size": all.len(),
        "totalSize": all.len(),
        "done": true,
        "queryLocator": null,
        "entityTypeName": object,
        "records": all,
    })
}

/// Puts something into the record of a row.
type Put<'a> = dyn FnMut(&mut Map<String, Value>, &ObjectType, &Row) + 'a;

struct Shaper<'a> {
    view: &'a View<'a>,
    root: &'a str,
}

impl Shaper<'_> {
    /// Calls `put` with the record at the end of the steps, making the parents on the way.
    fn walk(
        &self,
        record: &mut Map<String, Value>,
        (object, row): (&ObjectType, &Row),
        steps: &[Step],
        put: &mut Put<'_>,
    ) {
        let Some((step, rest)) = steps.split_first() else { return put(record, object, row) };
        match step.follow(self.view, row) {
            None => {
                record.entry(step.relationship.clone()).or_insert(Value::Null);
            }
            Some((object, row)) => {
                let own = || json!({"attributes": self.attributes(&object, &row, step.polymorphic)});
                if let Value::Object(next) = record.entry(step.relationship.clone()).or_insert_with(own) {
                    self.walk(next, (&object, &row), rest, put);
                }
            }
        }
    }

    /// The fields of the branch that fits the parent's object; without a branch the parent is null.
    fn type_of(
        &self,
        record: &mut Map<String, Value>,
        (object, row): (&ObjectType, &Row),
        steps: &[Step],
        when: &[(std::sync::Arc<ObjectType>, Vec<Bound>)],
        otherwise: Option<&[Bound]>,
    ) {
        let Some((last, before)) = steps.split_last() else { return };
        self.walk(record, (object, row), before, &mut |record, _, row| {
            let found = last.follow(self.view, row).and_then(|(object, row)| {
                let branch = when.iter().find(|(known, _)| known.name == object.name);
                let bounds = branch.map(|(_, bounds)| bounds.as_slice()).or(otherwise)?;
                Some((branch.is_none(), bounds, object, row))
            });
            let Some((any, bounds, object, row)) = found else {
                record.insert(last.relationship.clone(), Value::Null);
                return;
            };
            let mut parent = Map::new();
            parent.insert("attributes".to_owned(), self.attributes(&object, &row, any));
            for bound in bounds {
                self.walk(&mut parent, (&object, &row), &bound.steps, &mut |record, object, row| {
                    let value = self.shown(object, row, bound, Shown::default());
                    record.insert(bound.field.name.clone(), value);
                });
            }
            record.insert(last.relationship.clone(), Value::Object(parent));
        });
    }

    fn shown(&self, object: &ObjectType, row: &Row, bound: &Bound, shown: Shown) -> Value {
        let found = match bound.read {
            Read::Whole => value(self.view, object, row, &bound.field.name, bound.field.kind, self.root),
            _ => bound.of(self.view, object, row),
        };
        if shown.format { formatted(&bound.field, &found, zone(self.view)) } else { found }
    }

    /// `any`: the record is reached where several objects may stand.
    fn attributes(&self, object: &ObjectType, row: &Row, any: bool) -> Value {
        let id = row.value(self.view, "Id");
        let url = format!("{}/sobjects/{}/{}", self.root, object.name, id.as_str().unwrap_or_default());
        json!({"type": if any { "Name" } else { &object.name }, "url": url})
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
