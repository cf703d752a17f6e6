//! Preconditions and causes.

use provision_api::v1;
use provision_core::account::Actor;
use provision_core::fault::{Fault, Result};
use provision_core::ports::{AcceptPrecondition, Cause, DeleteAccount, Explanation};
use provision_core::precondition::{
    Acceptance, CheckSeverity, CheckStatus, DAEMON_PRECONDITIONS, DaemonPrecondition, Precondition,
    PreconditionReport, PreconditionSpec,
};

use super::account::{actor, next_action};
use super::checks::{Checks, plain, required};
use super::time;
use crate::name;

/// Longest id of a precondition, in characters.
const CHECK_ID_MAX: usize = 128;
/// Longest reason of an acceptance, in characters.
const REASON_MAX: usize = 500;
/// Longest etag, in characters.
const ETAG_MAX: usize = 256;

/// All preconditions of a connector as data, the daemon's own first.
pub(crate) fn definitions(specs: &[PreconditionSpec]) -> Vec<v1::PreconditionDefinition> {
    DAEMON_PRECONDITIONS.iter().map(of_daemon).chain(specs.iter().map(of_connector)).collect()
}

fn of_daemon(own: &DaemonPrecondition) -> v1::PreconditionDefinition {
    v1::PreconditionDefinition {
        id: own.id.to_owned(),
        title: own.title.to_owned(),
        description: own.description.to_owned(),
        fix: own.fix.to_owned(),
        actor: actor(Actor::Operator) as i32,
        severity: severity(own.severity) as i32,
        ..Default::default()
    }
}

fn of_connector(spec: &PreconditionSpec) -> v1::PreconditionDefinition {
    v1::PreconditionDefinition {
        id: spec.id.clone(),
        title: spec.title.clone(),
        description: spec.description.clone(),
        fix: spec.fix.clone(),
        actor: actor(spec.actor) as i32,
        severity: severity(spec.severity) as i32,
        refuses_grant: spec.refuses_grant,
        look: spec.look.clone().unwrap_or_default(),
        help_uri: spec.help_uri.clone().unwrap_or_default(),
        environments: spec.environments.clone(),
    }
}

/// All preconditions of an account, checked.
pub(crate) fn report(report: PreconditionReport) -> v1::CheckPreconditionsResponse {
    v1::CheckPreconditionsResponse {
        passed: !report.checks.iter().any(Precondition::blocks),
        checks: report.checks.into_iter().map(check).collect(),
        check_time: Some(time::to_proto(report.check_time)),
    }
}

fn check(check: Precondition) -> v1::PreconditionCheck {
    let status = match check.status {
        CheckStatus::Passed => v1::PreconditionStatus::Passed,
        CheckStatus::Failed => v1::PreconditionStatus::Failed,
        CheckStatus::Unknown => v1::PreconditionStatus::Unknown,
    };
    v1::PreconditionCheck {
        id: check.id,
        title: check.title,
        status: status as i32,
        severity: severity(check.severity) as i32,
        evidence: check.evidence,
        fix: if check.status == CheckStatus::Passed { String::new() } else { check.fix },
        actor: actor(check.actor) as i32,
        help_uri: check.help_uri.unwrap_or_default(),
        link: check.link.unwrap_or_default(),
        acceptance: check.acceptance.map(acceptance),
        check_time: Some(time::to_proto(check.check_time)),
    }
}

fn severity(severity: CheckSeverity) -> v1::PreconditionSeverity {
    match severity {
        CheckSeverity::Blocking => v1::PreconditionSeverity::Blocking,
        CheckSeverity::Advisory => v1::PreconditionSeverity::Advisory,
    }
}

/// An advisory that somebody has accepted.
pub(crate) fn acceptance(acceptance: Acceptance) -> v1::PreconditionAcceptance {
    v1::PreconditionAcceptance {
        check: acceptance.check_id,
        reason: acceptance.reason,
        principal: acceptance.principal.to_string(),
        accept_time: Some(time::to_proto(acceptance.accept_time)),
    }
}

/// Why the account of that name is not protected, or that it is.
pub(crate) fn explanation(account: String, explanation: Explanation) -> v1::ExplainServiceAccountResponse {
    let cause = |cause: Cause| v1::Cause {
        reason: cause.reason,
        message: cause.message,
        evidence: cause.evidence,
        next_action: cause.next_action.map(next_action),
    };
    v1::ExplainServiceAccountResponse {
        service_account: account,
        protected: explanation.protected,
        summary: explanation.summary,
        causes: explanation.causes.into_iter().map(cause).collect(),
    }
}

/// What an AcceptPrecondition asks for.
pub(crate) fn accept(request: v1::AcceptPreconditionRequest) -> Result<AcceptPrecondition> {
    let mut checks = Checks::default();
    let name = checks.take(name::account("name", &request.name));
    let check_id = checks.take(required("check", &request.check, CHECK_ID_MAX));
    let reason = checks.take(plain("reason", request.reason.trim(), REASON_MAX));
    checks.done()?;
    match (name, check_id, reason) {
        (Some(name), Some(check_id), Some(reason)) => Ok(AcceptPrecondition { name, check_id, reason }),
        _ => Err(Fault::internal_error("a check lost its fault")),
    }
}

/// What a DeleteServiceAccount asks for.
pub(crate) fn delete(request: v1::DeleteServiceAccountRequest) -> Result<DeleteAccount> {
    let mut checks = Checks::default();
    let name = checks.take(name::account("name", &request.name));
    let etag = checks.take(plain("etag", &request.etag, ETAG_MAX));
    checks.done()?;
    let (Some(name), Some(etag)) = (name, etag) else {
        return Err(Fault::internal_error("a check lost its fault"));
    };
    let etag = Some(etag).filter(|etag| !etag.is_empty());
    Ok(DeleteAccount { name, etag, validate_only: request.validate_only })
}
