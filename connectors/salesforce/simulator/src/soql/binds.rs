//! Values from outside of a query's text: `:name`.

use std::collections::BTreeMap;

use super::ast::Literal;
use super::dates;
use crate::org::Id;
use crate::surface::ApiError;

/// A value that a query is given, as Apex has it.
#[derive(Debug, Clone, PartialEq)]
pub enum BindValue {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Id(Id),
    /// `2026-11-24`
    Date(String),
    /// Milliseconds since the Unix epoch.
    Moment(i64),
    List(Vec<BindValue>),
}

/// Where the values come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Binds<'a> {
    /// Nowhere: a bind is an error, as in a query by the API.
    None,
    /// By name in lower case.
    Values(&'a BTreeMap<String, BindValue>),
    /// Not known yet: the query is only being checked.
    Unknown,
}

impl Binds<'_> {
    /// What a bind stands for.
    pub(super) fn literals(&self, name: &str) -> Result<Vec<Literal>, ApiError> {
        let unknown = || ApiError::bad("MALFORMED_QUERY", format!("Variable does not exist: {name}"));
        match self {
            Self::None => Err(ApiError::bad("MALFORMED_QUERY", "Bind variables only allowed in Apex code")),
            Self::Unknown => Ok(vec![Literal::Any]),
            Self::Values(values) => match values.get(name).ok_or_else(unknown)? {
                BindValue::List(all) => Ok(all.iter().map(literal).collect()),
                one => Ok(vec![literal(one)]),
            },
        }
    }

    /// The number that a bind behind LIMIT or OFFSET stands for.
    pub(super) fn number(&self, name: &str) -> Result<usize, ApiError> {
        match self.literals(name)?.as_slice() {
            [Literal::Number(number)] if *number >= 0.0 => Ok(*number as usize),
            [Literal::Any] => Ok(usize::MAX),
            [Literal::Number(number)] => {
                let message = format!("Limit must be a positive number: {number}");
                Err(ApiError::bad("MALFORMED_QUERY", message))
            }
            _ => Err(ApiError::bad(
                "MALFORMED_QUERY",
                "Invalid bind expression type for column of type Integer",
            )),
        }
    }
}

fn literal(value: &BindValue) -> Literal {
    match value {
        BindValue::Null | BindValue::List(_) => Literal::Null,
        BindValue::Bool(truth) => Literal::Bool(*truth),
        BindValue::Number(number) => Literal::Number(*number),
        BindValue::Text(text) => Literal::Text(text.clone()),
        BindValue::Id(id) => Literal::Text(id.as_str().to_owned()),
        BindValue::Date(day) => dates::day(day).map_or(Literal::Null, Literal::Day),
        BindValue::Moment(at) => Literal::Time(*at..at.saturating_add(1)),
    }
}
