//! What the platform itself checks in a record.

use serde_json::Value;

use super::RowError;
use super::save::Work;
use crate::org::{Field, FieldType, Id, ObjectType, State, prefix};
use crate::tables;
use crate::transaction::Transaction;

/// The first look: foreign keys, formats, lengths, of what is being written.
pub(super) fn values(tx: &Transaction, object: &ObjectType, work: &mut Work) {
    for field in object.fields.iter().filter(|field| work.changes(&field.name)) {
        let value = work.values.get(&field.name).unwrap_or(&Value::Null);
        let checked = check(tx, field, value).and_then(|()| owner(tx, object, field, value));
        if let Err(error) = checked {
            work.errors.push(error);
            return;
        }
    }
}

/// The second look, after triggers and flows have had theirs: all of that again, and what is required.
pub(super) fn whole(tx: &Transaction, object: &ObjectType, work: &mut Work) {
    let empty = |field: &&Field| work.values.get(&field.name).is_none_or(Value::is_null);
    let missing: Vec<&str> = object
        .fields
        .iter()
        .map(AsRef::as_ref)
        .filter(|field| match work.old {
            None => field.required_on_create() && empty(field),
            Some(_) => !field.nillable && !field.defaulted && work.changes(&field.name) && empty(field),
        })
        .filter(|field| field.kind != FieldType::Base64 || work.blob.is_none())
        .map(|field| field.name.as_str())
        .collect();
    if !missing.is_empty() {
        work.errors.push(RowError::required(&missing));
        return;
    }
    values(tx, object, work);
}

fn check(tx: &Transaction, field: &Field, value: &Value) -> Result<(), RowError> {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => return range(field, number),
        _ => return Ok(()),
    };
    if field.kind == FieldType::Reference {
        return Id::parse(text).map_or(Ok(()), |id| reference(tx, field, id));
    }
    let name = [field.name.as_str()];
    let limited =
        !matches!(field.kind, FieldType::Id | FieldType::Date | FieldType::DateTime | FieldType::Time);
    // Bytes are never fewer than characters.
    if limited && field.length > 0 && text.len() > field.length as usize {
        let length = text.chars().count();
        if length > field.length as usize {
            let shown: String = text.chars().take(255).collect();
            let message =
                format!("{}: data value too large: {shown} (max length={})", field.label, field.length);
            return Err(RowError::new("STRING_TOO_LONG", message).on(&name));
        }
    }
    if field.restricted {
        let multi = field.kind == FieldType::MultiPicklist;
        let mut chosen = text.split(if multi { ';' } else { '\0' });
        let known = |one: &str| field.picklist.iter().any(|value| value.eq_ignore_ascii_case(one));
        if let Some(bad) = chosen.find(|one| !known(one)) {
            let message = format!("{}: bad value for restricted picklist field: {bad}", field.label);
            return Err(RowError::new("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message).on(&name));
        }
    }
    let is_address =
        || text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if field.kind == FieldType::Email && !is_address() {
        let message = format!("{}: invalid email address: {text}", field.label);
        return Err(RowError::new("INVALID_EMAIL_ADDRESS", message).on(&name));
    }
    Ok(())
}

/// A queue owns records of the objects that it was made for; other groups own nothing.
fn owner(tx: &Transaction, object: &ObjectType, field: &Field, value: &Value) -> Result<(), RowError> {
    let id = value.as_str().filter(|_| field.name == "OwnerId").and_then(Id::parse);
    let Some(id) = id.filter(|id| id.prefix() == prefix::GROUP) else { return Ok(()) };
    match tables::held::queue_objects(&tx.state, id) {
        Some(objects) if objects.iter().any(|name| name.eq_ignore_ascii_case(&object.name)) => Ok(()),
        Some(_) => {
            let message = "Queue not associated with this SObject type";
            Err(RowError::new("INVALID_OPERATION", message).on(&["OwnerId"]))
        }
        None => Err(RowError::unknown_reference().on(&["OwnerId"])),
    }
}

/// Custom numbers have so many digits before the point.
fn range(field: &Field, number: &serde_json::Number) -> Result<(), RowError> {
    let digits = i32::from(field.precision.saturating_sub(field.scale));
    let fits = number.as_f64().is_none_or(|number| number.abs() < 10f64.powi(digits));
    if field.metadata_type.is_none() || fits {
        return Ok(());
    }
    let message = format!("{}: value outside of valid range on numeric field: {number}", field.label);
    Err(RowError::new("NUMBER_OUTSIDE_VALID_RANGE", message).on(&[field.name.as_str()]))
}

fn reference(tx: &Transaction, field: &Field, id: Id) -> Result<(), RowError> {
    let state = &tx.state;
    let name = [field.name.as_str()];
    let targets: Vec<_> = field.reference_to.iter().filter_map(|name| state.metadata.object(name)).collect();
    let mut known =
        targets.iter().filter(|target| target.key_prefix.as_deref() == Some(id.prefix())).peekable();
    if !targets.is_empty() && targets.len() == field.reference_to.len() && known.peek().is_none() {
        let message = format!("{}: id value of incorrect type: {id}", field.label);
        return Err(RowError::new("FIELD_INTEGRITY_EXCEPTION", message).on(&name));
    }
    // Mostly it is where the field says; a look through all objects takes its time.
    let there = |object: &ObjectType| state.records.get(&object.name, id).is_some_and(|row| !row.deleted);
    if known.any(|target| there(target)) || id == tx.org.id || exists(state, id) {
        return Ok(());
    }
    Err(RowError::unknown_reference().on(&name))
}

/// Whether any row has this id.
pub(super) fn exists(state: &State, id: Id) -> bool {
    state.users.contains_key(&id)
        || state.profiles.contains_key(&id)
        || tables::held::is_there(&state.metadata, id)
        || state.metadata.objects().any(|object| {
            object.key_prefix.as_deref() == Some(id.prefix())
                && state.records.get(&object.name, id).is_some_and(|row| !row.deleted)
        })
}

/// Refuses a second record with a value that may come once.
pub(super) fn unique(tx: &Transaction, object: &ObjectType, work: &Work) -> Result<(), RowError> {
    let mut fields = object.fields.iter().filter(|field| field.unique);
    fields.try_for_each(|field| match work.values.get(&field.name) {
        Some(value) if !value.is_null() => {
            let twins = tx.state.records.with_value(&object.name, &field.name, value);
            match twins.into_iter().find(|twin| Some(*twin) != work.id) {
                Some(twin) => Err(RowError::duplicate(&field.name, Some(twin))),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    })
}
