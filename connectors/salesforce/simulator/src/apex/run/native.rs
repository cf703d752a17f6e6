//! Calls into the platform.

use std::collections::{BTreeMap, HashMap};

use super::eval::{eval, null_or_throw};
use super::exec::{Context, at};
use super::{Thrown, eval as values, heap, invoke, statics};
use crate::apex::platform::{self, Native};
use crate::apex::program::{Expr, ScopeEntry};
use crate::apex::types::Type;
use crate::apex::value::Value;
use crate::transaction::Transaction;

/// Collections below this size are not watched for sudden growth.
const WATCHED: usize = 64;

#[allow(clippy::too_many_arguments)]
pub(super) fn call(
    tx: &mut Transaction,
    cx: Context<'_>,
    native: &'static Native,
    this: Option<&Expr>,
    arguments: &[Expr],
    safe: bool,
    scope: Option<&HashMap<String, ScopeEntry>>,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let receiver = this.map_or(Ok(Value::Null), |this| values::receiver(tx, cx, this))?;
    if let Some(this) = this
        && receiver.is_null()
        && !native.is_static
    {
        return null_or_throw(tx, this, safe, expr);
    }
    // Few arguments need no vector.
    match arguments {
        [] => ready(tx, cx, native, &receiver, &[], scope, expr),
        [only] => {
            let only = eval(tx, cx, only)?;
            ready(tx, cx, native, &receiver, std::slice::from_ref(&only), scope, expr)
        }
        [first, second] => {
            let both = [eval(tx, cx, first)?, eval(tx, cx, second)?];
            ready(tx, cx, native, &receiver, &both, scope, expr)
        }
        more => {
            let more: Vec<Value> = more.iter().map(|one| eval(tx, cx, one)).collect::<Result<_, _>>()?;
            ready(tx, cx, native, &receiver, &more, scope, expr)
        }
    }
}

fn ready(
    tx: &mut Transaction,
    cx: Context<'_>,
    native: &'static Native,
    receiver: &Value,
    arguments: &[Value],
    scope: Option<&HashMap<String, ScopeEntry>>,
    expr: &Expr,
) -> Result<Value, Thrown> {
    at(tx, expr.at);
    if matches!(receiver, Value::Object(_))
        && let Some(answer) = invoke(tx, receiver, native.name, arguments)?
    {
        return Ok(answer);
    }
    if let Some(scope) = scope {
        let variables = resolve(tx, cx, scope)?;
        tx.machine.scope = Some(variables);
    }
    let before = size(receiver);
    let answer = native.call(tx, receiver, arguments);
    tx.machine.scope = None;
    let answer = answer?;
    let after = size(receiver);
    if after > before.max(WATCHED) {
        heap(tx, (after - before) * 8)?;
    }
    match &answer {
        Value::String(text) => heap(tx, text.len())?,
        Value::Blob(bytes) => heap(tx, bytes.len())?,
        Value::List(list) if list.len() > WATCHED => heap(tx, list.len() * 8)?,
        _ => {}
    }
    Ok(answer)
}

fn size(value: &Value) -> usize {
    match value {
        Value::List(list) => list.len(),
        Value::Set(set) => set.len(),
        Value::Map(map) => map.len() * 2,
        _ => 0,
    }
}

/// The variables that a dynamic query may name.
fn resolve(
    tx: &mut Transaction,
    cx: Context<'_>,
    scope: &HashMap<String, ScopeEntry>,
) -> Result<BTreeMap<String, Value>, Thrown> {
    let mut variables = BTreeMap::new();
    for (name, entry) in scope {
        let value = match entry {
            ScopeEntry::Local(slot, _) => values::local(tx, cx, *slot),
            ScopeEntry::Static(class, field, _) => statics::read(tx, cx, *class, *field)?,
            ScopeEntry::Field(field, _) if cx.this.is_null() => {
                let _ = field;
                continue;
            }
            ScopeEntry::Field(field, _) => statics::member(tx, cx, cx.this, *field)?,
        };
        variables.insert(name.clone(), value);
    }
    Ok(variables)
}

/// `new` of a type of the platform.
pub(super) fn construct(
    tx: &mut Transaction,
    cx: Context<'_>,
    native: &'static Native,
    arguments: &[Expr],
    expr: &Expr,
) -> Result<Value, Thrown> {
    let arguments: Vec<Value> = arguments.iter().map(|one| eval(tx, cx, one)).collect::<Result<_, _>>()?;
    at(tx, expr.at);
    heap(tx, 16)?;
    native.call(tx, &Value::Null, &arguments)
}

/// The method of a platform object by its name and number of arguments.
pub(super) fn find(receiver: &Value, name: &str, count: usize) -> Option<&'static Native> {
    let owner = match super::cast::type_of(receiver) {
        Type::List(_) => "List",
        Type::Set(_) => "Set",
        Type::Map(..) => "Map",
        Type::Platform(owner, _) => owner,
        _ => return None,
    };
    platform::natives(owner, name).iter().find(|native| !native.is_static && native.parameters.len() == count)
}
