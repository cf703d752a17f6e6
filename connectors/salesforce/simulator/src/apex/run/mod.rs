//! The interpreter.

mod coverage;
mod heap;
mod limits;
mod machine;
mod names;
mod seams;
mod text;
mod throw;

pub use coverage::Coverage;
pub use heap::{heap, heap_size};
pub use limits::{Limit, Limits, STACK_MAX, STEPS_PER_MS, limit};
pub use machine::{EntryKind, Machine, TriggerContext, running_user};
pub use names::type_name;
pub use seams::{call_static, has_own_equals, invoke, step};
pub use text::{decimal as decimal_text, double as double_text, joined, to_text};
pub use throw::{check_changeable, exception, fatal, message_of, null_reference, throw, trace};

use crate::apex::value::Value;

/// Why a body ended before its end.
#[derive(Debug, Clone)]
pub enum Thrown {
    /// Can be caught: an [`Instance`](super::value::Instance) with its exception state.
    Exception(Value),
    /// Cannot be caught, and undoes the transaction: a limit (`System.LimitException`), a failed assertion
    /// (`System.AssertException`) or an error of the simulator itself.
    Fatal { class: &'static str, message: String, trace: Vec<crate::apex::value::Frame> },
}
