//! What a run leaves: operation, plan, inventory, components.

use provision_core::account::{Actor, NextAction};
use provision_core::component::{Component, ComponentState};
use provision_core::inventory::InventorySummary;
use provision_core::operation::{Operation, OperationKind, OperationState, Step, StepState};
use provision_core::plan::PlanRef;
use provision_core::reason::Reason;

use super::account::UID;
use super::{account_name, administrator, at, failure, operation_name};

const ARTIFACT: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub fn plan() -> PlanRef {
    PlanRef { etag: "plan-etag".to_owned(), artifact: ARTIFACT.to_owned() }
}

pub fn inventory() -> InventorySummary {
    InventorySummary {
        object_types: 3196,
        fields: 49_180,
        profiles: 12,
        permission_sets: 34,
        api_calls: 56,
        read_time: at(5),
        artifact: ARTIFACT.to_owned(),
    }
}

fn step(id: &str, state: StepState) -> Step {
    Step {
        id: id.to_owned(),
        title: "Bring in the app's classes".to_owned(),
        state,
        done: 3,
        total: 5,
        message: "waiting for the deployment".to_owned(),
        attempts: 2,
        handle: Some("0Af000000000001AAA".to_owned()),
        start_time: Some(at(6)),
        end_time: Some(at(7)),
    }
}

pub fn operation() -> Operation {
    Operation {
        name: operation_name(),
        account: account_name(),
        account_uid: UID.to_owned(),
        kind: OperationKind::Provision,
        state: OperationState::Failed,
        principal: administrator(),
        steps: vec![
            step("one", StepState::Done),
            step("two", StepState::Running),
            step("three", StepState::Failed),
            step("four", StepState::Pending),
        ],
        api_calls: 78,
        throttled_until: Some(at(8)),
        next_action: Some(NextAction {
            actor: Actor::Operator,
            action: "PROVISION_AGAIN".to_owned(),
            hint: "plan again, then provision".to_owned(),
            link: Some("https://docs.vendor.example/again".to_owned()),
            deadline: Some(at(60)),
        }),
        cancel_requested: true,
        failure: Some(failure(Reason::ComponentRejected)),
        failure_metadata: [("component".to_owned(), "Handler".to_owned())].into(),
        plan: Some(plan()),
        inventory: Some(inventory()),
        create_time: at(5),
        end_time: Some(at(9)),
        deadline: at(365),
    }
}

pub fn component() -> Component {
    Component {
        account: account_name(),
        kind: "ApexClass".to_owned(),
        full_name: "CAS_Handler".to_owned(),
        state: ComponentState::Modified,
        remote_id: "01p000000000001AAA".to_owned(),
        checksum: ARTIFACT.to_owned(),
        version: "1".to_owned(),
        reason: "holds the code that triggers call".to_owned(),
        operation: operation_name(),
        observe_time: Some(at(9)),
        message: String::new(),
        object_type: String::new(),
    }
}
