//! Connections: the records of one object, in pages.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::parse::Field;
use super::record::Columns;
use super::{GraphError, Reader, filter, inside, object};
use crate::org::ObjectType;
use crate::soql::{self, Outcome};
use crate::surface::ApiError;

/// Records of a page where the request does not say.
const FIRST_DEFAULT: u64 = 10;
/// Records that a connection pages through, at most.
const BOUND_DEFAULT: u64 = 2_000;

/// The condition that ties children to their parent: a field, and the parent's id.
pub(super) type Link<'a> = (&'a str, &'a str);

/// The connection of an object, or of the children behind a relationship.
pub(super) fn records(
    reader: &mut Reader<'_>,
    field: &Field,
    link: Option<(&ObjectType, Link<'_>)>,
    of: &str,
    path: &mut Vec<String>,
) -> Result<Value, GraphError> {
    let view = reader.view;
    let own = || view.object(&field.name).filter(|object| object.name == field.name && object.queryable);
    let object_type = match link {
        Some((child, _)) => child,
        None => own().ok_or_else(|| GraphError::undefined(field, of, path))?,
    };
    let failed = |error: &ApiError, path: &[String]| GraphError::fetching(error, field, path);
    reader.count(field, path)?;
    let mut columns = Columns::default();
    inside(path, &field.name, |path| {
        for edges in field.selection.iter().filter(|one| one.name == "edges") {
            for node in edges.selection.iter().filter(|one| one.name == "node") {
                let steps = ["edges".to_owned(), "node".to_owned()];
                path.extend(steps);
                let collected = columns.collect(&view, object_type, &node.selection, "", path);
                path.truncate(path.len() - 2);
                collected?;
            }
        }
        Ok(())
    })?;
    let text = text(reader, object_type, field, link.map(|(_, link)| link), &columns)
        .map_err(|error| failed(&error, path))?;
    let prepared = soql::prepare(&view, &text).map_err(|error| failed(&error, path))?;
    let found = soql::run(&view, &prepared, false).map_err(|error| failed(&error, path))?;
    let Outcome::Rows(rows) = found else { return Ok(Value::Null) };
    let (from, to) = page(field, rows.len()).map_err(|error| failed(&error, path))?;
    let shown = soql::records(&view, &prepared, &rows[from..to], "").map_err(|error| failed(&error, path))?;
    let name = object_type.name.clone();
    inside(path, &field.name, |path| {
        object(&field.selection, &format!("{name}Connection"), path, &mut |part, path| match part
            .name
            .as_str()
        {
            "totalCount" => Ok(rows.len().into()),
            "pageResultCount" => Ok((to - from).into()),
            "pageInfo" => page_info(part, (from, to), rows.len(), path),
            "edges" => inside(path, "edges", |path| {
                let mut edges = Vec::with_capacity(shown.len());
                for (at, row) in shown.iter().enumerate() {
                    edges.push(object(&part.selection, &format!("{name}Edge"), path, &mut |one, path| {
                        match one.name.as_str() {
                            "cursor" => Ok(cursor(from + at + 1).into()),
                            "node" => inside(path, "node", |path| {
                                columns.node(reader, object_type, &one.selection, row, "", path)
                            }),
                            _ => Err(GraphError::undefined(one, &format!("{name}Edge"), path)),
                        }
                    })?);
                }
                Ok(edges.into())
            }),
            _ => Err(GraphError::undefined(part, &format!("{name}Connection"), path)),
        })
    })
}

/// The query of a connection.
fn text(
    reader: &Reader<'_>,
    object_type: &ObjectType,
    field: &Field,
    link: Option<Link<'_>>,
    columns: &Columns,
) -> Result<String, ApiError> {
    let mut conditions: Vec<String> = link.iter().map(|(name, id)| format!("{name} = '{id}'")).collect();
    if let Some(given) = field.argument("where") {
        conditions.extend(filter::condition(&reader.view, object_type, given)?);
    }
    let mut text = format!("SELECT {} FROM {}", columns.select(), object_type.name);
    match field.argument("scope").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("mine") => text.push_str(" USING SCOPE mine"),
        Some("everything") | None => {}
        Some(other) => {
            return Err(ApiError::bad("INVALID_QUERY_SCOPE", format!("The scope {other} is not supported")));
        }
    }
    if !conditions.is_empty() {
        text.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
    }
    if let Some(given) = field.argument("orderBy")
        && let Some(order) = filter::order(&reader.view, object_type, given)?
    {
        text.push_str(&format!(" ORDER BY {order}"));
    }
    let bound = field.argument("upperBound").and_then(Value::as_u64).unwrap_or(BOUND_DEFAULT);
    if !(200..=BOUND_DEFAULT).contains(&bound) {
        let message = format!("upperBound has to be between 200 and {BOUND_DEFAULT}");
        return Err(ApiError::bad("INVALID_ARGUMENT", message));
    }
    Ok(format!("{text} LIMIT {bound}"))
}

/// The page that `first` and `after` name: from and up to which row.
pub(super) fn page(field: &Field, rows: usize) -> Result<(usize, usize), ApiError> {
    let first = match field.argument("first") {
        None => FIRST_DEFAULT,
        Some(first) => {
            let bad = || {
                ApiError::bad("INVALID_ARGUMENT", format!("first has to be between 0 and {BOUND_DEFAULT}"))
            };
            first.as_u64().filter(|first| *first <= BOUND_DEFAULT).ok_or_else(bad)?
        }
    };
    let from = match field.argument("after") {
        None => 0,
        Some(after) => {
            let decoded = after.as_str().and_then(|text| STANDARD.decode(text).ok());
            let number =
                decoded.and_then(|bytes| String::from_utf8(bytes).ok()?.strip_prefix("v1:")?.parse().ok());
            number.ok_or_else(|| ApiError::bad("INVALID_CURSOR", format!("Invalid cursor: {after}")))?
        }
    };
    let from = rows.min(from);
    Ok((from, rows.min(from.saturating_add(usize::try_from(first).unwrap_or(usize::MAX)))))
}

/// The cursor of a row: how many rows end with it.
pub(super) fn cursor(end: usize) -> String {
    STANDARD.encode(format!("v1:{end}"))
}

pub(super) fn page_info(
    field: &Field,
    (from, to): (usize, usize),
    rows: usize,
    path: &mut Vec<String>,
) -> Result<Value, GraphError> {
    let all: Map<String, Value> = json!({
        "hasNextPage": to < rows,
        "hasPreviousPage": from > 0,
        "startCursor": (to > from).then(|| cursor(from + 1)),
        "endCursor": (to > from).then(|| cursor(to)),
    })
    .as_object()
    .cloned()
    .unwrap_or_default();
    inside(path, "pageInfo", |path| {
        object(&field.selection, "PageInfo", path, &mut |part, path| {
            all.get(&part.name).cloned().ok_or_else(|| GraphError::undefined(part, "PageInfo", path))
        })
    })
}
