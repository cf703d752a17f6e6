//! Expressions.

use std::str::FromStr;

use bigdecimal::BigDecimal;

use super::exec::{Context, at};
use super::trigger;
use super::{
    Limit, Thrown, assign, call, cast, collect, fatal, limit, native, null_reference, operate, query, record,
    statics,
};
use crate::apex::program::{Constant, Expr, ExprKind, Operator};
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// The value of an expression.
pub(super) fn eval(tx: &mut Transaction, cx: Context<'_>, expr: &Expr) -> Result<Value, Thrown> {
    limit(tx, Limit::Steps, 1)?;
    match &expr.kind {
        ExprKind::Local(slot) => Ok(local(tx, cx, *slot)),
        ExprKind::Constant(value) => Ok(constant(value)),
        ExprKind::This => Ok(cx.this.clone()),
        ExprKind::EnumValue(class, index) => Ok(Value::Enum(*class, *index)),
        ExprKind::PlatformEnum(ty, name) => Ok(Value::PlatformEnum(ty, name)),
        _ => stacker::maybe_grow(super::RED_ZONE, super::STACK_CHUNK, || eval_deep(tx, cx, expr)),
    }
}

pub(super) fn local(tx: &Transaction, cx: Context<'_>, slot: usize) -> Value {
    tx.machine.locals.get(cx.base + slot).cloned().unwrap_or(Value::Null)
}

/// The value of a condition.
pub(super) fn truth(tx: &mut Transaction, cx: Context<'_>, condition: &Expr) -> Result<bool, Thrown> {
    match eval(tx, cx, condition)? {
        Value::Boolean(truth) => Ok(truth),
        _ => Err(null_reference(tx)),
    }
}

fn constant(constant: &Constant) -> Value {
    match constant {
        Constant::Null => Value::Null,
        Constant::Boolean(truth) => Value::Boolean(*truth),
        Constant::Integer(number) => Value::Integer(*number),
        Constant::Long(number) => Value::Long(*number),
        Constant::Double(number) => Value::Double(*number),
        Constant::Decimal(text) => Value::decimal(BigDecimal::from_str(text).unwrap_or_default()),
        Constant::String(text) => Value::string(text),
    }
}

fn eval_deep(tx: &mut Transaction, cx: Context<'_>, expr: &Expr) -> Result<Value, Thrown> {
    match &expr.kind {
        ExprKind::Binary { operator, left, right } => binary(tx, cx, *operator, left, right, expr),
        ExprKind::And(left, right) => Ok(Value::Boolean(truth(tx, cx, left)? && truth(tx, cx, right)?)),
        ExprKind::Or(left, right) => Ok(Value::Boolean(truth(tx, cx, left)? || truth(tx, cx, right)?)),
        ExprKind::Not(value) => Ok(Value::Boolean(!truth(tx, cx, value)?)),
        ExprKind::Negate(value) => {
            let value = eval(tx, cx, value)?;
            operate::negate(tx, &value)
        }
        ExprKind::BitNot(value) => {
            let value = eval(tx, cx, value)?;
            operate::invert(tx, &value)
        }
        ExprKind::Coalesce(value, otherwise) => {
            let found = match &value.kind {
                ExprKind::Soql(soql) => query::in_brackets(tx, cx, soql, value, true)?,
                _ => eval(tx, cx, value)?,
            };
            if found.is_null() { eval(tx, cx, otherwise) } else { Ok(found) }
        }
        ExprKind::Ternary { condition, then, otherwise } => {
            let chosen = if truth(tx, cx, condition)? { then } else { otherwise };
            eval(tx, cx, chosen)
        }
        ExprKind::Member { object, field, safe } => {
            let found = receiver(tx, cx, object)?;
            if found.is_null() {
                return null_or_throw(tx, object, *safe, expr);
            }
            statics::member(tx, cx, &found, *field)
        }
        ExprKind::Static(class, field) => statics::read(tx, cx, *class, *field),
        ExprKind::RecordField { object, field, kind, safe } => {
            record::read(tx, cx, object, field, *kind, *safe, expr)
        }
        ExprKind::Index { list, index } => {
            let found = receiver(tx, cx, list)?;
            if found.is_null() {
                return null_or_throw(tx, list, false, expr);
            }
            let index = eval(tx, cx, index)?;
            at(tx, expr.at);
            collect::item(tx, &found, &index)
        }
        ExprKind::Assign { target, operator, value } => {
            assign::assign(tx, cx, target, *operator, value, expr)
        }
        ExprKind::Step { target, by, after } => assign::step(tx, cx, target, *by, *after, expr),
        ExprKind::InstanceOf { value, ty } => {
            let value = eval(tx, cx, value)?;
            Ok(Value::Boolean(cast::is_instance(cx.program, &value, ty)))
        }
        ExprKind::Cast { value, ty } => {
            let declared = &value.ty;
            let value = eval(tx, cx, value)?;
            at(tx, expr.at);
            cast::cast(tx, value, declared, ty)
        }
        ExprKind::Convert { value, ty } => {
            let value = eval(tx, cx, value)?;
            cast::convert(tx, value, ty)
        }
        _ => eval_rare(tx, cx, expr),
    }
}

/// Apart from the others so that their frames stay small.
#[inline(never)]
fn eval_rare(tx: &mut Transaction, cx: Context<'_>, expr: &Expr) -> Result<Value, Thrown> {
    match &expr.kind {
        ExprKind::Call { method, this, arguments, safe } => {
            call::direct(tx, cx, *method, this.as_deref(), arguments, *safe, expr)
        }
        ExprKind::CallVirtual { this, slot, arguments, safe } => {
            call::dispatched(tx, cx, this, slot, arguments, *safe, expr)
        }
        ExprKind::CallNative { native, this, arguments, safe, scope } => {
            native::call(tx, cx, native, this.as_deref(), arguments, *safe, scope.as_deref(), expr)
        }
        ExprKind::CallConstructor { class, method, arguments } => {
            call::chained(tx, cx, class, *method, arguments)
        }
        ExprKind::NewObject { class, constructor, arguments } => {
            call::new_object(tx, cx, *class, *constructor, arguments, expr)
        }
        ExprKind::NewPlatform { native, arguments } => native::construct(tx, cx, native, arguments, expr),
        ExprKind::NewRecord { object, fields } => record::new(tx, cx, object, fields, expr),
        ExprKind::NewList(items) => collect::list(tx, cx, items, expr),
        ExprKind::NewListOfSize(size) => collect::list_of_size(tx, cx, size, expr),
        ExprKind::NewSet(items) => collect::set(tx, cx, items, expr),
        ExprKind::NewMap(pairs) => collect::map(tx, cx, pairs, expr),
        ExprKind::NewFrom(source) => collect::from(tx, cx, source, expr),
        ExprKind::ClassOf(ty) => Ok(Value::Type(ty.clone())),
        ExprKind::RecordType(name) => Ok(Value::RecordType(record::object(tx, name)?)),
        ExprKind::RecordFieldToken(object, field) => {
            Ok(Value::RecordField(record::object(tx, object)?, field.clone()))
        }
        ExprKind::Soql(soql) => query::in_brackets(tx, cx, soql, expr, false),
        ExprKind::TriggerVariable(variable) => Ok(trigger::variable(tx, *variable)),
        _ => Err(fatal(tx, "System.UnexpectedException", "an expression of an unknown kind")),
    }
}

/// The value on which something is asked.
pub(super) fn receiver(tx: &mut Transaction, cx: Context<'_>, expr: &Expr) -> Result<Value, Thrown> {
    tx.machine.cut = 0;
    eval(tx, cx, expr)
}

/// What a member of null is: null behind `?.`, also for the rest of its chain.
pub(super) fn null_or_throw(
    tx: &mut Transaction,
    receiver: &Expr,
    safe: bool,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let address = |expr: &Expr| std::ptr::from_ref(expr) as usize;
    if safe || tx.machine.cut == address(receiver) {
        tx.machine.cut = address(expr);
        return Ok(Value::Null);
    }
    at(tx, expr.at);
    Err(null_reference(tx))
}

fn binary(
    tx: &mut Transaction,
    cx: Context<'_>,
    operator: Operator,
    left: &Expr,
    right: &Expr,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let (left, right) = (eval(tx, cx, left)?, eval(tx, cx, right)?);
    if expr.at.line > 0 {
        at(tx, expr.at);
    }
    operate::binary(tx, operator, &left, &right)
}
