//! ValidationRule, ApexCodeCoverageAggregate, ApexOrgWideCoverage.

use serde_json::{Value, json};

use super::View;
use crate::apex::test_run::{UnitCoverage, average};
use crate::org::{Id, rest_time};
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
