//! What the paths do.

use std::sync::Arc;

use axum::http::Method;
use bytes::Bytes;
use serde_json::Value;

use super::job::{Batch, BatchState, Job, JobState, Work};
use super::show::{NAMESPACE, Shown, Wire};
use super::{Call, work};
use crate::bulk::error::BulkError;
use crate::bulk::ingest::{Order, Verb};
use crate::metadata::xml::Element;
use crate::org::{Id, Org};
use crate::surface::Site;
use crate::tables::View;

/// Key prefixes of batches and of what queries found.
const BATCH: &str = "751";
const RESULT: &str = "752";
/// Batches of one job.
const BATCHES_MAX: usize = 5_000;

/// A refusal, with the job's way of writing where that is known.
type Refusal = (Option<Wire>, BulkError);
type Answer = Result<Shown, Refusal>;

impl From<BulkError> for Refusal {
    fn from(error: BulkError) -> Self {
        (None, error)
    }
}

/// Serves a call; the path continues `/services/async/NN.0`.
pub(super) fn answer(site: &Site, call: &Call, path: &[&str]) -> Answer {
    let (read, post) =
        (call.method == Method::GET || call.method == Method::HEAD, call.method == Method::POST);
    match path {
        ["job"] if post => create(site, call),
        ["job", job] if read => {
            with(site, call, job, |job| Ok(Shown::info(info_wire(call, job), "jobInfo", job.members())))
        }
        ["job", job] if post => turn(site, call, job),
        ["job", job, "batch"] if post => add(site, call, job),
        ["job", job, "batch"] if read => with(site, call, job, |job| {
            let all = job.batches.iter().map(|batch| batch.members(job.id)).collect();
            Ok(Shown::list(batch_wire(call, job), "batchInfoList", "batchInfo", all))
        }),
        ["job", job, "batch", batch] if read => with_batch(site, call, job, batch, |job, batch| {
            Ok(Shown::info(batch_wire(call, job), "batchInfo", batch.members(job.id)))
        }),
        ["job", job, "batch", batch, "request"] if read => {
            with_batch(site, call, job, batch, |job, batch| Ok(Shown::raw(job.wire, batch.content.clone())))
        }
        ["job", job, "batch", batch, "result"] if read => with_batch(site, call, job, batch, results),
        ["job", job, "batch", batch, "result", result] if read => {
            with_batch(site, call, job, batch, |job, batch| match &batch.found {
                Some((id, found)) if Id::parse(result) == Some(*id) => Ok(Shown::rows(job.wire, found)),
                _ => Err(BulkError::batch(format!("Unable to find result: {result}"))),
            })
        }
        _ => Err(BulkError::new(
            "InvalidUrl",
            "Destination URL not reset. The URL returned from login must be set",
        )
        .into()),
    }
}

/// How information about a job is written: a JSON job speaks JSON, others as they are asked.
fn info_wire(call: &Call, job: &Job) -> Wire {
    let xml = call
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.contains("xml"));
    match job.wire {
        Wire::Json if !xml => Wire::Json,
        _ => Wire::asked(&call.headers),
    }
}

/// How information about a batch is written: as JSON for a JSON job alone, whatever the call says of itself.
fn batch_wire(call: &Call, job: &Job) -> Wire {
    if job.wire == Wire::Json { info_wire(call, job) } else { Wire::Xml }
}

fn with<T>(
    site: &Site,
    call: &Call,
    id: &str,
    use_it: impl FnOnce(&mut Job) -> Result<T, BulkError>,
) -> Result<T, Refusal> {
    let unknown = || BulkError::job(format!("Unable to find object for id: {id}"));
    let mut jobs = site.bulk.classic();
    let job = Id::parse(id).and_then(|id| jobs.get_mut(id));
    let own = |job: &&mut Job| job.by == call.rights.user || call.rights.has("ModifyAllData");
    let job = job.filter(own).ok_or_else(unknown)?;
    let wire = info_wire(call, job);
    use_it(job).map_err(|error| (Some(wire), error))
}

fn with_batch<T>(
    site: &Site,
    call: &Call,
    job: &str,
    batch: &str,
    use_it: impl FnOnce(&Job, &Batch) -> Result<T, BulkError>,
) -> Result<T, Refusal> {
    with(site, call, job, |job| {
        let found = Id::parse(batch).and_then(|id| job.batches.iter().find(|batch| batch.id == id));
        use_it(job, found.ok_or_else(|| BulkError::batch(format!("Unable to find batch for id: {batch}")))?)
    })
}

/// The members of a `jobInfo`, in XML or JSON.
fn members(call: &Call) -> Result<impl Fn(&str) -> Option<String> + use<>, BulkError> {
    let unreadable = |why: String| BulkError::new("InvalidJob", why);
    let (json, xml) = if Wire::asked(&call.headers) == Wire::Json {
        let json: Value =
            serde_json::from_slice(&call.body).map_err(|error| unreadable(error.to_string()))?;
        (Some(json), None)
    } else {
        let xml = Element::parse_in(&call.body, NAMESPACE);
        let xml = xml.map_err(|error| BulkError::new("InvalidXML", error.message))?;
        (None, Some(xml))
    };
    Ok(move |name: &str| match (&json, &xml) {
        (Some(json), _) => json.get(name).and_then(Value::as_str).map(str::to_owned),
        (_, Some(xml)) => xml.text_of(name).map(str::to_owned),
        _ => None,
    })
}

fn create(site: &Site, call: &Call) -> Answer {
    let org = &site.org;
    let member = members(call)?;
    let word = member("operation").unwrap_or_default();
    let object = member("object").unwrap_or_default();
    let content = member("contentType");
    let wire = match content.as_deref() {
        None => Wire::Xml,
        Some(word) => {
            Wire::parse(word).ok_or_else(|| BulkError::job(format!("Unsupported content type: {word}")))?
        }
    };
    let mode = match member("concurrencyMode").as_deref() {
        Some("Serial") => "Serial",
        _ => "Parallel",
    };
    let work = {
        let state = org.read();
        let view = View { org, state: &state, rights: &call.rights, tooling: false };
        match word.as_str() {
            "query" | "queryAll" => {
                let found = view.object(&object).filter(|object| object.queryable);
                let found =
                    found.ok_or_else(|| BulkError::job(format!("Unable to find object: {object}")))?;
                Work::Query { object: found.name.clone(), deleted: word == "queryAll" }
            }
            word => {
                let verb =
                    Verb::parse(word).ok_or_else(|| BulkError::job(format!("Unknown operation: {word}")))?;
                Work::Write(Order::new(&view, verb, &object, member("externalIdFieldName").as_deref())?)
            }
        }
    };
    let chunked = call.headers.get("sforce-enable-pkchunking").and_then(|value| value.to_str().ok());
    let chunked = chunked.is_some_and(|value| !value.trim().eq_ignore_ascii_case("false"));
    let now = org.now_ms();
    let job = Job {
        id: org.ids.next(crate::bulk::JOB),
        by: call.rights.user,
        work,
        wire,
        state: JobState::Open,
        mode,
        version: call.version,
        chunked,
        created_ms: now,
        modified_ms: now,
        batches: Vec::new(),
    };
    let shown = Shown::info(Wire::asked(&call.headers), "jobInfo", job.members()).created();
    site.bulk.classic().put(job.id, job);
    Ok(shown)
}

fn turn(site: &Site, call: &Call, id: &str) -> Answer {
    let member = members(call)?;
    let state = member("state").unwrap_or_default();
    let now = site.org.now_ms();
    with(site, call, id, |job| {
        job.state = match (state.as_str(), job.state) {
            ("Closed", JobState::Open) => JobState::Closed,
            ("Aborted", JobState::Open | JobState::Closed) => {
                let waiting = job.batches.iter_mut().filter(|batch| batch.state == BatchState::Queued);
                waiting.for_each(|batch| batch.state = BatchState::NotProcessed);
                JobState::Aborted
            }
            ("Closed", JobState::Closed) => {
                return Err(BulkError::state("Closing already closed Job not allowed"));
            }
            ("Closed" | "Aborted", _) => {
                return Err(BulkError::state(format!("{state} is not allowed: the job is aborted")));
            }
            _ => return Err(BulkError::state(format!("Invalid state: {state}"))),
        };
        job.modified_ms = now;
        Ok(Shown::info(info_wire(call, job), "jobInfo", job.members()))
    })
}

fn add(site: &Site, call: &Call, id: &str) -> Answer {
    let org = &site.org;
    let (shown, job, waiting) = with(site, call, id, |job| {
        if job.state != JobState::Open {
            let message = format!("The batch cannot be added: job {id} is not in state Open");
            return Err(BulkError::state(message));
        }
        if job.batches.len() >= BATCHES_MAX {
            return Err(BulkError::new("ExceededQuota", format!("A job has at most {BATCHES_MAX} batches")));
        }
        let mut batch = batch(org, &call.body);
        let chunked = job.chunked && matches!(job.work, Work::Query { .. });
        let shown = Shown::info(batch_wire(call, job), "batchInfo", batch.members(job.id)).created();
        let mut waiting = batch.id;
        if chunked {
            batch.state = BatchState::NotProcessed;
            job.batches.push(batch);
            let part = self::batch(org, &call.body);
            waiting = part.id;
            job.batches.push(part);
        } else {
            job.batches.push(batch);
        }
        Ok((shown, job.id, waiting))
    })?;
    let site = site.clone();
    tokio::task::spawn_blocking(move || work::run(&site, job, waiting));
    Ok(shown)
}

fn batch(org: &Arc<Org>, content: &Bytes) -> Batch {
    let now = org.now_ms();
    Batch {
        id: org.ids.next(BATCH),
        state: BatchState::Queued,
        content: content.clone(),
        results: Arc::default(),
        found: None,
        created_ms: now,
        modified_ms: now,
    }
}

/// The id under which a query's rows are fetched.
pub(super) fn result_id(org: &Org) -> Id {
    org.ids.next(RESULT)
}

fn results(job: &Job, batch: &Batch) -> Result<Shown, BulkError> {
    match (&batch.state, &batch.found) {
        (BatchState::Completed, Some((id, _))) => {
            let wire = if job.wire == Wire::Json { Wire::Json } else { Wire::Xml };
            Ok(Shown::result_list(wire, &[id.to_string()]))
        }
        (BatchState::Completed, None) => Ok(Shown::results(job.wire, &batch.results)),
        (BatchState::Failed(message), _) => Err(BulkError::batch(message.clone())),
        _ => Err(BulkError::new("InvalidBatch", "Batch not completed")),
    }
}
