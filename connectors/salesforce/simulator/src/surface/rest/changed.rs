//! What was changed or deleted in a span of time: `sobjects/X/updated` and `…/deleted`.

use axum::http::StatusCode;
use chrono::DateTime;
use serde_json::{Value, json};

use super::Call;
use crate::org::{ObjectType, rest_time};
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::{self, View};

/// How far back replication goes.
const DAYS_MAX: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const MINUTE_MS: i64 = 60 * 1000;

/// `GET …/sobjects/X/updated/?start=…&end=…`.
pub(super) fn updated(site: &Site, call: &Call, name: &str) -> ApiResult {
    let (from, to) = span(site, call)?;
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let object = replicated(&view, name)?;
    let mut ids = Vec::new();
    tables::scan(&view, object, false, &mut |row| {
        if stamp(&row.value(&view, "SystemModstamp")).is_some_and(|at| (from..to).contains(&at)) {
            ids.push(row.value(&view, "Id"));
        }
    });
    Ok(Answer::ok(json!({"ids": ids, "latestDateCovered": rest_time(to)})))
}

/// `GET …/sobjects/X/deleted/?start=…&end=…`: what lies in the recycle bin.
pub(super) fn deleted(site: &Site, call: &Call, name: &str) -> ApiResult {
    let (from, to) = span(site, call)?;
    let state = site.org.snapshot();
    let view = call.view(&site.org, &state);
    let object = replicated(&view, name)?;
    let mut records: Vec<Value> = Vec::new();
    let mut earliest = site.org.started_ms;
    tables::scan(&view, object, true, &mut |row| {
        if row.value(&view, "IsDeleted") != Value::Bool(true) {
            return;
        }
        let Some(at) = stamp(&row.value(&view, "SystemModstamp")) else { return };
        earliest = earliest.min(at);
        if (from..to).contains(&at) {
            records.push(json!({"deletedDate": rest_time(at), "id": row.value(&view, "Id")}));
        }
    });
    Ok(Answer::ok(json!({
        "deletedRecords": records,
        "earliestDateAvailable": rest_time(earliest.max(site.org.now_ms() - DAYS_MAX * DAY_MS)),
        "latestDateCovered": rest_time(to),
    })))
}

fn replicated<'a>(view: &View<'a>, name: &str) -> Result<&'a ObjectType, ApiError> {
    let object = view.object(name).ok_or_else(ApiError::not_found)?;
    if object.field("SystemModstamp").is_none() || !object.queryable {
        let message = format!("entity type {} does not support replication", object.name);
        return Err(ApiError::bad("INVALID_TYPE_FOR_OPERATION", message));
    }
    Ok(object)
}

fn stamp(value: &Value) -> Option<i64> {
    value.as_str().and_then(crate::soql::moment)
}

/// The span asked for, in milliseconds; its end is not part of it.
fn span(site: &Site, call: &Call) -> Result<(i64, i64), ApiError> {
    let moment = |name: &str| {
        let text = call
            .parameter(name)
            .ok_or_else(|| ApiError::bad("MISSING_ARGUMENT", format!("The parameter {name} is required")))?;
        // A plus sign in a query is a space once it is decoded.
        let at = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
        let at =
            at.ok().map(|at| at.timestamp_millis()).or_else(|| crate::soql::moment(&text.replace(' ', "+")));
        at.ok_or_else(|| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "INVALID_REPLICATION_DATE",
                format!("{name} is no date: {text}"),
            )
        })
    };
    let (from, to) = (moment("start")?, moment("end")?);
    let bad = |message: &str| Err(ApiError::bad("INVALID_REPLICATION_DATE", message));
    if to.div_euclid(MINUTE_MS) <= from.div_euclid(MINUTE_MS) {
        return bad("startDate must be at least one minute greater than endDate");
    }
    if from < site.org.now_ms() - DAYS_MAX * DAY_MS {
        return bad("startDate before org replication enabled date or more than 30 days ago");
    }
    Ok((from, to))
}
