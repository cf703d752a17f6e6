//! Jobs that read: `jobs/query`.

use std::sync::Arc;

use axum::http::{HeaderName, Method, StatusCode};
use bytes::Bytes;
use serde_json::{Value, json};

use super::job::{Head, State};
use super::{file, format, id, list, text};
use crate::bulk::error::BulkError;
use crate::bulk::export;
use crate::bulk::store::Kept;
use crate::org::Id;
use crate::surface::rest::Call;
use crate::surface::{Answer, ApiError, ApiResult, Site};

/// Rows of one page of results, where nobody asks for fewer. The real number follows the width of the rows.
const PAGE_ROWS: usize = 50_000;
/// Pages that one call lists.
const PAGES_LISTED: usize = 5;
const LOCATOR: HeaderName = HeaderName::from_static("sforce-locator");
const COUNT: HeaderName = HeaderName::from_static("sforce-numberofrecords");

/// A job that reads.
pub(in crate::bulk) struct Query {
    head: Head,
    soql: String,
    deleted: bool,
    took_ms: i64,
    rows: Option<Arc<Rows>>,
}

/// What it found.
struct Rows {
    /// The header and all rows.
    text: Bytes,
    /// Where each row begins, and the end.
    starts: Vec<usize>,
}

impl Kept for Query {
    fn ended(&self) -> bool {
        self.head.state.ended()
    }

    fn bytes(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.text.len())
    }
}

impl Query {
    fn shown(&self) -> Value {
        let mut shown = self.head.shown();
        shown.insert("jobType".to_owned(), "V2Query".into());
        if self.head.state != State::UploadComplete {
            let count = self.rows.as_ref().map_or(0, |rows| rows.count());
            shown.insert("numberRecordsProcessed".to_owned(), count.into());
            shown.insert("retries".to_owned(), 0.into());
            shown.insert("totalProcessingTime".to_owned(), self.took_ms.into());
        }
        shown.insert("isPkChunkingSupported".to_owned(), true.into());
        shown.into()
    }
}

impl Rows {
    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// The header and the rows from one to (not with) another.
    fn part(&self, from: usize, to: usize) -> Bytes {
        let head = self.text.get(..self.starts[0]).unwrap_or_default();
        let body = self.text.get(self.starts[from]..self.starts[to]).unwrap_or_default();
        [head, body].concat().into()
    }
}

/// Serves everything below `jobs/query`.
pub(super) fn serve(site: &Site, call: &Call, path: &[&str]) -> ApiResult {
    let read = call.method == Method::GET || call.method == Method::HEAD;
    match path {
        [] if read => {
            let jobs = site.bulk.query();
            let own = jobs.all().filter(|job| job.head.visible(call)).map(|job| job.head.shown().into());
            Ok(list(call, own.collect(), "query"))
        }
        [] if call.method == Method::POST => create(site, call),
        [job] if read => with(site, call, id(job)?, |job| Ok(Answer::ok(job.shown()))),
        [job] if call.method == Method::PATCH => abort(site, call, id(job)?),
        [job] if call.method == Method::DELETE => delete(site, call, id(job)?),
        [job, "results"] if read => results(site, call, id(job)?),
        [job, "resultPages"] if read => pages(site, call, id(job)?),
        [] => Err(ApiError::method(&call.method, "GET, POST")),
        [_] => Err(ApiError::method(&call.method, "DELETE, GET, PATCH")),
        [_, "results" | "resultPages"] => Err(ApiError::method(&call.method, "GET")),
        _ => Err(ApiError::not_found()),
    }
}

fn with<T>(
    site: &Site,
    call: &Call,
    id: Id,
    use_it: impl FnOnce(&mut Query) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut jobs = site.bulk.query();
    let job = jobs.get_mut(id).filter(|job| job.head.visible(call));
    use_it(job.ok_or_else(ApiError::not_found)?)
}

fn create(site: &Site, call: &Call) -> ApiResult {
    let body = call.object()?;
    let operation = match text(&body, "operation").unwrap_or("query") {
        word if word.eq_ignore_ascii_case("query") => "query",
        word if word.eq_ignore_ascii_case("queryAll") => "queryAll",
        word => return Err(BulkError::job(format!("Unknown operation: {word}")).into()),
    };
    let soql = text(&body, "query").filter(|soql| !soql.trim().is_empty());
    let soql = soql.ok_or_else(|| BulkError::job("A query has to be specified"))?;
    let format = format(&body)?;
    let org = &site.org;
    let state = org.snapshot();
    let object = export::check(&call.view(org, &state), soql)?;
    let head = Head::new(org, call, &object, operation, State::UploadComplete, format);
    let id = head.id;
    let job = Query { head, soql: soql.to_owned(), deleted: operation == "queryAll", took_ms: 0, rows: None };
    let shown = job.head.shown();
    site.bulk.query().put(id, job);
    let (site, root) = (site.clone(), call.root.clone());
    tokio::task::spawn_blocking(move || run(&site, id, &root));
    Ok(Answer::ok(shown.into()))
}

fn run(site: &Site, id: Id, root: &str) {
    let org = &site.org;
    let asked = {
        let mut jobs = site.bulk.query();
        let Some(job) = jobs.get_mut(id).filter(|job| job.head.state == State::UploadComplete) else {
            return;
        };
        job.head.turn(State::InProgress, org.now_ms());
        (job.soql.clone(), job.deleted, job.head.by, job.head.format)
    };
    let (soql, deleted, user, format) = asked;
    let began = org.now_ms();
    let found = export::run(org, user, &soql, deleted, root).map(|found| found.csv(format));
    let mut jobs = site.bulk.query();
    let Some(job) = jobs.get_mut(id).filter(|job| job.head.state == State::InProgress) else { return };
    let now = org.now_ms();
    job.took_ms = now - began;
    match found {
        Ok((text, starts)) => {
            job.rows = Some(Arc::new(Rows { text: text.into(), starts }));
            job.head.turn(State::JobComplete, now);
        }
        Err(error) => job.head.fail(&export::failed(&error), now),
    }
}

fn abort(site: &Site, call: &Call, id: Id) -> ApiResult {
    let body = call.object()?;
    if text(&body, "state") != Some("Aborted") {
        return Err(BulkError::state("A query job can only be aborted").into());
    }
    with(site, call, id, |job| {
        job.head.abort(site.org.now_ms())?;
        Ok(Answer::ok(job.head.shown().into()))
    })
}

fn delete(site: &Site, call: &Call, id: Id) -> ApiResult {
    with(site, call, id, |job| match job.head.state.ended() {
        true => Ok(()),
        false => Err(BulkError::state("Deleting a Job that has not ended is not allowed").into()),
    })?;
    site.bulk.query().remove(id);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The rows of a job that has ended well.
fn complete(site: &Site, call: &Call, id: Id) -> Result<Arc<Rows>, ApiError> {
    with(site, call, id, |job| {
        let state = || ApiError::from(BulkError::state("The results are there when the job is complete"));
        job.rows.clone().ok_or_else(state)
    })
}

/// How many rows a page has, and where it begins. A locator is the text of a number, in base64.
fn window(call: &Call) -> Result<(usize, usize), ApiError> {
    let number = |name: &str| call.parameter(name).filter(|text| !text.is_empty() && *text != "null");
    let invalid = |name: &str| ApiError::bad("INVALID_QUERY_LOCATOR", format!("invalid {name}"));
    let size = match number("maxRecords").map(str::parse::<usize>) {
        None => PAGE_ROWS,
        Some(Ok(size)) if size > 0 => size,
        Some(_) => return Err(invalid("maxRecords")),
    };
    let from = number("locator").map(|text| unlocated(text).ok_or_else(|| invalid("query locator")));
    Ok((size, from.transpose()?.unwrap_or(0)))
}

fn located(position: usize) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(position.to_string())
}

fn unlocated(locator: &str) -> Option<usize> {
    use base64::Engine;
    let bytes =
        base64::engine::general_purpose::STANDARD_NO_PAD.decode(locator.trim_end_matches('=')).ok()?;
    std::str::from_utf8(&bytes).ok()?.parse().ok()
}

fn results(site: &Site, call: &Call, id: Id) -> ApiResult {
    let rows = complete(site, call, id)?;
    let (size, from) = window(call)?;
    if from > rows.count() {
        return Err(ApiError::bad("INVALID_QUERY_LOCATOR", "invalid query locator"));
    }
    let to = rows.count().min(from.saturating_add(size));
    let next = if to < rows.count() { located(to) } else { "null".to_owned() };
    Ok(file(rows.part(from, to)).with(LOCATOR, next).with(COUNT, (to - from).to_string()))
}

/// Pages that may be fetched side by side.
fn pages(site: &Site, call: &Call, id: Id) -> ApiResult {
    let rows = complete(site, call, id)?;
    let (size, from) = window(call)?;
    let url = |at: usize| match at {
        0 => format!("{}/jobs/query/{id}/results", call.root),
        at => format!("{}/jobs/query/{id}/results?locator={}", call.root, located(at)),
    };
    let mut starts = (from..rows.count().max(1)).step_by(size.max(1));
    let listed: Vec<Value> =
        starts.by_ref().take(PAGES_LISTED).map(|at| json!({"resultUrl": url(at)})).collect();
    let next =
        starts.next().map(|at| format!("{}/jobs/query/{id}/resultPages?locator={}", call.root, located(at)));
    Ok(Answer::ok(json!({"done": next.is_none(), "nextRecordsUrl": next, "resultPages": listed})))
}
