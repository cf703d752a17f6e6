//! Preconditions and causes.

use provision_client::api::v1::*;

use super::{ACCOUNT, EIGHT, time};

fn definition(id: &str, description: &str, severity: PreconditionSeverity) -> PreconditionDefinition {
    PreconditionDefinition {
        id: id.to_owned(),
        description: description.to_owned(),
        actor: Actor::SaasAdmin.into(),
        severity: severity.into(),
        ..Default::default()
    }
}

pub fn definitions() -> Vec<PreconditionDefinition> {
    vec![
        definition("api.enabled", "The edition has the API.", PreconditionSeverity::Blocking),
        PreconditionDefinition {
            look: "Setup, Network Access.".to_owned(),
            environments: vec!["production".to_owned()],
            ..definition("ip.ranges", "The daemon's addresses are trusted.", PreconditionSeverity::Advisory)
        },
    ]
}

fn check(
    id: &str,
    title: &str,
    status: PreconditionStatus,
    severity: PreconditionSeverity,
) -> PreconditionCheck {
    PreconditionCheck {
        id: id.to_owned(),
        title: title.to_owned(),
        status: status.into(),
        severity: severity.into(),
        actor: Actor::SaasAdmin.into(),
        check_time: time(EIGHT),
        ..Default::default()
    }
}

/// Every way in which a check can come out.
pub fn checks() -> CheckPreconditionsResponse {
    use PreconditionSeverity::{Advisory, Blocking};
    use PreconditionStatus::{Failed, Passed, Unknown};
    let checks = vec![
        PreconditionCheck {
            evidence: "active until 2027-11-24".to_owned(),
            fix: "not shown where it has passed".to_owned(),
            ..check("license", "Licence", Passed, Blocking)
        },
        PreconditionCheck {
            evidence: "the user lacks Modify All Data".to_owned(),
            fix: "give the user the permission set \u{1b}[31mred".to_owned(),
            link: "https://acme--uat.sandbox.example/setup".to_owned(),
            help_uri: "https://help.example/permissions".to_owned(),
            ..check("permission.ModifyAllData", "Modify All Data", Failed, Blocking)
        },
        PreconditionCheck {
            evidence: "2 of 15 GB left".to_owned(),
            fix: "free some storage".to_owned(),
            ..check("storage", "Storage head-room", Failed, Advisory)
        },
        PreconditionCheck {
            evidence: "sessions are locked to their address".to_owned(),
            acceptance: Some(PreconditionAcceptance {
                check: "session.ip".to_owned(),
                reason: "our address is fixed".to_owned(),
                principal: "admin@acme.example".to_owned(),
                accept_time: time(EIGHT),
            }),
            ..check("session.ip", "Sessions locked to an address", Failed, Advisory)
        },
        PreconditionCheck {
            evidence: "it cannot be asked".to_owned(),
            fix: "look at Setup, Network Access".to_owned(),
            ..check("ip.ranges", "Trusted addresses", Unknown, Advisory)
        },
    ];
    CheckPreconditionsResponse { checks, passed: false, check_time: time(EIGHT) }
}

/// Nothing blocks.
pub fn checks_passed() -> CheckPreconditionsResponse {
    let mut answer = checks();
    answer.checks.retain(|check| check.id != "permission.ModifyAllData");
    answer.passed = true;
    answer
}

pub fn explanation() -> ExplainServiceAccountResponse {
    ExplainServiceAccountResponse {
        service_account: ACCOUNT.to_owned(),
        protected: false,
        summary: "Not protected: the grant was lost.".to_owned(),
        causes: vec![Cause {
            reason: "REAUTHORIZATION_REQUIRED".to_owned(),
            message: "the administrator revoked the grant".to_owned(),
            evidence: vec!["invalid_grant at 2026-11-24T08:00:00Z".to_owned()],
            next_action: Some(NextAction {
                actor: Actor::SaasAdmin.into(),
                action: "AUTHORIZE".to_owned(),
                hint: "authorise again".to_owned(),
                ..Default::default()
            }),
        }],
    }
}
