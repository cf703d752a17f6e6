//! What natives ask of the interpreter.

use super::{Limit, Thrown, limit};
use crate::apex::program::MethodId;
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// Calls a method of an object's class by its name, if the class is written in Apex and has one that takes that many
/// arguments (`compareTo`, `equals`, `hashCode`, `toString`, `execute`, `next`…).
pub fn invoke(
    _tx: &mut Transaction,
    _receiver: &Value,
    _method: &str,
    _arguments: &[Value],
) -> Result<Option<Value>, Thrown> {
    Ok(None)
}

/// Calls a static method.
pub fn call_static(_tx: &mut Transaction, _method: MethodId, _arguments: &[Value]) -> Result<Value, Thrown> {
    Ok(Value::Null)
}

/// Whether a value is an object whose class says by itself what it equals.
pub fn has_own_equals(_tx: &Transaction, _value: &Value) -> bool {
    false
}

/// Counts one step of CPU time; natives that loop count theirs.
pub fn step(tx: &mut Transaction) -> Result<(), Thrown> {
    limit(tx, Limit::Steps, 1)
}
