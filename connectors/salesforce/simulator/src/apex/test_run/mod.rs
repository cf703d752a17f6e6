//! Runs the tests of an org: each method in a transaction of its own that leaves nothing behind, on data of its own.

mod coverage;
mod data;
mod jobs;
mod select;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use coverage::UnitCoverage;
pub(crate) use coverage::average;
pub use jobs::{finish as finish_jobs, stop};

use self::select::TestClass;
use super::program::{MethodId, Program};
use super::run::{Coverage, Thrown, call_static};
use crate::debug_log::{self, Trace};
use crate::org::{Id, Org, Rights, State};
use crate::transaction::Transaction;

/// Which tests are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Those of these classes, ignoring case.
    Named(Vec<String>),
    /// These methods of these classes, all names in lower case; without methods, all of them.
    Methods(BTreeMap<String, Option<BTreeSet<String>>>),
    /// All but those of installed packages.
    Local,
    /// All of them.
    All,
}

/// A test method that has run.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodOutcome {
    pub class: String,
    pub class_id: Option<Id>,
    pub namespace: Option<String>,
    pub method: String,
    pub see_all_data: bool,
    /// Absent: it passed.
    pub failure: Option<Failure>,
    /// CPU time, in milliseconds.
    pub time_ms: u64,
    /// What it covered of the org's own classes and triggers, those that it touched alone.
    pub covered: Arc<[UnitCoverage]>,
}

/// Why a test method failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `System.AssertException: Assertion Failed: Expected: 1, Actual: 2`
    pub message: String,
    pub stack_trace: String,
    /// `System.AssertException`
    pub kind: String,
}

/// What came of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TestOutcome {
    /// In the order in which they ran.
    pub methods: Vec<MethodOutcome>,
    /// Of every class and trigger that is no test and no package's, those that nothing touched among them; by name.
    pub coverage: Vec<UnitCoverage>,
    /// CPU time of what set data up for the tests, in milliseconds.
    pub setup_ms: u64,
}

impl TestOutcome {
    /// How many methods failed.
    pub fn failed(&self) -> usize {
        self.methods.iter().filter(|method| method.failure.is_some()).count()
    }
}

/// Told before each method how many have passed, how many have failed and how many there are; answers whether to go on.
pub type Progress<'a> = dyn FnMut(usize, usize, usize) -> bool + 'a;

/// Runs tests as a user on a state of the org that nobody else sees. What it tells is of the methods that came to run.
pub fn run(
    org: &Arc<Org>,
    state: &State,
    user: Id,
    selection: &Selection,
    progress: &mut Progress<'_>,
) -> TestOutcome {
    let rights = state.rights(user);
    let program = Transaction::apart(org, state.picture(), rights.clone()).program;
    let classes = select::classes(&program, selection);
    let total = classes.iter().map(|class| class.methods.len()).sum();
    let mut outcome = TestOutcome::default();
    let mut covered = Coverage::default();
    for class in &classes {
        let trace = traced(org, state, user);
        let mut runner = Runner { org, program: &program, rights: &rights, covered: &mut covered, trace };
        let isolated = data::isolated(state);
        let base = match runner.set_up(class, isolated.picture(), &mut outcome.setup_ms) {
            Ok(base) => base,
            Err(failure) => {
                let run = |failure: Failure| Run { failure: Some(failure), ..Run::default() };
                let failed =
                    class.methods.iter().map(|method| runner.outcome(class, *method, run(failure.clone())));
                outcome.methods.extend(failed);
                continue;
            }
        };
        for method in &class.methods {
            let failed = outcome.failed();
            if !progress(outcome.methods.len() - failed, failed, total) {
                return outcome;
            }
            let all = program.method(*method).see_all_data;
            let run = runner.method(*method, if all { state.picture() } else { base.picture() });
            outcome.methods.push(runner.outcome(class, *method, run));
        }
    }
    let failed = outcome.failed();
    progress(outcome.methods.len() - failed, failed, total);
    outcome.coverage = coverage::units(&program, &covered);
    outcome
}

/// The ids of the classes whose tests a run would be of, in its order, with how many methods each has in it.
pub fn classes(org: &Arc<Org>, state: &State, user: Id, selection: &Selection) -> Vec<(Id, usize)> {
    let program = Transaction::apart(org, state.picture(), state.rights(user)).program;
    let classes = select::classes(&program, selection);
    let id = |class: &TestClass| program.unit(program.class(class.class).unit).id;
    classes.iter().filter_map(|class| Some((id(class)?, class.methods.len()))).collect()
}

struct Runner<'a> {
    org: &'a Arc<Org>,
    program: &'a Program,
    rights: &'a Rights,
    covered: &'a mut Coverage,
    /// The debug log of the class, if somebody has asked for one; in the transaction while one runs.
    trace: Option<Box<Trace>>,
}

/// The debug log of a class's tests.
fn traced(org: &Arc<Org>, state: &State, user: Id) -> Option<Box<Trace>> {
    let levels = debug_log::flagged(state, user, org.now_ms())?;
    let called = (super::program::NEWEST_API_VERSION, "ApexTestHandler");
    Some(Box::new(Trace::begin(org, user, levels, called, true)))
}

/// What one method did.
#[derive(Default)]
struct Run {
    failure: Option<Failure>,
    time_ms: u64,
    covered: Arc<[UnitCoverage]>,
}

impl Runner<'_> {
    fn begin(&mut self, state: State) -> Transaction {
        let mut tx = Transaction::apart(self.org, state, self.rights.clone());
        tx.machine.testing = true;
        tx.machine.coverage = Some(Coverage::default());
        tx.machine.trace = self.trace.take();
        tx
    }

    /// What the setup methods of a class leave for its tests.
    fn set_up(&mut self, class: &TestClass, mut state: State, time_ms: &mut u64) -> Result<State, Failure> {
        for method in &class.setups {
            let mut tx = self.begin(state);
            let result = call_static(&mut tx, *method, &[]).and_then(|_| jobs::finish(&mut tx));
            let failure = result.err().map(|thrown| failure(self.program, &thrown));
            *time_ms += cpu_ms(&tx);
            self.trace = tx.machine.trace.take();
            if let Some(lines) = tx.machine.coverage.take() {
                self.covered.merge(&lines);
            }
            if let Some(failure) = failure {
                return Err(failure);
            }
            state = tx.state.picture();
        }
        Ok(state)
    }

    fn method(&mut self, method: MethodId, state: State) -> Run {
        let mut tx = self.begin(state);
        let result = call_static(&mut tx, method, &[]).and_then(|_| jobs::finish(&mut tx));
        let failure = result.err().map(|thrown| failure(self.program, &thrown));
        self.trace = tx.machine.trace.take();
        let lines = tx.machine.coverage.take().unwrap_or_default();
        self.covered.merge(&lines);
        let covered = coverage::touched(self.program, &lines).into();
        Run { failure, time_ms: cpu_ms(&tx), covered }
    }

    fn outcome(&self, class: &TestClass, method: MethodId, run: Run) -> MethodOutcome {
        let unit = self.program.unit(self.program.class(class.class).unit);
        let method = self.program.method(method);
        MethodOutcome {
            class: unit.name.to_string(),
            class_id: unit.id,
            namespace: unit.namespace.as_deref().map(str::to_owned),
            method: method.name.to_string(),
            see_all_data: method.see_all_data,
            failure: run.failure,
            time_ms: run.time_ms,
            covered: run.covered,
        }
    }
}

/// CPU time of a test, with what it took outside of `Test.startTest` and `Test.stopTest`.
fn cpu_ms(tx: &Transaction) -> u64 {
    let outer = tx.machine.outer_limits.as_ref().map_or(0, |limits| limits.cpu_ms());
    outer + tx.machine.limits.cpu_ms()
}

fn failure(program: &Program, thrown: &Thrown) -> Failure {
    Failure {
        message: thrown.headline(program),
        stack_trace: thrown.stack(),
        kind: thrown.class_name(program),
    }
}
