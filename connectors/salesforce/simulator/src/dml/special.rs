//! What the platform adds to records of single objects while it saves them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::save::Work;
use super::{RowError, files, people};
use crate::org::{Id, ObjectType};
use crate::transaction::Transaction;

pub(super) fn before_store(
    tx: &mut Transaction,
    object: &ObjectType,
    id: Id,
    work: &mut Work,
) -> Result<(), RowError> {
    match object.name.as_str() {
        "User" => people::store(tx, id, work)?,
        "ContentVersion" if work.old.is_none() => files::version(tx, id, work)?,
        "ContentDocumentLink" if work.old.is_none() => files::link(tx, work)?,
        "Attachment" | "Document" if work.old.is_none() || work.blob.is_some() => {
            let length = work.blob.as_ref().map_or(0, bytes::Bytes::len);
            work.values.insert("BodyLength".to_owned(), length.into());
        }
        _ => {}
    }
    compose_name(object, &mut work.values);
    Ok(())
}

/// People's names are made of their parts.
fn compose_name(object: &ObjectType, values: &mut BTreeMap<String, Value>) {
    let composed = object.field("Name").is_some_and(|field| !field.createable && !field.auto_number);
    if composed && object.field("LastName").is_some() {
        let part = |name: &str| values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = format!("{} {}", part("FirstName"), part("LastName"));
        values.insert("Name".to_owned(), name.trim().into());
    }
}
