//! SOQL: parsed by the grammar of `tree-sitter-sfapex`, bound to what the caller may see, run over every table.

mod aggregate;
mod apex;
mod ast;
mod bind;
mod binds;
mod columns;
mod compare;
mod dates;
mod names;
mod narrow;
mod parse;
mod parts;
mod restrict;
mod run;
mod shape;

pub use apex::{ApexRow, ApexRows, Mode, Node, query};
pub use binds::BindValue;
pub(crate) use columns::columns;
pub(crate) use compare::same_id;
pub(crate) use dates::moment;
pub use names::check_names;
pub(crate) use run::{Outcome, Prepared, child_relationship, prepare, run};
pub(crate) use shape::{records, value};
