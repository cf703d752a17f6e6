//! `Type`.

use std::sync::Arc;

use super::super::arguments::{argument, text};
use super::super::define::Definition;
use crate::apex::run::{self, Thrown, throw};
use crate::apex::types::Type;
use crate::apex::value::{ListValue, MapValue, RecordValue, SetValue, Value, equal, hash};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("System.Type")
            .method("static System.Type forName(String)", for_name)
            .method("static System.Type forName(String, String)", in_namespace)
            .method("Boolean equals(Object)", equals)
            .method("String getName()", name)
            .method("Integer hashCode()", hash_code)
            .method("Boolean isAssignableFrom(System.Type)", is_assignable)
            .method("Object newInstance()", instance)
            .method("String toString()", name),
        // Static methods of every enum; the enum is given as its type.
        Definition::class("EnumType")
            .method("List<Object> values()", values)
            .method("Object valueOf(String)", value_of),
    ]
}

/// The type of a name as a program may write it.
fn named(tx: &Transaction, name: &str) -> Option<Type> {
    let trimmed = name.trim();
    if let Some((front, rest)) = trimmed.split_once('<') {
        let inner = rest.strip_suffix('>')?;
        return match front.trim().to_ascii_lowercase().as_str() {
            "list" => Some(Type::list(named(tx, inner)?)),
            "set" => Some(Type::set(named(tx, inner)?)),
            "map" => {
                let (key, value) = inner.split_once(',')?;
                Some(Type::map(named(tx, key)?, named(tx, value)?))
            }
            _ => None,
        };
    }
    if let Some(class) = tx.program.classes.iter().find(|class| class.name.eq_ignore_ascii_case(trimmed)) {
        return Some(Type::Class(class.id));
    }
    let plain = match trimmed.to_ascii_lowercase().trim_start_matches("system.") {
        "object" => Some(Type::Object),
        "boolean" => Some(Type::Boolean),
        "integer" => Some(Type::Integer),
        "long" => Some(Type::Long),
        "double" => Some(Type::Double),
        "decimal" => Some(Type::Decimal),
        "string" => Some(Type::String),
        "id" => Some(Type::Id),
        "blob" => Some(Type::Blob),
        "date" => Some(Type::Date),
        "datetime" => Some(Type::Datetime),
        "time" => Some(Type::Time),
        "sobject" => Some(Type::SObject),
        _ => None,
    };
    plain.or_else(|| super::super::type_named(trimmed).map(|known| Type::platform(known.name))).or_else(
        || {
            let object = tx.state.metadata.object(trimmed)?;
            Some(Type::Record(Arc::from(object.name.as_str())))
        },
    )
}

fn for_name(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let name = text(tx, argument(arguments, 0))?;
    Ok(named(tx, &name).map_or(Value::Null, Value::Type))
}

fn in_namespace(tx: &mut Transaction, _: &Value, arguments: &[Value]) -> Answer {
    let name = text(tx, argument(arguments, 1))?;
    let full = match argument(arguments, 0) {
        Value::String(namespace) if !namespace.is_empty() => format!("{namespace}.{name}"),
        _ => name.to_string(),
    };
    Ok(named(tx, &full).map_or(Value::Null, Value::Type))
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    equal(tx, this, argument(arguments, 0)).map(Value::Boolean)
}

fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    hash(tx, this).map(|hash| Value::Integer(hash as i32))
}

fn name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    run::to_text(tx, this).map(Value::String)
}

fn is_assignable(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let (Value::Type(to), Value::Type(from)) = (this, argument(arguments, 0)) else {
        return Err(super::super::arguments::null_argument(tx));
    };
    Ok(Value::Boolean(tx.program.is_subtype(from, to)))
}

fn instance(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let Value::Type(ty) = this else { return Err(super::super::arguments::null_argument(tx)) };
    let made = match ty {
        Type::Class(class) => run::new_instance(tx, *class)?,
        Type::List(of) => Some(Value::List(ListValue::new((**of).clone(), Vec::new()))),
        Type::Set(of) => Some(Value::Set(SetValue::new((**of).clone()))),
        Type::Map(key, value) => Some(Value::Map(MapValue::new((**key).clone(), (**value).clone()))),
        Type::Record(object) => {
            tx.state.metadata.object(object).cloned().map(|object| Value::Record(RecordValue::new(object)))
        }
        Type::Platform(owner, _) => {
            let plain =
                super::super::natives(owner, "<init>").iter().find(|native| native.parameters.is_empty());
            match plain {
                Some(native) => Some(native.call(tx, &Value::Null, &[])?),
                None => None,
            }
        }
        _ => None,
    };
    match made {
        Some(made) => Ok(made),
        None => {
            let program = tx.program.clone();
            let message = format!("{} cannot be constructed", run::type_name(&program, ty));
            Err(throw(tx, "System.TypeException", message))
        }
    }
}

fn values(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    let Value::Type(ty) = this else { return Err(super::super::arguments::null_argument(tx)) };
    let values = super::object::values_of(tx, ty).unwrap_or_default();
    Ok(Value::list(ty.clone(), values))
}

fn value_of(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    let Value::Type(ty) = this else { return Err(super::super::arguments::null_argument(tx)) };
    let wanted = text(tx, argument(arguments, 0))?;
    let all = super::object::values_of(tx, ty).unwrap_or_default();
    for value in all {
        if run::to_text(tx, &value)?.eq_ignore_ascii_case(&wanted) {
            return Ok(value);
        }
    }
    let program = tx.program.clone();
    let message = format!("No enum constant {}.{wanted}", run::type_name(&program, ty));
    Err(throw(tx, "System.NoSuchElementException", message))
}
