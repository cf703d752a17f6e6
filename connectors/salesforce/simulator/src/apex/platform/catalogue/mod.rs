//! The rest of Apex's library: types and members that the reference documents and that do nothing here of their own.
//!
//! Code that names them compiles as it does in Salesforce. Running them keeps values where that is all they do
//! (variables, pairs of `getX` and `setX`, constructors without arguments) and is refused in words otherwise.

mod keep;
mod read;

pub(super) use keep::{call, stem};
pub(super) use read::{Section, sections};

use super::NativeFn;

/// What a member does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What its function does.
    Own,
    /// Makes an object that keeps its arguments under these names.
    New(&'static [&'static str]),
    /// Makes an exception.
    NewException,
    /// Answers a value that was kept under this name.
    Get(&'static str),
    /// Keeps its argument under this name.
    Set(&'static str),
    /// Nothing: running it is refused.
    Absent,
}

/// Stands where a member has no function.
pub(super) const NOTHING: NativeFn = |_, _, _| Ok(crate::apex::value::Value::Null);
