//! Resources as a daemon would answer them.

use prost::Message as _;
use prost_types::{Any, Struct, Timestamp, Value, value::Kind};
use provision_client::api::google::longrunning::Operation;
use provision_client::api::google::longrunning::operation::Result as Outcome;
use provision_client::api::v1::*;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

mod checks;
mod streams;

pub use checks::*;
pub use streams::*;

pub const ACCOUNT: &str = "tenants/acme/serviceAccounts/sales";
pub const OPERATION: &str = "tenants/acme/operations/op-1";

/// 2026-11-24T08:00:00Z.
pub const EIGHT: i64 = 1_795_507_200;

pub fn time(seconds: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds, nanos: 0 })
}

/// An error with its reason.
pub fn refusal(code: Code, reason: &str, message: &str) -> Status {
    let details = ErrorDetails::with_error_info(
        reason,
        "provisioning",
        std::collections::HashMap::<String, String>::new(),
    );
    Status::with_error_details(code, message, details)
}

pub fn draft() -> ServiceAccount {
    ServiceAccount {
        name: "tenants/acme/serviceAccounts/service".to_owned(),
        display_name: "Service cloud".to_owned(),
        connector: "connectors/salesforce".to_owned(),
        environment: "sandbox".to_owned(),
        state: ServiceAccountState::ActionRequired.into(),
        phase: ServiceAccountPhase::Draft.into(),
        next_action: Some(NextAction {
            actor: Actor::Operator.into(),
            action: "BEGIN_AUTHORIZATION".to_owned(),
            hint: "call BeginAuthorization and send the administrator to the page it answers".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Authorised; the organisation's name tries to colour the terminal.
pub fn account() -> ServiceAccount {
    ServiceAccount {
        name: ACCOUNT.to_owned(),
        display_name: "Sales cloud".to_owned(),
        connector: "connectors/salesforce".to_owned(),
        environment: "sandbox".to_owned(),
        state: ServiceAccountState::Ready.into(),
        phase: ServiceAccountPhase::Ready.into(),
        settings: Some(settings()),
        conditions: vec![
            condition("Authorized", ConditionStatus::True, "GRANTED", ""),
            condition("EventsFlowing", ConditionStatus::Unknown, "", ""),
            condition("Protected", ConditionStatus::False, "NOT_PROVISIONED", "not provisioned yet"),
        ],
        authorized_identity: Some(AuthorizedIdentity {
            organization_id: "00D000000000062EAA".to_owned(),
            organization_name: "Acme \u{1b}[31mUAT".to_owned(),
            environment: "sandbox".to_owned(),
            edition: "Enterprise Edition".to_owned(),
            organization_kind: "sandbox".to_owned(),
            user_id: "005000000000001AAA".to_owned(),
            username: "admin@acme.example.uat".to_owned(),
            user_display_name: "Ada Admin".to_owned(),
            instance_url: "https://acme--uat.sandbox.example".to_owned(),
            authorize_time: time(EIGHT),
        }),
        ..Default::default()
    }
}

/// Provisioned.
pub fn protected() -> ServiceAccount {
    ServiceAccount {
        state: ServiceAccountState::Protected.into(),
        phase: ServiceAccountPhase::Active.into(),
        conditions: vec![condition("Protected", ConditionStatus::True, "PROVISIONED", "")],
        event_channel: Some(EventChannel {
            connected: true,
            received_count: 1,
            last_event_time: time(EIGHT),
        }),
        ..account()
    }
}

pub fn condition(name: &str, status: ConditionStatus, reason: &str, message: &str) -> Condition {
    Condition {
        r#type: name.to_owned(),
        status: status.into(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        ..Default::default()
    }
}

fn settings() -> Struct {
    let value = Value { kind: Some(Kind::StringValue("acme--uat".to_owned())) };
    Struct { fields: [("myDomain".to_owned(), value)].into() }
}

pub fn plan() -> ProvisioningPlan {
    let component = |kind: &str, name: &str, action: PlannedAction, reason: &str| PlannedComponent {
        kind: kind.to_owned(),
        full_name: name.to_owned(),
        action: action.into(),
        reason: reason.to_owned(),
        checksum: "ab".repeat(32),
        version: "1.0.0".to_owned(),
    };
    ProvisioningPlan {
        service_account: ACCOUNT.to_owned(),
        etag: "plan-1".to_owned(),
        steps: vec![
            PlanStep {
                id: "events".to_owned(),
                title: "Open the event channel".to_owned(),
                components: vec![],
            },
            PlanStep {
                id: "triggers".to_owned(),
                title: "Add the triggers".to_owned(),
                components: vec![
                    component(
                        "ApexTrigger",
                        "CAS_Account",
                        PlannedAction::Create,
                        "reports changes of Account",
                    ),
                    component(
                        "ApexClass",
                        "CAS_AccountTest",
                        PlannedAction::Keep,
                        "reports changes of Account",
                    ),
                    component("ApexClass", "CAS_Actions", PlannedAction::Update, "acts on content"),
                ],
            },
        ],
        estimated_api_calls: 42,
        tests: vec!["CAS_AccountTest".to_owned()],
        risks: vec!["Saving an Account runs one more trigger.".to_owned()],
        unprotected_object_types: unprotected(),
        create_time: time(EIGHT),
        object_types: vec!["Account".to_owned()],
    }
}

/// Twelve for one reason, one for another.
fn unprotected() -> Vec<UnprotectedObjectType> {
    let history = (1..=12).map(|n| (format!("History{n:02}"), "accepts no triggers"));
    history
        .chain([("Vote__c".to_owned(), "no test can create a record")])
        .map(|(object_type, reason)| UnprotectedObjectType { object_type, reason: reason.to_owned() })
        .collect()
}

fn operation(metadata: &OperationMetadata, result: Option<Outcome>) -> Operation {
    Operation {
        name: OPERATION.to_owned(),
        metadata: Some(any("OperationMetadata", metadata.encode_to_vec())),
        done: result.is_some(),
        result,
    }
}

fn any(message: &str, value: Vec<u8>) -> Any {
    Any { type_url: format!("type.googleapis.com/provisioning.v1.{message}"), value }
}

pub fn operation_metadata(state: OperationState, done: i64, total: i64) -> OperationMetadata {
    let finished = state != OperationState::Running;
    let step = |id: &str, title: &str, state: StepState, done, total| StepProgress {
        id: id.to_owned(),
        title: title.to_owned(),
        state: state.into(),
        done,
        total,
        ..Default::default()
    };
    let second = match state {
        OperationState::Succeeded => StepState::Done,
        OperationState::Failed | OperationState::Cancelled => StepState::Failed,
        _ => StepState::Running,
    };
    OperationMetadata {
        service_account: ACCOUNT.to_owned(),
        kind: OperationKind::Provision.into(),
        state: state.into(),
        steps: vec![
            step("events", "Open the event channel", StepState::Done, 0, 0),
            step("triggers", "Add the triggers", second, done, total),
        ],
        current_step: if finished { String::new() } else { "triggers".to_owned() },
        api_calls: 12,
        create_time: time(EIGHT),
        end_time: if finished { time(EIGHT + 30) } else { None },
        principal: "admin@acme.example".to_owned(),
        ..Default::default()
    }
}

pub fn operation_running(done: i64, total: i64) -> Operation {
    operation(&operation_metadata(OperationState::Running, done, total), None)
}

/// Running, and held up by the application's limits.
pub fn operation_throttled() -> Operation {
    let metadata = OperationMetadata {
        throttled_until: time(EIGHT + 10),
        ..operation_metadata(OperationState::Running, 1, 3)
    };
    operation(&metadata, None)
}

pub fn operation_done() -> Operation {
    let metadata = operation_metadata(OperationState::Succeeded, 3, 3);
    operation(&metadata, Some(Outcome::Response(any("ServiceAccount", protected().encode_to_vec()))))
}

/// Deprovisioned, with content exported and things that had to stay.
pub fn operation_deprovisioned() -> Operation {
    let leftover = |kind: &str, full_name: &str, reason: &str, link: &str| Leftover {
        kind: kind.to_owned(),
        full_name: full_name.to_owned(),
        reason: reason.to_owned(),
        link: link.to_owned(),
    };
    let metadata = OperationMetadata {
        kind: OperationKind::Deprovision.into(),
        removal_mode: RemovalMode::Everything.into(),
        quarantine_disposition: QuarantineDisposition::Export.into(),
        exported_items: 2,
        leftovers: vec![
            leftover("Package", "Example", "An administrator uninstalls it", "https://example.org/packages"),
            leftover("Flow", "Sales\u{7}", "It is in use", ""),
        ],
        ..operation_metadata(OperationState::Succeeded, 3, 3)
    };
    let account = ServiceAccount {
        state: ServiceAccountState::Deprovisioned.into(),
        phase: ServiceAccountPhase::Deprovisioned.into(),
        ..protected()
    };
    operation(&metadata, Some(Outcome::Response(any("ServiceAccount", account.encode_to_vec()))))
}

/// Done reading an inventory.
pub fn operation_read() -> Operation {
    let read = RefreshInventoryResponse {
        service_account: ACCOUNT.to_owned(),
        object_types: 120,
        fields: 2_400,
        profiles: 12,
        permission_sets: 10,
        api_calls: 131,
        changes: Some(InventoryChanges {
            object_types: Some(ChangedNames {
                added_count: 1,
                removed_count: 0,
                changed_count: 203,
                added: vec!["Vote__c".to_owned()],
                removed: vec![],
                changed: (1..=200).map(|n| format!("Custom{n}__c: 1 field added")).collect(),
            }),
            profiles: Some(ChangedNames::default()),
        }),
        unchanged: false,
        held: false,
    };
    read_as(read)
}

/// Read much less than before.
pub fn operation_held() -> Operation {
    let changes = ChangedNames {
        removed_count: 110,
        removed: (1..=110).map(|n| format!("Custom{n}__c")).collect(),
        ..ChangedNames::default()
    };
    read_as(RefreshInventoryResponse {
        object_types: 10,
        changes: Some(InventoryChanges { object_types: Some(changes), profiles: None }),
        held: true,
        ..Default::default()
    })
}

fn read_as(read: RefreshInventoryResponse) -> Operation {
    let metadata = operation_metadata(OperationState::Succeeded, 3, 3);
    operation(&metadata, Some(Outcome::Response(any("RefreshInventoryResponse", read.encode_to_vec()))))
}

/// Failed: the application's own tests fail.
pub fn operation_failed() -> Operation {
    let status =
        refusal(Code::FailedPrecondition, "COMPONENT_REJECTED", "the organisation refused CAS_Account");
    let status = provision_client::api::google::rpc::Status::decode(status.details()).expect("status");
    operation(&operation_metadata(OperationState::Failed, 1, 3), Some(Outcome::Error(status)))
}

pub fn object_types() -> Vec<ObjectType> {
    let object = |name: &str, label: &str, custom, accepts_triggers, field_count| ObjectType {
        name: format!("{ACCOUNT}/objectTypes/{name}"),
        api_name: name.to_owned(),
        label: label.to_owned(),
        custom,
        accepts_triggers,
        holds_files: accepts_triggers,
        field_count,
        ..Default::default()
    };
    vec![object("Account", "Account", false, true, 63), object("Vote__c", "表決", true, false, 9)]
}

pub fn profiles() -> Vec<Profile> {
    vec![Profile {
        name: format!("{ACCOUNT}/profiles/00e000000000001AAA"),
        remote_id: "00e000000000001AAA".to_owned(),
        display_name: "System Administrator".to_owned(),
        kind: ProfileKind::Profile.into(),
        object_permission_count: 118,
        ..Default::default()
    }]
}

pub fn components() -> Vec<Component> {
    vec![
        Component {
            name: format!("{ACCOUNT}/components/ApexTrigger.CAS_Account"),
            kind: "ApexTrigger".to_owned(),
            full_name: "CAS_Account".to_owned(),
            state: ComponentState::Present.into(),
            version: "1.0.0".to_owned(),
            reason: "reports changes of Account".to_owned(),
            observe_time: time(EIGHT),
            ..Default::default()
        },
        Component {
            name: format!("{ACCOUNT}/components/ApexTrigger.CAS_Order"),
            kind: "ApexTrigger".to_owned(),
            full_name: "CAS_Order".to_owned(),
            state: ComponentState::Refused.into(),
            version: "1.0.0".to_owned(),
            reason: "reports changes of Order".to_owned(),
            message: "SObject type does not allow triggers: Order".to_owned(),
            object_type: "Order".to_owned(),
            ..Default::default()
        },
    ]
}

pub fn connector() -> Connector {
    let environment = |id: &str, display_name: &str| ConnectorEnvironment {
        id: id.to_owned(),
        display_name: display_name.to_owned(),
    };
    Connector {
        name: "connectors/salesforce".to_owned(),
        display_name: "Salesforce".to_owned(),
        version: "0.1.0".to_owned(),
        environments: vec![environment("production", "Production"), environment("sandbox", "Sandbox")],
        capabilities: vec!["changes".to_owned()],
        settings_schema: Some(settings_schema()),
        required_permissions: vec![RequiredPermission {
            permission: "ModifyAllData".to_owned(),
            display_name: "Modify All Data".to_owned(),
            needed_for: "reading content that is not shared with the user".to_owned(),
        }],
        preconditions: definitions(),
        authorization_hints: vec!["Is the app installed? Setup, Connected Apps OAuth Usage.".to_owned()],
    }
}

fn settings_schema() -> Struct {
    let text = |text: &str| Value { kind: Some(Kind::StringValue(text.to_owned())) };
    Struct { fields: [("type".to_owned(), text("object"))].into() }
}

pub fn notification(sequence: i64) -> Notification {
    Notification {
        name: format!("tenants/acme/notifications/{sequence}"),
        sequence,
        code: "ACCOUNT_PROTECTED".to_owned(),
        text: "Salesforce Sandbox protected.".to_owned(),
        severity: Severity::Info.into(),
        service_account: ACCOUNT.to_owned(),
        create_time: time(EIGHT + sequence),
        ..Default::default()
    }
}

pub fn tenant() -> Tenant {
    Tenant {
        name: "tenants/acme".to_owned(),
        display_name: "Acme Corporation".to_owned(),
        create_time: time(EIGHT),
        ..Default::default()
    }
}

pub fn license() -> License {
    License {
        name: "tenants/acme/licenses/salesforce".to_owned(),
        state: LicenseState::Active.into(),
        start_time: time(EIGHT),
        expire_time: time(EIGHT + 365 * 24 * 3600),
        grace_period: Some(prost_types::Duration { seconds: 30 * 24 * 3600, nanos: 0 }),
        ..Default::default()
    }
}

pub fn role_binding() -> RoleBinding {
    RoleBinding {
        name: "tenants/acme/roleBindings/rb-1".to_owned(),
        principal: "admin@acme.example".to_owned(),
        role: "globalAdministrator".to_owned(),
        create_time: time(EIGHT),
        creator: "platform@vendor.example".to_owned(),
    }
}

pub fn audit_events() -> Vec<AuditEvent> {
    vec![AuditEvent {
        name: "tenants/acme/auditEvents/1".to_owned(),
        create_time: time(EIGHT),
        principal: "admin@acme.example".to_owned(),
        action: "CreateServiceAccount".to_owned(),
        resource: ACCOUNT.to_owned(),
        details: Some(settings()),
    }]
}
