//! Reports of preconditions: what stands in the manifest, joined with what was seen.

use provision_connector_sdk::Check;
use provision_core::access::Role;
use provision_core::account::{Actor, ServiceAccount};
use provision_core::connector::Manifest;
use provision_core::license::{License, LicenseState};
use provision_core::ports::Access as _;
use provision_core::precondition::{
    CheckStatus, DAEMON_PRECONDITIONS, Precondition, PreconditionReport, PreconditionSpec,
};
use provision_core::{ConnectorId, Fault, Principal, Reason, Result, TenantId, Timestamp};
use provision_store::record::RecordKey;

use crate::service::{ControlPlane, written};

/// Characters of evidence and of a fix that are kept.
const TEXT_LENGTH_MAX: usize = 600;
/// Characters of each where the report would not fit into a record otherwise.
const TEXT_LENGTH_SHORT: usize = 120;
/// Bytes of a report: a record has 64 KiB, its envelope included.
const REPORT_BYTES_MAX: usize = 60 * 1024;
/// Licences of one tenant, as far as they are read.
const LICENSES_MAX: usize = 1_000;

/// How one of the daemon's own checks came out.
pub(super) struct Seen {
    pub status: CheckStatus,
    evidence: String,
    fix: Option<String>,
}

impl Seen {
    pub(super) fn passed(evidence: impl Into<String>) -> Self {
        Seen { status: CheckStatus::Passed, evidence: evidence.into(), fix: None }
    }

    pub(super) fn failed(evidence: &str) -> Self {
        Seen { status: CheckStatus::Failed, evidence: evidence.to_owned(), fix: None }
    }

    fn with_fix(self, fix: String) -> Self {
        Seen { fix: Some(fix), ..self }
    }
}

/// What the connector says of its preconditions.
pub(super) enum Answers<'a> {
    Now(&'a [Check]),
    /// Nothing now: what was seen earlier stands, and of the rest it is unknown for this reason.
    Earlier(Option<&'a PreconditionReport>, String),
}

impl ControlPlane {
    pub(super) async fn look_at_license(&self, tenant: &TenantId, connector: &ConnectorId) -> Result<Seen> {
        let (all, _) =
            self.context.repository().all::<License>(&RecordKey::licenses(tenant), LICENSES_MAX).await?;
        let mut licenses = all.into_iter().map(|l| l.value);
        let Some(license) = licenses.clone().find(|l| l.connector == *connector) else {
            let others: Vec<String> = licenses.by_ref().map(|l| format!("'{}'", l.connector)).collect();
            return Ok(Seen::failed(&match others.is_empty() {
                true => "the tenant has no licence".to_owned(),
                false => format!(
                    "the tenant has no licence for connector '{connector}', only for {}",
                    others.join(", ")
                ),
            }));
        };
        let day = |time: Option<Timestamp>| time.map_or_else(String::new, written);
        let end = day(license.expire_time);
        Ok(match license.state(self.context.now()) {
            LicenseState::Active if license.expire_time.is_none() => Seen::passed("active, without end"),
            LicenseState::Active => Seen::passed(format!("active until {end}")),
            LicenseState::Grace => {
                let last = day(license.grace_end());
                Seen::passed(format!("expired at {end}; in its grace period until {last}"))
                    .with_fix(format!("the platform administrator renews the licence before {last}"))
            }
            LicenseState::Expired => Seen::failed(&format!("expired at {end}")),
            LicenseState::NotYetValid => {
                Seen::failed(&format!("valid only from {} on", written(license.start_time)))
            }
        })
    }

    pub(super) async fn look_at_role(&self, principal: &Principal, tenant: &TenantId) -> Result<Seen> {
        if *principal == Principal::system() {
            return Ok(Seen::passed("the daemon itself, as a policy of the tenant's says"));
        }
        let roles = self.roles(principal, tenant).await?.unwrap_or_default();
        if roles.contains(&Role::GlobalAdministrator) {
            return Ok(Seen::passed(format!("{principal} is {}", Role::GlobalAdministrator.as_str())));
        }
        let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        Ok(Seen::failed(&match names.is_empty() {
            true => format!("{principal} has no role in the tenant"),
            false => format!("{principal} is only {}", names.join(", ")),
        }))
    }
}

/// The connector's preconditions that are about the account's environment.
pub(super) fn specs<'a>(
    manifest: &'a Manifest,
    account: &'a ServiceAccount,
) -> impl Iterator<Item = &'a PreconditionSpec> {
    manifest
        .preconditions
        .iter()
        .filter(|spec| spec.environments.is_empty() || spec.environments.contains(&account.environment))
}

/// The report, in the order of the manifest, the daemon's own first.
pub(super) fn of(
    account: &ServiceAccount,
    manifest: &Manifest,
    seen: [Seen; 3],
    answers: Answers<'_>,
    now: Timestamp,
) -> PreconditionReport {
    let own = DAEMON_PRECONDITIONS.iter().zip(seen).map(|(known, seen)| Precondition {
        id: known.id.to_owned(),
        title: known.title.to_owned(),
        status: seen.status,
        severity: known.severity,
        evidence: cut(&seen.evidence, TEXT_LENGTH_MAX),
        fix: seen.fix.unwrap_or_else(|| known.fix.to_owned()),
        actor: Actor::Operator,
        help_uri: None,
        link: None,
        check_time: now,
        acceptance: None,
    });
    let mut checks: Vec<_> = own.collect();
    checks.extend(specs(manifest, account).map(|spec| joined(spec, &answers, now)));
    for check in &mut checks {
        check.acceptance = account.acceptances.iter().find(|a| a.check_id == check.id).cloned();
    }
    let mut report = PreconditionReport { account_uid: account.uid.clone(), checks, check_time: now };
    if serde_json::to_vec(&report).map_or(0, |bytes| bytes.len()) > REPORT_BYTES_MAX {
        for check in &mut report.checks {
            check.evidence = cut(&check.evidence, TEXT_LENGTH_SHORT);
            check.fix = cut(&check.fix, TEXT_LENGTH_SHORT);
        }
    }
    report
}

fn joined(spec: &PreconditionSpec, answers: &Answers<'_>, now: Timestamp) -> Precondition {
    let unknown = |evidence: &str| Precondition {
        id: spec.id.clone(),
        title: spec.title.clone(),
        status: CheckStatus::Unknown,
        severity: spec.severity,
        evidence: evidence.to_owned(),
        fix: cut(spec.look.as_ref().unwrap_or(&spec.fix), TEXT_LENGTH_MAX),
        actor: spec.actor,
        help_uri: spec.help_uri.clone(),
        link: None,
        check_time: now,
        acceptance: None,
    };
    let checks = match answers {
        Answers::Now(checks) => checks,
        Answers::Earlier(earlier, why) => {
            let known = earlier.and_then(|report| report.checks.iter().find(|check| check.id == spec.id));
            return known.cloned().unwrap_or_else(|| unknown(why));
        }
    };
    let Some(check) = checks.iter().find(|check| check.id == spec.id) else {
        return unknown(match spec.look {
            Some(_) => "the application cannot be asked for it",
            None => "the connector gave no answer",
        });
    };
    let cannot_be_asked = spec.look.is_some();
    let fix = check.fix.as_ref().or(spec.look.as_ref()).unwrap_or(&spec.fix);
    Precondition {
        status: if cannot_be_asked { CheckStatus::Unknown } else { check.status },
        evidence: cut(&check.evidence, TEXT_LENGTH_MAX),
        fix: cut(fix, TEXT_LENGTH_MAX),
        link: check.link.clone(),
        ..unknown("")
    }
}

/// Refuses with everything that blocks.
pub(super) fn demand(report: &PreconditionReport) -> Result<()> {
    let failed: Vec<_> = report.checks.iter().filter(|check| check.blocks()).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let titles: Vec<_> = failed.iter().map(|check| check.title.as_str()).collect();
    let mut fault = Fault::new(
        Reason::PreconditionChecksFailed,
        format!("nothing was touched, because it is not ready: {}; mend it and try again", titles.join(", ")),
    );
    if let Some(link) = failed.iter().find_map(|check| check.link.as_ref().or(check.help_uri.as_ref())) {
        fault = fault.link(link.clone());
    }
    for check in failed {
        fault = fault.violation(check.id.clone(), format!("{}; {}", check.evidence, check.fix));
    }
    Err(fault)
}

fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
