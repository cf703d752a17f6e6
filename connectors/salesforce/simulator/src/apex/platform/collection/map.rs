//! `Map`.

use super::super::arguments::{argument, count, this_map};
use super::super::define::Definition;
use super::list::{equals, hash_code};
use crate::apex::run::{self, Thrown};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, SetValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definition() -> Definition {
    Definition::class("Map")
        .parameters(&["K", "V"])
        .method("void clear()", clear)
        .method("Map<K, V> clone()", clone)
        .method("Map<K, V> deepClone()", deep_clone)
        .method("Boolean containsKey(K)", contains_key)
        .method("Boolean equals(Object)", equals)
        .method("V get(K)", get)
        .method("Schema.SObjectType getSObjectType()", record_type)
        .method("Integer hashCode()", hash_code)
        .method("Boolean isEmpty()", is_empty)
        .method("Set<K> keySet()", key_set)
        .method("V put(K, V)", put)
        .method("void putAll(Map<K, V>)", put_all)
        .method("void putAll(List<V>)", put_records)
        .method("V remove(K)", remove)
        .method("Integer size()", size)
        .method("List<V> values()", values)
        .method("String toString()", super::super::system::object_text)
}

fn clear(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = this_map(tx, this)?;
    map.writable(tx)?;
    let gone = std::mem::take(&mut *map.entries.borrow_mut());
    drop(gone);
    Ok(Value::Null)
}

/// `deepClone()`: values that are records are copies with their ids.
fn deep_clone(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let copy = clone(tx, this, &[])?;
    if let Value::Map(map) = &copy {
        let whole = [Value::Boolean(true), Value::Boolean(true), Value::Boolean(true), Value::Boolean(true)];
        let keys: Vec<_> = map.entries.borrow().keys().cloned().collect();
        for key in keys {
            let value = map.entries.borrow().get(&key).cloned();
            if let Some(value @ Value::Record(_)) = value {
                let record = super::super::record::clone_row(tx, &value, &whole)?;
                map.entries.borrow_mut().insert(key, record);
            }
        }
    }
    Ok(copy)
}

fn clone(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = this_map(tx, this)?;
    let copy = MapValue::new(map.key.clone(), map.value.clone());
    copy.entries
        .borrow_mut()
        .extend(map.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(Value::Map(copy))
}

fn contains_key(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let found = this_map(tx, this)?.get(tx, argument(arguments, 0))?;
    Ok(Value::Boolean(found.is_some()))
}

fn get(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    Ok(this_map(tx, this)?.get(tx, argument(arguments, 0))?.unwrap_or(Value::Null))
}

fn record_type(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = this_map(tx, this)?;
    match &map.value {
        Type::Record(name) => {
            let object = tx.state.metadata.object(name).cloned();
            Ok(object.map_or(Value::Null, Value::RecordType))
        }
        _ => Ok(Value::Null),
    }
}

fn is_empty(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(this_map(tx, this)?.is_empty()))
}

fn key_set(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = this_map(tx, this)?;
    let set = SetValue::new(map.key.clone());
    set.items.borrow_mut().extend(map.entries.borrow().keys().cloned());
    Ok(Value::Set(set))
}

fn put(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    run::heap(tx, 24)?;
    let map = this_map(tx, this)?;
    let before = map.put(tx, argument(arguments, 0).clone(), argument(arguments, 1).clone())?;
    Ok(before.unwrap_or(Value::Null))
}

fn put_all(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let map = this_map(tx, this)?;
    let more = match argument(arguments, 0) {
        Value::Map(more) => more.pairs(),
        _ => return Err(super::super::arguments::null_argument(tx)),
    };
    for (key, value) in more {
        run::step(tx)?;
        map.put(tx, key, value)?;
    }
    Ok(Value::Null)
}

/// Records by their ids.
fn put_records(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let map = this_map(tx, this)?;
    for value in super::super::arguments::elements(tx, argument(arguments, 0))? {
        run::step(tx)?;
        let id = match &value {
            Value::Record(record) => record.state.borrow().fields.get("Id").cloned().unwrap_or(Value::Null),
            _ => Value::Null,
        };
        if id.is_null() {
            let message = "Row with null Id at index: 0";
            return Err(run::throw(tx, "System.ListException", message));
        }
        let key = run::convert(tx, id, &map.key.clone())?;
        map.put(tx, key, value)?;
    }
    Ok(Value::Null)
}

fn remove(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    Ok(this_map(tx, this)?.remove(tx, argument(arguments, 0))?.unwrap_or(Value::Null))
}

fn size(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(count(this_map(tx, this)?.len()))
}

fn values(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = this_map(tx, this)?;
    let values = map.entries.borrow().values().cloned().collect();
    Ok(Value::list(map.value.clone(), values))
}
