//! Debug logs: what Apex does in a transaction, written down at the levels that somebody asked for.
//!
//! A trace flag asks for the logs of a user, and each transaction of that user in which Apex ran leaves one; the header
//! of a SOAP call asks for the log of that call alone.

mod kept;
mod levels;
mod trace;

pub use kept::{DebugLog, DebugLogs};
pub(crate) use kept::{STANDARD_APPLICATION, forget};
pub(crate) use levels::{Category, Level, asked, flagged};
pub(crate) use trace::Trace;
