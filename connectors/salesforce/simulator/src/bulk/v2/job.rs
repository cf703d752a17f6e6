//! What jobs of both kinds have in common.

use serde_json::{Map, Value, json};

use crate::bulk::csv::Format;
use crate::bulk::error::BulkError;
use crate::org::{Id, Org, rest_time};
use crate::surface::rest::Call;

/// What may stand between cells.
pub(super) const DELIMITERS: [(&str, char); 6] =
    [("COMMA", ','), ("BACKQUOTE", '`'), ("CARET", '^'), ("PIPE", '|'), ("SEMICOLON", ';'), ("TAB", '\t')];

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

/// The head of a job.
#[derive(Debug, Clone)]
pub(in crate::bulk) struct Head {
    pub(super) id: Id,
    pub(super) by: Id,
    pub(super) object: String,
    pub(super) operation: &'static str,
    pub(super) state: State,
    pub(super) format: Format,
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
    pub(super) version: u32,
    pub(super) error: Option<String>,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::UploadComplete => "UploadComplete",
            Self::InProgress => "InProgress",
            Self::JobComplete => "JobComplete",
            Self::Failed => "Failed",
            Self::Aborted => "Aborted",
        }
    }

    pub(super) fn ended(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

impl Head {
    pub(super) fn new(
        org: &Org,
        call: &Call,
        object: &str,
        operation: &'static str,
        state: State,
        format: Format,
    ) -> Self {
        let now = org.now_ms();
        Self {
            id: org.ids.next(crate::bulk::JOB),
            by: call.rights.user,
            object: object.to_owned(),
            operation,
            state,
            format,
            created_ms: now,
            modified_ms: now,
            version: call.version,
            error: None,
        }
    }

    /// Whether the caller may know of the job: it is their own, or they look after everybody's data.
    pub(super) fn visible(&self, call: &Call) -> bool {
        self.by == call.rights.user || call.rights.has("ModifyAllData")
    }

    pub(super) fn turn(&mut self, state: State, now_ms: i64) {
        self.state = state;
        self.modified_ms = now_ms;
    }

    pub(super) fn fail(&mut self, error: &BulkError, now_ms: i64) {
        self.error = Some(error.to_string());
        self.turn(State::Failed, now_ms);
    }

    /// Refuses to end what has ended.
    pub(super) fn abort(&mut self, now_ms: i64) -> Result<(), BulkError> {
        match self.state {
            State::JobComplete => Err(BulkError::state("Aborting already Completed Job not allowed")),
            State::Failed => Err(BulkError::state("Aborting already Failed Job not allowed")),
            State::Aborted => Err(BulkError::state("Aborting already Aborted Job not allowed")),
            State::Open | State::UploadComplete | State::InProgress => {
                self.turn(State::Aborted, now_ms);
                Ok(())
            }
        }
    }

    /// The members that every answer about the job has.
    pub(super) fn shown(&self) -> Map<String, Value> {
        let delimiter = DELIMITERS.iter().find(|(_, own)| *own == self.format.delimiter);
        let shown = json!({
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.by,
            "createdDate": rest_time(self.created_ms),
            "systemModstamp": rest_time(self.modified_ms),
            "state": self.state.as_str(),
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": f64::from(self.version),
            "lineEnding": if self.format.crlf { "CRLF" } else { "LF" },
            "columnDelimiter": delimiter.map_or("COMMA", |(name, _)| name),
        });
        let Value::Object(mut shown) = shown else { return Map::new() };
        if let Some(error) = &self.error {
            shown.insert("errorMessage".to_owned(), error.as_str().into());
        }
        shown
    }
}
