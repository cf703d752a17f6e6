//! What natives ask of the interpreter.

use super::{Limit, STACK_MAX, Thrown, call, fatal, find, limit};
use crate::apex::program::{ClassId, MethodId, MethodKind};
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// Calls a method of an object's class by its name, if the class is written in Apex and has one that takes that many
/// arguments (`compareTo`, `equals`, `hashCode`, `toString`, `execute`, `next`…).
pub fn invoke(
    tx: &mut Transaction,
    receiver: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Option<Value>, Thrown> {
    let Some(class) = find::class_of(receiver) else { return Ok(None) };
    let program = tx.program.clone();
    match find::method(tx, &program, class, method, arguments) {
        Some(method) => call::run(tx, &program, method, receiver, arguments).map(Some),
        None => Ok(None),
    }
}

/// Calls a static method.
pub fn call_static(tx: &mut Transaction, method: MethodId, arguments: &[Value]) -> Result<Value, Thrown> {
    let program = tx.program.clone();
    call::run(tx, &program, method, &Value::Null, arguments)
}

/// Calls this very method on an object, as an accessor of a property.
pub fn call_on(
    tx: &mut Transaction,
    method: MethodId,
    this: &Value,
    arguments: &[Value],
) -> Result<Value, Thrown> {
    let program = tx.program.clone();
    call::run(tx, &program, method, this, arguments)
}

/// A new object of a class by its constructor without arguments, as `Type.newInstance()` makes it; none when its
/// constructors all take some, or when it cannot have objects.
pub fn new_instance(tx: &mut Transaction, class: ClassId) -> Result<Option<Value>, Thrown> {
    let program = tx.program.clone();
    let known = program.class(class);
    if known.is_abstract || known.kind != crate::apex::program::ClassKind::Class {
        return Ok(None);
    }
    let mut constructors = known
        .methods
        .iter()
        .copied()
        .filter(|method| program.method(*method).kind == MethodKind::Constructor);
    let constructor = constructors.clone().find(|method| program.method(*method).parameters.is_empty());
    if constructor.is_none() && constructors.next().is_some() {
        return Ok(None);
    }
    call::create(tx, &program, class, constructor, Vec::new()).map(Some)
}

/// A new object of a class whose variables are all null and whose constructor does not run, as `JSON.deserialize` makes it.
pub fn blank_instance(tx: &mut Transaction, class: ClassId) -> Result<Value, Thrown> {
    let program = tx.program.clone();
    call::blank(tx, &program, class)
}

/// Counts one step of CPU time; natives that loop count theirs.
pub fn step(tx: &mut Transaction) -> Result<(), Thrown> {
    limit(tx, Limit::Steps, 1)
}

/// Goes one level down in values that hold values; deeper than calls may nest, nobody can catch it.
pub fn nested<T>(
    tx: &mut Transaction,
    work: impl FnOnce(&mut Transaction) -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    if tx.machine.nesting >= STACK_MAX {
        let message = format!("Maximum stack depth reached: {}", STACK_MAX + 1);
        return Err(fatal(tx, "System.LimitException", message));
    }
    tx.machine.nesting += 1;
    let result = work(tx);
    tx.machine.nesting -= 1;
    result
}
