//! Content that does not fit into Apex's heap and has left the recycle bin: uploaded as a new file over the REST API, which
//! the app then takes for the old one.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use provision_connector_sdk::{ConnectorFault, FaultClass, QuarantinedItem};
use reqwest::Body;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::columns::{Columns, Row};
use super::content::{damaged, read};
use crate::api::rest::{Catalogue, quoted};
use crate::api::{Call, File, Org};
use crate::faults::{self, Effect};
use crate::render::ITEM_OBJECT;

/// The object of files. Other objects hold content of up to 25 MB, which is in the recycle bin or fits into the heap, as
/// a rule.
const FILE: &str = "ContentDocument";
/// A file's field that says by what it came: a lost answer is not followed by a second upload.
const MARK: &str = "ReasonForChange";
/// What the app keeps of a file beside its content and cannot always be set again.
const DISPENSABLE: &str = "OwnerId";
/// What is kept beside it to be known.
const NOT_OURS_TO_SET: [&str; 4] = ["attributes", "Id", "CreatedById", "CreatedDate"];
/// Slowest upload that is waited for, in bytes a second.
const BYTES_A_SECOND: u64 = 64 << 10;

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// The id of a file with the item's content, or Salesforce's words against it. An upload whose answer was lost is found.
pub(super) async fn replacement(
    org: &Org<'_>,
    item: &QuarantinedItem,
) -> Result<Result<String, String>, ConnectorFault> {
    if item.source_object != FILE {
        return Ok(Err(format!(
            "it does not fit into Apex's heap and has left the recycle bin; content of {} cannot be uploaded in its place: \
             export it",
            item.source_object
        )));
    }
    let mark = format!("Restored from quarantine {}", item.id);
    if let Some(file) = uploaded(org, &format!("{MARK} = {}", quoted(&mark)), item).await? {
        return Ok(Ok(file));
    }
    let mut fields = kept(org, item).await?;
    fields.insert(MARK.to_owned(), Value::String(mark));
    let made = match upload(org, item, &fields).await? {
        Err(_) if fields.remove(DISPENSABLE).is_some() => upload(org, item, &fields).await?,
        made => made,
    };
    let version = match made {
        Ok(version) => version,
        Err(words) => return Ok(Err(words)),
    };
    let file = uploaded(org, &format!("Id = {}", quoted(&version)), item).await?;
    Ok(file.ok_or_else(|| format!("the file {version} was uploaded, and is not there or of another size")))
}

/// The file of a version, where it is as large as the item.
async fn uploaded(
    org: &Org<'_>,
    condition: &str,
    item: &QuarantinedItem,
) -> Result<Option<String>, ConnectorFault> {
    let soql = format!(
        "SELECT ContentDocumentId FROM ContentVersion WHERE {condition} AND ContentSize = {} AND IsLatest = true \
         ORDER BY CreatedDate DESC LIMIT 1",
        item.size
    );
    let rows: Vec<Row> = org.query(Catalogue::Data, &soql).await?;
    let id = rows.first().and_then(|row| row.get("ContentDocumentId")).and_then(Value::as_str);
    Ok(id.map(str::to_owned))
}

/// The fields that the app kept of the version.
async fn kept(org: &Org<'_>, item: &QuarantinedItem) -> Result<Map<String, Value>, ConnectorFault> {
    let columns = Columns::of(org)?;
    let soql = format!(
        "SELECT {} FROM {} WHERE Id = {}",
        columns.list(&["Kept__c"]),
        columns.name(ITEM_OBJECT),
        quoted(&item.remote_id)
    );
    let rows: Vec<Row> = org.query(Catalogue::Data, &soql).await?;
    let text = rows.first().and_then(|row| columns.text(row, "Kept__c")).unwrap_or("{}");
    let all: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| damaged(item, &format!("what was kept of its fields does not parse: {error}")))?;
    let mut fields: Map<String, Value> = all
        .into_iter()
        .filter(|(name, value)| !value.is_null() && !NOT_OURS_TO_SET.contains(&name.as_str()))
        .collect();
    fields.entry("PathOnClient").or_insert_with(|| Value::String(item.file_name.clone()));
    Ok(fields)
}

/// Makes a file of the item's chunks, a piece at a time; answers its version's id, or Salesforce's words against it.
async fn upload(
    org: &Org<'_>,
    item: &QuarantinedItem,
    fields: &Map<String, Value>,
) -> Result<Result<String, String>, ConnectorFault> {
    let (pieces, content) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let file = File {
        entity: Value::Object(fields.clone()).to_string().into(),
        field: "VersionData",
        name: item.file_name.clone(),
        size: item.size,
        patience: Duration::from_secs(item.size / BYTES_A_SECOND),
    };
    let call = Call::upload(
        org.data("/sobjects/ContentVersion"),
        file,
        Body::wrap_stream(ReceiverStream::new(content)),
    );
    let (sent, given) = tokio::join!(org.ask(&call), give(org, item, pieces));
    given?;
    let answer = sent?;
    if answer.status == StatusCode::CREATED {
        return Ok(Ok(answer.json::<Made>()?.id));
    }
    let fault = faults::of_answer(answer.status, &answer.body, Effect::Possible, None);
    match fault.class {
        FaultClass::Rejected => Ok(Err(fault.fault.message().to_owned())),
        _ => Err(org.session.calls.refused(fault)),
    }
}

/// Hands the pieces on. The last one waits until all of them together are what the item promises: Salesforce makes no file
/// before.
async fn give(
    org: &Org<'_>,
    item: &QuarantinedItem,
    pieces: mpsc::Sender<Result<Bytes, std::io::Error>>,
) -> Result<(), ConnectorFault> {
    let mut digest = Sha256::new();
    let mut held: Option<Bytes> = None;
    let mut number = 0;
    while let Some(piece) = read(org, item, number).await? {
        digest.update(&piece);
        if let Some(before) = held.replace(piece.into())
            && pieces.send(Ok(before)).await.is_err()
        {
            // The upload has ended before its time, and says why.
            return Ok(());
        }
        number += 1;
    }
    if hex::encode(digest.finalize()) != item.sha256 {
        return Err(damaged(item, "its chunks together are not what its digest says"));
    }
    if let Some(last) = held {
        let _ = pieces.send(Ok(last)).await;
    }
    Ok(())
}
