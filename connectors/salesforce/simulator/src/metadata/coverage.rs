//! What the tests of a deploy come to, and whether the org takes it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::options::{DeployOptions, TestLevel};
use super::row::Row;
use crate::apex::test_run::{MethodOutcome, TestOutcome, UnitCoverage, average};
use crate::org::Id;

/// Coverage that is needed, in percent: of the org's code as a whole, or of each unit where tests are named.
const COVERAGE_MIN: u32 = 75;

/// A complaint about coverage; without a name it is about the whole org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Warning {
    name: Option<String>,
    id: Option<Id>,
    message: String,
}

/// What the tests came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TestRun {
    outcome: TestOutcome,
    warnings: Vec<Warning>,
}

impl TestRun {
    /// Judges a run. `production` asks for coverage.
    pub(super) fn of(outcome: TestOutcome, options: &DeployOptions, rows: &[Row], production: bool) -> Self {
        let warnings = match (production, options.test_level) {
            (false, _) => Vec::new(),
            (true, Some(TestLevel::RunSpecifiedTests)) => each_brought(&outcome.coverage, rows),
            (true, _) => the_whole(&outcome.coverage),
        };
        Self { outcome, warnings }
    }

    /// Whether the deploy may take effect.
    pub(super) fn passed(&self) -> bool {
        self.errors() == 0 && self.warnings.is_empty()
    }

    /// Tests that failed.
    pub(super) fn errors(&self) -> u32 {
        self.outcome.failed() as u32
    }

    /// What they covered.
    pub(super) fn coverage(&self) -> &[UnitCoverage] {
        &self.outcome.coverage
    }

    /// Tests that ran.
    pub(super) fn total(&self) -> u32 {
        self.outcome.methods.len() as u32
    }

    /// `runTestResult`
    pub(super) fn to_json(&self) -> Value {
        let methods = &self.outcome.methods;
        let failures = methods.iter().filter_map(failure);
        let successes = methods.iter().filter(|method| method.failure.is_none()).map(success);
        let total: u64 = methods.iter().map(|method| method.time_ms).sum();
        let warnings = self.warnings.iter().map(|warning| {
            json!({"id": warning.id, "message": warning.message, "name": warning.name, "namespace": null})
        });
        json!({
            "apexLogId": null,
            "numTestsRun": self.total(),
            "numFailures": self.errors(),
            "totalTime": total as f64,
            "failures": failures.collect::<Vec<_>>(),
            "successes": successes.collect::<Vec<_>>(),
            "codeCoverage": self.outcome.coverage.iter().map(covered).collect::<Vec<_>>(),
            "codeCoverageWarnings": warnings.collect::<Vec<_>>(),
            "flowCoverage": [],
            "flowCoverageWarnings": [],
        })
    }
}

/// `runTestResult` of a run that no deploy has asked for.
pub(crate) fn test_result(outcome: &TestOutcome) -> Value {
    TestRun { outcome: outcome.clone(), warnings: Vec::new() }.to_json()
}

/// Where tests are named, each class and trigger of the package counts for itself.
fn each_brought(coverage: &[UnitCoverage], rows: &[Row]) -> Vec<Warning> {
    let brought: BTreeSet<(&str, String)> = rows
        .iter()
        .filter(|row| !row.deleted && row.problem.as_ref().is_none_or(|problem| problem.warning))
        .map(|row| (row.component_type.as_str(), row.full_name.to_ascii_lowercase()))
        .collect();
    let counts = |unit: &&UnitCoverage| brought.contains(&(kind(unit), unit.name.to_ascii_lowercase()));
    let low = coverage.iter().filter(counts).filter(|unit| unit.percent() < COVERAGE_MIN);
    low.map(|unit| short(unit, COVERAGE_MIN)).collect()
}

/// Else the org as a whole, and no trigger may be left out.
fn the_whole(coverage: &[UnitCoverage]) -> Vec<Warning> {
    let untouched = coverage.iter().filter(|unit| unit.is_trigger && unit.covered() == 0);
    let mut warnings: Vec<Warning> = untouched.map(|unit| short(unit, 1)).collect();
    let average = average(coverage.iter());
    if average < COVERAGE_MIN {
        warnings.push(Warning {
            name: None,
            id: None,
            message: format!(
                "Average test coverage across all Apex Classes and Triggers is {average}%, at least {COVERAGE_MIN}% test coverage is required."
            ),
        });
    }
    warnings
}

fn short(unit: &UnitCoverage, least: u32) -> Warning {
    let what = if unit.is_trigger { "Trigger" } else { "Class" };
    Warning {
        name: Some(unit.name.clone()),
        id: Some(unit.id),
        message: format!(
            "Test coverage of selected Apex {what} is {}%, at least {least}% test coverage is required",
            unit.percent()
        ),
    }
}

fn kind(unit: &UnitCoverage) -> &'static str {
    if unit.is_trigger { "ApexTrigger" } else { "ApexClass" }
}

fn covered(unit: &UnitCoverage) -> Value {
    let missed = unit
        .uncovered
        .iter()
        .map(|line| json!({"line": line, "column": 0, "numExecutions": 0, "time": -1.0}));
    json!({
        "id": unit.id,
        "name": unit.name,
        "namespace": null,
        "type": if unit.is_trigger { "Trigger" } else { "Class" },
        "numLocations": unit.count(),
        "numLocationsNotCovered": unit.uncovered.len(),
        "locationsNotCovered": missed.collect::<Vec<_>>(),
        "dmlInfo": [],
        "methodInfo": [],
        "soqlInfo": [],
        "soslInfo": [],
    })
}

fn success(method: &MethodOutcome) -> Value {
    json!({
        "id": method.class_id,
        "name": method.class,
        "methodName": method.method,
        "namespace": method.namespace,
        "seeAllData": method.see_all_data,
        "time": method.time_ms as f64,
    })
}

fn failure(method: &MethodOutcome) -> Option<Value> {
    let failure = method.failure.as_ref()?;
    let mut shown = success(method);
    shown["message"] = failure.message.clone().into();
    shown["stackTrace"] = failure.stack_trace.clone().into();
    shown["packageName"] = method.class.clone().into();
    shown["type"] = "Class".into();
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apex::test_run::Failure;

    fn unit(name: &str, is_trigger: bool, lines: u32, missed: u32) -> UnitCoverage {
        let id = Id::derived(if is_trigger { "01q" } else { "01p" }, &[name]);
        UnitCoverage {
            id,
            name: name.to_owned(),
            is_trigger,
            lines: (1..=lines).collect(),
            uncovered: (1..=missed).collect(),
        }
    }

    fn brought(kind: &str, name: &str) -> Row {
        Row::of(kind, name, "")
    }

    fn messages(run: &TestRun) -> Vec<String> {
        let shown = |one: &Warning| format!("{}: {}", one.name.as_deref().unwrap_or("-"), one.message);
        run.warnings.iter().map(shown).collect()
    }

    fn run(level: TestLevel, coverage: Vec<UnitCoverage>, production: bool) -> TestRun {
        let options = DeployOptions { test_level: Some(level), ..DeployOptions::default() };
        let rows = [brought("ApexClass", "Mine"), brought("ApexTrigger", "onmine")];
        let outcome = TestOutcome { coverage, ..TestOutcome::default() };
        TestRun::of(outcome, &options, &rows, production)
    }

    #[test]
    fn where_tests_are_named_each_unit_of_the_package_counts() {
        let coverage = vec![
            unit("Mine", false, 100, 26),
            unit("Theirs", false, 1_000, 1_000),
            unit("OnMine", true, 4, 1),
            unit("Other", true, 4, 4),
        ];
        let run = self::run(TestLevel::RunSpecifiedTests, coverage.clone(), true);
        let message =
            "Mine: Test coverage of selected Apex Class is 74%, at least 75% test coverage is required";
        assert_eq!(messages(&run), [message]);
        assert!(self::run(TestLevel::RunSpecifiedTests, coverage, false).passed(), "a sandbox asks for none");
    }

    #[test]
    fn where_all_tests_run_the_org_and_each_trigger_count() {
        let coverage = vec![unit("A", false, 98, 25), unit("OnMine", true, 1, 0), unit("Other", true, 1, 1)];
        let run = self::run(TestLevel::RunLocalTests, coverage, true);
        assert_eq!(
            messages(&run),
            [
                "Other: Test coverage of selected Apex Trigger is 0%, at least 1% test coverage is required",
                "-: Average test coverage across all Apex Classes and Triggers is 74%, at least 75% test coverage is required.",
            ]
        );
        assert!(self::run(TestLevel::RunLocalTests, vec![unit("A", false, 100, 25)], true).passed());
        assert!(self::run(TestLevel::RunLocalTests, Vec::new(), true).passed(), "no code, nothing missed");
    }

    #[test]
    fn the_result_has_the_shape_of_the_api() {
        let method = |name: &str, failure| MethodOutcome {
            class: "T".to_owned(),
            class_id: Some(Id::derived("01p", &["T"])),
            namespace: None,
            method: name.to_owned(),
            see_all_data: false,
            failure,
            time_ms: 7,
            covered: [].into(),
        };
        let failed = Failure {
            message: "System.AssertException: Assertion Failed".to_owned(),
            stack_trace: "Class.T.bad: line 3, column 1".to_owned(),
            kind: "System.AssertException".to_owned(),
        };
        let outcome = TestOutcome {
            methods: vec![method("good", None), method("bad", Some(failed))],
            coverage: vec![unit("Mine", false, 4, 1)],
            setup_ms: 0,
        };
        let run = TestRun::of(outcome, &DeployOptions::default(), &[], false);
        assert!(!run.passed());
        let shown = run.to_json();
        assert_eq!(
            (&shown["numTestsRun"], &shown["numFailures"], &shown["totalTime"]),
            (&json!(2), &json!(1), &json!(14.0))
        );
        assert_eq!(shown["failures"][0]["stackTrace"], "Class.T.bad: line 3, column 1");
        assert_eq!(
            (&shown["failures"][0]["packageName"], &shown["failures"][0]["type"]),
            (&json!("T"), &json!("Class"))
        );
        assert_eq!(shown["successes"][0]["methodName"], "good");
        let coverage = &shown["codeCoverage"][0];
        assert_eq!((&coverage["numLocations"], &coverage["numLocationsNotCovered"]), (&json!(4), &json!(1)));
        assert_eq!(coverage["locationsNotCovered"][0]["line"], 1);
        assert_eq!(shown["flowCoverage"], json!([]));
    }
}
