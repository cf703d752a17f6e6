//! Deployments as rows of the Tooling table DeployRequest.

use super::id::Id;

/// One deployment, past or running.
#[derive(Debug, Clone, PartialEq)]
pub struct DeployRequest {
    pub id: Id,
    /// `Pending`, `InProgress`, `FinalizingDeploy`, `Succeeded`, `SucceededPartial`, `Failed`, `Canceling`, `Canceled`.
    pub status: String,
    pub check_only: bool,
    pub rollback_on_error: bool,
    pub ignore_warnings: bool,
    pub run_tests_enabled: bool,
    pub state_detail: Option<String>,
    pub error_status_code: Option<String>,
    pub error_message: Option<String>,
    pub components_total: u32,
    pub components_deployed: u32,
    pub component_errors: u32,
    pub tests_total: u32,
    pub tests_completed: u32,
    pub test_errors: u32,
    pub created_ms: i64,
    pub created_by: Id,
    pub started_ms: Option<i64>,
    pub modified_ms: i64,
    pub completed_ms: Option<i64>,
    pub canceled_by: Option<Id>,
}

impl DeployRequest {
    /// A deployment that waits for its turn.
    pub fn pending(id: Id, by: Id, now_ms: i64) -> Self {
        Self {
            id,
            status: "Pending".to_owned(),
            check_only: false,
            rollback_on_error: false,
            ignore_warnings: false,
            run_tests_enabled: false,
            state_detail: None,
            error_status_code: None,
            error_message: None,
            components_total: 0,
            components_deployed: 0,
            component_errors: 0,
            tests_total: 0,
            tests_completed: 0,
            test_errors: 0,
            created_ms: now_ms,
            created_by: by,
            started_ms: None,
            modified_ms: now_ms,
            completed_ms: None,
            canceled_by: None,
        }
    }
}
