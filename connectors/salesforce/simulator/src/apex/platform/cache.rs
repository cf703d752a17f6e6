//! Platform Cache. What is put lives as long as the transaction: a cache may lose everything at any time.

use std::rc::Rc;

use super::arguments::{argument, elements, null_argument, text};
use super::database::kept;
use super::define::Definition;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, SetValue, Value};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// Under which name a transaction keeps the cache: from `org local.default key` to the value.
const KEPT: &str = "Cache";
/// The partition of calls that name none.
const DEFAULT: &str = "local.default";
/// Characters of a key.
const KEY_MAX: usize = 50;
/// Entries that a transaction keeps; what is put beyond them is lost.
const ENTRIES_MAX: usize = 10_000;

pub(super) fn types() -> Vec<Definition> {
    vec![
        whole(Definition::class("Cache.Org"), ORG)
            .method("static Cache.OrgPartition getPartition(String)", |tx, _, given| {
                partition(tx, "Cache.OrgPartition", given)
            }),
        whole(Definition::class("Cache.Session"), SESSION)
            .method("static Boolean isAvailable()", |_, _, _| Ok(Value::Boolean(true)))
            .method("static Cache.SessionPartition getPartition(String)", |tx, _, given| {
                partition(tx, "Cache.SessionPartition", given)
            }),
        Definition::class("Cache.OrgPartition").below("Cache.Partition"),
        Definition::class("Cache.SessionPartition").below("Cache.Partition"),
        Definition::class("Cache.Partition")
            .method("Boolean isAvailable()", |_, _, _| Ok(Value::Boolean(true)))
            .method("String getName()", |_, this, _| Ok(kept(this, "name")))
            .method("Boolean contains(String)", contains)
            .method("Map<String, Boolean> contains(Set<String>)", contains_all)
            .method("Object get(String)", get)
            .method("Object get(System.Type, String)", build)
            .method("Map<String, Object> get(Set<String>)", get_all)
            .method("Set<String> getKeys()", keys)
            .method("Long getNumKeys()", size)
            .method("Boolean remove(String)", remove)
            .method("Boolean remove(System.Type, String)", remove_built)
            .method("void put(String, Object)", put)
            .method("void put(String, Object, Cache.Visibility)", put)
            .method("void put(String, Object, Integer)", put)
            .method("void put(String, Object, Integer, Cache.Visibility, Boolean)", put),
        Definition::class("Cache.CacheBuilder")
            .interface()
            .method("Object doLoad(String)", |tx, _, _| Err(null_argument(tx))),
    ]
}

/// The functions of the static methods of `Cache.Org` or `Cache.Session`, which stand for the default partition.
type Whole = [super::NativeFn; 10];

const ORG: Whole = statics::<false>();
const SESSION: Whole = statics::<true>();

const fn statics<const SESSION: bool>() -> Whole {
    [
        |tx, _, given| contains(tx, &default::<SESSION>(), given),
        |tx, _, given| contains_all(tx, &default::<SESSION>(), given),
        |tx, _, given| get(tx, &default::<SESSION>(), given),
        |tx, _, given| build(tx, &default::<SESSION>(), given),
        |tx, _, given| get_all(tx, &default::<SESSION>(), given),
        |tx, _, given| keys(tx, &default::<SESSION>(), given),
        |tx, _, given| size(tx, &default::<SESSION>(), given),
        |tx, _, given| remove(tx, &default::<SESSION>(), given),
        |tx, _, given| remove_built(tx, &default::<SESSION>(), given),
        |tx, _, given| put(tx, &default::<SESSION>(), given),
    ]
}

fn default<const SESSION: bool>() -> Value {
    made(if SESSION { "Cache.SessionPartition" } else { "Cache.OrgPartition" }, DEFAULT)
}

fn whole(definition: Definition, run: Whole) -> Definition {
    let [contains, contains_all, get, build, get_all, keys, size, remove, remove_built, put] = run;
    definition
        .method("static Boolean contains(String)", contains)
        .method("static Map<String, Boolean> contains(Set<String>)", contains_all)
        .method("static Object get(String)", get)
        .method("static Object get(System.Type, String)", build)
        .method("static Map<String, Object> get(Set<String>)", get_all)
        .method("static Set<String> getKeys()", keys)
        .method("static Long getNumKeys()", size)
        .method("static Boolean remove(String)", remove)
        .method("static Boolean remove(System.Type, String)", remove_built)
        .method("static void put(String, Object)", put)
        .method("static void put(String, Object, Cache.Visibility)", put)
        .method("static void put(String, Object, Integer)", put)
        .method("static void put(String, Object, Integer, Cache.Visibility, Boolean)", put)
}

fn made(owner: &'static str, name: &str) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("name", Value::string(name));
    Value::Platform(PlatformValue::new(owner, state))
}

/// A partition by its name, with or without its namespace.
fn partition(tx: &mut Transaction, owner: &'static str, given: &[Value]) -> Answer {
    let name = text(tx, argument(given, 0))?;
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    let good = name.split('.').count() <= 2 && name.split('.').all(word);
    if !good {
        return Err(throw(tx, "Cache.InvalidParamException", format!("Invalid partition name: {name}")));
    }
    let full = if name.contains('.') { name.to_string() } else { format!("local.{name}") };
    Ok(made(owner, &full))
}

/// What the keys of a partition begin with.
fn beginning(this: &Value) -> String {
    let kind = match this {
        Value::Platform(partition) if partition.name == "Cache.SessionPartition" => "session",
        _ => "org",
    };
    format!("{kind} {} ", kept(this, "name").as_text().unwrap_or(DEFAULT))
}

fn store(tx: &mut Transaction) -> Rc<MapValue> {
    let made = || Value::Map(MapValue::new(Type::String, Type::Object));
    match tx.machine.kept.entry(KEPT).or_insert_with(made) {
        Value::Map(map) => map.clone(),
        _ => MapValue::new(Type::String, Type::Object),
    }
}

/// The key as the store has it; it may name its partition itself: `local.default.key`.
fn key(tx: &mut Transaction, this: &Value, value: &Value) -> Answer {
    let given = text(tx, value)?;
    let parts: Vec<&str> = given.split('.').collect();
    let (beginning, own) = match parts.as_slice() {
        [namespace, partition, own] => {
            let kind = beginning(this);
            let kind = kind.split(' ').next().unwrap_or("org");
            (format!("{kind} {namespace}.{partition} "), *own)
        }
        _ => (beginning(this), &*given),
    };
    let good =
        !own.is_empty() && own.len() <= KEY_MAX && own.chars().all(|sign| sign.is_ascii_alphanumeric());
    if !good {
        let message = format!("Invalid key: {own}. A key has up to {KEY_MAX} alphanumeric characters");
        return Err(throw(tx, "Cache.InvalidParamException", message));
    }
    Ok(Value::string(&format!("{beginning}{own}")))
}

fn contains(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let key = key(tx, this, argument(given, 0))?;
    Ok(Value::Boolean(store(tx).get(tx, &key)?.is_some()))
}

fn contains_all(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let answer = MapValue::new(Type::String, Type::Boolean);
    for one in elements(tx, argument(given, 0))? {
        let there = contains(tx, this, std::slice::from_ref(&one))?;
        answer.put(tx, one, there)?;
    }
    Ok(Value::Map(answer))
}

fn get(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let key = key(tx, this, argument(given, 0))?;
    Ok(store(tx).get(tx, &key)?.unwrap_or(Value::Null))
}

fn get_all(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let answer = MapValue::new(Type::String, Type::Object);
    for one in elements(tx, argument(given, 0))? {
        let value = get(tx, this, std::slice::from_ref(&one))?;
        if !value.is_null() {
            answer.put(tx, one, value)?;
        }
    }
    Ok(Value::Map(answer))
}

/// What a builder has loaded is kept under its class and the key.
fn built(tx: &mut Transaction, this: &Value, ty: &Type, own: &str) -> Value {
    let name = run::type_name(&tx.program.clone(), ty);
    Value::string(&format!("{}{name} {own}", beginning(this)))
}

fn build(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let own = text(tx, argument(given, 1))?;
    let Value::Type(ty @ Type::Class(class)) = argument(given, 0) else { return Err(null_argument(tx)) };
    let place = built(tx, this, ty, &own);
    if let Some(found) = store(tx).get(tx, &place)? {
        return Ok(found);
    }
    let Some(builder) = run::new_instance(tx, *class)? else {
        let name = run::type_name(&tx.program.clone(), ty);
        let message = format!("{name} has no public constructor without arguments");
        return Err(throw(tx, "Cache.InvalidCacheBuilderException", message));
    };
    let Some(value) = run::invoke(tx, &builder, "doLoad", &[Value::String(own)])? else {
        let name = run::type_name(&tx.program.clone(), ty);
        let message = format!("{name} does not implement Cache.CacheBuilder");
        return Err(throw(tx, "Cache.InvalidCacheBuilderException", message));
    };
    keep(tx, place, value.clone())?;
    Ok(value)
}

fn keys(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let beginning = beginning(this);
    let answer = SetValue::new(Type::String);
    for (key, _) in store(tx).pairs() {
        let own = key.as_text().and_then(|key| key.strip_prefix(&beginning));
        if let Some(own) = own {
            answer.add(tx, Value::string(own))?;
        }
    }
    Ok(Value::Set(answer))
}

fn size(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    match keys(tx, this, given)? {
        Value::Set(keys) => Ok(Value::Long(i64::try_from(keys.len()).unwrap_or(i64::MAX))),
        _ => Ok(Value::Long(0)),
    }
}

fn remove(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let key = key(tx, this, argument(given, 0))?;
    Ok(Value::Boolean(store(tx).remove(tx, &key)?.is_some()))
}

fn remove_built(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let own = text(tx, argument(given, 1))?;
    let Value::Type(ty) = argument(given, 0) else { return Err(null_argument(tx)) };
    let place = built(tx, this, ty, &own);
    Ok(Value::Boolean(store(tx).remove(tx, &place)?.is_some()))
}

fn put(tx: &mut Transaction, this: &Value, given: &[Value]) -> Answer {
    let key = key(tx, this, argument(given, 0))?;
    keep(tx, key, argument(given, 1).clone())?;
    Ok(Value::Null)
}

fn keep(tx: &mut Transaction, key: Value, value: Value) -> Result<(), Thrown> {
    let store = store(tx);
    if store.len() < ENTRIES_MAX {
        run::heap(tx, 16)?;
        store.put(tx, key, value)?;
    }
    Ok(())
}
