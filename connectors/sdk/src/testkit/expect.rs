//! Expectations that answer instead of panicking, so that a report names every broken case.

use std::fmt::Debug;

use crate::fault::{ConnectorFault, FaultClass};

/// A case that is broken says how.
pub(super) type Outcome = Result<(), String>;

pub(super) fn ensure(holds: bool, how: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(how.into()) }
}

pub(super) fn same<T: PartialEq + Debug>(what: &str, left: &T, right: &T) -> Outcome {
    ensure(left == right, format!("{what} differs: {left:?} and {right:?}"))
}

/// A call that must succeed.
pub(super) fn succeeds<T>(what: &str, result: Result<T, ConnectorFault>) -> Result<T, String> {
    result.map_err(|fault| format!("{what}: {fault:?}"))
}

/// A call that must fail with a class.
pub(super) fn fails<T>(what: &str, class: &FaultClass, result: Result<T, ConnectorFault>) -> Outcome {
    match result {
        Ok(_) => Err(format!("{what} succeeds")),
        Err(fault) if fault.class == *class => Ok(()),
        Err(fault) => Err(format!("{what} is not {class:?} but {fault:?}")),
    }
}
