//! Describes as facts: what a caller may see of the schema, before REST prints it as JSON or SOAP as XML.

mod field;
mod links;
mod object;
mod rendered;

pub(crate) use field::FieldFacts;
pub(crate) use links::Style;
pub(crate) use object::{ChildFacts, Global, ObjectFacts, Summary, record_types};
pub(crate) use rendered::{Packing, Page, Rendered};
