//! Which objects a failed deployment or validation refuses, in Salesforce's words.

use std::collections::BTreeMap;

use provision_connector_sdk::Refused;

use crate::api::metadata::{ComponentFailure, DeployResult};
use crate::faults::words;
use crate::render::names;
use crate::steps::Catalogue;

/// The reason for each object that was refused. Absent where something else is wrong: a component of somebody else's,
/// or nothing that has a name.
pub(super) fn refused_objects<'a>(
    result: &DeployResult,
    catalogue: &Catalogue<'a>,
) -> Option<BTreeMap<&'a str, String>> {
    let details = result.details.as_ref()?;
    let mut reasons: BTreeMap<&'a str, String> = BTreeMap::new();
    for failure in &details.component_failures {
        let object = catalogue.object_of(failure.full_name.as_deref()?)?;
        let reason = compiled(failure);
        // The trigger's own trouble says more than what its test makes of it.
        if failure.component_type.as_deref() == Some("ApexTrigger") {
            reasons.insert(object, reason);
        } else {
            reasons.entry(object).or_insert(reason);
        }
    }
    if let Some(tests) = &details.run_test_result {
        for failure in &tests.failures {
            let object = catalogue.object_of(failure.name.as_deref()?)?;
            let method = failure.method_name.as_deref().unwrap_or_default();
            let said = words(failure.message.as_deref().unwrap_or_default());
            reasons.entry(object).or_insert_with(|| words(&format!("its test {method} failed: {said}")));
        }
        for warning in &tests.code_coverage_warnings {
            // The average of everything has no name: it follows from those that have one.
            let Some(name) = &warning.name else { continue };
            let object = catalogue.object_of(name)?;
            reasons.entry(object).or_insert_with(|| words(warning.message.as_deref().unwrap_or_default()));
        }
    }
    (!reasons.is_empty()).then_some(reasons)
}

/// An object goes as a whole: its trigger and the test of it.
pub(super) fn refusals(reasons: &BTreeMap<&str, String>) -> Vec<Refused> {
    let mut refused = Vec::with_capacity(reasons.len() * 2);
    for (object, reason) in reasons {
        for (kind, full_name) in
            [("ApexTrigger", names::trigger(object)), ("ApexClass", names::trigger_test(object))]
        {
            refused.push(Refused {
                kind: kind.to_owned(),
                full_name,
                object_type: (*object).to_owned(),
                reason: reason.clone(),
            });
        }
    }
    refused
}

fn compiled(failure: &ComponentFailure) -> String {
    let said = words(failure.problem.as_deref().unwrap_or("Salesforce gives no reason"));
    match (failure.line_number, failure.column_number) {
        (0, _) => said,
        (line, column) => format!("{said} (line {line}, column {column})"),
    }
}
