//! Making collections, and items of lists.

use std::rc::Rc;

use super::eval::eval;
use super::exec::{Context, at};
use super::{Thrown, cast, fatal, heap, null_reference, throw};
use crate::apex::program::Expr;
use crate::apex::types::Type;
use crate::apex::value::{ListValue, MapValue, SetValue, Value};
use crate::transaction::Transaction;

/// Bytes that an element takes.
const ELEMENT: usize = 8;

fn place<'a>(
    tx: &mut Transaction,
    list: &'a Value,
    index: &Value,
) -> Result<(&'a Rc<ListValue>, usize), Thrown> {
    let Value::List(list) = list else { return Err(null_reference(tx)) };
    let Some(index) = index.as_whole() else { return Err(null_reference(tx)) };
    match usize::try_from(index).ok().filter(|index| *index < list.len()) {
        Some(index) => Ok((list, index)),
        None => Err(throw(tx, "System.ListException", format!("List index out of bounds: {index}"))),
    }
}

/// `list[index]`
pub(super) fn item(tx: &mut Transaction, list: &Value, index: &Value) -> Result<Value, Thrown> {
    let (list, index) = place(tx, list, index)?;
    Ok(list.items.borrow().get(index).cloned().unwrap_or(Value::Null))
}

/// `list[index] = value`
pub(super) fn set_item(
    tx: &mut Transaction,
    list: &Value,
    index: &Value,
    value: Value,
) -> Result<(), Thrown> {
    let (list, index) = place(tx, list, index)?;
    if list.read_only.get() {
        list.writable(tx)?;
    }
    let before = list.items.borrow_mut().get_mut(index).map(|place| std::mem::replace(place, value));
    drop(before);
    Ok(())
}

pub(super) fn element(ty: &Type) -> Type {
    match ty {
        Type::List(of) | Type::Set(of) => Type::clone(of),
        _ => Type::Object,
    }
}

pub(super) fn list(
    tx: &mut Transaction,
    cx: Context<'_>,
    items: &[Expr],
    expr: &Expr,
) -> Result<Value, Thrown> {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        values.push(eval(tx, cx, item)?);
    }
    heap(tx, 8 + values.len() * ELEMENT)?;
    Ok(Value::list(element(&expr.ty), values))
}

pub(super) fn list_of_size(
    tx: &mut Transaction,
    cx: Context<'_>,
    size: &Expr,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let size = eval(tx, cx, size)?;
    at(tx, expr.at);
    let Some(size) = size.as_whole() else { return Err(null_reference(tx)) };
    let Ok(size) = usize::try_from(size) else {
        return Err(throw(tx, "System.ListException", format!("List size is negative: {size}")));
    };
    heap(tx, size.saturating_mul(ELEMENT))?;
    Ok(Value::list(element(&expr.ty), vec![Value::Null; size]))
}

pub(super) fn set(
    tx: &mut Transaction,
    cx: Context<'_>,
    items: &[Expr],
    expr: &Expr,
) -> Result<Value, Thrown> {
    let set = SetValue::new(element(&expr.ty));
    for item in items {
        let value = eval(tx, cx, item)?;
        set.add(tx, value)?;
    }
    heap(tx, 8 + items.len() * ELEMENT)?;
    Ok(Value::Set(set))
}

pub(super) fn map(
    tx: &mut Transaction,
    cx: Context<'_>,
    pairs: &[(Expr, Expr)],
    expr: &Expr,
) -> Result<Value, Thrown> {
    let map = empty_map(&expr.ty);
    for (key, value) in pairs {
        let (key, value) = (eval(tx, cx, key)?, eval(tx, cx, value)?);
        map.put(tx, key, value)?;
    }
    heap(tx, 8 + pairs.len() * 2 * ELEMENT)?;
    Ok(Value::Map(map))
}

fn empty_map(ty: &Type) -> Rc<MapValue> {
    match ty {
        Type::Map(key, value) => MapValue::new(Type::clone(key), Type::clone(value)),
        _ => MapValue::new(Type::Object, Type::Object),
    }
}

/// `new List<A>(source)` and its like.
pub(super) fn from(
    tx: &mut Transaction,
    cx: Context<'_>,
    source: &Expr,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let source = eval(tx, cx, source)?;
    at(tx, expr.at);
    let values = match &source {
        Value::List(list) => list.items.borrow().clone(),
        Value::Set(set) => set.values(),
        Value::Map(map) => return map_of_map(tx, map, &expr.ty),
        Value::Integer(_) | Value::Long(_) => Vec::new(),
        Value::Null => return Err(null_reference(tx)),
        other => super::loops::elements(tx, other)?,
    };
    heap(tx, 8 + values.len() * ELEMENT)?;
    match &expr.ty {
        Type::List(of) => {
            let values = cast::converted_all(tx, values, of)?;
            Ok(Value::list(Type::clone(of), values))
        }
        Type::Set(of) => {
            let values = cast::converted_all(tx, values, of)?;
            let set = SetValue::new(Type::clone(of));
            for value in values {
                super::step(tx)?;
                set.add(tx, value)?;
            }
            Ok(Value::Set(set))
        }
        Type::Map(..) => map_of_records(tx, values, &expr.ty),
        _ => Err(fatal(tx, "System.UnexpectedException", "a collection of an unknown kind")),
    }
}

fn map_of_map(tx: &mut Transaction, source: &Rc<MapValue>, ty: &Type) -> Result<Value, Thrown> {
    let map = empty_map(ty);
    heap(tx, 8 + source.len() * 2 * ELEMENT)?;
    for (key, value) in source.pairs() {
        super::step(tx)?;
        let (key, value) = (cast::convert(tx, key, &map.key)?, cast::convert(tx, value, &map.value)?);
        map.put(tx, key, value)?;
    }
    Ok(Value::Map(map))
}

/// Records by their ids.
pub(super) fn map_of_records(tx: &mut Transaction, records: Vec<Value>, ty: &Type) -> Result<Value, Thrown> {
    let map = empty_map(ty);
    for (row, value) in records.into_iter().enumerate() {
        super::step(tx)?;
        let Value::Record(record) = &value else {
            let message = format!("Row with null Id at index: {row}");
            return Err(throw(tx, "System.ListException", message));
        };
        let id = record.state.borrow().fields.get("Id").cloned().unwrap_or(Value::Null);
        if id.is_null() {
            let message = format!("Row with null Id at index: {row}");
            return Err(throw(tx, "System.ListException", message));
        }
        let id = if map.key == Type::String { cast::convert(tx, id, &Type::String)? } else { id };
        if map.put(tx, id.clone(), value.clone())?.is_some() {
            let message = format!("Row with duplicate Id at index: {row}");
            return Err(throw(tx, "System.ListException", message));
        }
    }
    Ok(Value::Map(map))
}
