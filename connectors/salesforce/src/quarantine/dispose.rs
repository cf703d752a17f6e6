//! What becomes of items: the app puts them back; records are deleted over the REST API.

use std::time::Duration;

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{ConnectorFault, Disposed, FaultClass, QuarantinedItem};
use serde::Deserialize;
use serde_json::{Value, json};

use super::columns::{Columns, Row};
use super::upload;
use crate::api::rest::{Catalogue, quoted};
use crate::api::{Answer, Call, Org};
use crate::faults::words;
use crate::removal::delete_records;
use crate::render::CHUNK_OBJECT;

/// The app's states in which the content is in its place.
const IN_PLACE: [&str; 2] = ["RESTORED", "STORING"];
/// Somebody else works on the same record.
const BUSY: [&str; 2] = ["IN_PROGRESS", "UNABLE_TO_LOCK_ROW"];
const BUSY_WAIT: Duration = Duration::from_secs(2);
/// Chunks that one call of ours deletes.
const CHUNKS_AT_ONCE: usize = 2_000;
const NEXT_CHUNKS: Duration = Duration::from_millis(100);

/// What the app answers.
#[derive(Deserialize)]
struct Outcome {
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
struct Refusal {
    error: Words,
}

#[derive(Deserialize)]
struct Words {
    code: String,
    #[serde(default)]
    message: String,
}

/// The app brings the content back; what does not fit into its heap is uploaded for it first.
pub(crate) async fn restore(org: &Org<'_>, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
    let call = Call::post(service(org, "restore")?, &json!({"actionId": item.id}));
    let mut answer = org.ask(&call).await?;
    if matches!(said(&answer)?, Err(refusal) if refusal.code == "TOO_LARGE") {
        let replacement = match upload::replacement(org, item).await {
            Ok(Ok(replacement)) => replacement,
            Ok(Err(reason)) => return Ok(refused("TOO_LARGE", &reason)),
            // What is stored is damaged: another try finds the same.
            Err(fault) if fault.class == FaultClass::Rejected => {
                return Ok(Disposed::Refused { reason: fault.fault.message().to_owned() });
            }
            Err(fault) => return Err(fault),
        };
        let ask = json!({"actionId": item.id, "replacementId": replacement});
        answer = org.ask(&Call::post(service(org, "restore")?, &ask)).await?;
    }
    match said(&answer)? {
        Ok(_) => Ok(Disposed::Done),
        Err(refusal) if BUSY.contains(&refusal.code.as_str()) => {
            Ok(Disposed::Pending { poll_after: BUSY_WAIT })
        }
        Err(refusal) if refusal.code == "WRONG_STATE" && is_in_place(org, item).await? => Ok(Disposed::Done),
        Err(refusal) if refusal.code == "FORBIDDEN" => Err(ConnectorFault::denied(Fault::new(
            Reason::SaasPermissionMissing,
            format!(
                "the app refuses the service account's user: {}; a Salesforce administrator assigns the permission set \
                 CAS_Service_Account to that user again",
                words(&refusal.message)
            ),
        ))),
        Err(refusal) => Ok(refused(&refusal.code, &refusal.message)),
    }
}

/// Its chunks and the item itself. Salesforce keeps them in the recycle bin for 15 days, or until their object goes.
pub(crate) async fn delete(org: &Org<'_>, item: &QuarantinedItem) -> Result<Disposed, ConnectorFault> {
    let columns = Columns::of(org)?;
    let soql = format!(
        "SELECT Id FROM {} WHERE {} = {} ORDER BY Id LIMIT {CHUNKS_AT_ONCE}",
        columns.name(CHUNK_OBJECT),
        columns.name("Item__c"),
        quoted(&item.remote_id)
    );
    let rows: Vec<Row> = org.query(Catalogue::Data, &soql).await?;
    let chunks = rows.iter().map(|row| columns.id(row)).collect::<Result<Vec<_>, _>>()?;
    let deleted = match delete_records(org, &chunks).await {
        Ok(()) if chunks.len() == CHUNKS_AT_ONCE => return Ok(Disposed::Pending { poll_after: NEXT_CHUNKS }),
        Ok(()) => delete_records(org, std::slice::from_ref(&item.remote_id)).await,
        Err(fault) => Err(fault),
    };
    match deleted {
        Ok(()) => Ok(Disposed::Done),
        // A rule or a trigger of the organisation's keeps it.
        Err(fault) if fault.class == FaultClass::Rejected => {
            Ok(Disposed::Refused { reason: fault.fault.message().to_owned() })
        }
        Err(fault) => Err(fault),
    }
}

/// A path of the app's REST service.
fn service(org: &Org<'_>, path: &str) -> Result<String, ConnectorFault> {
    let namespace =
        org.delivery()?.namespace().0.map(|namespace| format!("{namespace}/")).unwrap_or_default();
    Ok(format!("/services/apexrest/{namespace}cas/v1/{path}"))
}

/// The content was never taken away, or is back already.
async fn is_in_place(org: &Org<'_>, item: &QuarantinedItem) -> Result<bool, ConnectorFault> {
    let id: String = url::form_urlencoded::byte_serialize(item.id.as_bytes()).collect();
    let answer = org.ask(&Call::get(service(org, &format!("actions/{id}"))?)).await?;
    Ok(said(&answer)?.is_ok_and(|outcome| IN_PLACE.contains(&outcome.state.as_str())))
}

/// The app's outcome or refusal; an error where it was not the app that answered.
fn said(answer: &Answer) -> Result<Result<Outcome, Words>, ConnectorFault> {
    if answer.status.is_success() {
        return answer.json().map(Ok);
    }
    if let Ok(Refusal { error }) = serde_json::from_slice(&answer.body) {
        return Ok(Err(error));
    }
    // An allowance of the transaction is used up, which Apex cannot catch; Salesforce has undone it.
    let errors: Option<Vec<Value>> = serde_json::from_slice(&answer.body).ok();
    let code = |error: &Value| error.get("errorCode").and_then(Value::as_str).map(str::to_owned);
    match errors.as_deref() {
        Some([error, ..]) if code(error).as_deref() == Some("APEX_ERROR") => {
            let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
            Ok(Err(Words { code: "APEX_ERROR".to_owned(), message: message.to_owned() }))
        }
        _ => Err(answer.fault()),
    }
}

fn refused(code: &str, message: &str) -> Disposed {
    Disposed::Refused { reason: format!("{} ({})", words(message), words(code)) }
}
