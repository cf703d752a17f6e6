//! Jobs that write: `jobs/ingest`.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::job::{Head, State};
use super::{file, format, id, list, text};
use crate::bulk::csv::Rows;
use crate::bulk::error::{BulkError, row_text};
use crate::bulk::ingest::{Column, Order, Verb};
use crate::bulk::store::Kept;
use crate::dml::RowResult;
use crate::org::Id;
use crate::surface::rest::{Call, form_parts};
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::tables::View;

/// A job that writes.
pub(in crate::bulk) struct Ingest {
    head: Head,
    order: Order,
    /// What was uploaded.
    content: Option<Bytes>,
    /// Of the rows done so far.
    results: Arc<Vec<RowResult>>,
    took_ms: i64,
}

impl Kept for Ingest {
    fn ended(&self) -> bool {
        self.head.state.ended()
    }

    fn bytes(&self) -> usize {
        self.content.as_ref().map_or(0, Bytes::len)
    }
}

impl Ingest {
    /// As a call that changes the job, or a list, shows it.
    fn shown(&self) -> Map<String, Value> {
        let mut shown = self.head.shown();
        if let Some(key) = &self.order.key {
            shown.insert("externalIdFieldName".to_owned(), key.as_str().into());
        }
        if self.head.state == State::Open {
            let url = format!("services/data/v{}.0/jobs/ingest/{}/batches", self.head.version, self.head.id);
            shown.insert("contentUrl".to_owned(), url.into());
        }
        shown
    }

    /// With its progress.
    fn progress(&self) -> Value {
        let mut shown = self.shown();
        shown.insert("jobType".to_owned(), "V2Ingest".into());
        let failed = self.results.iter().filter(|result| !result.errors.is_empty()).count();
        for (name, number) in [
            ("retries", 0),
            ("totalProcessingTime", self.took_ms),
            ("apiActiveProcessingTime", self.took_ms),
            ("apexProcessingTime", 0),
            ("numberRecordsProcessed", self.results.len() as i64),
            ("numberRecordsFailed", failed as i64),
        ] {
            shown.insert(name.to_owned(), number.into());
        }
        shown.into()
    }
}

/// Serves everything below `jobs/ingest`.
pub(super) fn serve(site: &Site, call: &Call, path: &[&str]) -> ApiResult {
    let read = call.method == Method::GET || call.method == Method::HEAD;
    match path {
        [] if read => {
            let jobs = site.bulk.ingest();
            let mut own = Vec::new();
            for job in jobs.all().filter(|job| job.head.visible(call)) {
                let mut shown = job.shown();
                shown.insert("jobType".to_owned(), "V2Ingest".into());
                own.push(shown.into());
            }
            Ok(list(call, own, "ingest"))
        }
        [] if call.method == Method::POST => create(site, call),
        [job] if read => with(site, call, id(job)?, |job| Ok(Answer::ok(job.progress()))),
        [job] if call.method == Method::PATCH => turn(site, call, id(job)?),
        [job] if call.method == Method::DELETE => delete(site, call, id(job)?),
        [job, "batches"] if call.method == Method::PUT => upload(site, call, id(job)?),
        [job, "successfulResults"] if read => results(site, call, id(job)?, Which::Good),
        [job, "failedResults"] if read => results(site, call, id(job)?, Which::Bad),
        [job, "unprocessedrecords" | "unprocessedRecords"] if read => {
            results(site, call, id(job)?, Which::Left)
        }
        [] => Err(ApiError::method(&call.method, "GET, POST")),
        [_] => Err(ApiError::method(&call.method, "DELETE, GET, PATCH")),
        [_, "batches"] => Err(ApiError::method(&call.method, "PUT")),
        _ => Err(ApiError::not_found()),
    }
}

fn with<T>(
    site: &Site,
    call: &Call,
    id: Id,
    use_it: impl FnOnce(&mut Ingest) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut jobs = site.bulk.ingest();
    let job = jobs.get_mut(id).filter(|job| job.head.visible(call));
    use_it(job.ok_or_else(ApiError::not_found)?)
}

/// A job alone, or in a form with its rows beside it, which then begins at once.
fn create(site: &Site, call: &Call) -> ApiResult {
    let (body, content) = match form_parts(call)? {
        None => (call.object()?, None),
        Some(parts) => {
            let part = |name: &str| parts.iter().find(|(own, _)| own == name).map(|(_, bytes)| bytes.clone());
            let missing = |name: &str| BulkError::job(format!("The part {name} is missing"));
            let job = part("job").ok_or_else(|| missing("job"))?;
            let body = Call { body: job, ..call.clone() }.object()?;
            (body, Some(part("content").ok_or_else(|| missing("content"))?))
        }
    };
    let word = text(&body, "operation").unwrap_or_default();
    let verb = Verb::parse(word).ok_or_else(|| BulkError::job(format!("Unknown operation: {word}")))?;
    let format = format(&body)?;
    let org = &site.org;
    let order = {
        let state = org.read();
        let view = call.view(org, &state);
        let object = text(&body, "object").unwrap_or_default();
        Order::new(&view, verb, object, text(&body, "externalIdFieldName"))?
    };
    let state = if content.is_some() { State::UploadComplete } else { State::Open };
    let head = Head::new(org, call, &order.object, verb.as_str(), state, format);
    let id = head.id;
    let job = Ingest { head, order, content, results: Arc::default(), took_ms: 0 };
    let shown = job.shown();
    site.bulk.ingest().put(id, job);
    if state == State::UploadComplete {
        begin(site, id);
    }
    Ok(Answer::ok(shown.into()))
}

fn upload(site: &Site, call: &Call, id: Id) -> ApiResult {
    with(site, call, id, |job| {
        if job.head.state != State::Open {
            let message = format!("Not able to upload data, Job is not in Open state: {id}");
            return Err(BulkError::state(message).into());
        }
        if job.content.is_some() {
            let message = format!(
                "Found multiple contents for job: <{id}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job."
            );
            return Err(BulkError::new("ClientInputError", message).into());
        }
        job.content = Some(call.body.clone());
        Ok(Answer::empty(StatusCode::CREATED))
    })
}

fn turn(site: &Site, call: &Call, id: Id) -> ApiResult {
    let body = call.object()?;
    let now = site.org.now_ms();
    let state = text(&body, "state").unwrap_or_default();
    let shown = with(site, call, id, |job| {
        match state {
            "UploadComplete" if job.head.state == State::Open => job.head.turn(State::UploadComplete, now),
            "UploadComplete" => {
                let message = "Closing already Completed/Aborted/Failed Job not allowed";
                return Err(BulkError::state(message).into());
            }
            "Aborted" => job.head.abort(now)?,
            other => {
                let message =
                    format!("Invalid job state: {other}. A job can be set to UploadComplete or Aborted");
                return Err(BulkError::state(message).into());
            }
        }
        Ok(job.shown())
    })?;
    if state == "UploadComplete" {
        begin(site, id);
    }
    Ok(Answer::ok(shown.into()))
}

fn delete(site: &Site, call: &Call, id: Id) -> ApiResult {
    with(site, call, id, |job| match job.head.state {
        State::Open | State::InProgress => {
            Err(BulkError::state("Deleting a Job that has not ended is not allowed").into())
        }
        _ => Ok(()),
    })?;
    site.bulk.ingest().remove(id);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn begin(site: &Site, id: Id) {
    let site = site.clone();
    tokio::task::spawn_blocking(move || run(&site, id));
}

/// Does what a job asks for, as its user, until it is through or aborted.
fn run(site: &Site, id: Id) {
    let org = &site.org;
    let began = org.now_ms();
    let asked = {
        let mut jobs = site.bulk.ingest();
        let Some(job) = jobs.get_mut(id).filter(|job| job.head.state == State::UploadComplete) else {
            return;
        };
        job.head.turn(State::InProgress, began);
        (job.content.clone().unwrap_or_default(), job.order.clone(), job.head.format, job.head.by)
    };
    let (content, order, format, user) = asked;
    let outcome = text_of(&content).and_then(|text| {
        if !format.fits(text) {
            let now = if format.crlf { "CRLF" } else { "LF" };
            let message = format!("LineEnding is invalid on user data. Current LineEnding setting is {now}");
            return Err(BulkError::input(message));
        }
        let mut rows = format.rows(text);
        let columns = columns(org, user, &order, &mut rows)?;
        let mut broken = None;
        let bodies = rows.map_while(|row| row.map_err(|error| broken = Some(error)).ok());
        let bodies = bodies.map(|cells| Column::body(&columns, &cells));
        order.run(org, user, bodies, &mut |results| {
            let mut jobs = site.bulk.ingest();
            let Some(job) = jobs.get_mut(id) else { return false };
            Arc::make_mut(&mut job.results).extend(results);
            job.head.state == State::InProgress
        });
        match broken {
            Some(error) => Err(BulkError::input(error.to_string())),
            None => Ok(()),
        }
    });
    let mut jobs = site.bulk.ingest();
    let Some(job) = jobs.get_mut(id).filter(|job| job.head.state == State::InProgress) else { return };
    let now = org.now_ms();
    job.took_ms = now - began;
    match outcome {
        Ok(()) => job.head.turn(State::JobComplete, now),
        Err(error) => job.head.fail(&error, now),
    }
}

fn text_of(content: &Bytes) -> Result<&str, BulkError> {
    std::str::from_utf8(content).map_err(|_| BulkError::input("The file is not UTF-8"))
}

fn columns(
    org: &Arc<crate::org::Org>,
    user: Id,
    order: &Order,
    rows: &mut Rows<'_>,
) -> Result<Vec<Column>, BulkError> {
    let header = match rows.next() {
        None => return Ok(Vec::new()),
        Some(header) => header.map_err(|error| BulkError::input(error.to_string()))?,
    };
    let state = org.snapshot();
    let rights = state.rights(user);
    let view = View { org, state: &state, rights: &rights, tooling: false };
    let object = view.object(&order.object);
    let object = object.ok_or_else(|| BulkError::job(format!("Unable to find object: {}", order.object)))?;
    Column::of(&view, object, &header)
}

/// Rows of which a file of results tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Good,
    Bad,
    Left,
}

fn results(site: &Site, call: &Call, id: Id, which: Which) -> ApiResult {
    let (content, results, format) = with(site, call, id, |job| {
        if !job.head.state.ended() {
            return Err(BulkError::state("The results are there when the job has ended").into());
        }
        Ok((job.content.clone().unwrap_or_default(), job.results.clone(), job.head.format))
    })?;
    let mut rows = format.rows(text_of(&content).unwrap_or_default());
    let mut out = String::new();
    let lead: &[&str] = match which {
        Which::Good => &["sf__Id", "sf__Created"],
        Which::Bad => &["sf__Id", "sf__Error"],
        Which::Left => &[],
    };
    let header = rows.next().and_then(Result::ok).unwrap_or_default();
    format.write(&mut out, lead.iter().copied().chain(header.iter().map(String::as_str)));
    let mut results = results.iter();
    for row in rows.map_while(Result::ok) {
        let result = results.next();
        let own = row.iter().map(String::as_str);
        match (which, result) {
            (Which::Good, Some(result)) if result.errors.is_empty() => {
                let id = result.id.map(|id| id.to_string()).unwrap_or_default();
                let created = if result.created { "true" } else { "false" };
                format.write(&mut out, [id.as_str(), created].into_iter().chain(own));
            }
            (Which::Bad, Some(result)) if !result.errors.is_empty() => {
                let id = result.id.map(|id| id.to_string()).unwrap_or_default();
                let error = row_text(&result.errors);
                format.write(&mut out, [id.as_str(), error.as_str()].into_iter().chain(own));
            }
            (Which::Left, None) => format.write(&mut out, own),
            _ => {}
        }
    }
    Ok(file(out))
}
