//! The interpreter.

mod assign;
mod call;
mod cast;
mod collect;
mod coverage;
mod dml;
mod entry;
mod eval;
mod exec;
mod find;
mod fire;
mod future;
mod heap;
mod limits;
mod loops;
mod machine;
mod names;
mod native;
mod operate;
mod query;
mod record;
mod seams;
mod statics;
mod stub;
#[cfg(test)]
mod tests;
mod text;
mod throw;
mod traced;
mod trigger;

pub(super) use call::copied;
pub use cast::{convert, is_instance, type_of};
pub use coverage::Coverage;
pub use dml::{Manner, apply, change, merge};
pub use entry::{AnonymousResult, run_anonymous};
pub use find::has_own_equals;
pub use fire::fire;
pub use heap::{heap, heap_size};
pub use limits::{Limit, Limits, STACK_MAX, STEPS_PER_MS, limit};
pub use machine::{EntryKind, Machine, TriggerContext, running_user};
pub use names::type_name;
pub use query::{Binds, Found, bind_value, run as query};
pub use record::{get as field, put as put_field, set as set_field};
pub use seams::{blank_instance, call_on, call_static, invoke, nested, new_instance, step};
pub use stub::new_stub;
pub use text::{decimal as decimal_text, double as double_text, joined, to_text};
pub use throw::{check_changeable, exception, fatal, message_of, null_reference, throw, trace};

/// Stack that must be left for the next step.
const RED_ZONE: usize = 128 * 1024;
/// Stack that is added when it is not.
const STACK_CHUNK: usize = 4 * 1024 * 1024;

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
