//! Apex: from source to tree, from tree to checked program, and the interpreter that runs it.

mod check;
#[cfg(test)]
mod page;
pub mod platform;
pub mod program;
pub mod rest;
pub mod run;
pub mod syntax;
pub mod test_run;
pub mod types;
pub mod value;

pub use check::{ClassUnit, TriggerUnit, interface, mentions, read_class, read_trigger, trigger_refusal};
pub use syntax::{Problem, SOURCE_CHARS_MAX, length_without_comments};
