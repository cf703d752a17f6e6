//! ApexClass, ApexTrigger, DeployRequest.

use serde_json::{Value, json};

use super::View;
use crate::org::{ApexClass, ApexTrigger, ApexUnit, DeployRequest, TriggerEvent, rest_time};

fn unit(unit: &ApexUnit, column: &str) -> Value {
    match column {
        "Id" => unit.id.into(),
        "Name" | "FullName" => unit.name.clone().into(),
        "Body" => unit.body.clone().into(),
        "ApiVersion" => unit.api_version.parse::<f64>().map(Value::from).unwrap_or_default(),
        "Status" => unit.status.clone().into(),
        "IsValid" => unit.is_valid.into(),
        "BodyCrc" => f64::from(unit.body_crc).into(),
        "LengthWithoutComments" => unit.length_without_comments.into(),
        "NamespacePrefix" => unit.namespace.clone().into(),
        "ManageableState" => if unit.namespace.is_some() { "installed" } else { "unmanaged" }.into(),
        "IsDeleted" => false.into(),
        "Metadata" => json!({
            "apiVersion": unit.api_version.parse::<f64>().unwrap_or_default(),
            "packageVersions": [],
            "status": unit.status,
            "module": null,
            "urls": null,
        }),
        "CreatedDate" => rest_time(unit.created_ms).into(),
        "CreatedById" => unit.created_by.into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(unit.modified_ms).into(),
        "LastModifiedById" => unit.modified_by.into(),
        _ => Value::Null,
    }
}

pub(super) fn class(class: &ApexClass, column: &str) -> Value {
    unit(&class.unit, column)
}

pub(super) fn trigger(view: &View<'_>, trigger: &ApexTrigger, column: &str) -> Value {
    let on = |event: TriggerEvent| Value::from(trigger.events.contains(&event));
    match column {
        // The API name of a standard object, the 01I id of a custom one.
        "TableEnumOrId" | "EntityDefinitionId" => {
            let object = view.state.metadata.object(&trigger.object);
            object.map_or_else(|| trigger.object.clone(), |object| object.durable_id().to_owned()).into()
        }
        "UsageBeforeInsert" => on(TriggerEvent::BeforeInsert),
        "UsageAfterInsert" => on(TriggerEvent::AfterInsert),
        "UsageBeforeUpdate" => on(TriggerEvent::BeforeUpdate),
        "UsageAfterUpdate" => on(TriggerEvent::AfterUpdate),
        "UsageBeforeDelete" => on(TriggerEvent::BeforeDelete),
        "UsageAfterDelete" => on(TriggerEvent::AfterDelete),
        "UsageAfterUndelete" => on(TriggerEvent::AfterUndelete),
        "UsageIsBulk" => false.into(),
        _ => unit(&trigger.unit, column),
    }
}

pub(super) fn deploy(deploy: &DeployRequest, column: &str) -> Value {
    match column {
        "Id" => deploy.id.into(),
        "Status" => deploy.status.clone().into(),
        "Type" => "Api".into(),
        "CheckOnly" => deploy.check_only.into(),
        "StartDate" => deploy.started_ms.map(rest_time).into(),
        "CompletedDate" => deploy.completed_ms.map(rest_time).into(),
        "CanceledById" => deploy.canceled_by.map(Value::from).unwrap_or_default(),
        "ErrorMessage" => deploy.error_message.clone().into(),
        "ErrorStatusCode" => deploy.error_status_code.clone().into(),
        "StateDetail" => deploy.state_detail.clone().into(),
        "IgnoreWarnings" => deploy.ignore_warnings.into(),
        "RollbackOnError" => deploy.rollback_on_error.into(),
        "RunTestsEnabled" => deploy.run_tests_enabled.into(),
        "NumberComponentErrors" => deploy.component_errors.into(),
        "NumberComponentsDeployed" => deploy.components_deployed.into(),
        "NumberComponentsTotal" => deploy.components_total.into(),
        "NumberTestErrors" => deploy.test_errors.into(),
        "NumberTestsCompleted" => deploy.tests_completed.into(),
        "NumberTestsTotal" => deploy.tests_total.into(),
        "IsDeleted" | "AllowMissingFiles" | "AutoUpdatePackage" | "PurgeOnDelete" => false.into(),
        "CreatedDate" => rest_time(deploy.created_ms).into(),
        "CreatedById" => deploy.created_by.into(),
        "LastModifiedDate" | "SystemModstamp" => rest_time(deploy.modified_ms).into(),
        "LastModifiedById" => deploy.created_by.into(),
        _ => Value::Null,
    }
}
