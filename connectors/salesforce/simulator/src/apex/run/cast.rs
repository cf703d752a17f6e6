//! Types of values, casts, `instanceof` and conversions.

use bigdecimal::{BigDecimal, ToPrimitive};

use super::{Thrown, throw, type_name};
use crate::apex::program::Program;
use crate::apex::types::Type;
use crate::apex::value::{Value, convert, decimal_of};
use crate::org::Id;
use crate::transaction::Transaction;

/// The type that a value has while it runs.
pub fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Boolean(_) => Type::Boolean,
        Value::Integer(_) => Type::Integer,
        Value::Long(_) => Type::Long,
        Value::Double(_) => Type::Double,
        Value::Decimal(_) => Type::Decimal,
        Value::String(_) => Type::String,
        Value::Id(_) => Type::Id,
        Value::Blob(_) => Type::Blob,
        Value::Date(_) => Type::Date,
        Value::Datetime(_) => Type::Datetime,
        Value::Time(_) => Type::Time,
        Value::List(list) => Type::list(list.ty.clone()),
        Value::Set(set) => Type::set(set.ty.clone()),
        Value::Map(map) => Type::map(map.key.clone(), map.value.clone()),
        Value::Record(record) => Type::Record(record.object.name.as_str().into()),
        Value::Object(instance) => instance.class.clone(),
        Value::Enum(class, _) => Type::Class(*class),
        Value::PlatformEnum(name, _) => Type::platform(name),
        Value::Type(_) => Type::platform("System.Type"),
        Value::RecordType(_) => Type::platform("Schema.SObjectType"),
        Value::RecordField(..) => Type::platform("Schema.SObjectField"),
        Value::Platform(platform) => Type::platform(platform.name),
    }
}

/// `value instanceof ty`; null is an instance of nothing.
pub fn is_instance(program: &Program, value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::Null, _) => false,
        (_, Type::Object) => true,
        (Value::String(text), Type::Id) => Id::parse(text).is_some(),
        (Value::Record(record), Type::Record(name)) => record.object.name.eq_ignore_ascii_case(name),
        (Value::Record(_), Type::SObject) => true,
        (Value::Platform(platform), Type::Platform(name, _)) if platform.name == *name => true,
        (Value::Object(instance), ty) if instance.class == *ty => true,
        _ => is_subtype(program, &type_of(value), ty),
    }
}

/// Whether a value of type `from` is one of type `to` without any conversion that changes it.
fn is_subtype(program: &Program, from: &Type, to: &Type) -> bool {
    match (from, to) {
        (from, to) if from == to => true,
        (_, Type::Object) => true,
        (Type::Integer, Type::Long | Type::Double | Type::Decimal)
        | (Type::Long, Type::Double | Type::Decimal)
        | (Type::Double, Type::Decimal)
        | (Type::Id, Type::String)
        | (Type::Date, Type::Datetime) => true,
        (Type::Integer | Type::Long | Type::Double | Type::Decimal | Type::String | Type::Boolean, _) => {
            false
        }
        (Type::Record(_), Type::SObject) => true,
        (Type::List(from), Type::List(to)) => elements_fit(program, from, to),
        (Type::Set(from), Type::Set(to)) => elements_fit(program, from, to),
        (Type::Map(from_key, from), Type::Map(to_key, to)) => {
            elements_fit(program, from_key, to_key) && elements_fit(program, from, to)
        }
        (Type::List(_) | Type::Set(_), Type::Platform("System.Iterable" | "Iterable", _)) => true,
        _ => program.is_subtype(from, to),
    }
}

/// Collections of records fit both ways, generic or not; elements do not convert.
fn elements_fit(program: &Program, from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::SObject, Type::Record(_)) => true,
        (_, Type::Object) => true,
        (Type::Object, _) => false,
        (from, to) if from.is_number() || to.is_number() => from == to,
        (from, to) => is_subtype(program, from, to),
    }
}

/// `(ty) value`, as it is checked when it runs. `declared` is the type of the expression.
pub(super) fn cast(tx: &mut Transaction, value: Value, declared: &Type, ty: &Type) -> Result<Value, Thrown> {
    if value.is_null() {
        return Ok(value);
    }
    if declared.is_number()
        && ty.is_number()
        && let Some(number) = narrowed(&value, ty)
    {
        return Ok(number);
    }
    match ty {
        Type::Long | Type::Double | Type::Decimal | Type::Id | Type::String | Type::Datetime => {
            if is_instance(&tx.program, &value, ty) || *ty == Type::Id && matches!(value, Value::String(_)) {
                return convert(tx, value, ty);
            }
            if *ty == Type::Double
                && let Value::Decimal(_) = value
            {
                return convert(tx, value, ty);
            }
        }
        ty if is_instance(&tx.program, &value, ty) => return Ok(value),
        _ => {}
    }
    let (from, to) = (runtime_name(&tx.program, &type_of(&value)), runtime_name(&tx.program, ty));
    let message = format!("Invalid conversion from runtime type {from} to {to}");
    Err(throw(tx, "System.TypeException", message))
}

/// Names in the message of a failed cast.
fn runtime_name(program: &Program, ty: &Type) -> String {
    match ty {
        Type::Object => "ANY".to_owned(),
        Type::Record(name) => format!("SObject:{name}"),
        Type::List(of) => format!("List<{}>", runtime_inner(program, of)),
        Type::Set(of) => format!("Set<{}>", runtime_inner(program, of)),
        Type::Map(key, value) => {
            format!("Map<{},{}>", runtime_inner(program, key), runtime_inner(program, value))
        }
        ty => type_name(program, ty),
    }
}

fn runtime_inner(program: &Program, ty: &Type) -> String {
    match ty {
        Type::Record(name) => name.to_string(),
        ty => runtime_name(program, ty),
    }
}

/// A number as another type of number, cut where it does not fit.
fn narrowed(value: &Value, ty: &Type) -> Option<Value> {
    let whole = |value: &Value| match value {
        Value::Integer(number) => Some(i64::from(*number)),
        Value::Long(number) => Some(*number),
        Value::Double(number) => Some(*number as i64),
        Value::Decimal(number) => {
            let cut = number.with_scale_round(0, bigdecimal::RoundingMode::Down);
            cut.to_i64().or_else(|| cut.to_f64().map(|number| number as i64))
        }
        _ => None,
    };
    match ty {
        Type::Integer => Some(Value::Integer(whole(value)? as i32)),
        Type::Long => Some(Value::Long(whole(value)?)),
        Type::Double => Some(Value::Double(value.as_double()?)),
        Type::Decimal => Some(Value::decimal(value.as_decimal()?)),
        _ => None,
    }
}

/// The conversions that happen by themselves, and those of values that come in as `Object` or from outside. What needs
/// none is answered as it is.
pub fn convert(tx: &mut Transaction, value: Value, ty: &Type) -> Result<Value, Thrown> {
    Ok(match (value, ty) {
        (Value::Integer(number), Type::Long) => Value::Long(i64::from(number)),
        (Value::Integer(number), Type::Double) => Value::Double(f64::from(number)),
        (Value::Integer(number), Type::Decimal) => Value::decimal(BigDecimal::from(number)),
        (Value::Long(number), Type::Double) => Value::Double(number as f64),
        (Value::Long(number), Type::Decimal) => Value::decimal(BigDecimal::from(number)),
        (Value::Double(number), Type::Decimal) => match decimal_of(number) {
            Some(number) => Value::decimal(number),
            None => return Err(throw(tx, "System.TypeException", format!("Invalid decimal: {number}"))),
        },
        (Value::Decimal(number), Type::Double) => Value::Double(number.to_f64().unwrap_or(f64::NAN)),
        (Value::Long(number), Type::Integer) => Value::Integer(number as i32),
        (Value::Id(id), Type::String) => Value::string(id.as_str()),
        (Value::String(text), Type::Id) => match Id::parse(&text) {
            Some(id) => Value::Id(id),
            None => return Err(throw(tx, "System.StringException", format!("Invalid id: {text}"))),
        },
        (Value::Date(day), Type::Datetime) => Value::Datetime(convert::midnight(day)),
        // Ids and strings, whose lists stand for each other.
        (Value::List(list), Type::List(of)) if list.ty != **of && is_plain(&list.ty) && is_plain(of) => {
            let items = list.items.borrow().clone();
            let items: Vec<Value> =
                items.into_iter().map(|item| convert(tx, item, of)).collect::<Result<_, _>>()?;
            super::heap(tx, items.len() * 8)?;
            Value::list(Type::clone(of), items)
        }
        // The rows of a query where one record is wanted.
        (Value::List(list), Type::Record(_) | Type::SObject) => {
            let row = super::query::only_row(tx, list.items.borrow().clone())?;
            match (&row, ty) {
                (Value::Record(record), Type::Record(name))
                    if !record.object.name.eq_ignore_ascii_case(name) =>
                {
                    let message = format!(
                        "Invalid conversion from runtime type SObject:{} to SObject:{name}",
                        record.object.name
                    );
                    return Err(throw(tx, "System.TypeException", message));
                }
                _ => row,
            }
        }
        (value, _) => value,
    })
}

/// Ids, strings and lists of them.
fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::List(of) => is_plain(of),
        ty => matches!(ty, Type::Id | Type::String),
    }
}

/// The elements of a list or set that are stored under another element type.
pub(super) fn converted_all(
    tx: &mut Transaction,
    values: Vec<Value>,
    ty: &Type,
) -> Result<Vec<Value>, Thrown> {
    let plain = ty.is_number() || matches!(ty, Type::Id | Type::String | Type::Datetime);
    if !plain {
        return Ok(values);
    }
    values.into_iter().map(|value| convert(tx, value, ty)).collect()
}
