//! `Security.stripInaccessible`: records without what the running user has no right to.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::super::arguments::{argument, count, list};
use super::super::database::kept;
use super::super::define::Definition;
use crate::apex::run::{self, Thrown, null_reference, throw};
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, RecordState, RecordValue, SetValue, Value};
use crate::org::{Field, ObjectType, Reach, Rights};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const DECISION: &str = "System.SObjectAccessDecision";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Security")
            .method(
                "static System.SObjectAccessDecision stripInaccessible(System.AccessType, List<SObject>)",
                strip,
            )
            .method(
                "static System.SObjectAccessDecision stripInaccessible(System.AccessType, List<SObject>, Boolean)",
                strip,
            ),
        Definition::enumeration("System.AccessType", &["CREATABLE", "READABLE", "UPDATABLE", "UPSERTABLE"]),
        Definition::class(DECISION)
            .method("Set<Integer> getModifiedIndexes()", modified)
            .method("List<SObject> getRecords()", records)
            .method("Map<String, Set<String>> getRemovedFields()", removed),
    ]
}

/// What the records are wanted for.
#[derive(Debug, Clone, Copy)]
enum Use {
    Create,
    Read,
    Update,
    Upsert,
}

impl Use {
    fn object(self, rights: &Rights, object: &ObjectType) -> bool {
        let access = rights.object(object);
        match self {
            Use::Create => access.create,
            Use::Read => access.read,
            Use::Update => access.edit,
            Use::Upsert => access.create && access.edit,
        }
    }

    fn field(self, rights: &Rights, object: &ObjectType, field: &Field) -> bool {
        let access = rights.field(object, field);
        match self {
            // The id is needed to say which record is meant.
            _ if field.name == "Id" => true,
            Use::Read => access.read,
            Use::Create => access.edit && field.createable,
            Use::Update => access.edit && field.updateable,
            Use::Upsert => access.edit && field.createable && field.updateable,
        }
    }
}

struct Strip<'a> {
    rights: &'a Rights,
    wanted: Use,
    /// By object.
    removed: BTreeMap<String, BTreeSet<String>>,
}

impl Strip<'_> {
    /// A copy of a record with the fields that may stay, and whether any went.
    fn record(&mut self, tx: &mut Transaction, record: &RecordValue) -> Result<(Value, bool), Thrown> {
        run::step(tx)?;
        let state = record.state.borrow().clone();
        run::heap(tx, 16 + state.fields.len() * 16)?;
        let object = &record.object;
        let mut copy = RecordState { extra: state.extra, queried: state.queried, ..RecordState::default() };
        let all = state.fields.len();
        for (name, value) in state.fields {
            let open = object.field(&name).is_none_or(|field| self.wanted.field(self.rights, object, field));
            if open {
                copy.fields.insert(name, value);
            } else {
                self.remove(object, &name);
            }
        }
        let mut changed = copy.fields.len() < all;
        for (name, value) in state.parents {
            let field = object.fields.iter().find(|field| field.relationship.as_deref() == Some(&*name));
            let open = field.is_none_or(|field| self.wanted.field(self.rights, object, field));
            match value {
                Value::Record(parent) if open && self.wanted.object(self.rights, &parent.object) => {
                    let (value, less) = self.record(tx, &parent)?;
                    changed |= less;
                    copy.parents.insert(name, value);
                }
                Value::Record(_) => {
                    changed = true;
                    self.remove(object, &name);
                }
                other => {
                    copy.parents.insert(name, other);
                }
            }
        }
        for (name, value) in state.children {
            let Value::List(rows) = &value else { continue };
            let items = rows.items.borrow().clone();
            let mut kept = Vec::with_capacity(items.len());
            let mut hidden = false;
            for item in items {
                match item {
                    Value::Record(child) if self.wanted.object(self.rights, &child.object) => {
                        let (value, less) = self.record(tx, &child)?;
                        changed |= less;
                        kept.push(value);
                    }
                    _ => hidden = true,
                }
            }
            if hidden {
                changed = true;
                self.remove(object, &name);
            } else {
                copy.children.insert(name, Value::list(rows.ty.clone(), kept));
            }
        }
        Ok((Value::Record(RecordValue::of(object.clone(), copy)), changed))
    }

    fn remove(&mut self, object: &Arc<ObjectType>, name: &str) {
        self.removed.entry(object.name.clone()).or_default().insert(name.to_owned());
    }
}

/// `stripInaccessible(accessCheckType, sourceRecords, enforceRootObjectCRUD)`: the last is true where it is left out.
fn strip(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let wanted = match argument(arguments, 0) {
        Value::PlatformEnum(_, "CREATABLE") => Use::Create,
        Value::PlatformEnum(_, "UPDATABLE") => Use::Update,
        Value::PlatformEnum(_, "UPSERTABLE") => Use::Upsert,
        Value::PlatformEnum(..) => Use::Read,
        _ => return Err(null_reference(tx)),
    };
    let source = list(tx, argument(arguments, 1))?;
    let enforced = arguments.len() < 3 || argument(arguments, 2).is_true();
    let rights = tx.rights.reaching(Reach::User);
    let mut strip = Strip { rights: &rights, wanted, removed: BTreeMap::new() };
    let items = source.items.borrow().clone();
    let mut kept = Vec::with_capacity(items.len());
    let indexes = SetValue::new(Type::Integer);
    for (at, item) in items.iter().enumerate() {
        let Value::Record(record) = item else { return Err(null_reference(tx)) };
        if enforced && !wanted.object(&rights, &record.object) {
            let message = format!("No access to entity: {}", record.object.name);
            return Err(throw(tx, "System.NoAccessException", message));
        }
        let (value, changed) = strip.record(tx, record)?;
        if changed {
            indexes.add(tx, count(at))?;
        }
        kept.push(value);
    }
    let gone = MapValue::new(Type::String, Type::set(Type::String));
    for (object, names) in &strip.removed {
        let fields = SetValue::new(Type::String);
        for name in names {
            fields.add(tx, Value::string(name))?;
        }
        gone.put(tx, Value::string(object), Value::Set(fields))?;
    }
    let mut state = PlatformState::default();
    state.values.insert("records", Value::list(source.ty.clone(), kept));
    state.values.insert("removed", Value::Map(Rc::clone(&gone)));
    state.values.insert("modified", Value::Set(indexes));
    Ok(Value::Platform(PlatformValue::new(DECISION, state)))
}

fn records(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "records"))
}

fn removed(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "removed"))
}

fn modified(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(kept(this, "modified"))
}
