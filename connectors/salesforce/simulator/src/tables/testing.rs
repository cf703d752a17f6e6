//! What tests left: ApexTestRunResult, ApexTestQueueItem, ApexTestResult, ApexCodeCoverage, ApexCodeCoverageAggregate and
//! ApexOrgWideCoverage.

use serde_json::{Value, json};

use super::{Row, View};
use crate::apex::test_run::{MethodOutcome, UnitCoverage, average};
use crate::debug_log::{DebugLog, STANDARD_APPLICATION};
use crate::org::{Id, QueueItem, TestRun, rest_time};

/// The tables here, all of them of the Tooling API alone.
pub(super) const TABLES: [&str; 6] = [
    "ApexCodeCoverage",
    "ApexCodeCoverageAggregate",
    "ApexOrgWideCoverage",
    "ApexTestQueueItem",
    "ApexTestResult",
    "ApexTestRunResult",
];

/// The rows of a table.
pub(super) fn rows(view: &View<'_>, table: &str, visit: &mut dyn FnMut(Row)) {
    match table {
        "ApexOrgWideCoverage" => visit(Row::Coverage),
        "ApexCodeCoverageAggregate" => {
            let all = view.state.metadata.coverage.values();
            all.for_each(|unit| visit(Row::UnitCoverage(unit.clone())));
        }
        "ApexCodeCoverage" => {
            method_coverage(view).for_each(|one| visit(Row::MethodCoverage(Box::new(one))));
        }
        "ApexTestRunResult" => {
            view.org.tests.all().into_iter().for_each(|run| visit(Row::TestRun(Box::new(run))));
        }
        "ApexTestQueueItem" => test_items(view).for_each(|item| visit(Row::TestItem(Box::new(item)))),
        _ => test_results(view).for_each(|result| visit(Row::TestResult(Box::new(result)))),
    }
}

/// What the tests that have run in the org covered of a class or trigger.
pub(super) fn unit_coverage(unit: &UnitCoverage, column: &str) -> Value {
    match column {
        "Id" => Id::derived("715", &[unit.id.as_str()]).into(),
        "ApexClassOrTriggerId" => unit.id.into(),
        "NumLinesCovered" => unit.covered().into(),
        "NumLinesUncovered" => unit.uncovered.len().into(),
        "Coverage" => lines(unit),
        "IsDeleted" => false.into(),
        _ => Value::Null,
    }
}

fn lines(unit: &UnitCoverage) -> Value {
    json!({"coveredLines": unit.covered_lines().collect::<Vec<_>>(), "uncoveredLines": unit.uncovered})
}

/// A debug log as its row.
pub(super) fn log(log: &DebugLog, column: &str) -> Value {
    let ended = rest_time(log.started_ms.saturating_add_unsigned(log.duration_ms));
    match column {
        "Id" => log.id.into(),
        "LogUserId" | "CreatedById" | "LastModifiedById" => log.user.into(),
        "LogLength" => log.body.len().into(),
        "Request" => if log.operation == "Api" { "Api" } else { "Application" }.into(),
        "Operation" => log.operation.clone().into(),
        "Application" => STANDARD_APPLICATION.into(),
        "Status" => log.status.clone().into(),
        "DurationMilliseconds" => log.duration_ms.into(),
        "StartTime" => rest_time(log.started_ms).into(),
        "LastModifiedDate" | "SystemModstamp" | "CreatedDate" => ended.into(),
        "Location" => "Monitoring".into(),
        "RequestIdentifier" => log.id.as_str().into(),
        "IsDeleted" => false.into(),
        _ => Value::Null,
    }
}

/// What one test method covered of one class or trigger when it ran last.
#[derive(Debug, Clone)]
pub(crate) struct MethodCoverage {
    class: Id,
    method: String,
    unit: UnitCoverage,
}

fn method_coverage(view: &View<'_>) -> impl Iterator<Item = MethodCoverage> {
    let classes = &view.state.metadata.classes;
    let all = view.org.tests.coverage().into_iter().filter(|((class, _), _)| classes.contains_key(class));
    all.flat_map(|((class, method), units)| {
        let units = units.iter().cloned().collect::<Vec<_>>().into_iter();
        units.map(move |unit| MethodCoverage { class, method: method.clone(), unit })
    })
}

impl MethodCoverage {
    pub(super) fn value(&self, column: &str) -> Value {
        let Self { class, method, unit } = self;
        match column {
            "Id" => Id::derived("714", &[class.as_str(), method, unit.id.as_str()]).into(),
            "ApexTestClassId" => (*class).into(),
            "TestMethodName" => method.clone().into(),
            _ => unit_coverage(unit, column),
        }
    }
}

/// Coverage of the whole org's code; null while no test has run over any.
pub(super) fn coverage(view: &View<'_>, column: &str) -> Value {
    match column {
        "Id" => Id::derived("716", &[view.org.id.as_str()]).into(),
        "PercentCovered" => {
            let measured = &view.state.metadata.coverage;
            if measured.is_empty() {
                Value::Null
            } else {
                average(measured.values().map(|unit| &**unit)).into()
            }
        }
        "IsDeleted" => false.into(),
        _ => Value::Null,
    }
}

/// A class of an asynchronous run.
#[derive(Debug, Clone)]
pub(crate) struct TestItem {
    run: TestRun,
    item: QueueItem,
}

/// A method of an asynchronous run.
#[derive(Debug, Clone)]
pub(crate) struct TestResult {
    item: TestItem,
    id: Id,
    method: MethodOutcome,
}

pub(super) fn test_items(view: &View<'_>) -> impl Iterator<Item = TestItem> {
    let runs = view.org.tests.all().into_iter();
    runs.flat_map(|run| run.classes.clone().into_iter().map(move |item| TestItem { run: run.clone(), item }))
}

pub(super) fn test_results(view: &View<'_>) -> impl Iterator<Item = TestResult> {
    test_items(view).flat_map(|item| {
        let results = item.item.results.clone().into_iter();
        results.map(move |(id, method)| TestResult { item: item.clone(), id, method })
    })
}

/// A run as a whole.
pub(super) fn run(run: &TestRun, column: &str) -> Value {
    let methods = || run.classes.iter().flat_map(|class| &class.results).map(|(_, method)| method);
    let done = run.completed_ms.is_some();
    match column {
        "Id" => run.summary.into(),
        "AsyncApexJobId" => run.id.into(),
        "UserId" => run.by.into(),
        "IsAllTests" => run.all.into(),
        "StartTime" => rest_time(run.created_ms).into(),
        "EndTime" => run.completed_ms.map(rest_time).into(),
        "TestTime" if done => methods().map(|method| method.time_ms).sum::<u64>().into(),
        "TestSetupTime" if done => run.setup_ms.into(),
        "Status" => match done {
            false => "Processing",
            true if run.classes.iter().any(|class| class.aborted) => "Aborted",
            true if methods().any(|method| method.failure.is_some()) => "Failed",
            true => "Completed",
        }
        .into(),
        "ClassesEnqueued" => run.classes.len().into(),
        "ClassesCompleted" => if done { run.classes.len() } else { 0 }.into(),
        "MethodsEnqueued" => run.classes.iter().map(|class| class.methods).sum::<usize>().into(),
        "MethodsCompleted" => methods().count().into(),
        "MethodsFailed" => methods().filter(|method| method.failure.is_some()).count().into(),
        _ => stamped(run, column),
    }
}

impl TestItem {
    pub(super) fn value(&self, column: &str) -> Value {
        let Self { run, item } = self;
        let done = run.completed_ms.is_some();
        match column {
            "Id" => item.id.into(),
            "ApexClassId" => item.class.into(),
            "Status" if item.aborted => "Aborted".into(),
            "Status" => if done { "Completed" } else { "Processing" }.into(),
            "ExtendedStatus" if done => {
                let passed = item.results.iter().filter(|(_, method)| method.failure.is_none()).count();
                format!("({passed}/{})", item.results.len()).into()
            }
            "ParentJobId" => run.id.into(),
            "TestRunResultId" => run.summary.into(),
            _ => stamped(run, column),
        }
    }
}

impl TestResult {
    pub(super) fn value(&self, column: &str) -> Value {
        let Self { item: TestItem { run, item }, id, method } = self;
        let failure = method.failure.as_ref();
        match column {
            "Id" => (*id).into(),
            "ApexClassId" => item.class.into(),
            "MethodName" => method.method.clone().into(),
            "Outcome" => if failure.is_some() { "Fail" } else { "Pass" }.into(),
            "Message" => failure.map(|failure| failure.message.clone()).into(),
            "StackTrace" => failure.map(|failure| failure.stack_trace.clone()).into(),
            "RunTime" => method.time_ms.into(),
            "TestTimestamp" => rest_time(run.completed_ms.unwrap_or(run.created_ms)).into(),
            "QueueItemId" => item.id.into(),
            "AsyncApexJobId" => run.id.into(),
            "ApexTestRunResultId" => run.summary.into(),
            "IsTestSetup" => false.into(),
            _ => stamped(run, column),
        }
    }
}

fn stamped(run: &TestRun, column: &str) -> Value {
    match column {
        "IsDeleted" => false.into(),
        "CreatedDate" => rest_time(run.created_ms).into(),
        "CreatedById" | "LastModifiedById" => run.by.into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(run.completed_ms.unwrap_or(run.created_ms)).into(),
        _ => Value::Null,
    }
}
