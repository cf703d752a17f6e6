//! Refusals, which the two versions spell differently.

use crate::dml::RowError;
use crate::surface::ApiError;

/// Why a call was refused or a job failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} : {message}")]
pub(crate) struct BulkError {
    /// As version 1 spells it: `InvalidJob`, `InvalidBatch`, `InvalidJobState` …
    pub code: &'static str,
    pub message: String,
}

impl BulkError {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn job(message: impl Into<String>) -> Self {
        Self::new("InvalidJob", message)
    }

    pub(super) fn batch(message: impl Into<String>) -> Self {
        Self::new("InvalidBatch", message)
    }

    pub(super) fn state(message: impl Into<String>) -> Self {
        Self::new("InvalidJobState", message)
    }

    /// A file that cannot be read.
    pub(super) fn input(message: impl Into<String>) -> Self {
        Self::new("ClientInputError", message)
    }
}

/// Version 2.0 knows the same codes in capital letters.
impl From<BulkError> for ApiError {
    fn from(error: BulkError) -> Self {
        Self::bad(&error.code.to_ascii_uppercase(), error.message)
    }
}

/// What the error column of a result says of a row.
pub(super) fn row_text(errors: &[RowError]) -> String {
    let one = |error: &RowError| {
        let fields = error.fields.join(", ");
        let space = if fields.is_empty() { "" } else { " " };
        format!("{}:{}:{fields}{space}--", error.status, error.message)
    };
    errors.iter().map(one).collect::<Vec<_>>().join(";")
}
