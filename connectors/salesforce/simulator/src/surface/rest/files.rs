//! Files: a ContentVersion brings its ContentDocument and links into being.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::write::{Draft, exists};
use crate::ledger::Kind;
use crate::org::{Id, ObjectType, Org, Record, Rights, State, prefix};
use crate::surface::ApiError;

/// Fills in what the platform knows about a new file, and makes what belongs to it.
pub(super) fn before_create(
    org: &Org,
    state: &mut State,
    rights: &Rights,
    object: &ObjectType,
    id: Id,
    draft: &mut Draft,
    effects: &mut Vec<(Kind, String, Id)>,
) -> Result<(), ApiError> {
    match object.name.as_str() {
        "ContentVersion" => version(org, state, rights, id, draft, effects),
        "ContentDocumentLink" => link(state, draft),
        "Attachment" | "Document" => {
            let length = draft.blob.as_ref().map_or(0, bytes::Bytes::len);
            draft.values.insert("BodyLength".to_owned(), length.into());
            Ok(())
        }
        _ => Ok(()),
    }
}

fn version(
    org: &Org,
    state: &mut State,
    rights: &Rights,
    id: Id,
    draft: &mut Draft,
    effects: &mut Vec<(Kind, String, Id)>,
) -> Result<(), ApiError> {
    let text = |draft: &Draft, name: &str| draft.values.get(name).and_then(Value::as_str).map(str::to_owned);
    let file = text(draft, "PathOnClient").unwrap_or_default();
    let path = Path::new(&file);
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or(&file).to_owned();
    let extension =
        path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    let title = text(draft, "Title").unwrap_or(stem);
    let size = draft.blob.as_ref().map_or(0, bytes::Bytes::len);
    let audit: BTreeMap<String, Value> = draft
        .values
        .iter()
        .filter(|(name, _)| {
            matches!(
                name.as_str(),
                "CreatedDate" | "CreatedById" | "LastModifiedDate" | "LastModifiedById" | "SystemModstamp"
            )
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let known = [
        ("Title", Value::from(title.clone())),
        ("FileExtension", extension.clone().into()),
        ("FileType", file_type(&extension).into()),
        ("ContentSize", size.into()),
        ("IsLatest", true.into()),
        ("Origin", draft.values.get("Origin").cloned().unwrap_or_else(|| "C".into())),
    ];
    draft.values.extend(known.map(|(name, value)| (name.to_owned(), value)));

    let given = text(draft, "ContentDocumentId").and_then(|id| Id::parse(&id));
    let document = match given {
        Some(document) => {
            let older: Vec<_> = state
                .records
                .table("ContentVersion")
                .filter(|version| {
                    version.reference("ContentDocumentId") == Some(document)
                        && version.get("IsLatest") == &Value::Bool(true)
                })
                .cloned()
                .collect();
            for version in older {
                let mut record = Record::clone(&version);
                record.values.insert("IsLatest".to_owned(), false.into());
                state.records.put("ContentVersion", record);
            }
            document
        }
        None => {
            let document = org.ids.next(prefix::CONTENT_DOCUMENT);
            effects.push((Kind::RecordCreated, "ContentDocument".to_owned(), document));
            document
        }
    };
    let number = state
        .records
        .table("ContentVersion")
        .filter(|version| version.reference("ContentDocumentId") == Some(document))
        .count()
        + 1;
    draft.values.insert("VersionNumber".to_owned(), number.to_string().into());
    draft.values.insert("ContentDocumentId".to_owned(), document.into());

    let mut values =
        state.records.get("ContentDocument", document).map(|record| record.values.clone()).unwrap_or_else(
            || {
                let mut values = audit.clone();
                values.insert(
                    "OwnerId".to_owned(),
                    draft.values.get("OwnerId").cloned().unwrap_or_else(|| rights.user.into()),
                );
                values.insert("IsArchived".to_owned(), false.into());
                values
            },
        );
    let latest = [
        ("Title", Value::from(title)),
        ("FileExtension", extension.clone().into()),
        ("FileType", file_type(&extension).into()),
        ("ContentSize", size.into()),
        ("LatestPublishedVersionId", id.into()),
    ];
    values.extend(latest.map(|(name, value)| (name.to_owned(), value)));
    state.records.put("ContentDocument", Record { id: document, values, deleted: false });
    if given.is_none() {
        let mut entities = vec![(rights.user, "I")];
        if let Some(place) = text(draft, "FirstPublishLocationId").and_then(|id| Id::parse(&id)) {
            if !exists(state, place) {
                return Err(ApiError::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"));
            }
            entities.push((place, "V"));
        }
        for (entity, share) in entities {
            let link = org.ids.next(prefix::CONTENT_DOCUMENT_LINK);
            let mut values = audit.clone();
            values.insert("ContentDocumentId".to_owned(), document.into());
            values.insert("LinkedEntityId".to_owned(), entity.into());
            values.insert("ShareType".to_owned(), share.into());
            values.insert("Visibility".to_owned(), "AllUsers".into());
            state.records.put("ContentDocumentLink", Record { id: link, values, deleted: false });
            effects.push((Kind::RecordCreated, "ContentDocumentLink".to_owned(), link));
        }
    }
    Ok(())
}

fn link(state: &State, draft: &mut Draft) -> Result<(), ApiError> {
    draft.values.entry("ShareType".to_owned()).or_insert_with(|| "V".into());
    draft.values.entry("Visibility".to_owned()).or_insert_with(|| "AllUsers".into());
    let same = |name: &str, link: &Record| draft.values.get(name) == Some(link.get(name));
    let twin = state
        .records
        .table("ContentDocumentLink")
        .any(|link| !link.deleted && same("ContentDocumentId", link) && same("LinkedEntityId", link));
    if twin {
        return Err(ApiError::bad(
            "DUPLICATE_VALUE",
            "Document with ID is already linked with the entity with ID",
        ));
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
