//! Describes of objects.

use std::sync::Arc;

use super::super::arguments::{argument, elements, null_argument, text};
use super::super::database::kept;
use super::super::define::Definition;
use super::record_type;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{
    ListValue, MapValue, PlatformState, PlatformValue, RecordState, RecordValue, Value,
};
use crate::org::{Id, ObjectAccess, ObjectKind, ObjectType};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(in crate::apex::platform) const DESCRIBE: &str = "Schema.DescribeSObjectResult";

/// Objects that one call of `describeSObjects` may name.
const DESCRIBES_MAX: usize = 100;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Schema.Schema")
            .method("static Map<String, Schema.SObjectType> getGlobalDescribe()", global)
            .method("static List<Schema.DescribeSObjectResult> describeSObjects(List<String>)", described)
            .method(
                "static List<Schema.DescribeSObjectResult> describeSObjects(List<String>, Schema.SObjectDescribeOptions)",
                described,
            ),
        Definition::enumeration("Schema.SObjectDescribeOptions", &["DEFAULT", "DEFERRED", "FULL"]),
        Definition::class("Schema.SObjectType")
            .method("Schema.DescribeSObjectResult getDescribe()", describe)
            .method("Schema.DescribeSObjectResult getDescribe(Schema.SObjectDescribeOptions)", describe)
            .method("SObject newSObject()", new_record)
            .method("SObject newSObject(Id)", new_record)
            .method("SObject newSObject(Id, Boolean)", new_record)
            .method("Boolean equals(Object)", super::equals)
            .method("Integer hashCode()", super::hash_code)
            .method("String toString()", super::super::system::object_text),
        Definition::class(DESCRIBE)
            .property("Schema.SObjectTypeFields fields", fields)
            .property("Schema.SObjectTypeFieldSets fieldSets", super::field_set::sets)
            .method("List<Schema.ChildRelationship> getChildRelationships()", children)
            .method("String getKeyPrefix()", key_prefix)
            .method("String getLabel()", label)
            .method("String getLabelPlural()", label_plural)
            .method("String getLocalName()", name)
            .method("String getName()", name)
            .method("List<Schema.RecordTypeInfo> getRecordTypeInfos()", record_type::list)
            .method("Map<Id, Schema.RecordTypeInfo> getRecordTypeInfosById()", record_type::by_id)
            .method("Map<String, Schema.RecordTypeInfo> getRecordTypeInfosByDeveloperName()", record_type::by_developer_name)
            .method("Map<String, Schema.RecordTypeInfo> getRecordTypeInfosByName()", record_type::by_name)
            .method("Schema.SObjectType getSObjectType()", object_type)
            .method("Boolean isAccessible()", accessible)
            .method("Boolean isCreateable()", createable)
            .method("Boolean isCustom()", custom)
            .method("Boolean isCustomSetting()", custom_setting)
            .method("Boolean isDeletable()", deletable)
            .method("Boolean isDeprecatedAndHidden()", no)
            .method("Boolean isFeedEnabled()", feed)
            .method("Boolean isMergeable()", mergeable)
            .method("Boolean isQueryable()", queryable)
            .method("Boolean isSearchable()", searchable)
            .method("Boolean isUndeletable()", undeletable)
            .method("Boolean isUpdateable()", updateable),
        Definition::class("Schema.SObjectTypeFields")
            .method("Map<String, Schema.SObjectField> getMap()", field_map),
        Definition::class("Schema.ChildRelationship")
            .method("Schema.SObjectType getChildSObject()", child_object)
            .method("Schema.SObjectField getField()", child_field)
            .method("String getRelationshipName()", child_name)
            .method("Boolean isCascadeDelete()", child_cascades)
            .method("Boolean isDeprecatedAndHidden()", no)
            .method("Boolean isRestrictedDelete()", no),
    ]
}

fn no(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(false))
}

/// The object that a token or a describe is about.
pub(super) fn object(tx: &mut Transaction, this: &Value) -> Result<Arc<ObjectType>, Thrown> {
    match this {
        Value::RecordType(object) => Ok(object.clone()),
        Value::Platform(_) => match kept(this, "object") {
            Value::RecordType(object) => Ok(object),
            _ => Err(null_argument(tx)),
        },
        _ => Err(null_argument(tx)),
    }
}

pub(super) fn about(name: &'static str, object: Arc<ObjectType>) -> Value {
    let mut state = PlatformState::default();
    state.values.insert("object", Value::RecordType(object));
    Value::Platform(PlatformValue::new(name, state))
}

fn global(tx: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    const KEPT: &str = "Schema.getGlobalDescribe";
    if let Some(kept) = tx.machine.kept.get(KEPT) {
        return Ok(kept.clone());
    }
    let map = MapValue::new(Type::String, Type::platform("Schema.SObjectType"));
    let objects: Vec<Arc<ObjectType>> = tx.state.metadata.objects().cloned().collect();
    for object in objects {
        // The keys of this map are in lower case.
        let key = Value::string(&object.name.to_ascii_lowercase());
        map.put(tx, key, Value::RecordType(object))?;
    }
    map.read_only.set(true);
    map.ignores_case.set(true);
    let map = Value::Map(map);
    tx.machine.kept.insert(KEPT, map.clone());
    Ok(map)
}

fn described(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let names = elements(tx, argument(arguments, 0))?;
    if names.len() > DESCRIBES_MAX {
        let message = format!("Number of sObjects to describe exceeds the maximum of {DESCRIBES_MAX}");
        return Err(throw(tx, "System.InvalidParameterValueException", message));
    }
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let name = text(tx, &name)?;
        let Some(object) = tx.state.metadata.object(&name).cloned() else {
            let message = format!("sObject type '{name}' is not supported.");
            return Err(throw(tx, "System.InvalidParameterValueException", message));
        };
        all.push(about(DESCRIBE, object));
    }
    Ok(Value::List(ListValue::new(Type::platform(DESCRIBE), all)))
}

fn describe(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(about(DESCRIBE, object(tx, this)?))
}

/// `newSObject(id, loadDefaults)`
fn new_record(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let object = object(tx, this)?;
    let mut state = RecordState::default();
    match argument(arguments, 0) {
        Value::Id(id) => {
            state.fields.insert(Arc::from("Id"), Value::Id(*id));
        }
        Value::String(text) => {
            if let Some(id) = Id::parse(text) {
                state.fields.insert(Arc::from("Id"), Value::Id(id));
            }
        }
        _ => {}
    }
    if argument(arguments, 1).is_true() {
        for field in &object.fields {
            if let Some(value) = &field.default {
                let name: Arc<str> = Arc::from(field.name.as_str());
                state.fields.insert(name, crate::apex::value::store::from_json(field, value));
            }
        }
    }
    run::heap(tx, 32)?;
    Ok(Value::Record(RecordValue::of(object, state)))
}

fn fields(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(about("Schema.SObjectTypeFields", object(tx, this)?))
}

/// Keys are in lower case and compared without their case.
fn field_map(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let object = object(tx, this)?;
    let map = MapValue::new(Type::String, Type::platform("Schema.SObjectField"));
    for field in &object.fields {
        let token = Value::RecordField(object.clone(), Arc::from(field.name.as_str()));
        map.put(tx, Value::string(&field.name.to_ascii_lowercase()), token)?;
    }
    map.ignores_case.set(true);
    Ok(Value::Map(map))
}

fn children(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let object = object(tx, this)?;
    let known = tx.state.metadata.references_to(&object.name).to_vec();
    let all = known.into_iter().map(|(child, field)| {
        let mut state = PlatformState::default();
        let name = crate::soql::child_relationship(&child, &field);
        state.values.insert("name", name.map_or(Value::Null, |name| Value::string(&name)));
        state.values.insert("cascades", Value::Boolean(field.master_detail));
        let token = Value::RecordField(child.clone(), Arc::from(field.name.as_str()));
        state.values.insert("field", token);
        state.values.insert("object", Value::RecordType(child));
        Value::Platform(PlatformValue::new("Schema.ChildRelationship", state))
    });
    Ok(Value::list(Type::platform("Schema.ChildRelationship"), all.collect()))
}

fn child_object(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "object"))
}

fn child_field(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "field"))
}

fn child_name(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "name"))
}

fn child_cascades(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "cascades"))
}

fn key_prefix(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let object = object(tx, this)?;
    Ok(object.key_prefix.as_deref().map_or(Value::Null, Value::string))
}

fn label(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&object(tx, this)?.label))
}

fn label_plural(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&object(tx, this)?.label_plural))
}

fn name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::string(&object(tx, this)?.name))
}

fn object_type(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::RecordType(object(tx, this)?))
}

/// What the running user may do: describes tell that whatever mode the code runs in.
fn rights(tx: &mut Transaction, this: &Value) -> Result<(Arc<ObjectType>, ObjectAccess), Thrown> {
    let object = object(tx, this)?;
    let access = tx.rights.reaching(crate::org::Reach::User).object(&object);
    Ok((object, access))
}

fn accessible(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(rights(tx, this)?.1.read))
}

fn createable(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let (object, access) = rights(tx, this)?;
    Ok(Value::Boolean(object.createable && access.create))
}

fn updateable(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let (object, access) = rights(tx, this)?;
    Ok(Value::Boolean(object.updateable && access.edit))
}

fn deletable(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let (object, access) = rights(tx, this)?;
    Ok(Value::Boolean(object.deletable && access.delete))
}

fn undeletable(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let (object, access) = rights(tx, this)?;
    Ok(Value::Boolean(object.undeletable && access.delete))
}

fn custom(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(object(tx, this)?.is_custom()))
}

fn custom_setting(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let object = object(tx, this)?;
    Ok(Value::Boolean(object.kind == ObjectKind::Custom && object.field("SetupOwnerId").is_some()))
}

fn feed(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(object(tx, this)?.feed_enabled))
}

fn mergeable(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let name = object(tx, this)?.name.clone();
    Ok(Value::Boolean(["Account", "Contact", "Lead", "Case"].contains(&name.as_str())))
}

fn queryable(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(object(tx, this)?.queryable))
}

fn searchable(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(object(tx, this)?.searchable))
}
