//! ValidationRule.

use serde_json::{Value, json};

use super::View;
use crate::org::rest_time;
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
