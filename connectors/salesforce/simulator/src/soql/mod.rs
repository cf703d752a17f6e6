//! SOQL: parsed by the grammar of `tree-sitter-sfapex`, bound to what the caller may see, run over every table.

mod aggregate;
mod ast;
mod bind;
mod columns;
mod compare;
mod dates;
mod parse;
mod restrict;
mod run;
mod shape;

pub(crate) use columns::columns;
pub(crate) use compare::same_id;
pub(crate) use dates::moment;
pub(crate) use run::{Outcome, Prepared, child_relationship, prepare, run};
pub(crate) use shape::{records, value};
