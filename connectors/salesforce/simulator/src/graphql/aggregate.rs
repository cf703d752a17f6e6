//! `uiapi.aggregate`: groups and what is counted in them.

use serde_json::{Map, Value};

use super::connection::{cursor, page, page_info};
use super::parse::Field;
use super::record::alone;
use super::{GraphError, Reader, filter, inside, object};
use crate::soql::{self, Outcome};
use crate::surface::ApiError;

/// What is counted of a field: its word here, its function in SOQL.
const FUNCTIONS: [(&str, &str); 6] = [
    ("count", "COUNT"),
    ("countDistinct", "COUNT_DISTINCT"),
    ("sum", "SUM"),
    ("avg", "AVG"),
    ("min", "MIN"),
    ("max", "MAX"),
];

/// The groups of an object.
pub(super) fn groups(
    reader: &mut Reader<'_>,
    field: &Field,
    path: &mut Vec<String>,
) -> Result<Value, GraphError> {
    let of = "RecordQueryAggregate";
    let view = reader.view;
    let own = view.object(&field.name).filter(|object| object.name == field.name && object.queryable);
    let object_type = own.ok_or_else(|| GraphError::undefined(field, of, path))?;
    reader.count(field, path)?;
    let failed = |error: &ApiError, path: &[String]| GraphError::fetching(error, field, path);
    let grouped: Vec<String> = field
        .argument("groupBy")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, how)| how.get("group") == Some(&Value::Bool(true)))
        .map(|(name, _)| name.clone())
        .collect();
    // Columns by field and word, with their aliases.
    let mut columns: Vec<(String, &str, String)> = Vec::new();
    inside(path, &field.name, |path| {
        for part in inner(&field.selection, &["edges", "node", "aggregate"]) {
            let Some(known) = object_type.field(&part.name).filter(|known| known.name == part.name) else {
                return Err(GraphError::undefined(part, &format!("{}Aggregate", object_type.name), path));
            };
            for one in &part.selection {
                let function = FUNCTIONS.iter().find(|(word, _)| *word == one.name);
                match function {
                    Some((word, _)) => {
                        let alias = format!("a{}", columns.len());
                        columns.push((known.name.clone(), word, alias));
                    }
                    None if one.name == "value" && grouped.contains(&known.name) => {}
                    None => {
                        return Err(GraphError::undefined(one, &format!("{}Aggregate", known.name), path));
                    }
                }
            }
        }
        Ok(())
    })?;
    let mut select = grouped.clone();
    select.extend(columns.iter().map(|(name, word, alias)| {
        let function =
            FUNCTIONS.iter().find(|(own, _)| own == word).map_or("COUNT", |(_, function)| function);
        format!("{function}({name}) {alias}")
    }));
    if columns.is_empty() {
        select.push("COUNT(Id) rows".to_owned());
    }
    let mut text = format!("SELECT {} FROM {}", select.join(", "), object_type.name);
    if let Some(given) = field.argument("where")
        && let Some(condition) =
            filter::condition(&view, object_type, given).map_err(|error| failed(&error, path))?
    {
        text.push_str(&format!(" WHERE {condition}"));
    }
    if !grouped.is_empty() {
        text.push_str(&format!(" GROUP BY {}", grouped.join(", ")));
    }
    if let Some(given) = field.argument("orderBy")
        && let Some(order) = filter::order(&view, object_type, given).map_err(|error| failed(&error, path))?
    {
        text.push_str(&format!(" ORDER BY {order}"));
    }
    let prepared = soql::prepare(&view, &text).map_err(|error| failed(&error, path))?;
    let found = soql::run(&view, &prepared, false).map_err(|error| failed(&error, path))?;
    let Outcome::Groups(rows) = found else { return Ok(Value::Null) };
    let (from, to) = page(field, rows.len()).map_err(|error| failed(&error, path))?;
    let name = object_type.name.clone();
    inside(path, &field.name, |path| {
        object(&field.selection, &format!("{name}AggregateConnection"), path, &mut |part, path| match part
            .name
            .as_str()
        {
            "totalCount" => Ok(rows.len().into()),
            "pageInfo" => page_info(part, (from, to), rows.len(), path),
            "edges" => rows[from..to]
                .iter()
                .enumerate()
                .map(|(at, row)| {
                    object(&part.selection, &format!("{name}AggregateEdge"), path, &mut |one, path| match one
                        .name
                        .as_str()
                    {
                        "cursor" => Ok(cursor(from + at + 1).into()),
                        "node" => Ok(node(one, row, &columns)),
                        _ => Err(GraphError::undefined(one, &format!("{name}AggregateEdge"), path)),
                    })
                })
                .collect(),
            _ => Err(GraphError::undefined(part, &format!("{name}AggregateConnection"), path)),
        })
    })
}

/// The fields behind these steps.
fn inner<'a>(fields: &'a [Field], steps: &[&str]) -> Vec<&'a Field> {
    let Some((step, rest)) = steps.split_first() else { return fields.iter().collect() };
    fields
        .iter()
        .filter(|field| field.name == *step)
        .flat_map(|field| inner(&field.selection, rest))
        .collect()
}

fn node(field: &Field, row: &Value, columns: &[(String, &str, String)]) -> Value {
    let mut shown = Map::new();
    for aggregate in &field.selection {
        let mut parts = Map::new();
        for one in &aggregate.selection {
            let mut values = Map::new();
            for part in &one.selection {
                let column = columns.iter().find(|(name, word, _)| *name == one.name && *word == part.name);
                let value = match column {
                    Some((_, _, alias)) => alone(&row[alias]),
                    None => row[&one.name].clone(),
                };
                values.insert(part.key().to_owned(), value);
            }
            parts.insert(one.key().to_owned(), values.into());
        }
        shown.insert(aggregate.key().to_owned(), parts.into());
    }
    shown.into()
}
