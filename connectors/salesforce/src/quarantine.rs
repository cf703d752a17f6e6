//! Quarantined content, which lies in the organisation's own objects: listed and read by queries, restored by the app.

mod columns;
mod content;
mod dispose;
mod upload;

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::quarantine::PAGE_MAX;
use provision_connector_sdk::{ConnectorFault, QuarantinePage, QuarantinedItem};

use crate::api::Org;
use crate::api::rest::{Catalogue, quoted};
use crate::api::tooling::CustomObjectRow;
use crate::apply::deploy::timestamp;
use crate::faults::ERROR_CODE;
use crate::removal::delete_records;
use crate::render::{ITEM_OBJECT, MARKER};
use columns::{Columns, Row};

pub(crate) use content::read;
pub(crate) use dispose::{delete, restore};

/// The action that keeps content; the app's other actions leave records that keep none.
const QUARANTINE: &str = "QUARANTINE";
/// The original is removed: what is kept is all there is.
const QUARANTINED: &str = "QUARANTINED";
/// Records that a canary has left behind.
const CANARY: &str = "CANARY";

/// What an item is made of.
const ITEM_COLUMNS: [&str; 9] = [
    "Action_Id__c",
    "State__c",
    "Source_Object__c",
    "Source_Id__c",
    "File_Name__c",
    "Size__c",
    "Sha256__c",
    "Reason__c",
    "Quarantined_At__c",
];

/// Items in the order of their ids.
pub(crate) async fn list(org: &Org<'_>, after: Option<&str>) -> Result<QuarantinePage, ConnectorFault> {
    let columns = Columns::of(org)?;
    let object = columns.name(ITEM_OBJECT);
    let behind = after.map(|id| format!(" AND Id > {}", quoted(id))).unwrap_or_default();
    let soql = format!(
        "SELECT {} FROM {object} WHERE {} = {}{behind} ORDER BY Id LIMIT {PAGE_MAX}",
        columns.list(&ITEM_COLUMNS),
        columns.name("Action__c"),
        quoted(QUARANTINE)
    );
    let rows: Vec<Row> = match org.query(Catalogue::Data, &soql).await {
        Ok(rows) => rows,
        Err(fault) => return absent(org, fault).await.map(|()| QuarantinePage::default()),
    };
    let items = rows.iter().map(|row| item(&columns, row)).collect::<Result<Vec<_>, _>>()?;
    let next = if items.len() < PAGE_MAX { None } else { items.last().map(|item| item.remote_id.clone()) };
    Ok(QuarantinePage { items, next })
}

fn item(columns: &Columns<'_>, row: &Row) -> Result<QuarantinedItem, ConnectorFault> {
    let text = |column: &str| columns.text(row, column).unwrap_or_default().to_owned();
    let state = text("State__c");
    Ok(QuarantinedItem {
        id: text("Action_Id__c"),
        remote_id: columns.id(row)?,
        source_object: text("Source_Object__c"),
        source_id: text("Source_Id__c"),
        file_name: text("File_Name__c"),
        size: columns.number(row, "Size__c").unwrap_or_default(),
        sha256: text("Sha256__c"),
        held: state == QUARANTINED,
        state,
        reason: text("Reason__c"),
        quarantine_time: columns.text(row, "Quarantined_At__c").and_then(timestamp),
    })
}

/// How many items, up to a page of them, hold content that is nowhere else.
pub(crate) async fn held(org: &Org<'_>) -> Result<usize, ConnectorFault> {
    let columns = Columns::of(org)?;
    let soql = format!(
        "SELECT Id FROM {} WHERE {} = {} AND {} = {} LIMIT {PAGE_MAX}",
        columns.name(ITEM_OBJECT),
        columns.name("Action__c"),
        quoted(QUARANTINE),
        columns.name("State__c"),
        quoted(QUARANTINED)
    );
    match org.query::<Row>(Catalogue::Data, &soql).await {
        Ok(rows) => Ok(rows.len()),
        Err(fault) => absent(org, fault).await.map(|()| 0),
    }
}

/// Deletes what canaries have left in a package's objects; others go with their records.
pub(crate) async fn forget_canaries(org: &Org<'_>) -> Result<(), ConnectorFault> {
    if org.delivery()?.package().is_none() {
        return Ok(());
    }
    let columns = Columns::of(org)?;
    let soql = format!(
        "SELECT Id FROM {} WHERE {} = {} LIMIT {PAGE_MAX}",
        columns.name(ITEM_OBJECT),
        columns.name("Action__c"),
        quoted(CANARY)
    );
    let rows: Vec<Row> = match org.query(Catalogue::Data, &soql).await {
        Ok(rows) => rows,
        Err(fault) => return absent(org, fault).await,
    };
    let ids = rows.iter().map(|row| columns.id(row)).collect::<Result<Vec<_>, _>>()?;
    delete_records(org, &ids).await
}

/// What it means that the items cannot be queried: nothing is there, or it is not ours; else an error. Salesforce has the
/// same words for an object that is not there and one that the user may not see.
async fn absent(org: &Org<'_>, fault: ConnectorFault) -> Result<(), ConnectorFault> {
    let code = fault.fault.metadata().get(ERROR_CODE).map(String::as_str);
    if !matches!(code, Some("INVALID_TYPE" | "INVALID_FIELD")) {
        return Err(fault);
    }
    let namespace = org.delivery()?.namespace();
    let soql = format!(
        "SELECT Id, DeveloperName, Description FROM CustomObject WHERE {} AND DeveloperName = {}",
        namespace.condition("NamespacePrefix"),
        quoted(ITEM_OBJECT.trim_end_matches("__c"))
    );
    let rows: Vec<CustomObjectRow> = org.query(Catalogue::Tooling, &soql).await?;
    let is_ours = |row: &CustomObjectRow| {
        namespace.0.is_some() || row.description.as_deref().is_some_and(|text| text.contains(MARKER))
    };
    if !rows.iter().any(is_ours) {
        return Ok(());
    }
    Err(ConnectorFault::denied(
        Fault::new(
            Reason::SaasPermissionMissing,
            "the service account's user cannot see the quarantined items: a Salesforce administrator assigns the permission \
             set CAS_Service_Account to that user again",
        )
        .with_internal(fault.fault.message()),
    ))
}
