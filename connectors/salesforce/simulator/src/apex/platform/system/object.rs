//! What every object has, and every value of an enum.

use super::super::arguments::{argument, count};
use super::super::define::Definition;
use crate::apex::program::ClassKind;
use crate::apex::run::{self, Thrown};
use crate::apex::types::Type;
use crate::apex::value::{Value, equal, hash};
use crate::transaction::Transaction;

type Answer = Result<Value, Thrown>;

/// What objects of classes written in Apex have beside what every object has; no source can spell this name.
pub(in crate::apex) const OF_CLASSES: &str = "objects of classes";

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        Definition::class("Object")
            .method("Boolean equals(Object)", equals)
            .method("Integer hashCode()", hash_code)
            .method("String toString()", text),
        Definition::class(OF_CLASSES).method("Object clone()", copy),
        Definition::class("Enum")
            .method("String name()", name)
            .method("Integer ordinal()", ordinal)
            .method("Boolean equals(Object)", equals)
            .method("Integer hashCode()", hash_code)
            .method("String toString()", name),
    ]
}

fn equals(tx: &mut Transaction, this: &Value, arguments: &[Value]) -> Answer {
    equal(tx, this, argument(arguments, 0)).map(Value::Boolean)
}

/// `clone()`: another object with the same values, which are no copies themselves.
fn copy(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    match this {
        Value::Object(instance) => Ok(run::copied(tx, instance)),
        _ => Ok(Value::Null),
    }
}

fn hash_code(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    hash(tx, this).map(|hash| Value::Integer(hash as i32))
}

/// `toString()`
pub(in crate::apex::platform) fn text(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    run::to_text(tx, this).map(Value::String)
}

fn name(tx: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(match this {
        Value::Enum(class, at) => {
            tx.program.class(*class).values.get(*at).map_or(Value::Null, |name| Value::string(name))
        }
        Value::PlatformEnum(_, name) => Value::string(name),
        _ => Value::Null,
    })
}

fn ordinal(_: &mut Transaction, this: &Value, _: &[Value]) -> Answer {
    Ok(match this {
        Value::Enum(_, at) => count(*at),
        Value::PlatformEnum(ty, name) => {
            let known = super::super::type_named(ty);
            let at = known.and_then(|known| known.values.iter().position(|value| value == name));
            at.map_or(Value::Null, count)
        }
        _ => Value::Null,
    })
}

/// All values of an enum, in order.
pub(in crate::apex) fn values_of(tx: &Transaction, ty: &Type) -> Option<Vec<Value>> {
    match ty {
        Type::Class(class) => {
            let known = tx.program.class(*class);
            (known.kind == ClassKind::Enum)
                .then(|| (0..known.values.len()).map(|at| Value::Enum(*class, at)).collect())
        }
        Type::Platform(name, _) => {
            let known = super::super::type_named(name)?;
            Some(known.values.iter().map(|value| Value::PlatformEnum(known.name, value)).collect())
        }
        _ => None,
    }
}
