//! From source text to a tree.
//!
//! The language is what Salesforce's own parser takes, and the complaints are in its words. What a name means, and
//! whether a statement makes sense, is not asked here.

pub mod ast;
mod identifier;
mod lexer;
mod literal;
mod parse;
mod problem;
#[cfg(test)]
mod tests;
mod token;

use ast::{Anonymous, Block, Unit};
pub use identifier::{identifier_problem, shape_problem};
pub use lexer::length_without_comments;
pub use parse::{NESTING_MAX, SOURCE_CHARS_MAX};
pub use problem::Problem;

/// Reads a class file.
pub fn parse_class(source: &str) -> Result<Unit, Problem> {
    parse::Parser::new(source)?.class_unit()
}

/// Reads a trigger file.
pub fn parse_trigger(source: &str) -> Result<Unit, Problem> {
    parse::Parser::new(source)?.trigger_unit()
}

/// Reads statements that stand alone, with no method or class among them.
pub fn parse_anonymous(source: &str) -> Result<Block, Problem> {
    let unit = parse_anonymous_unit(source)?;
    match unit.members.is_empty() {
        true => Ok(unit.body),
        false => Err(Problem::new(unit.body.at, "Methods and classes cannot be declared here")),
    }
}

/// Reads anonymous code in full.
pub fn parse_anonymous_unit(source: &str) -> Result<Anonymous, Problem> {
    parse::Parser::new(source)?.anonymous_unit()
}
