//! Going through collections.

use super::super::define::Definition;
use crate::apex::run::{Thrown, null_reference, throw};
use crate::apex::types::Type;
use crate::apex::value::{PlatformState, PlatformValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const ITERATOR: &str = "System.Iterator";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Iterable")
            .parameters(&["T"])
            .interface()
            .method("System.Iterator<T> iterator()", of_iterable),
        Definition::class(ITERATOR)
            .parameters(&["T"])
            .interface()
            .method("Boolean hasNext()", has_next)
            .method("T next()", next),
        Definition::class("System.Comparable").interface().method("Integer compareTo(Object)", absent),
        Definition::class("System.Comparator")
            .parameters(&["T"])
            .interface()
            .method("Integer compare(T, T)", absent),
        Definition::class("System.Callable")
            .interface()
            .method("Object call(String, Map<String, Object>)", absent),
    ]
}

/// The method of an interface whose receiver has none.
fn absent(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Err(null_reference(tx))
}

fn over(items: Vec<Value>) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("items", Value::list(Type::Object, items));
    state.values.insert("next", Value::Integer(0));
    Value::Platform(PlatformValue::new(ITERATOR, state))
}

/// A list or set that is called an `Iterable`; classes have their own.
fn of_iterable(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    match this {
        Value::List(_) | Value::Set(_) => of_list(tx, this, arguments),
        _ => absent(tx, this, arguments),
    }
}

pub(super) fn of_list(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let items = super::super::arguments::elements(tx, this)?;
    Ok(over(items))
}

/// Goes through the elements of a collection.
pub(in crate::apex::platform) fn iterator_over(
    tx: &mut Transaction,
    this: &Value,
    arguments: &[Value],
) -> Answer {
    of_list(tx, this, arguments)
}

pub(super) fn of_set(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    of_list(tx, this, arguments)
}

/// The item at the iterator's place.
fn item(this: &Value) -> Option<(Value, i32)> {
    let Value::Platform(iterator) = this else { return None };
    let state = iterator.state.borrow();
    let Some(Value::Integer(next)) = state.values.get("next") else { return None };
    let Some(Value::List(items)) = state.values.get("items") else { return None };
    let found = items.items.borrow().get(usize::try_from(*next).ok()?).cloned()?;
    Some((found, *next))
}

fn has_next(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(item(this).is_some()))
}

fn next(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let (Some((found, at)), Value::Platform(iterator)) = (item(this), this) else {
        return Err(throw(tx, "System.NoSuchElementException", "Iterator has no more elements"));
    };
    iterator.state.borrow_mut().values.insert("next", Value::Integer(at + 1));
    Ok(found)
}
