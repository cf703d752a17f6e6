//! Variables of classes and of objects, with their accessors.

use std::rc::Rc;

use super::exec::Context;
use super::machine::Statics;
use super::{Thrown, call, fatal, null_reference};
use crate::apex::program::{ClassId, Field, Program};
use crate::apex::types::Type;
use crate::apex::value::{Instance, Value};
use crate::transaction::Transaction;

/// Runs the static initializers of a class the first time that it is used.
pub(super) fn ensure(tx: &mut Transaction, program: &Program, class: ClassId) -> Result<(), Thrown> {
    let index = class.0 as usize;
    if tx.machine.statics.get(index).is_some_and(Option::is_some) {
        return Ok(());
    }
    let known = program.class(class);
    if tx.machine.statics.len() <= index {
        tx.machine.statics.resize_with(index + 1, || None);
    }
    // Before they run, so that they may use their own class.
    tx.machine.statics[index] = Some(Statics { values: vec![Value::Null; known.statics.len()] });
    if let Some(Type::Class(parent)) = known.superclass {
        ensure(tx, program, parent)?;
    }
    match known.static_init {
        Some(method) => call::run(tx, program, method, &Value::Null, &[]).map(|_| ()),
        None => Ok(()),
    }
}

/// Whether the body that runs is the accessor of this variable, in which the name means the variable itself.
fn within_accessor(cx: Context<'_>, field: &Field) -> bool {
    cx.method.is_some() && (cx.method == field.getter || cx.method == field.setter)
}

pub(super) fn read(
    tx: &mut Transaction,
    cx: Context<'_>,
    class: ClassId,
    index: usize,
) -> Result<Value, Thrown> {
    ensure(tx, cx.program, class)?;
    if let Some(field) = cx.program.class(class).statics.get(index)
        && let Some(getter) = field.getter
        && !within_accessor(cx, field)
    {
        return call::run(tx, cx.program, getter, &Value::Null, &[]);
    }
    let values = tx.machine.statics.get(class.0 as usize).and_then(Option::as_ref);
    Ok(values.and_then(|statics| statics.values.get(index)).cloned().unwrap_or(Value::Null))
}

pub(super) fn write(
    tx: &mut Transaction,
    cx: Context<'_>,
    class: ClassId,
    index: usize,
    value: Value,
) -> Result<(), Thrown> {
    ensure(tx, cx.program, class)?;
    if let Some(field) = cx.program.class(class).statics.get(index)
        && let Some(setter) = field.setter
        && !within_accessor(cx, field)
    {
        return call::run(tx, cx.program, setter, &Value::Null, &[value]).map(|_| ());
    }
    let statics = tx.machine.statics.get_mut(class.0 as usize).and_then(Option::as_mut);
    if let Some(place) = statics.and_then(|statics| statics.values.get_mut(index)) {
        *place = value;
    }
    Ok(())
}

fn instance<'a>(tx: &mut Transaction, object: &'a Value) -> Result<&'a Rc<Instance>, Thrown> {
    match object {
        Value::Object(instance) => Ok(instance),
        Value::Null => Err(null_reference(tx)),
        _ => Err(fatal(tx, "System.UnexpectedException", "a variable of what is no object of a class")),
    }
}

/// `object.field`
pub(super) fn member(
    tx: &mut Transaction,
    cx: Context<'_>,
    object: &Value,
    index: usize,
) -> Result<Value, Thrown> {
    let instance = instance(tx, object)?;
    if let Type::Class(class) = instance.class
        && let Some(field) = cx.program.class(class).fields.get(index)
        && let Some(getter) = field.getter
        && !within_accessor(cx, field)
    {
        return call::run(tx, cx.program, getter, object, &[]);
    }
    Ok(instance.fields.borrow().get(index).cloned().unwrap_or(Value::Null))
}

pub(super) fn set_member(
    tx: &mut Transaction,
    cx: Context<'_>,
    object: &Value,
    index: usize,
    value: Value,
) -> Result<(), Thrown> {
    let instance = instance(tx, object)?;
    if let Type::Class(class) = instance.class
        && let Some(field) = cx.program.class(class).fields.get(index)
        && let Some(setter) = field.setter
        && !within_accessor(cx, field)
    {
        return call::run(tx, cx.program, setter, object, &[value]).map(|_| ());
    }
    let before = instance.fields.borrow_mut().get_mut(index).map(|place| std::mem::replace(place, value));
    // Dropped outside of the borrow.
    drop(before);
    Ok(())
}
