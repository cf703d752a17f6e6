//! Jobs and their batches.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::show::{Members, Wire};
use crate::bulk::export::Found;
use crate::bulk::ingest::Order;
use crate::bulk::store::Kept;
use crate::dml::RowResult;
use crate::org::{Id, rest_time};

/// What a job does.
#[derive(Debug, Clone)]
pub(super) enum Work {
    Write(Order),
    Query { object: String, deleted: bool },
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobState {
    Open,
    Closed,
    Aborted,
}

/// How far a batch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BatchState {
    Queued,
    InProgress,
    Completed,
    Failed(String),
    NotProcessed,
}

/// A job.
pub(in crate::bulk) struct Job {
    pub(super) id: Id,
    pub(super) by: Id,
    pub(super) work: Work,
    pub(super) wire: Wire,
    pub(super) state: JobState,
    /// `Parallel` or `Serial`.
    pub(super) mode: &'static str,
    pub(super) version: u32,
    /// Queries are cut by ranges of ids: the first batch is not processed, those after it are.
    pub(super) chunked: bool,
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
    pub(super) batches: Vec<Batch>,
}

/// A batch of rows, or a query.
pub(super) struct Batch {
    pub(super) id: Id,
    pub(super) state: BatchState,
    pub(super) content: Bytes,
    pub(super) results: Arc<Vec<RowResult>>,
    /// What a query found, and the id of that result.
    pub(super) found: Option<(Id, Arc<Found>)>,
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
}

impl Kept for Job {
    fn ended(&self) -> bool {
        self.state != JobState::Open
            && !self
                .batches
                .iter()
                .any(|batch| matches!(batch.state, BatchState::Queued | BatchState::InProgress))
    }

    fn bytes(&self) -> usize {
        self.batches.iter().map(|batch| batch.content.len()).sum()
    }
}

impl Work {
    pub(super) fn verb(&self) -> &'static str {
        match self {
            Self::Write(order) => order.verb.as_str(),
            Self::Query { deleted: false, .. } => "query",
            Self::Query { deleted: true, .. } => "queryAll",
        }
    }

    fn object(&self) -> &str {
        match self {
            Self::Write(order) => &order.object,
            Self::Query { object, .. } => object,
        }
    }
}

impl JobState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Closed => "Closed",
            Self::Aborted => "Aborted",
        }
    }
}

impl Job {
    pub(super) fn members(&self) -> Members {
        let count =
            |is: fn(&BatchState) -> bool| self.batches.iter().filter(|batch| is(&batch.state)).count();
        let key = match &self.work {
            Work::Write(order) => order.key.clone(),
            Work::Query { .. } => None,
        };
        let took: i64 = self.batches.iter().map(Batch::took_ms).sum();
        let done: usize = self.batches.iter().map(Batch::processed).sum();
        let failed: usize = self.batches.iter().map(Batch::failed).sum();
        vec![
            ("id", self.id.into()),
            ("operation", self.work.verb().into()),
            ("object", self.work.object().into()),
            ("createdById", self.by.into()),
            ("createdDate", rest_time(self.created_ms).into()),
            ("systemModstamp", rest_time(self.modified_ms).into()),
            ("state", self.state.as_str().into()),
            ("externalIdFieldName", key.map(Value::from).unwrap_or_default()),
            ("concurrencyMode", self.mode.into()),
            ("contentType", self.wire.word().into()),
            ("numberBatchesQueued", count(|state| *state == BatchState::Queued).into()),
            ("numberBatchesInProgress", count(|state| *state == BatchState::InProgress).into()),
            ("numberBatchesCompleted", count(|state| *state == BatchState::Completed).into()),
            ("numberBatchesFailed", count(|state| matches!(state, BatchState::Failed(_))).into()),
            ("numberBatchesTotal", self.batches.len().into()),
            ("numberRecordsProcessed", done.into()),
            ("numberRetries", 0.into()),
            ("apiVersion", f64::from(self.version).into()),
            ("numberRecordsFailed", failed.into()),
            ("totalProcessingTime", took.into()),
            ("apiActiveProcessingTime", took.into()),
            ("apexProcessingTime", 0.into()),
        ]
    }
}

impl Batch {
    fn processed(&self) -> usize {
        self.found.as_ref().map_or(self.results.len(), |(_, found)| found.records.len())
    }

    fn failed(&self) -> usize {
        self.results.iter().filter(|result| !result.errors.is_empty()).count()
    }

    fn took_ms(&self) -> i64 {
        match self.state {
            BatchState::Completed => self.modified_ms - self.created_ms,
            _ => 0,
        }
    }

    pub(super) fn members(&self, job: Id) -> Members {
        let (state, message) = match &self.state {
            BatchState::Queued => ("Queued", None),
            BatchState::InProgress => ("InProgress", None),
            BatchState::Completed => ("Completed", None),
            BatchState::Failed(message) => ("Failed", Some(message.as_str())),
            BatchState::NotProcessed => ("NotProcessed", None),
        };
        vec![
            ("id", self.id.into()),
            ("jobId", job.into()),
            ("state", state.into()),
            ("stateMessage", message.map(Value::from).unwrap_or_default()),
            ("createdDate", rest_time(self.created_ms).into()),
            ("systemModstamp", rest_time(self.modified_ms).into()),
            ("numberRecordsProcessed", self.processed().into()),
            ("numberRecordsFailed", self.failed().into()),
            ("totalProcessingTime", self.took_ms().into()),
            ("apiActiveProcessingTime", self.took_ms().into()),
            ("apexProcessingTime", 0.into()),
        ]
    }
}

impl Wire {
    /// The word in `contentType`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xml => "XML",
            Self::Json => "JSON",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::Csv, Self::Xml, Self::Json].into_iter().find(|wire| wire.word().eq_ignore_ascii_case(word))
    }
}
