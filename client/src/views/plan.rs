//! A plan.

use std::collections::BTreeMap;

use provision_client::api::v1;

use crate::table::card;
use crate::text::{count, escape, some, word};

/// Most names shown of tests, and of the object types that one reason keeps from being protected.
const NAMES_MAX: usize = 10;

/// How much to say about what will not be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unprotected {
    /// A few names for each reason.
    Some,
    /// Every name.
    All,
}

/// A plan: its steps with their components, then what to expect, then what will not be protected.
pub fn plan(plan: &v1::ProvisioningPlan, unprotected: Unprotected) -> String {
    let protects = plan.object_types.len();
    let mut text = card(&[
        ("Account", plan.service_account.clone()),
        ("Plan etag", plan.etag.clone()),
        ("Protects", if protects == 0 { String::new() } else { count(protects as i64, "object type") }),
    ]);
    text.push('\n');
    for (at, step) in plan.steps.iter().enumerate() {
        text.push_str(&format!("{:>2}. {}\n", at + 1, escape(&step.title)));
        let mut reason = "";
        for component in &step.components {
            if component.reason != reason {
                reason = &component.reason;
                let heading = if reason.is_empty() { "other" } else { reason };
                text.push_str(&format!("      {}:\n", escape(heading)));
            }
            text.push_str(&format!(
                "        {:<6}  {}  {}\n",
                action(component),
                escape(&component.kind),
                escape(&component.full_name)
            ));
        }
    }
    text.push_str(&format!("\nTo expect: {}\n", expected(plan)));
    for risk in &plan.risks {
        text.push_str(&format!("Risk: {}\n", escape(risk)));
    }
    text.push_str(&left_out(plan, unprotected));
    text
}

fn action(component: &v1::PlannedComponent) -> String {
    word(component.action, v1::PlannedAction::as_str_name, "PLANNED_ACTION_").to_lowercase()
}

/// What is done to how many components, the calls, the tests.
fn expected(plan: &v1::ProvisioningPlan) -> String {
    let mut actions = BTreeMap::<i32, (String, i64)>::new();
    for component in plan.steps.iter().flat_map(|step| &step.components) {
        let (_, number) = actions.entry(component.action).or_insert_with(|| (action(component), 0));
        *number += 1;
    }
    let mut parts: Vec<String> = actions.into_values().map(|(word, n)| format!("{n} to {word}")).collect();
    parts.push(count(plan.estimated_api_calls, "API call"));
    if !plan.tests.is_empty() {
        let tests = some(&plan.tests, plan.tests.len(), NAMES_MAX);
        parts.push(format!("{} run there: {}", count(plan.tests.len() as i64, "test"), escape(&tests)));
    }
    parts.join(", ")
}

/// What will not be protected, under each reason.
fn left_out(plan: &v1::ProvisioningPlan, unprotected: Unprotected) -> String {
    let mut reasons = BTreeMap::<&str, Vec<String>>::new();
    for object in &plan.unprotected_object_types {
        reasons.entry(&object.reason).or_default().push(object.object_type.clone());
    }
    let max = match unprotected {
        Unprotected::Some => NAMES_MAX,
        Unprotected::All => usize::MAX,
    };
    let mut text = String::new();
    let mut cut = false;
    for (reason, names) in reasons {
        cut |= names.len() > max;
        let named = some(&names, names.len(), max);
        let all = count(names.len() as i64, "object type");
        text.push_str(&format!("Not protected: {all} ({}): {}\n", escape(reason), escape(&named)));
    }
    if cut {
        text.push_str("  --all-unprotected names all of them\n");
    }
    text
}
