//! Checks Apex source the way the platform's compiler would, as far as syntax and names go. Nothing is executed.

mod check;
mod names;
mod parse;
pub mod platform;
pub mod program;
pub mod run;
pub mod syntax;
pub mod test_run;
pub mod types;
mod unit;
pub mod value;

pub use check::{TriggerNames, check_class};
pub use names::mentions;
pub use parse::{Problem, SOURCE_CHARS_MAX};
pub use unit::{ClassUnit, TriggerUnit, interface, length_without_comments, read_class, read_trigger};
