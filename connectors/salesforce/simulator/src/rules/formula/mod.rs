//! Salesforce's formulas, as validation rules use them: read and checked when they are deployed, worked out at a save.
//!
//! A value may be unknown (an empty field). As on Salesforce, what is worked out from something unknown is unknown,
//! texts apart, where unknown and empty are the same; `AND`, `OR`, `IF` and a rule as a whole take unknown for false.
//! `*` and `/` bind more than `^`, also as on Salesforce.

mod check;
mod dates;
mod datum;
mod eval;
mod function;
mod lexer;
mod numbers;
mod parse;
mod path;
mod texts;
mod tree;

use std::sync::Arc;

pub use datum::{Datum, Wanted};

use self::tree::Expr;
use super::record::Subject;
use crate::org::{Metadata, ObjectType};
use crate::tables::View;

/// Characters of a formula.
const LENGTH_MAX: usize = 3_900;

/// A formula that fits its object.
#[derive(Clone)]
pub struct Formula {
    source: String,
    expression: Arc<Expr>,
}

/// Why a text is no formula here, in Salesforce's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FormulaError(pub String);

/// Why a formula has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub &'static str);

impl Formula {
    /// Reads a formula and checks it against the schema.
    pub fn compile(
        source: &str,
        metadata: &Metadata,
        object: &ObjectType,
        wanted: Wanted,
    ) -> Result<Self, FormulaError> {
        let length = source.chars().count();
        if length > LENGTH_MAX {
            return Err(FormulaError(format!(
                "Formula is too long ({} characters). Maximum length is {} characters",
                grouped(length),
                grouped(LENGTH_MAX)
            )));
        }
        let node = parse::parse(source)?;
        let (expression, kind) = check::check(&node, metadata, object)?;
        wanted.accepts(kind)?;
        Ok(Self { source: source.to_owned(), expression: Arc::new(expression) })
    }

    /// The text it was made of.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it has this word in a name, ignoring case.
    pub(crate) fn names(&self, word: &str) -> bool {
        let parts = |token: &lexer::Token| match token {
            lexer::Token::Name(name) => name.split('.').any(|part| part.eq_ignore_ascii_case(word)),
            _ => false,
        };
        lexer::tokens(&self.source).is_ok_and(|tokens| tokens.iter().any(parts))
    }

    /// Works it out for a record.
    pub(crate) fn evaluate(&self, view: &View<'_>, subject: &Subject<'_>) -> Result<Datum, Fault> {
        eval::evaluate(&self.expression, &eval::Scene { view, subject })
    }
}

impl PartialEq for Formula {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl std::fmt::Debug for Formula {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Formula").field(&self.source).finish()
    }
}

/// `3,900`
fn grouped(number: usize) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1_000), number % 1_000)
}
