//! Files: a ContentVersion brings its ContentDocument and links into being.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::RowError;
use super::save::{Work, note};
use super::validate::exists;
use crate::ledger::Kind;
use crate::org::{Id, Record, prefix};
use crate::transaction::Transaction;

const VERSION: &str = "ContentVersion";
const DOCUMENT: &str = "ContentDocument";
const LINK: &str = "ContentDocumentLink";

/// Fills in what the platform knows about a new version, and makes what belongs to it.
pub(super) fn version(tx: &mut Transaction, id: Id, work: &mut Work) -> Result<(), RowError> {
    let text = |work: &Work, name: &str| work.values.get(name).and_then(Value::as_str).map(str::to_owned);
    let file = text(work, "PathOnClient").unwrap_or_default();
    let path = Path::new(&file);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(&file).to_owned();
    let extension =
        path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    let title = text(work, "Title").unwrap_or(stem);
    let size = work.blob.as_ref().map_or(0, bytes::Bytes::len);
    let known = [
        ("Title", Value::from(title)),
        ("FileExtension", extension.clone().into()),
        ("FileType", file_type(&extension).into()),
        ("ContentSize", size.into()),
        ("IsLatest", true.into()),
        ("Origin", work.values.get("Origin").cloned().unwrap_or_else(|| "C".into())),
    ];
    work.values.extend(known.map(|(name, value)| (name.to_owned(), value)));
    let given = text(work, "ContentDocumentId").and_then(|id| Id::parse(&id));
    let document = given.unwrap_or_else(|| tx.org.ids.next(prefix::CONTENT_DOCUMENT));
    work.values.insert("ContentDocumentId".to_owned(), document.into());
    let number = supersede(tx, document) + 1;
    work.values.insert("VersionNumber".to_owned(), number.to_string().into());
    put_document(tx, document, id, work, given.is_none());
    if given.is_none() {
        note(tx, Kind::RecordCreated, DOCUMENT, document);
        publish(tx, document, work, text(work, "FirstPublishLocationId").and_then(|id| Id::parse(&id)))?;
    }
    Ok(())
}

/// Versions of a document are no longer the latest; answers how many there are.
fn supersede(tx: &mut Transaction, document: Id) -> usize {
    let older = tx.state.records.with_value(VERSION, "ContentDocumentId", &document.into());
    for id in &older {
        let latest = |version: &&std::sync::Arc<Record>| version.get("IsLatest") == &Value::Bool(true);
        if let Some(version) = tx.state.records.get(VERSION, *id).filter(latest) {
            let mut version = Record::clone(version);
            version.values.insert("IsLatest".to_owned(), false.into());
            tx.state.records.put(VERSION, version);
        }
    }
    older.len()
}

fn put_document(tx: &mut Transaction, document: Id, version: Id, work: &Work, new: bool) {
    let mut values = match tx.state.records.get(DOCUMENT, document) {
        Some(record) => record.values.clone(),
        None => {
            let mut values = audit(work);
            let owner = work.values.get("OwnerId").cloned().unwrap_or_else(|| tx.rights.user.into());
            values.insert("OwnerId".to_owned(), owner);
            values.insert("IsArchived".to_owned(), false.into());
            values
        }
    };
    for name in ["Title", "FileExtension", "FileType", "ContentSize"] {
        values.insert(name.to_owned(), work.values.get(name).cloned().unwrap_or_default());
    }
    if !new {
        for name in ["LastModifiedDate", "LastModifiedById", "SystemModstamp"] {
            values.insert(name.to_owned(), work.values.get(name).cloned().unwrap_or_default());
        }
    }
    values.insert("LatestPublishedVersionId".to_owned(), version.into());
    tx.state.records.put(DOCUMENT, Record { id: document, values, deleted: false });
}

/// Links a new document with its owner and the place where it was published.
fn publish(tx: &mut Transaction, document: Id, work: &Work, place: Option<Id>) -> Result<(), RowError> {
    let mut entities = vec![(tx.rights.user, "I")];
    if let Some(place) = place {
        if !exists(&tx.state, place) {
            return Err(RowError::unknown_reference());
        }
        entities.push((place, "V"));
    }
    for (entity, share) in entities {
        let link = tx.org.ids.next(prefix::CONTENT_DOCUMENT_LINK);
        let mut values = audit(work);
        values.insert("ContentDocumentId".to_owned(), document.into());
        values.insert("LinkedEntityId".to_owned(), entity.into());
        values.insert("ShareType".to_owned(), share.into());
        values.insert("Visibility".to_owned(), "AllUsers".into());
        tx.state.records.put(LINK, Record { id: link, values, deleted: false });
        note(tx, Kind::RecordCreated, LINK, link);
    }
    Ok(())
}

fn audit(work: &Work) -> BTreeMap<String, Value> {
    let names = ["CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"];
    let known = names.iter().filter_map(|name| work.values.get_key_value(*name));
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Fills in a new link; two of the same document and record make no sense.
pub(super) fn link(tx: &Transaction, work: &mut Work) -> Result<(), RowError> {
    work.values.entry("ShareType".to_owned()).or_insert_with(|| "V".into());
    work.values.entry("Visibility".to_owned()).or_insert_with(|| "AllUsers".into());
    let document = work.values.get("ContentDocumentId").unwrap_or(&Value::Null);
    let entity = work.values.get("LinkedEntityId").unwrap_or(&Value::Null);
    let links = tx.state.records.with_value(LINK, "ContentDocumentId", document);
    let twin = links
        .into_iter()
        .filter_map(|link| tx.state.records.get(LINK, link))
        .any(|link| link.get("LinkedEntityId") == entity);
    if twin {
        let message = "Document with ID is already linked with the entity with ID";
        return Err(RowError::new("DUPLICATE_VALUE", message));
    }
    Ok(())
}

fn file_type(extension: &str) -> String {
    match extension {
        "" => "UNKNOWN".to_owned(),
        "txt" => "TEXT".to_owned(),
        "jpg" | "jpeg" => "JPG".to_owned(),
        "docx" => "WORD_X".to_owned(),
        "xlsx" => "EXCEL_X".to_owned(),
        "pptx" => "POWER_POINT_X".to_owned(),
        other => other.to_uppercase(),
    }
}
