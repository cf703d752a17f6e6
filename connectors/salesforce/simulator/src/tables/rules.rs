//! ValidationRule, and what tests left: ApexCodeCoverageAggregate, ApexOrgWideCoverage, ApexTestQueueItem, ApexTestResult.

use serde_json::{Value, json};

use super::View;
use crate::apex::test_run::{MethodOutcome, UnitCoverage, average};
use crate::org::{Id, QueueItem, TestRun, rest_time};
use crate::rules::ValidationRule;

pub(super) fn rule(view: &View<'_>, rule: &ValidationRule, column: &str) -> Value {
    match column {
        "Id" => rule.id.into(),
        "ValidationName" => rule.name.clone().into(),
        "FullName" => rule.full_name().into(),
        "EntityDefinitionId" => {
            let object = view.state.metadata.object(&rule.object);
            object.map_or_else(|| rule.object.clone(), |object| object.durable_id().to_owned()).into()
        }
        "Active" => rule.active.into(),
        "Description" => rule.description.clone().into(),
        "ErrorDisplayField" => rule.display_field.clone().into(),
        "ErrorMessage" => rule.message.clone().into(),
        "ManageableState" => "unmanaged".into(),
        "Metadata" => json!({
            "active": rule.active,
            "description": rule.description,
            "errorConditionFormula": rule.condition.source(),
            "errorDisplayField": rule.display_field,
            "errorMessage": rule.message,
            "shouldEvaluateOnClient": null,
            "urls": null,
        }),
        "IsDeleted" => false.into(),
        "CreatedDate" => rest_time(rule.created_ms).into(),
        "CreatedById" => rule.created_by.into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(rule.modified_ms).into(),
        "LastModifiedById" => rule.modified_by.into(),
        _ => Value::Null,
    }
}

/// What the tests that have run in the org covered of a class or trigger.
pub(super) fn unit_coverage(unit: &UnitCoverage, column: &str) -> Value {
    match column {
        "Id" => Id::derived("715", &[unit.id.as_str()]).into(),
        "ApexClassOrTriggerId" => unit.id.into(),
        "NumLinesCovered" => unit.covered().into(),
        "NumLinesUncovered" => unit.uncovered.len().into(),
        "Coverage" => {
            json!({"coveredLines": unit.covered_lines().collect::<Vec<_>>(), "uncoveredLines": unit.uncovered})
        }
        "IsDeleted" => false.into(),
        _ => Value::Null,
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

impl TestItem {
    pub(super) fn value(&self, column: &str) -> Value {
        let Self { run, item } = self;
        let done = run.completed_ms.is_some();
        match column {
            "Id" => item.id.into(),
            "ApexClassId" => item.class.into(),
            "Status" => if done { "Completed" } else { "Processing" }.into(),
            "ExtendedStatus" if done => {
                let passed = item.results.iter().filter(|(_, method)| method.failure.is_none()).count();
                format!("({passed}/{})", item.results.len()).into()
            }
            "ParentJobId" => run.id.into(),
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
