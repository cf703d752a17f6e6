//! `deployResult` as JSON.

use serde_json::{Map, Value, json};

use super::coverage::TestRun;
use super::job::Job;
use super::options::DeployOptions;
use super::row::Row;
use crate::org::{DeployRequest, Id, State, metadata_time};

/// The body of a start's answer: no result yet worth the name.
pub(super) fn started(request: &DeployRequest, options: &DeployOptions, validation: Option<Id>) -> Value {
    json!({
        "id": request.id,
        "validatedDeployRequestId": validation,
        "deployOptions": options.to_json(),
        "deployResult": {
            "id": request.id,
            "success": false,
            "checkOnly": request.check_only,
            "ignoreWarnings": request.ignore_warnings,
            "rollbackOnError": request.rollback_on_error,
            "status": request.status,
            "runTestsEnabled": request.run_tests_enabled,
            "done": false,
        },
    })
}

/// The body of a poll's answer.
pub(super) fn status(
    state: &State,
    request: &DeployRequest,
    job: &Job,
    with_details: bool,
    url: &str,
) -> Value {
    let who = |id: Option<Id>| id.and_then(|id| state.users.get(&id)).map(crate::org::User::name);
    let time = |ms: Option<i64>| ms.map(metadata_time);
    let mut result = json!({
        "id": request.id,
        "status": request.status,
        "done": is_done(request),
        "success": matches!(request.status.as_str(), "Succeeded"),
        "checkOnly": request.check_only,
        "ignoreWarnings": request.ignore_warnings,
        "rollbackOnError": request.rollback_on_error,
        "runTestsEnabled": request.run_tests_enabled,
        "createdBy": request.created_by.short(),
        "createdByName": who(Some(request.created_by)),
        "createdDate": metadata_time(request.created_ms),
        "startDate": time(request.started_ms),
        "lastModifiedDate": metadata_time(request.modified_ms),
        "completedDate": time(request.completed_ms),
        "canceledBy": request.canceled_by.as_ref().map(crate::org::Id::short),
        "canceledByName": who(request.canceled_by),
        "stateDetail": request.state_detail,
        "errorStatusCode": request.error_status_code,
        "errorMessage": request.error_message,
        "numberComponentErrors": request.component_errors,
        "numberComponentsDeployed": request.components_deployed,
        "numberComponentsTotal": request.components_total,
        "numberTestErrors": request.test_errors,
        "numberTestsCompleted": request.tests_completed,
        "numberTestsTotal": request.tests_total,
    });
    if with_details {
        result["details"] = details(request, &job.rows, &job.tests);
    }
    json!({
        "id": request.id,
        "url": url,
        "validatedDeployRequestId": job.validation,
        "deployOptions": job.options.to_json(),
        "deployResult": result,
    })
}

/// Whether polling is over.
pub(super) fn is_done(request: &DeployRequest) -> bool {
    matches!(request.status.as_str(), "Succeeded" | "SucceededPartial" | "Failed" | "Canceled")
}

fn details(request: &DeployRequest, rows: &[Row], tests: &TestRun) -> Value {
    let created = metadata_time(request.completed_ms.unwrap_or(request.modified_ms));
    let (successes, failures): (Vec<&Row>, Vec<&Row>) =
        rows.iter().partition(|row| row.success(request.ignore_warnings));
    let list = |rows: Vec<&Row>, success: bool| {
        Value::Array(rows.into_iter().map(|row| component(row, success, &created)).collect())
    };
    json!({
        "allComponentMessages": [],
        "componentFailures": list(failures, false),
        "componentSuccesses": list(successes, true),
        "retrieveResult": null,
        "runTestResult": tests.to_json(),
    })
}

fn component(row: &Row, success: bool, created: &str) -> Value {
    let mut component = Map::new();
    let mut put = |name: &str, value: Value| component.insert(name.to_owned(), value);
    let at = row.problem.as_ref().and_then(|complaint| complaint.at);
    put("changed", json!(row.changed));
    put("columnNumber", json!(at.map(|(_, column)| column)));
    put("componentType", json!(row.component_type));
    put("created", json!(row.created));
    put("createdDate", json!(created));
    put("deleted", json!(row.deleted));
    put("fileName", json!(row.file_name));
    put("fullName", json!(row.full_name));
    put("id", json!(row.id));
    put("lineNumber", json!(at.map(|(line, _)| line)));
    put("problem", json!(row.problem.as_ref().map(|complaint| &complaint.text)));
    put(
        "problemType",
        json!(row.problem.as_ref().map(|complaint| if complaint.warning { "Warning" } else { "Error" })),
    );
    put("success", json!(success));
    put("warning", json!(row.problem.as_ref().is_some_and(|complaint| complaint.warning)));
    Value::Object(component)
}
