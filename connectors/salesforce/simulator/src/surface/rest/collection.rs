//! Up to 200 records in one call.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::parents::is_key;
use super::{Call, Door, records, thrown, write};
use crate::dml::{Operation, Options, Row, RowError, RowResult};
use crate::org::Id;
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables;
use crate::transaction::Transaction;

const RECORDS_MAX: usize = 200;
/// Records that one call may fetch.
const FETCHED_MAX: usize = 2_000;

/// `…/composite/sobjects`: 200 even when rows fail.
pub(super) fn answer(site: &Site, call: &Call, door: &mut Door<'_>) -> ApiResult {
    if call.method == Method::DELETE {
        let all_or_none = call.parameter("allOrNone").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let ids: Vec<&str> =
            call.parameter("ids").unwrap_or_default().split(',').filter(|id| !id.is_empty()).collect();
        limit(ids.len())?;
        let rows = door.change(&site.org, call, |tx| {
            let rows = ids.into_iter().map(|text| doomed(tx, text)).collect();
            Ok(apply(tx, Operation::Delete, rows, all_or_none))
        })?;
        return Ok(Answer::ok(rows.into_iter().map(shown).collect()));
    }
    if call.method != Method::POST && call.method != Method::PATCH {
        return Err(ApiError::method(&call.method, "DELETE,PATCH,POST"));
    }
    let body = call.object()?;
    let all_or_none = body.get("allOrNone") == Some(&Value::Bool(true));
    let records = body.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
    limit(records.len())?;
    let create = call.method == Method::POST;
    let rows = door.change(&site.org, call, |tx| {
        let rows = records.iter().map(|record| if create { new(tx, record) } else { changed(tx, record) });
        let rows = rows.collect();
        let operation = if create { Operation::Insert } else { Operation::Update };
        Ok(apply(tx, operation, rows, all_or_none))
    })?;
    Ok(Answer::ok(rows.into_iter().map(shown).collect()))
}

/// `GET …/composite/sobjects/X?ids=…&fields=…`, or the same as the body of a `POST`: null where there is no record.
pub(super) fn fetch(site: &Site, call: &Call, door: &Door<'_>, name: &str) -> ApiResult {
    let listed = |text: Option<&str>| -> Vec<String> {
        let parts = text.unwrap_or_default().split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (ids, fields) = if call.method == Method::POST {
        let body = call.object()?;
        let all = |name: &str| -> Vec<String> {
            let list = body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        (all("ids"), all("fields"))
    } else {
        (listed(call.parameter("ids")), listed(call.parameter("fields")))
    };
    if ids.len() > FETCHED_MAX {
        let message =
            format!("record limit reached. cannot retrieve more than {FETCHED_MAX} records in this request");
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    for (what, missing) in [("ids", ids.is_empty()), ("fields", fields.is_empty())] {
        if missing {
            let message = format!("Required parameter missing in request: {what}");
            return Err(ApiError::bad("MISSING_ARGUMENT", message));
        }
    }
    let wanted = Call { query: vec![("fields".to_owned(), fields.join(","))], ..call.clone() };
    door.look(&site.org, |state| {
        let view = call.view(&site.org, state);
        let object = view.object(name).ok_or_else(ApiError::not_found)?;
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            if Id::parse(id).is_none() {
                return Err(ApiError::bad("MALFORMED_ID", format!("malformed id {id}")));
            }
            found.push(match tables::by_key(&view, object, id) {
                Some(row) => records::shown(&view, &wanted, object, &row)?,
                None => Value::Null,
            });
        }
        Ok(Answer::ok(found.into()))
    })
}

/// `PATCH …/composite/sobjects/X/Key__c`: updates the records with these keys and creates the others.
pub(super) fn upsert(site: &Site, call: &Call, door: &mut Door<'_>, name: &str, key: &str) -> ApiResult {
    let body = call.object()?;
    let all_or_none = body.get("allOrNone") == Some(&Value::Bool(true));
    let records = body.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
    limit(records.len())?;
    let rows = door.change(&site.org, call, |tx| {
        let object = write::target(tx, name)?;
        let view = tx.view();
        let field = object.field(key).filter(|field| is_key(&view, &object, field)).cloned();
        let field = field.ok_or_else(|| super::related::unknown(key))?;
        let row = |record: &Value| {
            let (own, body) = typed(record)?;
            if !own.eq_ignore_ascii_case(&object.name) {
                let message = format!("The records have to be of type {}, not {own}", object.name);
                return Err(ApiError::bad("INVALID_INPUT", message));
            }
            let by_id = field.name == "Id";
            let mut body = body.clone();
            let id = ["Id", "id"].iter().find_map(|name| body.remove(*name)).filter(|_| by_id);
            match id.as_ref().and_then(Value::as_str) {
                Some(id) => {
                    let id = Id::parse(id)
                        .ok_or_else(|| ApiError::bad("MALFORMED_ID", format!("malformed id {id}")))?;
                    write::changed_row(tx, &object, id, &body)
                }
                None => write::new_row(tx, &object, &body, None),
            }
        };
        let rows = records.iter().map(row).collect();
        Ok(apply(tx, Operation::Upsert(Some(field.name.as_str().into())), rows, all_or_none))
    })?;
    let shown = |result: RowResult| {
        let created = result.created;
        let mut shown = shown(result);
        shown["created"] = created.into();
        shown
    };
    Ok(Answer::ok(rows.into_iter().map(shown).collect()))
}

fn limit(count: usize) -> Result<(), ApiError> {
    if count > RECORDS_MAX {
        let message =
            format!("record limit reached. cannot submit more than {RECORDS_MAX} records in this request");
        return Err(ApiError::bad("EXCEEDED_ID_LIMIT", message));
    }
    Ok(())
}

/// Takes the rows that are understood through the door, all or the good ones; a result for each.
pub(crate) fn apply(
    tx: &mut Transaction,
    operation: Operation,
    rows: Vec<Result<Row, ApiError>>,
    all_or_none: bool,
) -> Vec<RowResult> {
    let mut refused: Vec<Option<RowResult>> = Vec::with_capacity(rows.len());
    let mut understood = Vec::with_capacity(rows.len());
    for row in rows {
        match row {
            Ok(row) => {
                understood.push(row);
                refused.push(None);
            }
            Err(error) => refused.push(Some(RowResult { id: None, created: false, errors: error.into() })),
        }
    }
    let options = Options { all_or_none, ..Options::API };
    let bad = refused.iter().any(Option::is_some);
    let results = if all_or_none && bad {
        let undone =
            |row: Row| RowResult { id: row.id, created: false, errors: vec![RowError::rolled_back()] };
        understood.into_iter().map(undone).collect()
    } else {
        let count = understood.len();
        let mark = tx.mark();
        tx.apply(operation, understood, options).unwrap_or_else(|error| {
            tx.restore(mark);
            let error = thrown(tx, &error);
            vec![RowResult { id: None, created: false, errors: vec![error] }; count]
        })
    };
    let mut results = results.into_iter();
    refused.into_iter().filter_map(|refusal| refusal.or_else(|| results.next())).collect()
}

fn shown(result: RowResult) -> Value {
    if result.errors.is_empty() {
        return json!({"id": result.id, "success": true, "errors": []});
    }
    let errors = result.errors.into_iter().map(|error| ApiError::from(error).to_row_json());
    json!({"success": false, "errors": errors.collect::<Value>()})
}

fn typed(record: &Value) -> Result<(&str, &Map<String, Value>), ApiError> {
    let name = record.pointer("/attributes/type").and_then(Value::as_str);
    name.zip(record.as_object())
        .ok_or_else(|| ApiError::bad("INVALID_INPUT", "attributes.type is required for each record"))
}

fn new(tx: &Transaction, record: &Value) -> Result<Row, ApiError> {
    let (name, body) = typed(record)?;
    let object = write::target(tx, name)?;
    write::new_row(tx, &object, body, None)
}

fn changed(tx: &Transaction, record: &Value) -> Result<Row, ApiError> {
    let (name, body) = typed(record)?;
    let mut body = body.clone();
    let id =
        ["id", "Id"].iter().find_map(|key| body.remove(*key)).and_then(|id| id.as_str().and_then(Id::parse));
    let id = id.ok_or_else(|| ApiError::bad("MISSING_ARGUMENT", "Id not specified in an update call"))?;
    let object = write::target(tx, name)?;
    write::changed_row(tx, &object, id, &body)
}

/// The record of this id, to be deleted.
pub(crate) fn doomed(tx: &Transaction, text: &str) -> Result<Row, ApiError> {
    let id = Id::parse(text).ok_or_else(|| ApiError::bad("MALFORMED_ID", format!("malformed id {text}")))?;
    let object = tx.state.metadata.object_of(id).cloned().ok_or_else(ApiError::no_record)?;
    if !tx.rights.object(&object).read {
        return Err(ApiError::no_record());
    }
    Ok(Row::of(&object, id))
}
