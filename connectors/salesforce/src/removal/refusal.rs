//! What a failed deployment refuses to delete, in Salesforce's words.

use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::plan::PlanStep;
use provision_connector_sdk::core::{Fault, Reason};

use crate::api::metadata::DeployResult;
use crate::faults::{ERROR_CODE, words};

/// What Salesforce says where the user may not delete.
const NO_RIGHT: &str = "INSUFFICIENT_ACCESS";

/// A component that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub kind: String,
    pub full_name: String,
    pub words: String,
}

/// The components of the step that the deployment refuses to delete; none where something else is wrong. Where tests
/// failed it is all of them: Salesforce deletes Apex only if they pass.
pub(super) fn refusals(result: &DeployResult, step: &PlanStep) -> Vec<Refusal> {
    let Some(details) = &result.details else { return Vec::new() };
    let mut refused = Vec::new();
    for failure in &details.component_failures {
        let kind = failure.component_type.as_deref().filter(|kind| !kind.is_empty());
        let component = step.components.iter().find(|component| {
            failure.full_name.as_ref() == Some(&component.full_name)
                && kind.is_none_or(|kind| kind == component.kind)
        });
        if let Some(component) = component {
            refused.push(Refusal {
                kind: component.kind.clone(),
                full_name: component.full_name.clone(),
                words: words(failure.problem.as_deref().unwrap_or("Salesforce gives no reason")),
            });
        }
    }
    if let (true, Some(why)) = (details.component_failures.is_empty(), failed_tests(result)) {
        refused.extend(step.components.iter().map(|component| Refusal {
            kind: component.kind.clone(),
            full_name: component.full_name.clone(),
            words: why.clone(),
        }));
    }
    refused
}

/// The user lost a right that deleting needs.
pub(super) fn denied(result: &DeployResult) -> Option<ConnectorFault> {
    let failures = &result.details.as_ref()?.component_failures;
    let failure = failures
        .iter()
        .find(|failure| failure.problem.as_deref().is_some_and(|problem| problem.starts_with(NO_RIGHT)))?;
    let (kind, name) = (failure.component_type.as_deref(), failure.full_name.as_deref());
    let fault = Fault::new(
        Reason::SaasPermissionMissing,
        format!(
            "Salesforce does not let the service account's user delete {} {} ({}); a Salesforce administrator gives back \
             what is missing; the preconditions name each permission",
            kind.unwrap_or("component"),
            name.unwrap_or_default(),
            words(failure.problem.as_deref().unwrap_or_default())
        ),
    );
    Some(ConnectorFault::denied(fault.meta(ERROR_CODE, NO_RIGHT)))
}

/// The first of the tests that stood in the way.
fn failed_tests(result: &DeployResult) -> Option<String> {
    let tests = result.details.as_ref()?.run_test_result.as_ref()?;
    if let Some(failure) = tests.failures.first() {
        let more = match tests.failures.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        return Some(words(&format!(
            "the organisation's own tests run before Apex is deleted, and {}.{} fails: {}{more}",
            failure.name.as_deref().unwrap_or("a test"),
            failure.method_name.as_deref().unwrap_or_default(),
            failure.message.as_deref().unwrap_or_default()
        )));
    }
    let warning = tests.code_coverage_warnings.first()?;
    Some(words(warning.message.as_deref().unwrap_or("the organisation's tests cover too little of its Apex")))
}

#[cfg(test)]
mod tests {
    use provision_connector_sdk::FaultClass;
    use provision_connector_sdk::core::plan::{PlannedAction, PlannedComponent, StepKind};
    use serde_json::json;

    use super::*;

    fn step(components: &[(&str, &str)]) -> PlanStep {
        let component = |(kind, full_name): &(&str, &str)| PlannedComponent {
            kind: (*kind).to_owned(),
            full_name: (*full_name).to_owned(),
            action: PlannedAction::Delete,
            reason: String::new(),
            checksum: String::new(),
            version: String::new(),
        };
        PlanStep {
            id: "remove-classes".to_owned(),
            title: String::new(),
            kind: StepKind::Remove,
            components: components.iter().map(component).collect(),
            establishes: Vec::new(),
        }
    }

    fn result(details: serde_json::Value) -> DeployResult {
        let json = json!({"status": "Failed", "done": true, "success": false, "details": details});
        serde_json::from_value(json).expect("a result")
    }

    #[test]
    fn only_components_of_the_step_are_refused() {
        let step = step(&[("ApexClass", "CAS_A"), ("ApexClass", "CAS_B")]);
        let refused = refusals(
            &result(json!({"componentFailures": [
                {"componentType": "ApexClass", "fullName": "CAS_A", "problem": "This apex class is referenced elsewhere"},
                {"componentType": "ApexTrigger", "fullName": "CAS_B", "problem": "another type"},
                {"componentType": "ApexClass", "fullName": "Theirs", "problem": "not ours"}]})),
            &step,
        );
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].words, "This apex class is referenced elsewhere");
        assert!(refusals(&result(json!({})), &step).is_empty());
        assert!(refusals(&DeployResult::default(), &step).is_empty());
    }

    #[test]
    fn failing_tests_keep_everything() {
        let step = step(&[("ApexClass", "CAS_A"), ("ApexClass", "CAS_B")]);
        let tests = json!({"runTestResult": {"failures": [
            {"name": "TheirTest", "methodName": "works", "message": "System.AssertException: no"},
            {"name": "TheirTest", "methodName": "works2", "message": "no"}]}});
        let refused = refusals(&result(tests), &step);
        assert_eq!(refused.len(), 2);
        assert!(
            refused[0].words.contains("TheirTest.works fails") && refused[0].words.ends_with("(and 1 more)")
        );
        let coverage =
            json!({"runTestResult": {"codeCoverageWarnings": {"name": null, "message": "Average 74%"}}});
        assert_eq!(refusals(&result(coverage), &step)[1].words, "Average 74%");
    }

    #[test]
    fn a_right_that_is_gone_is_no_refusal_of_a_component() {
        let result = result(json!({"componentFailures": [{"componentType": "ApexClass", "fullName": "CAS_A",
            "problem": "INSUFFICIENT_ACCESS: insufficient access rights on cross-reference id"}]}));
        let fault = denied(&result).expect("denied");
        assert_eq!((fault.class, fault.fault.reason()), (FaultClass::Denied, Reason::SaasPermissionMissing));
    }
}
