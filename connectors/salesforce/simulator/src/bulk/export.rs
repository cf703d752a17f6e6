//! Rows on their way out of a query.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::csv::Format;
use super::error::BulkError;
use crate::org::{Id, Org};
use crate::soql::{self, Outcome, Prepared};
use crate::surface::ApiError;
use crate::tables::View;

/// Compound fields have their parts beside them, which can be selected.
const COMPOUND: [&str; 2] = ["Address", "Location"];

/// What a query found.
pub(super) struct Found {
    /// API name of what the query is about.
    pub object: String,
    /// In the order of the query.
    pub columns: Vec<Column>,
    /// In the form of REST, with `attributes` and nested parents.
    pub records: Vec<Value>,
}

/// A column of the answer: `Owner.Name` is a path of two.
pub(super) struct Column {
    pub path: Vec<String>,
    /// A day or a moment.
    pub time: bool,
}

/// Checks a query as far as that goes without running it; answers the object that it is about.
pub(super) fn check(view: &View<'_>, text: &str) -> Result<String, ApiError> {
    let prepared = soql::prepare(view, text)?;
    columns(view, &prepared)?;
    Ok(prepared.object.name.clone())
}

/// Runs a query for a user; `deleted` looks into the recycle bin too.
pub(super) fn run(
    org: &Arc<Org>,
    user: Id,
    text: &str,
    deleted: bool,
    root: &str,
) -> Result<Found, ApiError> {
    let state = org.snapshot();
    let rights = state.rights(user);
    let view = View { org, state: &state, rights: &rights, tooling: false };
    let prepared = soql::prepare(&view, text)?;
    let columns = columns(&view, &prepared)?;
    match soql::run(&view, &prepared, deleted)? {
        Outcome::Rows(rows) => {
            let object = prepared.object.name.clone();
            Ok(Found { object, columns, records: soql::records(&view, &prepared, &rows, root)? })
        }
        Outcome::Count(_) | Outcome::Groups(_) => {
            Err(unsupported("Aggregate Relationships not supported in Bulk Query"))
        }
    }
}

fn unsupported(message: &str) -> ApiError {
    ApiError::bad("FUNCTIONALITY_NOT_ENABLED", message)
}

fn columns(view: &View<'_>, prepared: &Prepared) -> Result<Vec<Column>, ApiError> {
    let described = soql::columns(prepared);
    let metadata = described["columnMetadata"].as_array().cloned().unwrap_or_default();
    let mut columns = Vec::new();
    for column in &metadata {
        leaves(column, Vec::new(), &mut columns)?;
    }
    let compound = |name: &String| {
        let field = prepared.object.field(name);
        field.is_some_and(|field| {
            COMPOUND.iter().any(|kind| field.kind.as_str().eq_ignore_ascii_case(kind))
                && view.rights.field(&prepared.object, field).read
        })
    };
    if columns.iter().any(|column| matches!(column.path.as_slice(), [name] if compound(name))) {
        return Err(unsupported("Selecting compound data not supported in Bulk Query"));
    }
    Ok(columns)
}

fn leaves(column: &Value, mut path: Vec<String>, out: &mut Vec<Column>) -> Result<(), ApiError> {
    if column["aggregate"] == true {
        return Err(unsupported("Aggregate Relationships not supported in Bulk Query"));
    }
    path.push(column["columnName"].as_str().unwrap_or_default().to_owned());
    match column["joinColumns"].as_array().map(Vec::as_slice) {
        Some([next]) if column["apexType"] != "String" => leaves(next, path, out),
        Some([]) | None => {
            let time = matches!(column["apexType"].as_str(), Some("Datetime" | "Date"));
            out.push(Column { path, time });
            Ok(())
        }
        Some(_) => Err(unsupported("Nested SOQL query is not supported in Bulk Query")),
    }
}

impl Found {
    /// The names of the columns.
    pub(super) fn header(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.path.join(".")).collect()
    }

    /// The cells of a row.
    pub(super) fn cells<'a>(&'a self, record: &'a Value) -> impl Iterator<Item = Cow<'a, str>> {
        self.columns.iter().map(|column| cell(column, record))
    }

    /// Writes the header and all rows; answers where each row begins, and the end.
    pub(super) fn csv(&self, format: Format) -> (String, Vec<usize>) {
        let mut text = String::new();
        format.write(&mut text, self.header().iter().map(String::as_str));
        let mut starts = vec![text.len()];
        for record in &self.records {
            let cells: Vec<Cow<'_, str>> = self.cells(record).collect();
            format.write(&mut text, cells.iter().map(AsRef::as_ref));
            starts.push(text.len());
        }
        (text, starts)
    }
}

fn cell<'a>(column: &Column, record: &'a Value) -> Cow<'a, str> {
    let value = column.path.iter().fold(record, |value, step| &value[step.as_str()]);
    match value {
        Value::Null => Cow::Borrowed(""),
        // Moments end in Z here, where REST has +0000.
        Value::String(text) => match text.strip_suffix("+0000").filter(|_| column.time) {
            Some(moment) => Cow::Owned(format!("{moment}Z")),
            None => Cow::Borrowed(text),
        },
        other => Cow::Owned(other.to_string()),
    }
}

/// As a batch of version 1 tells it.
pub(super) fn failed(error: &ApiError) -> BulkError {
    BulkError::batch(format!("Failed to process query: {}: {}", error.code, error.message))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_into_parents_and_moments_end_in_z() {
        let column =
            |path: &[&str], time| Column { path: path.iter().map(|step| (*step).to_owned()).collect(), time };
        let found = Found {
            object: "Account".to_owned(),
            columns: vec![
                column(&["Name"], false),
                column(&["Owner", "Alias"], false),
                column(&["CreatedDate"], true),
                column(&["IsDeleted"], false),
            ],
            records: vec![
                json!({"Name": "a \"b\"", "Owner": {"Alias": "x"}, "CreatedDate": "2026-11-24T12:00:00.000+0000", "IsDeleted": false}),
                json!({"Name": null, "Owner": null}),
            ],
        };
        let (text, starts) = found.csv(Format::default());
        let expected = "\"Name\",\"Owner.Alias\",\"CreatedDate\",\"IsDeleted\"\n\"a \"\"b\"\"\",\"x\",\"2026-11-24T12:00:00.000Z\",\"false\"\n\"\",\"\",\"\",\"\"\n";
        assert_eq!(text, expected);
        assert_eq!(&text[starts[1]..starts[2]], "\"\",\"\",\"\",\"\"\n");
    }
}
