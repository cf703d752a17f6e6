//! `merge`: other records become part of one.

use crate::dml::{Operation, Options, Row, RowResult};
use crate::metadata::xml::Element;
use crate::org::Id;
use crate::soap::Caller;
use crate::soap::fault::SoapFault;
use crate::soap::write::Xml;
use crate::surface::ApiError;
use crate::surface::rest::{changed_row, doomed, target, thrown};
use crate::transaction::Transaction;

use super::change::Fields;

/// Merges of one call.
const REQUESTS_MAX: usize = 200;

/// One merge: the record that stays, as it shall be, and those that go into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merge {
    master: Fields,
    losers: Vec<String>,
}

impl Merge {
    /// The merges in an element, if it asks for any.
    pub(super) fn of(element: &Element) -> Option<Vec<Self>> {
        if element.name != "merge" {
            return None;
        }
        let one = |request: &Element| Self {
            master: request.get("masterRecord").map(Fields::of).unwrap_or_default(),
            losers: request.all("recordToMergeIds").map(|id| id.text.clone()).collect(),
        };
        // By its place: clients write `request` and `mergeRequests`.
        Some(element.children.iter().map(one).collect())
    }
}

/// Does them, each for itself, and writes a result for each.
pub(super) fn merge(caller: &Caller<'_>, merges: &[Merge], out: &mut Xml) -> Result<(), SoapFault> {
    let org = &caller.site.org;
    if org.is_read_only() {
        return Err(ApiError::maintenance().into());
    }
    if merges.len() > REQUESTS_MAX {
        let message =
            format!("record limit reached. cannot submit more than {REQUESTS_MAX} records into this call");
        return Err(SoapFault::api("EXCEEDED_ID_LIMIT", message));
    }
    let mut tx = Transaction::begin(org, caller.rights.clone());
    for merge in merges {
        let results = one(&mut tx, merge);
        show(merge, results, out);
    }
    tx.commit();
    Ok(())
}

fn one(tx: &mut Transaction, merge: &Merge) -> Result<Vec<RowResult>, ApiError> {
    let object = target(tx, &merge.master.object).map_err(|_| {
        ApiError::bad("INVALID_TYPE", format!("sObject type '{}' is not supported.", merge.master.object))
    })?;
    let id = merge.master.id();
    let id = id.ok_or_else(|| ApiError::bad("MISSING_ARGUMENT", "Id not specified in the master record"))?;
    let mut rows: Vec<Row> = vec![changed_row(tx, &object, id, &merge.master.body(&object))?];
    for loser in &merge.losers {
        rows.push(doomed(tx, loser)?);
    }
    match tx.apply(Operation::Merge, rows, Options::API) {
        Ok(results) => Ok(results),
        Err(error) => Err(thrown(tx, &error).into()),
    }
}

fn show(merge: &Merge, results: Result<Vec<RowResult>, ApiError>, out: &mut Xml) {
    out.open("result");
    let errors = match &results {
        Ok(results) => {
            let own =
                results.iter().filter(|result| result.failed()).flat_map(|result| result.errors.clone());
            own.collect()
        }
        Err(error) => Vec::from(error.clone()),
    };
    for error in &errors {
        out.open("errors");
        for field in &error.fields {
            out.text("fields", field);
        }
        out.text("message", &error.message).text("statusCode", &error.status).close("errors");
    }
    match merge.master.id().filter(|_| errors.is_empty()) {
        Some(id) => out.text("id", id.as_str()),
        None => out.nil("id"),
    };
    if errors.is_empty() {
        for id in merge.losers.iter().filter_map(|id| Id::parse(id)) {
            out.text("mergedRecordIds", id.as_str());
        }
    }
    out.flag("success", errors.is_empty()).close("result");
}
