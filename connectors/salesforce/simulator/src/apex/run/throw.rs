//! Throwing what the platform throws.

use std::cell::RefCell;
use std::sync::Arc;

use super::Thrown;
use super::machine::{Call, Place};
use crate::apex::program::Program;
use crate::apex::types::Type;
use crate::apex::value::{ExceptionState, Frame, Instance, Value};
use crate::debug_log::{Category, Level};
use crate::transaction::Transaction;

/// Frames of a stack trace that are kept.
const TRACE_MAX: usize = 100;

/// An exception of the platform (`System.NullPointerException`) with the stack as it is now.
pub fn throw(tx: &mut Transaction, class: &'static str, message: impl Into<String>) -> Thrown {
    let message = message.into();
    told(tx, class, &message);
    let state = ExceptionState { message: Some(message), trace: trace(tx), ..Default::default() };
    Thrown::Exception(exception(tx, class, state))
}

/// What cannot be caught (`System.LimitException`, `System.AssertException`).
pub fn fatal(tx: &mut Transaction, class: &'static str, message: impl Into<String>) -> Thrown {
    let message = message.into();
    told(tx, class, &message);
    Thrown::Fatal { class, message, trace: trace(tx) }
}

fn told(tx: &mut Transaction, class: &str, message: &str) {
    let text = || format!("EXCEPTION_THROWN|[]|{class}: {message}");
    tx.machine.told(Category::ApexCode, Level::Info, text);
}

/// An exception of the platform as a value, thrown or not.
pub fn exception(tx: &mut Transaction, class: &'static str, state: ExceptionState) -> Value {
    let number = tx.machine.number();
    let instance = Instance {
        class: Type::platform(class),
        fields: RefCell::default(),
        exception: Some(RefCell::new(state)),
        number,
        is_stub: false,
    };
    Value::Object(instance.remembered())
}

/// `System.NullPointerException: Attempt to de-reference a null object`
pub fn null_reference(tx: &mut Transaction) -> Thrown {
    throw(tx, "System.NullPointerException", "Attempt to de-reference a null object")
}

/// Refuses the change of a collection that somebody iterates over, or of one that is read-only.
pub fn check_changeable(tx: &mut Transaction, iterating: bool, read_only: bool) -> Result<(), Thrown> {
    if read_only {
        return Err(throw(tx, "System.FinalException", "Collection is read-only"));
    }
    if iterating {
        let message = "Cannot modify a collection while it is being iterated.";
        return Err(throw(tx, "System.FinalException", message));
    }
    Ok(())
}

/// The stack of calls, innermost first.
pub fn trace(tx: &Transaction) -> Vec<Frame> {
    let calls = tx.machine.calls.iter().rev().take(TRACE_MAX);
    calls.map(|call| frame(&tx.program, call)).collect()
}

fn frame(program: &Program, call: &Call) -> Frame {
    let place = match &call.place {
        Place::Method(method) => super::names::place(program, *method),
        Place::Trigger(name, _) => Arc::from(format!("Trigger.{name}")),
        Place::Anonymous => Arc::from("AnonymousBlock"),
    };
    Frame { place, line: call.line, column: call.column }
}

impl Frame {
    /// `Class.A.f: line 3, column 1`
    pub fn text(&self) -> String {
        format!("{}: line {}, column {}", self.place, self.line, self.column)
    }
}

impl Thrown {
    /// Type and message: `System.MathException: Divide by 0`.
    pub fn headline(&self, program: &Program) -> String {
        format!("{}: {}", self.class_name(program), self.message())
    }

    /// Full name of the exception's type.
    pub fn class_name(&self, program: &Program) -> String {
        match self {
            Thrown::Exception(Value::Object(instance)) => super::names::type_name(program, &instance.class),
            Thrown::Exception(_) => "System.Exception".to_owned(),
            Thrown::Fatal { class, .. } => (*class).to_owned(),
        }
    }

    /// The exception's message.
    pub fn message(&self) -> String {
        match self {
            Thrown::Exception(value) => message_of(value),
            Thrown::Fatal { message, .. } => message.clone(),
        }
    }

    /// The stack trace: one line for each call, innermost first.
    pub fn stack(&self) -> String {
        let lines = |trace: &[Frame]| trace.iter().map(Frame::text).collect::<Vec<_>>().join("\n");
        match self {
            Thrown::Exception(Value::Object(instance)) => {
                let state = instance.exception.as_ref().map(RefCell::borrow);
                state.map(|state| lines(&state.trace)).unwrap_or_default()
            }
            Thrown::Exception(_) => String::new(),
            Thrown::Fatal { trace, .. } => lines(trace),
        }
    }
}

/// `getMessage()` of an exception.
pub fn message_of(exception: &Value) -> String {
    let Value::Object(instance) = exception else { return String::new() };
    let Some(state) = &instance.exception else { return String::new() };
    state.borrow().message.clone().unwrap_or_else(|| "Script-thrown exception".to_owned())
}
