//! Asynchronous runs of Apex tests, as the Tooling tables ApexTestRunResult, ApexTestQueueItem and ApexTestResult show
//! them, and what each test method covered when it ran last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::id::Id;
use crate::apex::test_run::{MethodOutcome, TestOutcome, UnitCoverage};

/// Runs that are kept; the oldest are forgotten.
const KEPT_MAX: usize = 100;
/// Test methods whose coverage is kept.
const METHODS_MAX: usize = 50_000;

/// All runs that are remembered.
#[derive(Debug, Default)]
pub struct TestRuns {
    runs: Mutex<Vec<TestRun>>,
    covered: Mutex<BTreeMap<TestMethod, Arc<[UnitCoverage]>>>,
}

/// A test method: the id of its class, and its name.
pub type TestMethod = (Id, String);

/// One run.
#[derive(Debug, Clone)]
pub struct TestRun {
    /// `707…`: the AsyncApexJob.
    pub id: Id,
    /// `05m…`: its summary.
    pub summary: Id,
    pub by: Id,
    /// Everything in the org was asked for.
    pub all: bool,
    pub created_ms: i64,
    /// Absent while it runs.
    pub completed_ms: Option<i64>,
    /// CPU time of what set data up for the tests, in milliseconds.
    pub setup_ms: u64,
    pub classes: Vec<QueueItem>,
}

/// One class of a run.
#[derive(Debug, Clone)]
pub struct QueueItem {
    /// `709…`
    pub id: Id,
    pub class: Id,
    /// Somebody has asked that it be not run.
    pub aborted: bool,
    /// How many of its methods the run is of.
    pub methods: usize,
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

    /// What a run's test methods covered takes the place of what they had covered before.
    pub(crate) fn covered(&self, outcome: &TestOutcome) {
        let mut covered = self.covered.lock().unwrap_or_else(|broken| broken.into_inner());
        for method in &outcome.methods {
            let Some(class) = method.class_id else { continue };
            covered.insert((class, method.method.clone()), method.covered.clone());
            while covered.len() > METHODS_MAX {
                covered.pop_first();
            }
        }
    }

    /// What each test method covered when it ran last.
    pub fn coverage(&self) -> BTreeMap<TestMethod, Arc<[UnitCoverage]>> {
        self.covered.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// Takes a class out of a run that has not ended; false when there is no such class in any.
    pub(crate) fn abort(&self, item: Id) -> bool {
        let mut runs = self.lock();
        let open = runs.iter_mut().filter(|run| run.completed_ms.is_none());
        let found = open.flat_map(|run| &mut run.classes).find(|own| own.id == item);
        found.map(|item| item.aborted = true).is_some()
    }

    /// Whether every class of a run has been taken out of it.
    pub(crate) fn is_aborted(&self, run: Id) -> bool {
        self.lock().iter().any(|own| own.id == run && own.classes.iter().all(|item| item.aborted))
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
