//! The interpreter.

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

/// What Apex keeps during a transaction: static variables, limits, the stack of calls.
#[derive(Debug, Default)]
pub struct Machine {}
