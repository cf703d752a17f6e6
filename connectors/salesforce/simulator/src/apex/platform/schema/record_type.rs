//! Describes of record types: those of an object and the master, as the running user has them.

use super::super::database::kept;
use super::super::define::Definition;
use super::object::object;
use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, Value};
use crate::describe::record_types;
use crate::org::{Id, Reach};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const INFO: &str = "Schema.RecordTypeInfo";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(INFO)
            .method("String getDeveloperName()", developer_name)
            .method("String getName()", name)
            .method("Id getRecordTypeId()", id)
            .method("Boolean isActive()", active)
            .method("Boolean isAvailable()", available)
            .method("Boolean isDefaultRecordTypeMapping()", default)
            .method("Boolean isMaster()", master),
    ]
}

/// `(developer name, label, id, what code is given)`
fn infos(tx: &mut Transaction, this: &Value) -> Result<Vec<(String, String, Id, Value)>, Thrown> {
    let object = object(tx, this)?;
    let rights = tx.rights.reaching(Reach::User);
    let all = record_types(&rights, &object, None).into_iter().filter_map(|one| {
        let id = Id::parse(one.record_type_id)?;
        let mut state = PlatformState::default();
        let mut put = |name: &'static str, value: Value| state.values.insert(name, value);
        put("developerName", Value::string(one.developer_name));
        put("name", Value::string(one.name));
        put("id", Value::Id(id));
        put("active", Value::Boolean(one.active));
        put("available", Value::Boolean(one.available));
        put("default", Value::Boolean(one.default_record_type_mapping));
        put("master", Value::Boolean(one.master));
        let info = Value::Platform(PlatformValue::new(INFO, state));
        Some((one.developer_name.to_owned(), one.name.to_owned(), id, info))
    });
    Ok(all.collect())
}

pub(super) fn list(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let all = infos(tx, this)?.into_iter().map(|(.., info)| info).collect();
    Ok(Value::list(Type::platform(INFO), all))
}

pub(super) fn by_id(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = MapValue::new(Type::Id, Type::platform(INFO));
    for (_, _, id, info) in infos(tx, this)? {
        map.put(tx, Value::Id(id), info)?;
    }
    Ok(Value::Map(map))
}

pub(super) fn by_name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = MapValue::new(Type::String, Type::platform(INFO));
    for (_, name, _, info) in infos(tx, this)? {
        map.put(tx, Value::string(&name), info)?;
    }
    Ok(Value::Map(map))
}

pub(super) fn by_developer_name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let map = MapValue::new(Type::String, Type::platform(INFO));
    for (name, _, _, info) in infos(tx, this)? {
        map.put(tx, Value::string(&name), info)?;
    }
    Ok(Value::Map(map))
}

fn developer_name(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "developerName"))
}

fn name(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "name"))
}

fn id(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "id"))
}

fn active(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "active"))
}

fn available(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "available"))
}

fn default(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "default"))
}

fn master(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "master"))
}
