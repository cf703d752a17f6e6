//! Field sets.

use std::sync::Arc;

use super::super::arguments::null_argument;
use super::super::database::kept;
use super::super::define::Definition;
use super::object::{about, object};
use crate::apex::run::Thrown;
use crate::apex::types::Type;
use crate::apex::value::{MapValue, PlatformState, PlatformValue, Value};
use crate::org::ObjectType;
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

const SETS: &str = "Schema.SObjectTypeFieldSets";
const SET: &str = "Schema.FieldSet";
const MEMBER: &str = "Schema.FieldSetMember";
/// Relationships in the path of a member.
const STEPS_MAX: usize = 6;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class(SETS).method("Map<String, Schema.FieldSet> getMap()", map),
        Definition::class(SET)
            .method("List<Schema.FieldSetMember> getFields()", |_, this, _| Ok(kept(this, "fields")))
            .method("String getDescription()", |_, this, _| Ok(kept(this, "description")))
            .method("String getLabel()", |_, this, _| Ok(kept(this, "label")))
            .method("String getName()", |_, this, _| Ok(kept(this, "name")))
            .method("String getNameSpace()", |_, _, _| Ok(Value::Null))
            .method("Schema.SObjectType getSObjectType()", |_, this, _| Ok(kept(this, "object"))),
        Definition::class(MEMBER)
            .method("Boolean getDbRequired()", |_, this, _| Ok(kept(this, "dbrequired")))
            .method("Boolean getRequired()", |_, this, _| Ok(kept(this, "required")))
            .method("String getFieldPath()", |_, this, _| Ok(kept(this, "path")))
            .method("String getLabel()", |_, this, _| Ok(kept(this, "label")))
            .method("Schema.SObjectField getSObjectField()", |_, this, _| Ok(kept(this, "field")))
            .method("Schema.DisplayType getType()", |_, this, _| Ok(kept(this, "type"))),
    ]
}

/// The property of a describe.
pub(super) fn sets(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(about(SETS, object(tx, this)?))
}

fn map(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let object = object(tx, this)?;
    let components = tx.state.metadata.components.clone();
    let map = MapValue::new(Type::String, Type::platform(SET));
    for held in components.beginning("FieldSet", &format!("{}.", object.name)) {
        let Some(element) = &held.element else { continue };
        let name = held.full_name.rsplit('.').next().unwrap_or_default();
        let mut members = Vec::new();
        for shown in element.all("displayedFields") {
            members.extend(member(
                tx,
                &object,
                shown.text_of("field").unwrap_or_default(),
                shown.is_true("isRequired"),
            )?);
        }
        let text = |part: &str| element.text_of(part).map_or(Value::Null, Value::string);
        let mut state = PlatformState::default();
        state.values.insert("name", Value::string(name));
        state.values.insert("label", text("label"));
        state.values.insert("description", text("description"));
        state.values.insert("object", Value::RecordType(object.clone()));
        state.values.insert("fields", Value::list(Type::platform(MEMBER), members));
        map.put(tx, Value::string(name), Value::Platform(PlatformValue::new(SET, state)))?;
    }
    map.ignores_case.set(false);
    Ok(Value::Map(map))
}

/// One field of a set, perhaps of a parent.
fn member(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    path: &str,
    required: bool,
) -> Result<Option<Value>, Thrown> {
    let mut on = object.clone();
    let mut steps = path.split('.').peekable();
    for _ in 0..STEPS_MAX {
        let Some(step) = steps.next() else { break };
        if steps.peek().is_some() {
            let parent = on.fields.iter().find(|field| {
                field.relationship.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(step))
            });
            let parent = parent.and_then(|field| field.reference_to.first());
            let Some(parent) = parent.and_then(|name| tx.state.metadata.object(name)).cloned() else {
                return Ok(None);
            };
            on = parent;
            continue;
        }
        let Some(field) = on.field(step).cloned() else { return Ok(None) };
        let token = Value::RecordField(on.clone(), Arc::from(field.name.as_str()));
        let asked = super::super::natives("Schema.DescribeFieldResult", "getType").first();
        let describe = super::super::natives("Schema.SObjectField", "getDescribe").first();
        let (Some(asked), Some(describe)) = (asked, describe) else { return Err(null_argument(tx)) };
        let described = describe.call(tx, &token, &[])?;
        let kind = asked.call(tx, &described, &[])?;
        let mut state = PlatformState::default();
        state.values.insert("path", Value::string(path));
        state.values.insert("label", Value::string(&field.label));
        state.values.insert("required", Value::Boolean(required));
        state.values.insert("dbrequired", Value::Boolean(!field.nillable && !field.defaulted));
        state.values.insert("field", token);
        state.values.insert("type", kind);
        return Ok(Some(Value::Platform(PlatformValue::new(MEMBER, state))));
    }
    Ok(None)
}
