//! `List`.

use std::cmp::Ordering;

use super::super::arguments::{argument, count, elements, integer, this_list};
use super::super::define::Definition;
use crate::apex::run::{self, Thrown, null_reference, throw};
use crate::apex::types::Type;
use crate::apex::value::{ListValue, Value, compare, equal, hash};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definition() -> Definition {
    Definition::class("List")
        .parameters(&["T"])
        .below("Iterable<T>")
        .method("void add(T)", add)
        .method("void add(Integer, T)", insert)
        .method("void addAll(List<T>)", add_all)
        .method("void addAll(Set<T>)", add_all)
        .method("void clear()", clear)
        .method("List<T> clone()", clone)
        .method("Boolean contains(T)", contains)
        .method("List<T> deepClone()", deep_clone)
        .method("List<T> deepClone(Boolean)", deep_clone)
        .method("List<T> deepClone(Boolean, Boolean)", deep_clone)
        .method("List<T> deepClone(Boolean, Boolean, Boolean)", deep_clone)
        .method("Boolean equals(Object)", equals)
        .method("T get(Integer)", get)
        .method("Schema.SObjectType getSObjectType()", record_type)
        .method("Integer hashCode()", hash_code)
        .method("Integer indexOf(T)", index_of)
        .method("Boolean isEmpty()", is_empty)
        .method("System.Iterator<T> iterator()", super::iterator::of_list)
        .method("T remove(Integer)", remove)
        .method("void set(Integer, T)", set)
        .method("Integer size()", size)
        .method("void sort()", sort)
        .method("void sort(System.Comparator<T>)", sort)
        .method("String toString()", super::super::system::object_text)
}

/// An index that is within `most`, or what the platform says of one that is not.
fn index(tx: &mut Transaction, value: &Value, most: usize) -> Result<usize, Thrown> {
    let number = integer(tx, value)?;
    match usize::try_from(number).ok().filter(|at| *at < most) {
        Some(at) => Ok(at),
        None => Err(throw(tx, "System.ListException", format!("List index out of bounds: {number}"))),
    }
}

fn add(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    list.writable(tx)?;
    run::heap(tx, 8)?;
    list.items.borrow_mut().push(argument(arguments, 0).clone());
    Ok(Value::Null)
}

fn insert(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    list.writable(tx)?;
    let at = index(tx, argument(arguments, 0), list.len() + 1)?;
    list.items.borrow_mut().insert(at, argument(arguments, 1).clone());
    Ok(Value::Null)
}

fn add_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    list.writable(tx)?;
    let more = elements(tx, argument(arguments, 0))?;
    list.items.borrow_mut().extend(more);
    Ok(Value::Null)
}

fn clear(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    list.writable(tx)?;
    let gone = std::mem::take(&mut *list.items.borrow_mut());
    drop(gone);
    Ok(Value::Null)
}

fn clone(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    let items = list.items.borrow().clone();
    Ok(Value::List(ListValue::new(list.ty.clone(), items)))
}

fn position(tx: &mut Transaction, list: &ListValue, wanted: &Value) -> Result<Option<usize>, Thrown> {
    let items = list.items.borrow().clone();
    for (at, item) in items.iter().enumerate() {
        run::step(tx)?;
        if equal(tx, item, wanted)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// `deepClone(preserveId, preserveReadonlyTimestamps, preserveAutonumber)`: the records are copies, too.
fn deep_clone(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    let given = |at: usize| argument(arguments, at).clone();
    let kept = [given(0), Value::Boolean(true), given(1), given(2)];
    let items = list.items.borrow().clone();
    let mut copies = Vec::with_capacity(items.len());
    for item in items {
        run::heap(tx, 8)?;
        copies.push(match &item {
            Value::Record(_) => super::super::record::clone_row(tx, &item, &kept)?,
            _ => item,
        });
    }
    Ok(Value::list(list.ty.clone(), copies))
}

fn contains(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    Ok(Value::Boolean(position(tx, list, argument(arguments, 0))?.is_some()))
}

fn index_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    Ok(position(tx, list, argument(arguments, 0))?.map_or(Value::Integer(-1), count))
}

pub(super) fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    equal(tx, this, argument(arguments, 0)).map(Value::Boolean)
}

pub(super) fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    // The platform's hash codes have 32 bits.
    hash(tx, this).map(|hash| Value::Integer(hash as i32))
}

fn get(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    let at = index(tx, argument(arguments, 0), list.len())?;
    Ok(list.items.borrow().get(at).cloned().unwrap_or(Value::Null))
}

fn record_type(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    match &list.ty {
        Type::Record(name) => {
            let object = tx.state.metadata.object(name).cloned();
            Ok(object.map_or(Value::Null, Value::RecordType))
        }
        _ => Ok(Value::Null),
    }
}

fn is_empty(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(this_list(tx, this)?.is_empty()))
}

fn remove(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    list.writable(tx)?;
    let at = index(tx, argument(arguments, 0), list.len())?;
    Ok(list.items.borrow_mut().remove(at))
}

fn set(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    if list.read_only.get() {
        list.writable(tx)?;
    }
    let at = index(tx, argument(arguments, 0), list.len())?;
    let before = list
        .items
        .borrow_mut()
        .get_mut(at)
        .map(|place| std::mem::replace(place, argument(arguments, 1).clone()));
    drop(before);
    Ok(Value::Null)
}

fn size(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(count(this_list(tx, this)?.len()))
}

fn sort(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let list = this_list(tx, this)?;
    list.writable(tx)?;
    let by = arguments.first();
    if by.is_some_and(Value::is_null) {
        return Err(null_reference(tx));
    }
    let items = list.items.borrow().clone();
    if by.is_none()
        && let Some(bad) = items.iter().find(|item| matches!(item, Value::Object(_)))
    {
        let program = tx.program.clone();
        let ordered = run::is_instance(&program, bad, &Type::platform("System.Comparable"));
        if !ordered {
            let message = "One or more of the items in this list is not Comparable.";
            return Err(throw(tx, "System.ListException", message));
        }
    }
    let sorted = merge_sort(tx, items, by)?;
    *list.items.borrow_mut() = sorted;
    Ok(Value::Null)
}

/// Stable, and safe with comparisons that contradict each other or throw.
fn merge_sort(tx: &mut Transaction, mut items: Vec<Value>, by: Option<&Value>) -> Result<Vec<Value>, Thrown> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = items.split_off(items.len() / 2);
    let left = merge_sort(tx, items, by)?;
    let right = merge_sort(tx, right, by)?;
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        run::step(tx)?;
        let order = match by {
            Some(by) => {
                let pair = [a.clone(), b.clone()];
                let answer = run::invoke(tx, by, "compare", &pair)?;
                answer.and_then(|answer| answer.as_whole()).unwrap_or_default().cmp(&0)
            }
            None => compare(tx, a, b)?,
        };
        merged.extend(if order == Ordering::Greater { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
