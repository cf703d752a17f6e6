//! Values from outside of a query's text: `:name`.
//!
//! The grammar knows no binds. Each is written over with a number of the same length (in brackets where a list has to
//! stand), so that every place in the text stays where it was, and the reader asks here what really stands there.

use std::collections::BTreeMap;
use std::ops::Range;

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

/// A query's text without binds, and what stood where.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    pub text: String,
    /// Byte ranges of binds with their names.
    binds: Vec<(Range<usize>, String)>,
}

impl Replaced {
    /// A text as it is.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), binds: Vec::new() }
    }

    /// Takes the binds out.
    pub(super) fn of(text: &str) -> Self {
        let mut replaced = Self { text: String::with_capacity(text.len()), binds: Vec::new() };
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut quoted = false;
        let mut from = 0;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' if quoted => at += 1,
                b'\'' => quoted = !quoted,
                b':' if !quoted => {
                    if let Some((name, end)) = name(text, at + 1) {
                        replaced.text.push_str(text.get(from..at).unwrap_or_default());
                        replaced.put(name, end - at);
                        from = end;
                        at = end;
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        replaced.text.push_str(text.get(from..).unwrap_or_default());
        replaced
    }

    fn put(&mut self, name: &str, length: usize) {
        let start = self.text.len();
        let before = self.text.trim_end();
        let word = before.rsplit(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
        let list = ["in", "includes", "excludes"].iter().any(|one| one.eq_ignore_ascii_case(word));
        let filler = if list { "(1" } else { "1" };
        self.text.push_str(filler);
        let end = usize::from(list);
        // One character is longer than the name where a list has to stand for `:x`.
        self.text.extend(std::iter::repeat_n(' ', length.saturating_sub(filler.len() + end)));
        if list {
            self.text.push(')');
        }
        self.binds.push((start..self.text.len(), name.to_ascii_lowercase()));
    }

    /// The name of the bind that covers a place.
    pub(super) fn bind_at(&self, place: usize) -> Option<&str> {
        let found = self.binds.iter().find(|(range, _)| range.contains(&place));
        found.map(|(_, name)| name.as_str())
    }
}

/// The name behind a colon and where it ends; a digit (of a time, of `LAST_N_DAYS:3`) is none.
fn name(text: &str, from: usize) -> Option<(&str, usize)> {
    let rest = text.get(from..)?;
    let start = from + rest.len() - rest.trim_start().len();
    let rest = text.get(start..)?;
    if !rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        return None;
    }
    let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_' && letter != '.');
    let end = start + length.unwrap_or(rest.len());
    Some((text.get(start..end)?.trim_end_matches('.'), end))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_leave_every_place_where_it_was() {
        let text = "SELECT Id FROM A WHERE B IN :b0 AND C = :name AND D = ':x' AND E > 2026-01-01T00:00:00Z AND F = LAST_N_DAYS:3 LIMIT :n";
        let replaced = Replaced::of(text);
        assert_eq!(
            replaced.text,
            "SELECT Id FROM A WHERE B IN (1) AND C = 1     AND D = ':x' AND E > 2026-01-01T00:00:00Z AND F = LAST_N_DAYS:3 LIMIT 1 "
        );
        let names: Vec<_> = replaced.binds.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["b0", "name", "n"]);
        assert_eq!(replaced.bind_at(text.find("b0").unwrap_or_default()), Some("b0"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "[a-z:'() \\\\é.0-9]{0,40}") {
            let replaced = Replaced::of(&text);
            proptest::prop_assert!(replaced.text.len() >= text.len());
        }
    }
}
