//! Rows that are updated where there is a record with their key, and inserted where there is none.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::apply::{Placed, Placement};
use super::{Options, RowError, RowResult, save};
use crate::apex::run::Thrown;
use crate::org::{Id, ObjectType};
use crate::transaction::Transaction;

pub(super) fn upsert(
    tx: &mut Transaction,
    object: &Arc<ObjectType>,
    key: Option<&str>,
    chunk: Vec<Placed>,
    options: Options,
) -> Result<Vec<Placement>, Thrown> {
    let key = key
        .filter(|key| !key.eq_ignore_ascii_case("Id"))
        .map(|key| object.field(key).map_or_else(|| key.to_owned(), |field| field.name.clone()));
    let (mut new, mut old, mut done) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for mut placed in chunk {
        let found = match &key {
            None => Ok(placed.row.id),
            Some(key) => find(tx, object, key, &placed, &mut seen),
        };
        match found {
            Ok(Some(id)) => {
                placed.row.id = Some(id);
                old.push(placed);
            }
            Ok(None) => new.push(placed),
            Err(error) => done.push((placed.at, RowResult { id: None, created: false, errors: vec![error] })),
        }
    }
    if options.all_or_none && !done.is_empty() {
        return Ok(done);
    }
    if !new.is_empty() {
        let results = save::insert(tx, object, new, options)?;
        let created =
            |(at, result): Placement| (at, RowResult { created: result.errors.is_empty(), ..result });
        done.extend(results.into_iter().map(created));
    }
    if !old.is_empty() {
        done.extend(save::update(tx, object, old, options)?);
    }
    Ok(done)
}

/// The record with the row's key, if there is one.
fn find(
    tx: &Transaction,
    object: &ObjectType,
    key: &str,
    placed: &Placed,
    seen: &mut BTreeSet<String>,
) -> Result<Option<Id>, RowError> {
    let value = placed.row.values.get(key).filter(|value| !value.is_null());
    let Some(value) = value else {
        return Err(RowError::new("MISSING_ARGUMENT", format!("{key} not specified")).on(&[key]));
    };
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if !seen.insert(shown.to_lowercase()) {
        let message = format!("Duplicate external id specified: {shown}");
        return Err(RowError::new("DUPLICATE_VALUE", message).on(&[key]));
    }
    match matches(tx, object, key, value).as_slice() {
        [] => Ok(None),
        [id] => Ok(Some(*id)),
        several => {
            let ids: Vec<&str> = several.iter().map(Id::as_str).collect();
            let message =
                format!("{key}: more than one record found for external id field: [{}]", ids.join(", "));
            Err(RowError::new("DUPLICATE_EXTERNAL_ID", message).on(&[key]))
        }
    }
}

fn matches(tx: &Transaction, object: &ObjectType, key: &str, value: &Value) -> Vec<Id> {
    if object.name == "User" {
        let text = value.as_str().unwrap_or_default();
        let same = tx.state.users.values().filter(|user| match key {
            "Username" => user.username.eq_ignore_ascii_case(text),
            "Email" => user.email.eq_ignore_ascii_case(text),
            _ => false,
        });
        return same.map(|user| user.id).collect();
    }
    tx.state.records.with_value(&object.name, key, value)
}
