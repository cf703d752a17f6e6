//! What a failed deployment means, in Salesforce's words.

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{ConnectorFault, FaultClass};

use crate::api::metadata::{ComponentFailure, DeployResult, Details};
use crate::faults::{deploy_locked, words};
use crate::render::Rendered;
use crate::snapshot::Standing;

/// Problems that are passed on; the rest is counted.
const PROBLEMS_MAX: usize = 20;

pub(crate) fn of(result: &DeployResult) -> ConnectorFault {
    let code = result.error_status_code.as_deref().unwrap_or_default();
    let message = words(result.error_message.as_deref().unwrap_or_default());
    let internal = format!("deployment {} ended {}: {code} {message}", result.id, result.status);
    match code {
        "ALREADY_IN_PROCESS" => return ConnectorFault::new(FaultClass::Conflict, deploy_locked(internal)),
        // Salesforce's own trouble; the deployment was rolled back.
        "UNKNOWN_EXCEPTION" => return ConnectorFault::transient(internal),
        _ => {}
    }
    if result.status == "Canceled" {
        let by = result.canceled_by_name.as_deref().unwrap_or("somebody");
        return ConnectorFault::rejected(
            Fault::new(
                Reason::SaasRejected,
                format!("the deployment was cancelled in the organisation by {}", words(by)),
            )
            .with_internal(internal),
        );
    }
    let mut problems = result.details.as_ref().map(problems).unwrap_or_default();
    if problems.is_empty() {
        let said = if message.is_empty() { format!("status {}", result.status) } else { message };
        problems.push(("deployment".to_owned(), said));
    }
    refused(problems, internal)
}

/// The deployment said that all is well.
pub(super) fn not_observed(lacking: &[(&Rendered, &Standing)]) -> ConnectorFault {
    let how = |standing: &Standing| match standing {
        Standing::Modified { how, .. } => how.clone(),
        _ => "it is not there".to_owned(),
    };
    let (first, standing) = lacking[0];
    let fault = Fault::new(
        Reason::ComponentNotObserved,
        format!(
            "{} of the deployed components are not as they should be, {} {} among them: {}",
            lacking.len(),
            first.kind,
            first.full_name,
            how(standing)
        ),
    );
    ConnectorFault::rejected(lacking.iter().take(PROBLEMS_MAX).fold(fault, |fault, (component, standing)| {
        fault.violation(format!("{} {}", component.kind, component.full_name), how(standing))
    }))
}

fn refused(problems: Vec<(String, String)>, internal: String) -> ConnectorFault {
    let (subject, problem) = &problems[0];
    let more = match problems.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    let fault =
        Fault::new(Reason::ComponentRejected, format!("Salesforce refused {subject}: {problem}{more}"))
            .with_internal(internal)
            .meta("problems", problems.len().to_string());
    ConnectorFault::rejected(
        problems
            .into_iter()
            .take(PROBLEMS_MAX)
            .fold(fault, |fault, (subject, problem)| fault.violation(subject, problem)),
    )
}

/// Subject and words of everything that went wrong: components, tests, coverage.
fn problems(details: &Details) -> Vec<(String, String)> {
    let said = |text: &Option<String>| words(text.as_deref().unwrap_or_default());
    let mut problems: Vec<(String, String)> = details
        .component_failures
        .iter()
        .map(|failure| (component(failure), said(&failure.problem)))
        .collect();
    if let Some(tests) = &details.run_test_result {
        problems.extend(tests.failures.iter().map(|failure| {
            (format!("test {}.{}", said(&failure.name), said(&failure.method_name)), said(&failure.message))
        }));
        problems.extend(tests.code_coverage_warnings.iter().map(|warning| {
            let subject = match &warning.name {
                Some(name) => format!("coverage of {name}"),
                None => "coverage".to_owned(),
            };
            (subject, said(&warning.message))
        }));
    }
    problems
}

fn component(failure: &ComponentFailure) -> String {
    let part = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let mut subject = [part(&failure.component_type), part(&failure.full_name)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    if subject.is_empty() {
        subject = "component".to_owned();
    }
    match (part(&failure.file_name), failure.line_number, failure.column_number) {
        (Some(file), 0, _) => format!("{subject} ({file})"),
        (Some(file), line, column) => format!("{subject} ({file}, line {line}, column {column})"),
        (None, ..) => subject,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(json: serde_json::Value) -> DeployResult {
        serde_json::from_value(json).expect("a result")
    }

    #[test]
    fn salesforces_words_are_passed_on_with_their_place() {
        let fault = of(&result(serde_json::json!({
            "id": "0Af000000000001AAA", "status": "Failed", "done": true, "success": false,
            "details": {"componentFailures": [
                {"componentType": "ApexTrigger", "fullName": "CAS_Case", "fileName": "triggers/CAS_Case.trigger",
                 "lineNumber": 2, "columnNumber": 5, "problem": "Invalid type: X"},
                {"fullName": "CAS_Y", "problem": "other"}]}
        })));
        assert_eq!(fault.fault.reason(), Reason::ComponentRejected);
        assert_eq!(
            fault.fault.message(),
            "Salesforce refused ApexTrigger CAS_Case (triggers/CAS_Case.trigger, line 2, column 5): Invalid type: X \
             (and 1 more)"
        );
        assert_eq!(fault.fault.violations().len(), 2);
    }

    #[test]
    fn a_lock_waits_and_a_cancellation_does_not() {
        let locked = result(serde_json::json!({"status": "Failed", "errorStatusCode": "ALREADY_IN_PROCESS"}));
        assert_eq!(of(&locked).class, FaultClass::Conflict);
        let cancelled = result(serde_json::json!({"status": "Canceled", "canceledByName": "Ada"}));
        assert_eq!(of(&cancelled).class, FaultClass::Rejected);
        assert!(of(&cancelled).fault.message().contains("Ada"));
    }

    #[test]
    fn coverage_without_a_name_is_the_average() {
        let failed = result(serde_json::json!({"status": "Failed", "details": {"runTestResult": {
            "codeCoverageWarnings": [{"name": null, "message": "Average test coverage … 74%"}]}}}));
        assert!(of(&failed).fault.message().contains("coverage: Average test coverage"));
    }
}
