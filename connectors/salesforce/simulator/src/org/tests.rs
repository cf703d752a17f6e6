//! Asynchronous runs of Apex tests, as the Tooling tables ApexTestQueueItem and ApexTestResult show them.

use std::sync::{Mutex, MutexGuard};

use super::id::Id;
use crate::apex::test_run::MethodOutcome;

/// Runs that are kept; the oldest are forgotten.
const KEPT_MAX: usize = 100;

/// All runs that are remembered.
#[derive(Debug, Default)]
pub struct TestRuns {
    runs: Mutex<Vec<TestRun>>,
}

/// One run.
#[derive(Debug, Clone)]
pub struct TestRun {
    /// `707…`: the AsyncApexJob.
    pub id: Id,
    pub by: Id,
    pub created_ms: i64,
    /// Absent while it runs.
    pub completed_ms: Option<i64>,
    pub classes: Vec<QueueItem>,
}

/// One class of a run.
#[derive(Debug, Clone)]
pub struct QueueItem {
    /// `709…`
    pub id: Id,
    pub class: Id,
    /// Id `07M…` and outcome of each method.
    pub results: Vec<(Id, MethodOutcome)>,
}

impl TestRuns {
    fn lock(&self) -> MutexGuard<'_, Vec<TestRun>> {
        self.runs.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// All of them, oldest first.
    pub fn all(&self) -> Vec<TestRun> {
        self.lock().clone()
    }

    pub(crate) fn begin(&self, run: TestRun) {
        let mut runs = self.lock();
        if runs.len() >= KEPT_MAX {
            runs.remove(0);
        }
        runs.push(run);
    }

    pub(crate) fn change(&self, id: Id, change: impl FnOnce(&mut TestRun)) {
        if let Some(run) = self.lock().iter_mut().find(|run| run.id == id) {
            change(run);
        }
    }
}
