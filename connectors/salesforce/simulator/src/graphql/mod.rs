//! GraphQL at `/services/data/vNN.0/graphql`: records, their parents and children, and aggregates under `uiapi`.
//!
//! What a query asks for becomes SOQL, so that rights, filters and order are those of every other API. A refusal is an
//! answer with status 200 whose `errors` say why.

mod aggregate;
mod connection;
mod filter;
mod lex;
mod parse;
mod record;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::org::{Org, State};
use crate::surface::ApiError;
use crate::tables::View;
use parse::Field;

/// Connections of one request; each is a query.
const QUERIES_MAX: usize = 2_000;

/// Why a request, or a part of it, has no data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct GraphError {
    /// `InvalidSyntax`, `ValidationError`, `DataFetchingException`.
    kind: &'static str,
    message: String,
    /// Line and column; absent where a whole request is meant.
    at: Option<(usize, usize)>,
    path: Vec<String>,
}

impl GraphError {
    fn syntax(message: String, at: (usize, usize)) -> Self {
        Self { kind: "InvalidSyntax", message, at: Some(at), path: Vec::new() }
    }

    fn invalid(what: &str, message: &str, field: &Field, path: &[String]) -> Self {
        let mut path = path.to_vec();
        path.push(field.name.clone());
        let message = format!("Validation error of type {what}: {message} @ '{}'", path.join("/"));
        Self { kind: "ValidationError", message, at: Some(field.at), path: Vec::new() }
    }

    fn undefined(field: &Field, of: &str, path: &[String]) -> Self {
        let message = format!("Field '{}' in type '{of}' is undefined", field.name);
        Self::invalid("FieldUndefined", &message, field, path)
    }

    fn fetching(error: &ApiError, field: &Field, path: &[String]) -> Self {
        let mut path = path.to_vec();
        path.push(field.key().to_owned());
        Self { kind: "DataFetchingException", message: error.message.clone(), at: Some(field.at), path }
    }

    fn shown(&self) -> Value {
        let locations: Vec<Value> =
            self.at.iter().map(|(line, column)| json!({"line": line, "column": column})).collect();
        json!({
            "message": self.message,
            "locations": locations,
            "paths": self.path,
            "extensions": {"ErrorType": self.kind},
        })
    }
}

/// The org as the request's user sees it, and how many queries the request has made.
struct Reader<'a> {
    view: View<'a>,
    queries: usize,
}

impl Reader<'_> {
    fn count(&mut self, field: &Field, path: &[String]) -> Result<(), GraphError> {
        self.queries += 1;
        if self.queries > QUERIES_MAX {
            let error = ApiError::bad("LIMIT_EXCEEDED", "The request asks for too many connections");
            return Err(GraphError::fetching(&error, field, path));
        }
        Ok(())
    }
}

/// Answers a request: `{"query", "variables"?, "operationName"?}`.
pub(crate) fn answer(
    org: &Org,
    state: &State,
    rights: &crate::org::Rights,
    body: &Map<String, Value>,
) -> Value {
    let mut reader = Reader { view: View { org, state, rights, tooling: false }, queries: 0 };
    match run(&mut reader, body) {
        Ok(data) => json!({"data": data, "errors": [], "extensions": {}}),
        Err(error) => json!({"data": {}, "errors": [error.shown()], "extensions": {}}),
    }
}

fn run(reader: &mut Reader<'_>, body: &Map<String, Value>) -> Result<Value, GraphError> {
    let text = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let variables = body.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    // Clients spell it either way.
    let named = body.get("operationName").or_else(|| body.get("operation_name")).and_then(Value::as_str);
    let operation = parse::operation(text, variables, named)?;
    let mut path = Vec::new();
    object(&operation, "Query", &mut path, &mut |field, path| match field.name.as_str() {
        "uiapi" => inside(path, "uiapi", |path| {
            object(&field.selection, "UIAPI", path, &mut |field, path| root(reader, field, path))
        }),
        _ => Err(GraphError::undefined(field, "Query", path)),
    })
}

/// What is read below `uiapi`.
fn root(reader: &mut Reader<'_>, field: &Field, path: &mut Vec<String>) -> Result<Value, GraphError> {
    match field.name.as_str() {
        "query" => inside(path, "query", |path| {
            object(&field.selection, "RecordQuery", path, &mut |field, path| {
                connection::records(reader, field, None, "RecordQuery", path)
            })
        }),
        "aggregate" => inside(path, "aggregate", |path| {
            object(&field.selection, "RecordQueryAggregate", path, &mut |field, path| {
                aggregate::groups(reader, field, path)
            })
        }),
        _ => Err(GraphError::undefined(field, "UIAPI", path)),
    }
}

/// The value of one field of an object.
type Each<'a> = dyn FnMut(&Field, &mut Vec<String>) -> Result<Value, GraphError> + 'a;

/// The fields of an object, each under its alias or its name.
fn object(
    fields: &[Field],
    of: &str,
    path: &mut Vec<String>,
    each: &mut Each<'_>,
) -> Result<Value, GraphError> {
    let mut shown = Map::new();
    for field in fields {
        let value = if field.name == "__typename" { of.into() } else { each(field, path)? };
        merge(&mut shown, field.key(), value);
    }
    Ok(Value::Object(shown))
}

/// A field that is named twice has both selections.
fn merge(shown: &mut Map<String, Value>, key: &str, value: Value) {
    match (shown.get_mut(key), value) {
        (Some(Value::Object(known)), Value::Object(more)) => {
            more.into_iter().for_each(|(key, value)| merge(known, &key, value));
        }
        (_, value) => {
            shown.insert(key.to_owned(), value);
        }
    }
}

/// Does something with the path one step longer.
fn inside<T>(path: &mut Vec<String>, step: &str, work: impl FnOnce(&mut Vec<String>) -> T) -> T {
    path.push(step.to_owned());
    let done = work(path);
    path.pop();
    done
}
