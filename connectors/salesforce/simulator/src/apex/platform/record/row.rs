//! Methods of every record.

use std::rc::Rc;
use std::sync::Arc;

use super::super::arguments::{argument, null_argument, text, this_record};
use super::super::define::Definition;
use crate::apex::program::RecordFieldKind;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, RecordState, RecordValue, Value, equal, hash};
use crate::dml::RowError;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definition() -> Definition {
    Definition::class("SObject")
        .method("void addError(String)", add_error)
        .method("void addError(String, Boolean)", add_error)
        .method("void addError(System.Exception)", add_error)
        .method("void addError(System.Exception, Boolean)", add_error)
        .method("void addError(Schema.SObjectField, String)", add_field_error)
        .method("void addError(Schema.SObjectField, String, Boolean)", add_field_error)
        .method("void addError(String, String)", add_field_error)
        .method("void addError(String, String, Boolean)", add_field_error)
        .method("void clear()", clear)
        .method("SObject clone()", clone)
        .method("SObject clone(Boolean)", clone)
        .method("SObject clone(Boolean, Boolean)", clone)
        .method("SObject clone(Boolean, Boolean, Boolean)", clone)
        .method("SObject clone(Boolean, Boolean, Boolean, Boolean)", clone)
        .method("Boolean equals(Object)", equals)
        .method("Object get(String)", get)
        .method("Object get(Schema.SObjectField)", get)
        .method("Id getCloneSourceId()", nothing)
        .method("List<Database.Error> getErrors()", errors)
        .method("Map<String, Object> getPopulatedFieldsAsMap()", populated)
        .method("SObject getSObject(String)", parent)
        .method("SObject getSObject(Schema.SObjectField)", parent)
        .method("List<SObject> getSObjects(String)", children)
        .method("Schema.SObjectType getSObjectType()", record_type)
        .method("Boolean hasErrors()", has_errors)
        .method("Integer hashCode()", hash_code)
        .method("Boolean isClone()", is_clone)
        // Rules for assignment and duplicates, which no org here has.
        .method("void setOptions(Database.DMLOptions)", |_, _, _| Ok(Value::Null))
        .method("Boolean isSet(String)", is_set)
        .method("Boolean isSet(Schema.SObjectField)", is_set)
        .method("Object put(String, Object)", put)
        .method("Object put(Schema.SObjectField, Object)", put)
        .method("SObject putSObject(String, SObject)", put_parent)
        .method("SObject putSObject(Schema.SObjectField, SObject)", put_parent)
        .method("String toString()", super::super::system::object_text)
}

fn nothing(_: &mut Transaction, _: &Value, _: &[Value]) -> Answer {
    Ok(Value::Null)
}

fn is_clone(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(this_record(tx, this)?.state.borrow().cloned))
}

fn add_error(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let message = match argument(arguments, 0) {
        exception @ Value::Object(_) => run::message_of(exception),
        other => text(tx, other)?.to_string(),
    };
    record.state.borrow_mut().errors.push((Arc::from(""), message));
    Ok(Value::Null)
}

fn add_field_error(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let field = field_name(tx, record, argument(arguments, 0))?;
    let message = text(tx, argument(arguments, 1))?.to_string();
    record.state.borrow_mut().errors.push((field, message));
    Ok(Value::Null)
}

/// The name of a field as the schema spells it.
fn field_name(tx: &mut Transaction, record: &RecordValue, value: &Value) -> Result<Arc<str>, Thrown> {
    let name: Rc<str> = match value {
        Value::RecordField(_, name) => Rc::from(&**name),
        other => text(tx, other)?,
    };
    match record.object.field(&name) {
        Some(field) => Ok(Arc::from(field.name.as_str())),
        None if record.state.borrow().extra.keys().any(|own| own.eq_ignore_ascii_case(&name)) => {
            Ok(Arc::from(&*name))
        }
        None => {
            let message = format!("Invalid field {name} for {}", record.object.name);
            Err(throw(tx, "System.SObjectException", message))
        }
    }
}

/// The name of a relationship, from its own or from that of its field.
fn relationship(tx: &mut Transaction, record: &RecordValue, value: &Value) -> Result<Arc<str>, Thrown> {
    let name: Rc<str> = match value {
        Value::RecordField(_, name) => Rc::from(&**name),
        other => text(tx, other)?,
    };
    let fields = record.object.fields.iter();
    let found = fields.filter_map(|field| field.relationship.as_deref().map(|own| (field, own)));
    let mut named = found
        .filter(|(field, own)| own.eq_ignore_ascii_case(&name) || field.name.eq_ignore_ascii_case(&name));
    match named.next() {
        Some((_, own)) => Ok(Arc::from(own)),
        None => {
            let message = format!("Invalid relationship {name} for {}", record.object.name);
            Err(throw(tx, "System.SObjectException", message))
        }
    }
}

fn clear(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let gone = std::mem::take(&mut record.state.borrow_mut().fields);
    drop(gone);
    Ok(Value::Null)
}

/// `clone(preserveId, isDeepClone, preserveReadonlyTimestamps, preserveAutonumber)`
pub(in crate::apex::platform) fn clone(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let keeps = |at: usize| argument(arguments, at).is_true();
    let (id, times, numbers) = (keeps(0), keeps(2), keeps(3));
    let state = record.state.borrow();
    let stamped = ["CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"];
    let kept = state.fields.iter().filter(|(name, _)| {
        let numbered = record.object.field(name).is_some_and(|field| field.auto_number);
        (id || **name != Arc::from("Id")) && (times || !stamped.contains(&&***name)) && (numbers || !numbered)
    });
    let copy = RecordState {
        fields: kept.map(|(name, value)| (name.clone(), value.clone())).collect(),
        parents: state.parents.clone(),
        children: state.children.clone(),
        extra: state.extra.clone(),
        queried: state.queried,
        cloned: true,
        ..RecordState::default()
    };
    Ok(Value::Record(RecordValue::of(record.object.clone(), copy)))
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    equal(tx, this, argument(arguments, 0)).map(Value::Boolean)
}

fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    hash(tx, this).map(|hash| Value::Integer(hash as i32))
}

pub(in crate::apex::platform) fn get(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let name = field_name(tx, record, argument(arguments, 0))?;
    let extra = {
        let state = record.state.borrow();
        state.extra.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name)).map(|(_, value)| value.clone())
    };
    match extra {
        Some(value) => Ok(value),
        None => run::field(tx, record, &name, RecordFieldKind::Value),
    }
}

fn put(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let name = field_name(tx, record, argument(arguments, 0))?;
    let before = record.state.borrow().fields.get(&name).cloned().unwrap_or(Value::Null);
    run::put_field(tx, record, &name, argument(arguments, 1).clone())?;
    Ok(before)
}

fn parent(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let name = relationship(tx, record, argument(arguments, 0))?;
    run::field(tx, record, &name, RecordFieldKind::Parent)
}

fn put_parent(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let name = relationship(tx, record, argument(arguments, 0))?;
    let before = record.state.borrow().parents.get(&name).cloned().unwrap_or(Value::Null);
    run::set_field(tx, record, &name, RecordFieldKind::Parent, argument(arguments, 1).clone())?;
    Ok(before)
}

fn children(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let name = text(tx, argument(arguments, 0))?;
    let state = record.state.borrow();
    let found = state.children.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name));
    Ok(found.map_or(Value::Null, |(_, rows)| match rows {
        Value::List(list) if list.is_empty() => Value::Null,
        rows => rows.clone(),
    }))
}

fn record_type(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::RecordType(this_record(tx, this)?.object.clone()))
}

fn errors(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let state = record.state.borrow();
    let all = state.errors.iter().map(|(field, message)| {
        let fields: Vec<&str> = if field.is_empty() { Vec::new() } else { vec![field] };
        super::super::database::error(
            RowError::new("FIELD_CUSTOM_VALIDATION_EXCEPTION", message.clone()).on(&fields),
        )
    });
    Ok(Value::list(Type::platform("Database.Error"), all.collect()))
}

fn has_errors(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(Value::Boolean(!this_record(tx, this)?.state.borrow().errors.is_empty()))
}

fn populated(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let map = MapValue::new(Type::String, Type::Object);
    let state = record.state.borrow().clone();
    for (name, value) in
        state.fields.into_iter().chain(state.parents).chain(state.children).chain(state.extra)
    {
        map.put(tx, Value::string(&name), value)?;
    }
    Ok(Value::Map(map))
}

fn is_set(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let record = this_record(tx, this)?;
    let name = match argument(arguments, 0) {
        Value::Null => return Err(null_argument(tx)),
        other => field_name(tx, record, other)?,
    };
    Ok(Value::Boolean(record.state.borrow().fields.contains_key(&name)))
}
