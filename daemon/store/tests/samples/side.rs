//! Notifications, the audit trail, authorisations, and the small records beside them.

use provision_core::account::Actor;
use provision_core::audit::AuditEvent;
use provision_core::authorization::PendingAuthorization;
use provision_core::notification::{Notification, NotificationCode, Severity};
use provision_core::precondition::{
    Acceptance, CheckSeverity, CheckStatus, Precondition, PreconditionReport,
};
use provision_store::record::{
    Acknowledgement, AuthorizationPointer, IdempotencyRecord, InventoryCheckpoint, NotificationCounter,
    NotificationFloor, OrganizationClaim, RestoreMarker,
};

use super::account::UID;
use super::{account_name, administrator, at, operation_name, tenant_id};

const HASH: &str = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";

pub fn notification() -> Notification {
    Notification {
        tenant: tenant_id(),
        sequence: 42,
        code: NotificationCode::AccountProtected,
        text: "Sandbox protected.".to_owned(),
        parameters: [("environment".to_owned(), "Sandbox".to_owned())].into(),
        severity: Severity::Info,
        account: Some(account_name()),
        create_time: at(9),
    }
}

pub fn audit() -> AuditEvent {
    AuditEvent {
        tenant: tenant_id(),
        id: "18446744073709551573-0001".parse().expect("valid"),
        create_time: at(9),
        principal: administrator(),
        action: "ProvisionServiceAccount".to_owned(),
        resource: account_name().to_string(),
        details: [("plan_etag".to_owned(), "plan-etag".to_owned())].into(),
    }
}

pub fn pending() -> PendingAuthorization {
    PendingAuthorization {
        account: account_name(),
        account_uid: UID.to_owned(),
        principal: administrator(),
        issuer: "https://login.crm.example".to_owned(),
        redirect_uri: "https://provision.vendor.example/oauth/callback".to_owned(),
        sealed_verifier: "c2VhbGVk".to_owned(),
        expire_time: at(13),
        organization_id: Some("00D000000000001".to_owned()),
    }
}

/// Before an authorisation could be bound to an organisation.
pub fn pending_v1() -> PendingAuthorization {
    PendingAuthorization { organization_id: None, ..pending() }
}

pub fn restored() -> RestoreMarker {
    RestoreMarker { restore_time: at(20) }
}

pub fn pointer() -> AuthorizationPointer {
    AuthorizationPointer { state_hash: HASH.to_owned(), expire_time: at(13) }
}

pub fn claim() -> OrganizationClaim {
    OrganizationClaim { account: account_name(), account_uid: UID.to_owned() }
}

pub fn idempotency() -> IdempotencyRecord {
    IdempotencyRecord {
        fingerprint: HASH.to_owned(),
        resource: account_name().to_string(),
        expire_time: at(1440),
    }
}

pub fn acknowledgement() -> Acknowledgement {
    Acknowledgement { principal: administrator(), time: at(10) }
}

pub fn counter() -> NotificationCounter {
    NotificationCounter { last: 42 }
}

pub fn floor() -> NotificationFloor {
    NotificationFloor { revision: 7 }
}

fn check(id: &str, status: CheckStatus, severity: CheckSeverity) -> Precondition {
    Precondition {
        id: id.to_owned(),
        title: "Network".to_owned(),
        status,
        severity,
        evidence: "what was seen".to_owned(),
        fix: "what to do".to_owned(),
        actor: Actor::SaasAdmin,
        help_uri: Some("https://docs.vendor.example/network".to_owned()),
        link: Some("https://acme.crm.example/setup".to_owned()),
        check_time: at(9),
        acceptance: Some(Acceptance {
            check_id: id.to_owned(),
            reason: "our network team keeps the list".to_owned(),
            principal: administrator(),
            accept_time: at(8),
        }),
    }
}

pub fn preconditions() -> PreconditionReport {
    PreconditionReport {
        account_uid: UID.to_owned(),
        checks: vec![
            check("one", CheckStatus::Passed, CheckSeverity::Blocking),
            check("two", CheckStatus::Failed, CheckSeverity::Advisory),
            check("three", CheckStatus::Unknown, CheckSeverity::Blocking),
        ],
        check_time: at(9),
    }
}

pub fn checkpoint() -> InventoryCheckpoint {
    InventoryCheckpoint { operation: operation_name(), artifact: HASH.to_owned() }
}
