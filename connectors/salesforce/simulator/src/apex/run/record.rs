//! Fields of records.

use std::rc::Rc;
use std::sync::Arc;

use super::eval::{eval, null_or_throw, receiver};
use super::exec::{Context, at};
use super::{Thrown, cast, fatal, heap, null_reference, query, throw};
use crate::apex::program::{Expr, ExprKind, RecordFieldKind};
use crate::apex::types::Type;
use crate::apex::value::{RecordValue, Value, store};
use crate::org::{FieldType, ObjectType};
use crate::transaction::Transaction;

/// Bytes that a field takes.
const FIELD: usize = 16;

/// The object of this API name.
pub(super) fn object(tx: &mut Transaction, name: &str) -> Result<Arc<ObjectType>, Thrown> {
    match tx.state.metadata.object(name).cloned() {
        Some(object) => Ok(object),
        None if name == "AggregateResult" => Ok(super::query::AGGREGATE.clone()),
        None => Err(fatal(tx, "System.UnexpectedException", format!("Invalid type: {name}"))),
    }
}

/// `new Account(Name = 'x')`
pub(super) fn new(
    tx: &mut Transaction,
    cx: Context<'_>,
    name: &str,
    fields: &[(Arc<str>, Expr)],
    expr: &Expr,
) -> Result<Value, Thrown> {
    let record = RecordValue::new(object(tx, name)?);
    heap(tx, 16 + fields.len() * FIELD)?;
    for (field, value) in fields {
        let kind = match &value.ty {
            Type::List(_) => RecordFieldKind::Children,
            ty if ty.is_record() && record.object.field(field).is_none() => RecordFieldKind::Parent,
            _ => RecordFieldKind::Value,
        };
        let value = eval(tx, cx, value)?;
        at(tx, expr.at);
        set(tx, &record, field, kind, value)?;
    }
    Ok(Value::Record(record))
}

/// `record.field`
pub(super) fn read(
    tx: &mut Transaction,
    cx: Context<'_>,
    object: &Expr,
    field: &Arc<str>,
    kind: RecordFieldKind,
    safe: bool,
    expr: &Expr,
) -> Result<Value, Thrown> {
    let value = match &object.kind {
        // `[SELECT …]?.Name` is null where no row was found.
        ExprKind::Soql(query) if safe => query::in_brackets(tx, cx, query, object, true)?,
        _ => receiver(tx, cx, object)?,
    };
    match value {
        Value::Record(record) => {
            if let Some(value) = present(&record, field, kind) {
                return Ok(value);
            }
            at(tx, expr.at);
            get(tx, &record, field, kind)
        }
        // The parent that a record does not have answers null for all its fields.
        Value::Null if matches!(object.kind, ExprKind::RecordField { kind: RecordFieldKind::Parent, .. }) => {
            Ok(Value::Null)
        }
        _ => null_or_throw(tx, object, safe, expr),
    }
}

fn present(record: &RecordValue, field: &str, kind: RecordFieldKind) -> Option<Value> {
    let state = record.state.borrow();
    let part = match kind {
        RecordFieldKind::Value => state.fields.get(field).or_else(|| state.extra.get(field)),
        RecordFieldKind::Parent => state.parents.get(field),
        RecordFieldKind::Children => state.children.get(field),
    };
    part.cloned()
}

/// A field of a record: `System.SObjectException` when it came out of a query that did not ask for it.
pub fn get(
    tx: &mut Transaction,
    record: &RecordValue,
    field: &str,
    kind: RecordFieldKind,
) -> Result<Value, Thrown> {
    if let Some(value) = present(record, field, kind) {
        return Ok(value);
    }
    if record.state.borrow().queried && !(field == "Id" && kind == RecordFieldKind::Value) {
        let message = format!(
            "SObject row was retrieved via SOQL without querying the requested field: {}.{field}",
            record.object.name
        );
        return Err(throw(tx, "System.SObjectException", message));
    }
    Ok(match kind {
        RecordFieldKind::Children => {
            let of = child_type(tx, &record.object, field);
            Value::list(of, Vec::new())
        }
        RecordFieldKind::Parent => Value::Null,
        RecordFieldKind::Value => match record.object.field(field) {
            // Checkboxes are never null.
            Some(known) if known.kind == FieldType::Boolean => Value::Boolean(false),
            _ => Value::Null,
        },
    })
}

/// The type of the children behind a relationship.
pub(super) fn child_type(tx: &Transaction, parent: &ObjectType, relationship: &str) -> Type {
    let children = tx.state.metadata.references_to(&parent.name);
    let found = children.iter().find(|(_, field)| {
        field.child_relationship.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(relationship))
    });
    found.map_or(Type::SObject, |(object, _)| Type::Record(object.name.as_str().into()))
}

/// Sets a field of a record; the value has been converted to the field's type.
pub fn set(
    tx: &mut Transaction,
    record: &RecordValue,
    field: &Arc<str>,
    kind: RecordFieldKind,
    value: Value,
) -> Result<(), Thrown> {
    if record.state.borrow().read_only {
        return Err(throw(tx, "System.FinalException", "Record is read-only"));
    }
    heap(tx, FIELD)?;
    let value = match (kind, record.object.field(field)) {
        (RecordFieldKind::Value, Some(known)) => cast::convert(tx, value, &store::apex_type(known))?,
        _ => value,
    };
    let mut state = record.state.borrow_mut();
    let part = match kind {
        RecordFieldKind::Value => &mut state.fields,
        RecordFieldKind::Parent => &mut state.parents,
        RecordFieldKind::Children => &mut state.children,
    };
    let before = part.insert(field.clone(), value);
    drop(state);
    drop(before);
    Ok(())
}

/// `put` with any value: what does not fit the field throws `System.SObjectException`.
pub fn put(tx: &mut Transaction, record: &RecordValue, field: &str, value: Value) -> Result<(), Thrown> {
    let Some(known) = record.object.field(field).cloned() else {
        let message = format!("Invalid field {field} for {}", record.object.name);
        return Err(throw(tx, "System.SObjectException", message));
    };
    let ty = store::apex_type(&known);
    let value = match value {
        Value::Null => Value::Null,
        Value::Boolean(_) if ty == Type::Boolean => value,
        Value::Integer(_) | Value::Long(_) | Value::Double(_) | Value::Decimal(_) if ty.is_number() => {
            cast::cast(tx, value, &Type::Decimal, &ty)?
        }
        Value::String(_) | Value::Id(_) if matches!(ty, Type::String | Type::Id) => {
            cast::convert(tx, value, &ty)?
        }
        Value::PlatformEnum(_, name) if ty == Type::String => Value::string(name),
        Value::Date(_) if ty == Type::Date => value,
        Value::Date(_) | Value::Datetime(_) if ty == Type::Datetime => cast::convert(tx, value, &ty)?,
        Value::Datetime(ms) if ty == Type::Date => Value::Date(crate::org::date_time(ms).date_naive()),
        Value::Time(_) if ty == Type::Time => value,
        Value::Blob(_) if ty == Type::Blob => value,
        other => {
            let from = super::type_name(&tx.program, &cast::type_of(&other));
            let to = super::type_name(&tx.program, &ty);
            let message = format!("Illegal assignment from {from} to {to}");
            return Err(throw(tx, "System.SObjectException", message));
        }
    };
    let name: Arc<str> = Arc::from(known.name.as_str());
    set(tx, record, &name, RecordFieldKind::Value, value)
}

/// The records of a record or of a list of them.
pub(super) fn all(tx: &mut Transaction, value: &Value) -> Result<Vec<Rc<RecordValue>>, Thrown> {
    match value {
        Value::Record(record) => Ok(vec![record.clone()]),
        Value::List(list) => {
            let items = list.items.borrow().clone();
            let mut records = Vec::with_capacity(items.len());
            for item in items {
                match item {
                    Value::Record(record) => records.push(record),
                    _ => return Err(null_reference(tx)),
                }
            }
            Ok(records)
        }
        _ => Err(null_reference(tx)),
    }
}
