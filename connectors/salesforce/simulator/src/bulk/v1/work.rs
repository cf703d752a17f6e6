//! Batches at work.

use std::sync::Arc;

use bytes::Bytes;

use super::calls::result_id;
use super::job::{BatchState, JobState, Work};
use super::read;
use super::show::Wire;
use crate::bulk::error::BulkError;
use crate::bulk::export::{self, Found};
use crate::bulk::ingest::Order;
use crate::dml::RowResult;
use crate::org::{Id, Org};
use crate::surface::Site;

/// Rows of one batch.
const ROWS_MAX: usize = 10_000;

enum Done {
    Written(Vec<RowResult>),
    Found(Found),
}

/// Does what a batch asks for, as the job's user.
pub(super) fn run(site: &Site, job: Id, batch: Id) {
    let org = &site.org;
    let asked = {
        let mut jobs = site.bulk.classic();
        let Some(job) = jobs.get_mut(job).filter(|job| job.state != JobState::Aborted) else { return };
        let (work, wire, by, version) = (job.work.clone(), job.wire, job.by, job.version);
        let Some(batch) = job.batches.iter_mut().find(|own| own.id == batch) else { return };
        if batch.state != BatchState::Queued {
            return;
        }
        batch.state = BatchState::InProgress;
        (work, wire, by, version, batch.content.clone())
    };
    let (work, wire, user, version, content) = asked;
    let outcome = match &work {
        Work::Write(order) => write(org, user, order, wire, &content).map(Done::Written),
        Work::Query { object, deleted } => {
            query(org, user, object, *deleted, version, &content).map(Done::Found)
        }
    };
    let now = org.now_ms();
    let mut jobs = site.bulk.classic();
    let Some(job) = jobs.get_mut(job) else { return };
    job.modified_ms = now;
    let Some(batch) = job.batches.iter_mut().find(|own| own.id == batch) else { return };
    batch.modified_ms = now;
    batch.state = match outcome {
        Ok(Done::Written(results)) => {
            batch.results = Arc::new(results);
            BatchState::Completed
        }
        Ok(Done::Found(found)) => {
            batch.found = Some((result_id(org), Arc::new(found)));
            BatchState::Completed
        }
        Err(error) => BatchState::Failed(error.to_string()),
    };
}

fn write(
    org: &Arc<Org>,
    user: Id,
    order: &Order,
    wire: Wire,
    content: &Bytes,
) -> Result<Vec<RowResult>, BulkError> {
    let rows = read::rows(org, user, &order.object, wire, content)?;
    if rows.len() > ROWS_MAX {
        return Err(BulkError::new("ExceededQuota", format!("A batch has at most {ROWS_MAX} records")));
    }
    let mut results = Vec::with_capacity(rows.len());
    order.run(org, user, rows, &mut |chunk| {
        results.extend(chunk);
        true
    });
    Ok(results)
}

fn query(
    org: &Arc<Org>,
    user: Id,
    object: &str,
    deleted: bool,
    version: u32,
    content: &Bytes,
) -> Result<Found, BulkError> {
    let text = std::str::from_utf8(content).map_err(|_| BulkError::batch("The query is not UTF-8"))?;
    let root = format!("/services/data/v{version}.0");
    let found = export::run(org, user, text, deleted, &root).map_err(|error| export::failed(&error))?;
    let about = found.object.as_str();
    if !about.eq_ignore_ascii_case(object) {
        let message =
            format!("Failed to process query: job object {object} does not match query object {about}");
        return Err(BulkError::batch(message));
    }
    Ok(found)
}
