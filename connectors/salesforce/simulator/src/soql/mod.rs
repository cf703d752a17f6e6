//! SOQL: read by the documented grammar, bound to what the caller may see, run over every table.

mod aggregate;
mod apex;
mod ast;
mod bind;
mod binds;
mod columns;
mod compare;
mod dates;
mod distance;
mod format;
mod joins;
mod lex;
mod names;
mod narrow;
mod parse;
mod parts;
mod point;
mod prepare;
mod reach;
mod restrict;
mod run;
mod scope;
mod select;
mod shape;

pub use apex::{ApexRow, ApexRows, Mode, Node, query};
pub use binds::BindValue;
pub(crate) use columns::columns;
pub(crate) use compare::same_id;
pub(crate) use dates::moment;
pub use names::check_names;
pub(crate) use prepare::{child_relationship, prepare};
pub(crate) use run::{Outcome, Prepared, holds, run};
pub(crate) use shape::{records, value};

/// Whether a text is a query as the API takes it, whatever the organisation holds: Salesforce's words if it is not.
pub(crate) fn check_syntax(text: &str) -> Result<(), String> {
    parse::parse(text, 0, binds::Binds::None).map(drop).map_err(|error| error.message)
}
