//! `Set`.

use super::super::arguments::{argument, count, elements, this_set};
use super::super::define::Definition;
use super::list::{equals, hash_code};
use crate::apex::run::{self, Thrown};
use crate::apex::value::{SetValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definition() -> Definition {
    Definition::class("Set")
        .parameters(&["T"])
        .below("Iterable<T>")
        .method("Boolean add(T)", add)
        .method("Boolean addAll(List<T>)", add_all)
        .method("Boolean addAll(Set<T>)", add_all)
        .method("void clear()", clear)
        .method("Set<T> clone()", clone)
        .method("Boolean contains(T)", contains)
        .method("Boolean containsAll(List<T>)", contains_all)
        .method("Boolean containsAll(Set<T>)", contains_all)
        .method("Boolean equals(Object)", equals)
        .method("Integer hashCode()", hash_code)
        .method("Boolean isEmpty()", is_empty)
        .method("System.Iterator<T> iterator()", super::iterator::of_set)
        .method("Boolean remove(T)", remove)
        .method("Boolean removeAll(List<T>)", remove_all)
        .method("Boolean removeAll(Set<T>)", remove_all)
        .method("Boolean retainAll(List<T>)", retain_all)
        .method("Boolean retainAll(Set<T>)", retain_all)
        .method("Integer size()", size)
        .method("String toString()", super::super::system::object_text)
}

fn add(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    run::heap(tx, 16)?;
    this_set(tx, this)?.add(tx, argument(arguments, 0).clone()).map(Value::Boolean)
}

fn add_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let set = this_set(tx, this)?;
    let mut changed = false;
    for value in elements(tx, argument(arguments, 0))? {
        run::step(tx)?;
        changed |= set.add(tx, value)?;
    }
    Ok(Value::Boolean(changed))
}

fn clear(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let set = this_set(tx, this)?;
    set.writable(tx)?;
    let gone = std::mem::take(&mut *set.items.borrow_mut());
    drop(gone);
    Ok(Value::Null)
}

fn clone(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let set = this_set(tx, this)?;
    let copy = SetValue::new(set.ty.clone());
    copy.items.borrow_mut().extend(set.items.borrow().iter().cloned());
    Ok(Value::Set(copy))
}

fn contains(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    this_set(tx, this)?.contains(tx, argument(arguments, 0)).map(Value::Boolean)
}

fn contains_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let set = this_set(tx, this)?;
    for value in elements(tx, argument(arguments, 0))? {
        run::step(tx)?;
        if !set.contains(tx, &value)? {
            return Ok(Value::Boolean(false));
        }
    }
    Ok(Value::Boolean(true))
}

fn is_empty(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(this_set(tx, this)?.is_empty()))
}

fn remove(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    this_set(tx, this)?.remove(tx, argument(arguments, 0)).map(Value::Boolean)
}

fn remove_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let set = this_set(tx, this)?;
    let mut changed = false;
    for value in elements(tx, argument(arguments, 0))? {
        run::step(tx)?;
        changed |= set.remove(tx, &value)?;
    }
    Ok(Value::Boolean(changed))
}

fn retain_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let set = this_set(tx, this)?;
    let kept = SetValue::new(set.ty.clone());
    for value in elements(tx, argument(arguments, 0))? {
        run::step(tx)?;
        kept.add(tx, value)?;
    }
    let mut changed = false;
    for value in set.values() {
        run::step(tx)?;
        if !kept.contains(tx, &value)? {
            changed |= set.remove(tx, &value)?;
        }
    }
    Ok(Value::Boolean(changed))
}

fn size(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(count(this_set(tx, this)?.len()))
}
