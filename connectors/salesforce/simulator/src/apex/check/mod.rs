//! From trees to programs: names and types are resolved against the schema, the program's own classes and the
//! platform, and what is wrong is told in Salesforce's words.
//!
//! Declarations are checked at once ([`declare`]), bodies when somebody asks for them ([`body`]).

mod access;
mod assign;
mod body;
mod calls;
mod construct;
mod convert;
mod declare;
mod expressions;
mod fields;
mod globals;
mod headers;
mod inherit;
mod library;
mod lines;
mod loops;
mod members;
mod natives;
mod operators;
mod overload;
mod query;
mod resolve;
mod rules;
mod scope;
mod statements;
mod subject;
mod switch;
#[cfg(test)]
mod tests;
mod triggers;
mod unit;

use std::sync::Arc;

use super::program::{Body, ClassId, UnitId};
use super::syntax::Problem;
use super::syntax::ast;

pub(in crate::apex) use body::{anonymous, body};
pub(in crate::apex) use convert::is_subtype;
pub(in crate::apex) use declare::declare;
pub(in crate::apex) use lines::lines_of;
pub use unit::{ClassUnit, TriggerUnit, interface, mentions, read_class, read_trigger, trigger_refusal};

/// A tree or a type, or what is wrong.
type Checked<T> = Result<T, Problem>;

/// A checked body.
#[derive(Debug, Clone)]
pub(in crate::apex) struct Found {
    pub body: Arc<Body>,
    /// Units that it names.
    pub uses: Vec<UnitId>,
}

/// Where a method's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::apex) enum Origin {
    /// Nowhere: abstract, or of an interface.
    Absent,
    /// The n-th member of a class is a method.
    Method { class: ClassId, member: usize },
    /// The n-th member is a property.
    Accessor { class: ClassId, member: usize, sets: bool },
    /// Values of variables and initializers.
    Initializers { class: ClassId, of_statics: bool },
    /// A trigger's statements.
    Trigger,
}

impl Origin {
    pub(in crate::apex) fn has_body(&self) -> bool {
        *self != Origin::Absent
    }
}

/// What is said of code that uses a class which does not compile.
pub(in crate::apex) fn dependent(class: &str, problem: &str) -> String {
    format!("Dependent class is invalid and needs recompilation:\n Class {class} : {problem}")
}

fn problem<T>(at: ast::Pos, message: impl Into<String>) -> Checked<T> {
    Err(Problem::new(at, message))
}

/// Refuses a name that may not be declared.
fn check_name(name: &ast::Name) -> Checked<()> {
    super::syntax::identifier_problem(name).map_or(Ok(()), Err)
}
