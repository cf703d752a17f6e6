//! The Bulk APIs: many records in files of their own. Version 2.0 lives in REST under `jobs`, version 1 at
//! `/services/async`. Both take rows through the one door of records, 200 at a time, each in a transaction of its own.

pub(crate) mod csv;
mod error;
mod export;
mod ingest;
mod store;
pub(crate) mod v1;
pub(crate) mod v2;

pub(crate) use store::Jobs;

/// Bytes of one upload. Salesforce takes 150 MB of what would be base64 of 100 MB.
pub(crate) const CONTENT_MAX: usize = 150_000_000;
/// Key prefix of jobs.
const JOB: &str = "750";
