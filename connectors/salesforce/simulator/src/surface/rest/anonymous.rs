//! Tooling's way to run anonymous Apex.

use serde_json::json;

use super::Call;
use crate::apex::run::run_anonymous;
use crate::surface::{Answer, ApiError, ApiResult, Site};
use crate::transaction::Transaction;

/// `GET …/tooling/executeAnonymous/?anonymousBody=…`. What the code changed stays if it ran to its end.
pub(super) fn execute(site: &Site, call: &Call) -> ApiResult {
    if !call.rights.has("AuthorApex") {
        let message = "Author Apex permission is required to execute anonymous Apex";
        return Err(ApiError::new(axum::http::StatusCode::FORBIDDEN, "INSUFFICIENT_ACCESS", message));
    }
    let Some(body) = call.parameter("anonymousBody") else {
        return Err(ApiError::bad("MISSING_ARGUMENT", "anonymousBody is required"));
    };
    let mut tx = Transaction::begin(&site.org, call.rights.clone());
    tx.called(call.version, &call.path());
    if let Some(trace) = &mut tx.machine.trace {
        trace.anonymous(body);
    }
    let result = run_anonymous(&mut tx, body, call.version);
    if result.success {
        tx.commit();
    }
    let (line, column) = result
        .problem
        .as_ref()
        .map_or((-1, -1), |problem| (i64::from(problem.line), i64::from(problem.column)));
    Ok(Answer::ok(json!({
        "line": line,
        "column": column,
        "compiled": result.compiled,
        "success": result.success,
        "compileProblem": result.problem.map(|problem| problem.message),
        "exceptionStackTrace": result.exception_stack,
        "exceptionMessage": result.exception_message,
    })))
}
