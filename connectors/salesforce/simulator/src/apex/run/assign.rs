//! Assignments.

use std::rc::Rc;
use std::sync::Arc;

use super::eval::{eval, local};
use super::exec::{Context, at, store};
use super::{Thrown, cast, collect, fatal, null_reference, operate, record, statics};
use crate::apex::platform::Native;
use crate::apex::program::{ClassId, Expr, ExprKind, Operator, RecordFieldKind};
use crate::apex::types::Type;
use crate::apex::value::{RecordValue, Value};
use crate::transaction::Transaction;

/// A variable whose own expressions have been evaluated.
enum Target {
    Local(usize),
    Static(ClassId, usize),
    Member(Value, usize),
    Record(Rc<RecordValue>, Arc<str>, RecordFieldKind),
    Item(Value, Value),
    /// Of an object of the platform; null: static.
    Property(&'static Native, Value),
}

fn resolve(tx: &mut Transaction, cx: Context<'_>, target: &Expr) -> Result<Target, Thrown> {
    match &target.kind {
        ExprKind::Local(slot) => Ok(Target::Local(*slot)),
        ExprKind::Static(class, field) => Ok(Target::Static(*class, *field)),
        ExprKind::Member { object, field, .. } => {
            let object = eval(tx, cx, object)?;
            if object.is_null() {
                at(tx, target.at);
                return Err(null_reference(tx));
            }
            Ok(Target::Member(object, *field))
        }
        ExprKind::RecordField { object, field, kind, .. } => match eval(tx, cx, object)? {
            Value::Record(record) => Ok(Target::Record(record, field.clone(), *kind)),
            _ => {
                at(tx, target.at);
                Err(null_reference(tx))
            }
        },
        ExprKind::Index { list, index } => Ok(Target::Item(eval(tx, cx, list)?, eval(tx, cx, index)?)),
        ExprKind::CallNative { native, this, .. } if native.is_property => {
            let object = this.as_ref().map_or(Ok(Value::Null), |this| eval(tx, cx, this))?;
            if this.is_some() && object.is_null() {
                at(tx, target.at);
                return Err(null_reference(tx));
            }
            Ok(Target::Property(native, object))
        }
        _ => Err(fatal(tx, "System.UnexpectedException", "an assignment to what is no variable")),
    }
}

impl Target {
    fn read(&self, tx: &mut Transaction, cx: Context<'_>) -> Result<Value, Thrown> {
        match self {
            Target::Local(slot) => Ok(local(tx, cx, *slot)),
            Target::Static(class, field) => statics::read(tx, cx, *class, *field),
            Target::Member(object, field) => statics::member(tx, cx, object, *field),
            Target::Record(record, field, kind) => record::get(tx, record, field, *kind),
            Target::Item(list, index) => collect::item(tx, list, index),
            Target::Property(native, object) => native.call(tx, object, &[]),
        }
    }

    fn write(&self, tx: &mut Transaction, cx: Context<'_>, value: Value) -> Result<(), Thrown> {
        match self {
            Target::Local(slot) => {
                store(tx, cx, *slot, value);
                Ok(())
            }
            Target::Static(class, field) => statics::write(tx, cx, *class, *field, value),
            Target::Member(object, field) => statics::set_member(tx, cx, object, *field, value),
            Target::Record(record, field, kind) => record::set(tx, record, field, *kind, value),
            Target::Item(list, index) => collect::set_item(tx, list, index, value),
            Target::Property(native, object) => {
                if let Value::Platform(object) = object {
                    object.state.borrow_mut().values.insert(native.name, value);
                } else if let Some(name) = kept_name(native) {
                    tx.machine.kept.insert(name, value);
                }
                Ok(())
            }
        }
    }
}

/// Where the transaction keeps a static property.
fn kept_name(native: &Native) -> Option<&'static str> {
    match (native.owner, native.name) {
        ("System.RestContext", "request") => Some("System.RestContext.request"),
        ("System.RestContext", "response") => Some("System.RestContext.response"),
        _ => None,
    }
}

pub(super) fn assign(
    tx: &mut Transaction,
    cx: Context<'_>,
    target: &Expr,
    operator: Option<Operator>,
    value: &Expr,
    expr: &Expr,
) -> Result<Value, Thrown> {
    // The frequent case without detours.
    if let (ExprKind::Local(slot), None) = (&target.kind, operator) {
        let value = eval(tx, cx, value)?;
        store(tx, cx, *slot, value.clone());
        return Ok(value);
    }
    let place = resolve(tx, cx, target)?;
    let value = match operator {
        None => eval(tx, cx, value)?,
        Some(operator) => {
            let before = place.read(tx, cx)?;
            let by = eval(tx, cx, value)?;
            at(tx, expr.at);
            let made = operate::binary(tx, operator, &before, &by)?;
            fitted(tx, made, &target.ty)?
        }
    };
    at(tx, expr.at);
    place.write(tx, cx, value.clone())?;
    Ok(value)
}

/// The result of a compound assignment in the variable's type.
fn fitted(tx: &mut Transaction, value: Value, ty: &Type) -> Result<Value, Thrown> {
    if ty.is_number() { cast::cast(tx, value, &Type::Decimal, ty) } else { cast::convert(tx, value, ty) }
}

pub(super) fn step(
    tx: &mut Transaction,
    cx: Context<'_>,
    target: &Expr,
    by: i8,
    after: bool,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let place = resolve(tx, cx, target)?;
    let before = place.read(tx, cx)?;
    at(tx, expr.at);
    let made = match &before {
        Value::Integer(number) => Value::Integer(number.wrapping_add(i32::from(by))),
        Value::Long(number) => Value::Long(number.wrapping_add(i64::from(by))),
        _ => operate::binary(tx, Operator::Add, &before, &Value::Integer(i32::from(by)))?,
    };
    place.write(tx, cx, made.clone())?;
    Ok(if after { before } else { made })
}
