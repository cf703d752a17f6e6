//! Logs that stay in the org until somebody deletes them or newer ones need the room.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;

use crate::org::{Id, Org};

/// Logs that are kept; the oldest go first.
const LOGS_MAX: usize = 1_000;
/// Bytes of all logs that are kept.
const BYTES_MAX: usize = 64 << 20;
/// `ApexLog.Application` of what no connected app is known of.
pub(crate) const STANDARD_APPLICATION: &str = "Unknown";

/// A debug log: a row of ApexLog and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugLog {
    /// `07L…`
    pub id: Id,
    /// Whose transaction it is of.
    pub user: Id,
    /// What was called.
    pub operation: String,
    /// `Success`, or the headline of what ended it.
    pub status: String,
    pub started_ms: i64,
    pub duration_ms: u64,
    pub body: Bytes,
}

/// All logs that are kept, oldest first.
#[derive(Debug, Default)]
pub struct DebugLogs {
    kept: Mutex<VecDeque<Arc<DebugLog>>>,
}

impl DebugLogs {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<DebugLog>>> {
        self.kept.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    pub(super) fn keep(&self, log: DebugLog) {
        let mut kept = self.lock();
        kept.push_back(Arc::new(log));
        while kept.len() > LOGS_MAX || kept.iter().map(|log| log.body.len()).sum::<usize>() > BYTES_MAX {
            kept.pop_front();
        }
    }

    /// All of them, oldest first.
    pub fn all(&self) -> Vec<Arc<DebugLog>> {
        self.lock().iter().cloned().collect()
    }

    /// The text of one.
    pub fn body(&self, id: Id) -> Option<Bytes> {
        self.lock().iter().find(|log| log.id == id).map(|log| log.body.clone())
    }
}

/// Deletes a log; false when there is none of this id.
pub(crate) fn forget(org: &Org, id: Id) -> bool {
    let mut kept = org.logs.lock();
    let before = kept.len();
    kept.retain(|log| log.id != id);
    kept.len() < before
}
