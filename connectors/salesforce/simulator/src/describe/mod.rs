//! Describes as facts: what a caller may see of the schema, before REST prints it as JSON or SOAP as XML.

mod field;
mod object;

pub(crate) use field::FieldFacts;
pub(crate) use object::{ChildFacts, Global, ObjectFacts, Style, Summary, entity_tag};
