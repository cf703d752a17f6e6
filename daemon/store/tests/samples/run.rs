//! What a run leaves: operation, plan, inventory, components.

use provision_core::account::{Actor, NextAction};
use provision_core::component::{Component, ComponentState};
use provision_core::fault::Violation;
use provision_core::inventory::{ChangedNames, InventoryChanges, InventorySummary, ReadingOutcome};
use provision_core::operation::{
    Disposition, Export, Leftover, Operation, OperationKind, OperationState, Removal, RemovalMode, Step,
    StepState,
};
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
        full_read_time: Some(at(4)),
        artifact: ARTIFACT.to_owned(),
    }
}

/// As version 1 knew it.
pub fn inventory_v1() -> InventorySummary {
    InventorySummary { full_read_time: None, ..inventory() }
}

fn reading() -> ReadingOutcome {
    let names = |what: &str| ChangedNames {
        added_count: 1,
        removed_count: 1,
        changed_count: 1,
        added: vec![format!("New{what}")],
        removed: vec![format!("Old{what}")],
        changed: vec![format!("Other{what}: 1 field added (x)")],
    };
    let changes = InventoryChanges { object_types: names("Object"), profiles: names("Profile") };
    ReadingOutcome { changes: Some(changes), unchanged: true, held: true }
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
        failure_violations: vec![Violation {
            subject: "permission".to_owned(),
            description: "it is missing; grant it".to_owned(),
        }],
        plan: Some(plan()),
        inventory: Some(inventory()),
        reading: Some(reading()),
        accept_fall: true,
        removal: Some(Removal { mode: RemovalMode::Everything, disposition: Some(Disposition::Export) }),
        leftovers: vec![Leftover {
            kind: "CustomObject".to_owned(),
            full_name: "CAS_Item".to_owned(),
            reason: "a report of yours uses it".to_owned(),
            link: Some("https://acme.crm.example/setup".to_owned()),
        }],
        export: Some(Export { artifact: ARTIFACT.to_owned(), items: 3, bytes: 4_096 }),
        create_time: at(5),
        end_time: Some(at(9)),
        deadline: at(365),
    }
}

/// As version 2 knew it.
pub fn operation_v2() -> Operation {
    Operation { removal: None, leftovers: Vec::new(), export: None, ..operation() }
}

/// As version 1 knew it.
pub fn operation_v1() -> Operation {
    Operation {
        failure_violations: Vec::new(),
        inventory: Some(inventory_v1()),
        reading: None,
        accept_fall: false,
        ..operation_v2()
    }
}

/// As version 1 knew it.
pub fn component_v1() -> Component {
    Component { message: String::new(), object_type: String::new(), ..component() }
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
        message: "the application refuses it".to_owned(),
        object_type: "Invoice".to_owned(),
    }
}
