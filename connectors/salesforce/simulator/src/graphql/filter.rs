//! `where` and `orderBy` as SOQL.

use std::fmt::Write as _;

use serde_json::Value;

use crate::org::{FieldType, ObjectType};
use crate::surface::ApiError;
use crate::tables::View;

/// How deep conditions may nest.
const DEPTH_MAX: usize = 30;

/// The condition of a `where`; nothing for an empty one.
pub(super) fn condition(
    view: &View<'_>,
    object: &ObjectType,
    value: &Value,
) -> Result<Option<String>, ApiError> {
    Filter { view }.all(object, "", value, 0)
}

/// What stands behind ORDER BY; nothing for an empty `orderBy`.
pub(super) fn order(view: &View<'_>, object: &ObjectType, value: &Value) -> Result<Option<String>, ApiError> {
    let mut terms = Vec::new();
    // One object, or several in their order.
    let single = std::slice::from_ref(value);
    for one in value.as_array().map_or(single, Vec::as_slice) {
        ordered(view, object, "", one, 0, &mut terms)?;
    }
    Ok((!terms.is_empty()).then(|| terms.join(", ")))
}

fn ordered(
    view: &View<'_>,
    object: &ObjectType,
    before: &str,
    value: &Value,
    depth: usize,
    terms: &mut Vec<String>,
) -> Result<(), ApiError> {
    for (name, given) in value.as_object().into_iter().flatten() {
        if object.field(name).is_some_and(|field| field.name == *name) {
            let mut term = format!("{before}{name}");
            let word =
                |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
            match word("order").as_str() {
                "DESC" => term.push_str(" DESC"),
                _ => term.push_str(" ASC"),
            }
            match word("nulls").as_str() {
                "FIRST" => term.push_str(" NULLS FIRST"),
                "LAST" => term.push_str(" NULLS LAST"),
                _ => {}
            }
            terms.push(term);
            continue;
        }
        let (parent, step) =
            parent(view, object, name).filter(|_| depth < DEPTH_MAX).ok_or_else(|| unknown(object, name))?;
        ordered(view, parent, &format!("{before}{step}."), given, depth + 1, terms)?;
    }
    Ok(())
}

/// The object that a relationship steps to, and its word.
pub(super) fn parent<'a>(
    view: &View<'a>,
    object: &ObjectType,
    name: &str,
) -> Option<(&'a ObjectType, String)> {
    let field = object.fields.iter().find(|field| field.relationship.as_deref() == Some(name))?;
    let parent = field.reference_to.iter().find_map(|name| view.object(name))?;
    Some((parent, name.to_owned()))
}

fn unknown(object: &ObjectType, name: &str) -> ApiError {
    let message = format!("Field '{name}' is not defined by input object type '{}_Filter'", object.name);
    ApiError::bad("INVALID_FIELD", message)
}

struct Filter<'a> {
    view: &'a View<'a>,
}

impl Filter<'_> {
    fn all(
        &self,
        object: &ObjectType,
        before: &str,
        value: &Value,
        depth: usize,
    ) -> Result<Option<String>, ApiError> {
        if depth > DEPTH_MAX {
            return Err(ApiError::bad("INVALID_FIELD", "The filter nests too deep"));
        }
        let mut terms = Vec::new();
        for (name, given) in value.as_object().into_iter().flatten() {
            let several = |word: &str| -> Result<Option<String>, ApiError> {
                let single = std::slice::from_ref(given);
                let parts = given.as_array().map_or(single, Vec::as_slice).iter();
                let parts: Vec<String> = parts
                    .filter_map(|part| self.all(object, before, part, depth + 1).transpose())
                    .collect::<Result<_, _>>()?;
                Ok((!parts.is_empty()).then(|| format!("({})", parts.join(word))))
            };
            let own = object.field(name).filter(|field| field.name == *name);
            let term = match (name.as_str(), own) {
                ("and", None) => several(" AND ")?,
                ("or", None) => several(" OR ")?,
                ("not", None) => {
                    self.all(object, before, given, depth + 1)?.map(|term| format!("(NOT {term})"))
                }
                (_, Some(field)) => self.operators(&format!("{before}{name}"), field.kind, given)?,
                (_, None) => {
                    let (parent, step) =
                        parent(self.view, object, name).ok_or_else(|| unknown(object, name))?;
                    self.all(parent, &format!("{before}{step}."), given, depth + 1)?
                }
            };
            terms.extend(term);
        }
        Ok((!terms.is_empty()).then(|| format!("({})", terms.join(" AND "))))
    }

    fn operators(&self, path: &str, kind: FieldType, given: &Value) -> Result<Option<String>, ApiError> {
        let mut terms = Vec::new();
        for (operator, value) in given.as_object().into_iter().flatten() {
            let sign = match operator.as_str() {
                "eq" => "=",
                "ne" => "!=",
                "lt" => "<",
                "lte" => "<=",
                "gt" => ">",
                "gte" => ">=",
                "like" => "LIKE",
                "in" => "IN",
                "nin" => "NOT IN",
                "includes" => "INCLUDES",
                "excludes" => "EXCLUDES",
                other => {
                    let message = format!("Field '{other}' is not defined by the operators of {path}");
                    return Err(ApiError::bad("INVALID_OPERATOR", message));
                }
            };
            let text = match value {
                Value::Array(items) => {
                    let items: Vec<String> =
                        items.iter().map(|item| literal(kind, item)).collect::<Result<_, _>>()?;
                    format!("({})", items.join(", "))
                }
                one if sign.ends_with("IN") || sign.ends_with("CLUDES") => {
                    format!("({})", literal(kind, one)?)
                }
                one => literal(kind, one)?,
            };
            terms.push(format!("{path} {sign} {text}"));
        }
        Ok((!terms.is_empty()).then(|| terms.join(" AND ")))
    }
}

/// A value as SOQL writes it.
fn literal(kind: FieldType, value: &Value) -> Result<String, ApiError> {
    let bad = || ApiError::bad("INVALID_QUERY_FILTER_OPERATOR", format!("Invalid value: {value}"));
    let is_time = matches!(kind, FieldType::Date | FieldType::DateTime | FieldType::Time);
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if is_time || kind.is_number() => plain(text).ok_or_else(bad)?.to_owned(),
        Value::String(text) => quoted(text),
        // `{value: "2026-01-01"}`, `{literal: TODAY}`, `{range: {last_n_days: 3}}`
        Value::Object(parts) if is_time => match parts.iter().next() {
            Some((key, Value::String(text))) if key == "value" || key == "literal" => {
                plain(text).ok_or_else(bad)?.to_owned()
            }
            Some((key, Value::Object(range))) if key == "range" => {
                let (name, count) = range.iter().next().ok_or_else(bad)?;
                let (name, count) = (plain(name).ok_or_else(bad)?, count.as_u64().ok_or_else(bad)?);
                format!("{}:{count}", name.to_ascii_uppercase())
            }
            _ => return Err(bad()),
        },
        Value::Object(_) | Value::Array(_) => return Err(bad()),
    })
}

/// Dates, times and the names of days stand without quotes: nothing else may come in that way.
fn plain(text: &str) -> Option<&str> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-:+._".contains(letter);
    (!text.is_empty() && text.chars().all(fits)).then_some(text)
}

fn quoted(text: &str) -> String {
    let mut out = "'".to_owned();
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => {
                let _ = write!(out, "\\{letter}");
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter => out.push(letter),
        }
    }
    out + "'"
}
