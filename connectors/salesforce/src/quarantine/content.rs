//! The content of an item, put together from its chunks: each is held against its digest, and all of them against what
//! the item promises.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::quarantine::PIECE_MAX;
use provision_connector_sdk::{ConnectorFault, FaultClass, QuarantinedItem};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::columns::{Columns, Row, count};
use crate::api::Org;
use crate::api::rest::{Catalogue, quoted};
use crate::render::{CHUNK_OBJECT, ITEM_OBJECT};

/// Chunks of a piece. Each is 98,304 bytes at most.
const CHUNKS: u64 = 32;

/// A piece, or `None` behind the last, once the whole was found to be there.
pub(crate) async fn read(
    org: &Org<'_>,
    item: &QuarantinedItem,
    piece: u64,
) -> Result<Option<Vec<u8>>, ConnectorFault> {
    let columns = Columns::of(org)?;
    let first = piece.saturating_mul(CHUNKS);
    let soql = format!(
        "SELECT {} FROM {} WHERE {} = {} AND {index} >= {first} AND {index} < {} ORDER BY {index}",
        columns.list(&["Index__c", "Size__c", "Sha256__c", "Data__c"]),
        columns.name(CHUNK_OBJECT),
        columns.name("Item__c"),
        quoted(&item.remote_id),
        first.saturating_add(CHUNKS),
        index = columns.name("Index__c"),
    );
    let rows: Vec<Row> = org.query(Catalogue::Data, &soql).await?;
    if rows.is_empty() {
        return whole(org, &columns, item).await.map(|()| None);
    }
    let mut bytes = Vec::new();
    for (index, row) in (first..).zip(&rows) {
        bytes.append(&mut chunk(&columns, row, index).map_err(|why| damaged(item, &why))?);
    }
    if bytes.len() > PIECE_MAX {
        return Err(damaged(item, "its chunks are larger than they can be"));
    }
    Ok(Some(bytes))
}

fn chunk(columns: &Columns<'_>, row: &Row, index: u64) -> Result<Vec<u8>, String> {
    if columns.number(row, "Index__c") != Some(index) {
        return Err(format!("chunk {index} is missing, or there twice"));
    }
    let bytes = STANDARD
        .decode(columns.text(row, "Data__c").unwrap_or_default())
        .map_err(|_| format!("chunk {index} is no base64"))?;
    let is_right = columns.number(row, "Size__c") == Some(bytes.len() as u64)
        && columns.text(row, "Sha256__c") == Some(hex::encode(Sha256::digest(&bytes)).as_str());
    if is_right { Ok(bytes) } else { Err(format!("chunk {index} is not what its digest says")) }
}

/// Number and sizes of the chunks are what the item promises.
async fn whole(org: &Org<'_>, columns: &Columns<'_>, item: &QuarantinedItem) -> Result<(), ConnectorFault> {
    let soql = format!(
        "SELECT {} FROM {} WHERE Id = {}",
        columns.list(&["Size__c", "Chunk_Count__c"]),
        columns.name(ITEM_OBJECT),
        quoted(&item.remote_id)
    );
    let promised: Vec<Row> = org.query(Catalogue::Data, &soql).await?;
    let Some(promised) = promised.first() else {
        let gone = Fault::not_found(format!("quarantined item {}", item.id));
        return Err(ConnectorFault::new(FaultClass::Gone, gone));
    };
    let soql = format!(
        "SELECT COUNT(Id) chunks, SUM({}) bytes FROM {} WHERE {} = {}",
        columns.name("Size__c"),
        columns.name(CHUNK_OBJECT),
        columns.name("Item__c"),
        quoted(&item.remote_id)
    );
    let kept: Vec<Row> = org.query(Catalogue::Data, &soql).await?;
    let kept = |name: &str| kept.first().and_then(|row| row.get(name)).filter(|value| !value.is_null());
    let (chunks, bytes) = (kept("chunks").map_or(Some(0), count), kept("bytes").map_or(Some(0), count));
    let expected = |column| Some(columns.number(promised, column).unwrap_or_default());
    if chunks == expected("Chunk_Count__c") && bytes == expected("Size__c") {
        return Ok(());
    }
    let told =
        |number: Option<u64>| number.map_or_else(|| Value::Null.to_string(), |number| number.to_string());
    let why = format!("{} chunks with {} bytes are stored", told(chunks), told(bytes));
    Err(damaged(item, &why))
}

pub(super) fn damaged(item: &QuarantinedItem, why: &str) -> ConnectorFault {
    ConnectorFault::rejected(
        Fault::new(
            Reason::SaasRejected,
            format!("what is stored of the quarantined item {} is damaged: {why}", item.id),
        )
        .meta("item", item.id.clone()),
    )
}
