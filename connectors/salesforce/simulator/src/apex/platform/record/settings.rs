//! Custom settings and custom metadata, read without a query; rights that are asked for by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::arguments::{argument, null_argument, text};
use super::super::define::Definition;
use crate::apex::run::{self, Found, Limit, Thrown};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, RecordState, RecordValue, Value, store};
use crate::org::{FieldType, Id, ObjectType, Record};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        // Static methods of the object that is given as the receiver.
        Definition::class("CustomSetting")
            .method("SObject getInstance()", instance)
            .method("SObject getInstance(Id)", instance)
            .method("SObject getInstance(String)", by_name)
            .method("SObject getOrgDefaults()", defaults)
            .method("SObject getValues(Id)", values_of)
            .method("SObject getValues(String)", by_name)
            .method("Map<String, SObject> getAll()", all),
        Definition::class("System.FeatureManagement")
            .method("static Boolean checkPermission(String)", check_permission),
    ]
}

/// The records of a custom metadata type. Reading them counts no limit.
fn kept(tx: &mut Transaction, object: &Arc<ObjectType>) -> Result<Vec<Value>, Thrown> {
    let before = tx.machine.limits.clone();
    let fields = object.fields.iter().map(|field| field.name.as_str());
    let fields: Vec<&str> = fields.filter(|name| *name != "IsDeleted").collect();
    let text = format!("SELECT {} FROM {}", fields.join(", "), object.name);
    let found = run::query(tx, &text, &run::Binds::new(), false);
    tx.machine.limits.keep(&before, &[Limit::Queries, Limit::QueryRows]);
    match found? {
        Found::Records(records) => Ok(records),
        Found::Count(_) => Ok(Vec::new()),
    }
}

/// Whether a field of a record holds this text.
fn says(record: &Value, field: &str, wanted: &str) -> bool {
    let Value::Record(record) = record else { return false };
    let state = record.state.borrow();
    state.fields.get(field).and_then(Value::as_text).is_some_and(|own| own.eq_ignore_ascii_case(wanted))
}

/// A record of a custom metadata type by its name or id.
fn kept_named(tx: &mut Transaction, object: &Arc<ObjectType>, name: &str) -> Answer {
    let records = kept(tx, object)?;
    let id = Id::parse(name);
    let found = records.into_iter().find(|record| {
        says(record, "DeveloperName", name)
            || says(record, "QualifiedApiName", name)
            || id.is_some_and(|id| says(record, "Id", id.as_str()))
    });
    Ok(found.unwrap_or(Value::Null))
}

fn object(tx: &mut Transaction, this: &Value) -> Result<Arc<ObjectType>, Thrown> {
    match this {
        Value::RecordType(object) => Ok(object.clone()),
        _ => Err(null_argument(tx)),
    }
}

/// The row that belongs to an owner: a user, a profile or the organisation.
fn owned(tx: &Transaction, object: &ObjectType, owner: Id) -> Option<Arc<Record>> {
    let mut rows = tx.state.records.table(&object.name);
    rows.find(|row| !row.deleted && row.reference("SetupOwnerId") == Some(owner)).cloned()
}

/// A record that nobody has stored: settings are never null.
fn blank(object: &Arc<ObjectType>) -> Value {
    let fields = object.fields.iter().filter(|field| field.custom);
    let values = fields.map(|field| {
        let initial = match (&field.default, field.kind) {
            (Some(value), _) => value.clone(),
            (None, FieldType::Boolean) => serde_json::Value::Bool(false),
            (None, _) => serde_json::Value::Null,
        };
        (Arc::from(field.name.as_str()), store::from_json(field, &initial))
    });
    let state = RecordState { fields: values.collect(), ..RecordState::default() };
    Value::Record(RecordValue::of(object.clone(), state))
}

fn record(object: &Arc<ObjectType>, row: &Record) -> Value {
    let made = store::from_record(object, row);
    for field in object.fields.iter().filter(|field| field.custom) {
        let name: Arc<str> = Arc::from(field.name.as_str());
        made.state.borrow_mut().fields.entry(name).or_insert(Value::Null);
    }
    Value::Record(made)
}

/// The most particular row wins field by field: the user's, the profile's, the organisation's.
fn instance(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let object = object(tx, this)?;
    if object.name.ends_with("__mdt") {
        let name = text(tx, argument(arguments, 0))?;
        return kept_named(tx, &object, &name);
    }
    let asked = match argument(arguments, 0) {
        Value::Id(id) => Some(*id),
        Value::String(text) => Id::parse(text),
        _ => None,
    };
    let user = asked.unwrap_or(tx.rights.user);
    let profile = tx.state.users.get(&user).map(|user| user.profile);
    let owners = [Some(tx.org.id), profile, Some(user)];
    let rows: Vec<Arc<Record>> =
        owners.into_iter().flatten().filter_map(|owner| owned(tx, &object, owner)).collect();
    let Some(nearest) = rows.last() else { return Ok(blank(&object)) };
    let mut merged: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    for row in &rows {
        for (name, value) in &row.values {
            if !value.is_null() {
                merged.insert(name.clone(), value.clone());
            }
        }
    }
    let merged = Record { id: nearest.id, values: merged, deleted: false };
    Ok(record(&object, &merged))
}

fn defaults(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let object = object(tx, this)?;
    let owner = tx.org.id;
    Ok(owned(tx, &object, owner).map_or_else(|| blank(&object), |row| record(&object, &row)))
}

fn values_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let object = object(tx, this)?;
    let owner = match argument(arguments, 0) {
        Value::Id(id) => Some(*id),
        Value::String(text) => Id::parse(text),
        _ => None,
    };
    let found = owner.and_then(|owner| owned(tx, &object, owner));
    Ok(found.map_or(Value::Null, |row| record(&object, &row)))
}

/// A row of a list by its name, or of custom metadata by its developer name. An id as text is an owner.
fn by_name(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let name = text(tx, argument(arguments, 0))?;
    if Id::parse(&name).is_some_and(|id| ["005", "00e", "00D"].contains(&id.prefix())) {
        return values_of(tx, this, arguments);
    }
    let object = object(tx, this)?;
    if object.name.ends_with("__mdt") {
        return kept_named(tx, &object, &name);
    }
    let mut rows = tx.state.records.table(&object.name);
    let found = rows.find(|row| {
        let named = |field: &str| row.get(field).as_str().is_some_and(|own| own.eq_ignore_ascii_case(&name));
        !row.deleted && (named("Name") || named("DeveloperName") || named("QualifiedApiName"))
    });
    Ok(found.map_or(Value::Null, |row| record(&object, row)))
}

fn all(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let object = object(tx, this)?;
    let map = MapValue::new(Type::String, Type::Record(object.name.as_str().into()));
    if object.name.ends_with("__mdt") {
        for found in kept(tx, &object)? {
            let name = match &found {
                Value::Record(record) => record.state.borrow().fields.get("DeveloperName").cloned(),
                _ => None,
            };
            map.put(tx, name.unwrap_or(Value::Null), found)?;
        }
        return Ok(Value::Map(map));
    }
    let rows: Vec<Arc<Record>> =
        tx.state.records.table(&object.name).filter(|row| !row.deleted).cloned().collect();
    for row in rows {
        let name =
            row.get("DeveloperName").as_str().or(row.get("Name").as_str()).unwrap_or_default().to_owned();
        map.put(tx, Value::string(&name), record(&object, &row))?;
    }
    Ok(Value::Map(map))
}

/// Custom permissions of the running user.
fn check_permission(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let name = text(tx, argument(arguments, 0))?;
    let metadata = &tx.state.metadata;
    let permission = metadata.custom_permissions.values().find(|one| {
        let plain = one.namespace.as_deref().and_then(|own| one.name.strip_prefix(own)?.strip_prefix("__"));
        one.name.eq_ignore_ascii_case(&name) || plain.is_some_and(|plain| plain.eq_ignore_ascii_case(&name))
    });
    let held = permission.is_some_and(|permission| {
        tx.rights.sets.iter().any(|set| set.custom_permissions.contains(&permission.name))
    });
    Ok(Value::Boolean(held))
}
