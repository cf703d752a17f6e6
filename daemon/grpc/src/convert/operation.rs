//! Long-running operations.

use provision_api::google::longrunning as lro;
use provision_api::google::longrunning::operation::Result as Outcome;
use provision_api::v1;
use provision_core::operation::{Operation, OperationKind, OperationState, Step, StepState};

use super::account::next_action;
use super::{any, count, inventory, removal, small_count, time};
use crate::status;

/// An operation on the wire. `account` is what a finished provisioning returns.
pub(crate) fn to_proto(operation: Operation, account: impl FnOnce() -> v1::ServiceAccount) -> lro::Operation {
    let result = match operation.state {
        OperationState::Running => None,
        OperationState::Failed | OperationState::Cancelled => {
            Some(Outcome::Error(status::of_operation(&operation)))
        }
        OperationState::Succeeded => Some(Outcome::Response(response(&operation, account))),
    };
    lro::Operation {
        name: operation.name.to_string(),
        done: operation.is_done(),
        metadata: Some(any("provisioning.v1.OperationMetadata", &metadata(operation))),
        result,
    }
}

/// The done, nameless operation that a dry run answers: nothing was started.
pub(crate) fn dry_run(operation: Operation, account: impl FnOnce() -> v1::ServiceAccount) -> lro::Operation {
    let response = response(&operation, account);
    lro::Operation {
        name: String::new(),
        done: true,
        metadata: Some(any("provisioning.v1.OperationMetadata", &metadata(operation))),
        result: Some(Outcome::Response(response)),
    }
}

fn response(operation: &Operation, account: impl FnOnce() -> v1::ServiceAccount) -> prost_types::Any {
    match operation.kind {
        OperationKind::Provision | OperationKind::Repair | OperationKind::Deprovision => {
            any("provisioning.v1.ServiceAccount", &account())
        }
        OperationKind::RefreshInventory => {
            let read = operation.inventory.as_ref();
            let outcome = operation.reading.clone().unwrap_or_default();
            let summary = v1::RefreshInventoryResponse {
                service_account: operation.account.to_string(),
                object_types: read.map_or(0, |r| count(r.object_types)),
                fields: read.map_or(0, |r| count(r.fields)),
                profiles: read.map_or(0, |r| count(r.profiles)),
                permission_sets: read.map_or(0, |r| count(r.permission_sets)),
                api_calls: read.map_or(0, |r| count(r.api_calls)),
                changes: outcome.changes.map(inventory::changes),
                unchanged: outcome.unchanged,
                held: outcome.held,
            };
            any("provisioning.v1.RefreshInventoryResponse", &summary)
        }
    }
}

fn metadata(operation: Operation) -> v1::OperationMetadata {
    let kind = match operation.kind {
        OperationKind::Provision => v1::OperationKind::Provision,
        OperationKind::RefreshInventory => v1::OperationKind::RefreshInventory,
        OperationKind::Repair => v1::OperationKind::Repair,
        OperationKind::Deprovision => v1::OperationKind::Deprovision,
    };
    let state = match operation.state {
        OperationState::Running => v1::OperationState::Running,
        OperationState::Succeeded => v1::OperationState::Succeeded,
        OperationState::Failed => v1::OperationState::Failed,
        OperationState::Cancelled => v1::OperationState::Cancelled,
    };
    let begun = operation.steps.iter().any(|s| s.state != StepState::Pending);
    let removal = operation.removal;
    let current = operation.current_step().filter(|_| begun && !operation.is_done());
    v1::OperationMetadata {
        service_account: operation.account.to_string(),
        kind: kind as i32,
        state: state as i32,
        current_step: current.map(|s| s.id.clone()).unwrap_or_default(),
        steps: operation.steps.into_iter().map(step).collect(),
        api_calls: count(operation.api_calls),
        throttled_until: operation.throttled_until.map(time::to_proto),
        next_action: operation.next_action.map(next_action),
        create_time: Some(time::to_proto(operation.create_time)),
        end_time: operation.end_time.map(time::to_proto),
        deadline: Some(time::to_proto(operation.deadline)),
        principal: operation.principal.to_string(),
        cancel_requested: operation.cancel_requested,
        removal_mode: removal.map_or(0, |r| removal::mode(r.mode) as i32),
        quarantine_disposition: removal
            .and_then(|r| r.disposition)
            .map_or(0, |d| removal::disposition(d) as i32),
        leftovers: operation.leftovers.into_iter().map(removal::leftover).collect(),
        exported_items: operation.export.map_or(0, |e| count(e.items)),
    }
}

fn step(step: Step) -> v1::StepProgress {
    let state = match step.state {
        StepState::Pending => v1::StepState::Pending,
        StepState::Running => v1::StepState::Running,
        StepState::Done => v1::StepState::Done,
        StepState::Failed => v1::StepState::Failed,
    };
    v1::StepProgress {
        id: step.id,
        title: step.title,
        state: state as i32,
        done: count(step.done),
        total: count(step.total),
        message: step.message,
        attempts: small_count(step.attempts),
        start_time: step.start_time.map(time::to_proto),
        end_time: step.end_time.map(time::to_proto),
    }
}
