//! What the tests of a deploy come to. No Apex is executed: tests pass and cover everything but what the org's
//! conditions say.

use serde_json::{Value, json};

use super::options::{DeployOptions, TestLevel};
use super::row::Row;
use crate::org::{Conditions, Id, Metadata};

/// Coverage that the org's own code needs where local tests are run, in percent.
const ORG_COVERAGE_MIN: u32 = 75;

/// A test class that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    class: String,
    id: Option<Id>,
}

/// A complaint about coverage; without a name it is about the whole org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Warning {
    name: Option<String>,
    id: Option<Id>,
    message: String,
}

/// What the tests came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TestRun {
    failures: Vec<Failure>,
    warnings: Vec<Warning>,
}

impl TestRun {
    /// Runs the tests of a deploy that `tests_enabled` has found to run any. `production` asks for coverage.
    pub(super) fn of(
        conditions: &Conditions,
        options: &DeployOptions,
        rows: &[Row],
        after: &Metadata,
        production: bool,
    ) -> Self {
        let named = options.test_level == Some(TestLevel::RunSpecifiedTests);
        let runs =
            |class: &String| !named || options.run_tests.iter().any(|test| test.eq_ignore_ascii_case(class));
        let failures = conditions
            .failing_tests
            .iter()
            .filter(|class| runs(class))
            .map(|class| Failure { class: class.clone(), id: after.class(class).map(|found| found.unit.id) })
            .collect();
        let mut warnings = Vec::new();
        if production {
            // With named tests the package's own triggers count, else every trigger of the org.
            let brought = |name: &str| {
                rows.iter().any(|row| {
                    row.component_type == "ApexTrigger"
                        && !row.deleted
                        && row.full_name.eq_ignore_ascii_case(name)
                })
            };
            let uncovered = |object: &str| {
                conditions.uncovered_triggers.iter().any(|one| one.eq_ignore_ascii_case(object))
            };
            let triggers = after.triggers.values().filter(|trigger| {
                trigger.unit.namespace.is_none()
                    && uncovered(&trigger.object)
                    && (!named || brought(&trigger.unit.name))
            });
            warnings.extend(triggers.map(|trigger| {
                Warning {
                    name: Some(trigger.unit.name.clone()),
                    id: Some(trigger.unit.id),
                    message:
                        "Test coverage of selected Apex Trigger is 0%, at least 1% test coverage is required"
                            .to_owned(),
                }
            }));
            let low = conditions.org_coverage_percent.filter(|percent| !named && *percent < ORG_COVERAGE_MIN);
            warnings.extend(low.map(|percent| Warning {
                name: None,
                id: None,
                message: format!(
                    "Average test coverage across all Apex Classes and Triggers is {percent}%, at least {ORG_COVERAGE_MIN}% test coverage is required."
                ),
            }));
        }
        Self { failures, warnings }
    }

    /// Whether the deploy may take effect.
    pub(super) fn passed(&self) -> bool {
        self.failures.is_empty() && self.warnings.is_empty()
    }

    /// Tests that failed.
    pub(super) fn errors(&self) -> u32 {
        self.failures.len() as u32
    }

    /// `runTestResult`. Of tests that passed nothing is told, since none was executed.
    pub(super) fn to_json(&self) -> Value {
        let failures = self.failures.iter().map(|failure| {
            json!({
                "id": failure.id,
                "message": "System.AssertException: Assertion Failed",
                "methodName": "test",
                "name": failure.class,
                "namespace": null,
                "packageName": failure.class,
                "seeAllData": false,
                "stackTrace": format!("Class.{}.test: line 1, column 1", failure.class),
                "time": 1.0,
                "type": "Class",
            })
        });
        let warnings = self.warnings.iter().map(|warning| {
            json!({"id": warning.id, "message": warning.message, "name": warning.name, "namespace": null})
        });
        json!({
            "apexLogId": null,
            "numTestsRun": self.errors(),
            "numFailures": self.errors(),
            "totalTime": f64::from(self.errors()),
            "failures": failures.collect::<Vec<_>>(),
            "successes": [],
            "codeCoverage": [],
            "codeCoverageWarnings": warnings.collect::<Vec<_>>(),
            "flowCoverage": [],
            "flowCoverageWarnings": [],
        })
    }
}
