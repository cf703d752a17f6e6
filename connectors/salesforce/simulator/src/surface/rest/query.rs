//! `query`, `queryAll` and their further pages.

use std::sync::Arc;

use serde_json::{Value, json};

use super::cursors::{Cursor, Remaining};
use super::{Call, Door};
use crate::org::{Id, prefix};
use crate::soql::{self, Outcome};
use crate::surface::{Answer, ApiError, ApiResult, Site};

const BATCH_DEFAULT: usize = 2_000;
const BATCH_MIN: usize = 200;

/// `GET …/query?q=`, or `?explain=`.
pub(super) fn start(site: &Site, call: &Call, door: &Door<'_>) -> ApiResult {
    if let Some(text) = call.parameter("explain") {
        return plan(site, call, door, text);
    }
    let Some(text) = call.parameter("q") else {
        return Err(ApiError::bad("MALFORMED_QUERY", "A query string has to be specified"));
    };
    let deleted = call.segments.first().is_some_and(|name| name == "queryAll");
    answer(site, call, door, text, deleted)
}

/// How a query would be run. The numbers are those of a scan; nobody should rely on them.
fn plan(site: &Site, call: &Call, door: &Door<'_>, text: &str) -> ApiResult {
    let state = door.snapshot(&site.org);
    let view = call.view(&site.org, &state);
    let prepared = soql::prepare(&view, text)?;
    let rows = state.records.count(&prepared.object.name);
    Ok(Answer::ok(json!({
        "plans": [{
            "cardinality": rows,
            "fields": [],
            "leadingOperationType": "TableScan",
            "notes": [],
            "relativeCost": 1.0,
            "sobjectCardinality": rows,
            "sobjectType": prepared.object.name,
        }],
        "sourceQuery": text,
    })))
}

/// Runs a query and answers its first page.
pub(super) fn answer(site: &Site, call: &Call, door: &Door<'_>, text: &str, deleted: bool) -> ApiResult {
    let org = &site.org;
    let state = door.snapshot(org);
    let view = call.view(org, &state);
    let prepared = soql::prepare(&view, text)?;
    if call.parameter("columns").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Ok(Answer::ok(soql::columns(&prepared)));
    }
    let remaining = match soql::run(&view, &prepared, deleted)? {
        Outcome::Count(count) => {
            return Ok(Answer::ok(envelope(call, Vec::new(), count, None)));
        }
        Outcome::Rows(rows) => Remaining::Rows { query: Box::new(prepared), rows },
        Outcome::Groups(groups) => Remaining::Groups(groups),
    };
    let batch = asked(call).unwrap_or(BATCH_DEFAULT);
    let cursor = Arc::new(Cursor { user: call.rights.user, opened_ms: org.now_ms(), remaining, batch });
    let id = org.ids.next(prefix::QUERY_CURSOR);
    let (answer, more) = page(&view, call, &cursor, id, 0)?;
    if more {
        site.cursors().open(id, cursor);
    }
    Ok(Answer::ok(answer))
}

/// `GET …/query/01g…-2000`: the position stands in the locator, so pages may be fetched in any order, and again.
pub(super) fn more(site: &Site, call: &Call, door: &Door<'_>, locator: &str) -> ApiResult {
    let org = &site.org;
    let invalid = || ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (id, from) = locator.rsplit_once('-').ok_or_else(invalid)?;
    let id = Id::parse(id).ok_or_else(invalid)?;
    let from = from.parse().map_err(|_| invalid())?;
    let cursor = site.cursors().get(id, call.rights.user, org.now_ms()).ok_or_else(invalid)?;
    let state = door.snapshot(org);
    let (answer, _) = page(&call.view(org, &state), call, &cursor, id, from)?;
    Ok(Answer::ok(answer))
}

/// One page and whether another follows.
fn page(
    view: &crate::tables::View<'_>,
    call: &Call,
    cursor: &Cursor,
    id: Id,
    from: usize,
) -> Result<(Value, bool), ApiError> {
    let size = match &cursor.remaining {
        Remaining::Rows { rows, .. } => rows.len(),
        Remaining::Groups(groups) => groups.len(),
    };
    if from > size {
        return Err(ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator"));
    }
    let rows = asked(call).unwrap_or(cursor.batch).min(view.org.config.page_rows_max.unwrap_or(usize::MAX));
    let to = size.min(from + rows.max(1));
    let records = match &cursor.remaining {
        Remaining::Rows { query, rows } => soql::records(view, query, &rows[from..to], &call.root)?,
        Remaining::Groups(groups) => groups[from..to].to_vec(),
    };
    let done = to == size;
    let answer = envelope(call, records, size, (!done).then(|| format!("{id}-{to}")));
    Ok((answer, !done))
}

/// Records of `total` as one page; `next` is the locator of the page that follows. The Tooling API says more of a page
/// than REST does.
fn envelope(call: &Call, records: Vec<Value>, total: usize, next: Option<String>) -> Value {
    let mut answer = json!({"totalSize": total, "done": next.is_none()});
    if let Some(next) = &next {
        answer["nextRecordsUrl"] = format!("{}/query/{next}", call.root).into();
    }
    if call.tooling {
        // A count has a size and no records.
        answer["size"] = if records.is_empty() { total } else { records.len() }.into();
        answer["queryLocator"] = next.into();
        answer["entityTypeName"] =
            records.first().map(|record| record["attributes"]["type"].clone()).unwrap_or_default();
    }
    answer["records"] = records.into();
    answer
}

/// `Sforce-Query-Options: batchSize=500`, moved to what is allowed.
fn asked(call: &Call) -> Option<usize> {
    let header =
        call.headers.get("sforce-query-options").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked: Option<usize> = header.split([',', ';']).find_map(|option| {
        let (name, value) = option.split_once('=')?;
        name.trim().eq_ignore_ascii_case("batchSize").then(|| value.trim().parse().ok())?
    });
    asked.map(|rows| rows.clamp(BATCH_MIN, BATCH_DEFAULT))
}
