//! Preconditions: everything at once, each with what was seen, its fix and who acts.

mod report;

use async_trait::async_trait;
use provision_connector_sdk::{CallClass, Check};
use provision_core::account::{Identity, ServiceAccount, Status};
use provision_core::connector::Manifest;
use provision_core::ports::{
    AcceptPrecondition, AccountView, Accounts as _, Explanation, Mutation, Preconditions,
};
use provision_core::precondition::{
    Acceptance, CheckSeverity, CheckStatus, DAEMON_PRECONDITIONS, PreconditionReport,
};
use provision_core::{AccountName, Fault, Principal, Reason, Result};
use provision_store::record::RecordKey;

use self::report::{Answers, Seen};
use super::ControlPlane;
use crate::commit::{Built, Draft};

/// Longest reason of an acceptance, in characters.
const REASON_LENGTH_MAX: usize = 500;

/// Everything that was looked at, and why the organisation could not be asked, where it could not.
struct Look {
    report: PreconditionReport,
    unasked: Option<Fault>,
}

impl ControlPlane {
    /// Looks at everything, for `principal` and now. What needs the organisation is as it was seen last, or unknown,
    /// where the organisation cannot be asked.
    async fn look(&self, principal: &Principal, account: &ServiceAccount) -> Result<Look> {
        let authorized = account
            .conditions
            .iter()
            .find(|c| c.kind == provision_core::account::ConditionType::Authorized)
            .filter(|c| c.status != Status::True);
        let connector = self.context.connectors.get(&account.connector)?;
        let license = self.look_at_license(&account.name.tenant, &account.connector).await?;
        let (answers, unasked) = match authorized {
            // No call leaves for the application without a licence.
            None if license.status == CheckStatus::Passed => {
                // Never held back: somebody asks what is wrong, and the answer may be that there are no calls left.
                let calls = self.runtime.budgets().counter(account, CallClass::SecurityAction);
                let session = self.broker.session(account, calls);
                match connector.check(&session).await {
                    Ok(answers) => (Some(answers), None),
                    Err(fault) => (None, Some(fault.fault)),
                }
            }
            _ => (None, None),
        };
        let now = self.context.now();
        let grant = match (&unasked, authorized) {
            (Some(fault), _) if is_of_grant(fault) => Seen::failed(fault.message()),
            (_, Some(condition)) if condition.message.is_empty() => Seen::failed("nobody has authorised yet"),
            (_, Some(condition)) => Seen::failed(&condition.message),
            (_, None) => Seen::passed(authorized_as(account.identity.as_ref())),
        };
        let earlier = self.last_report(account).await?;
        let answers = match (&answers, &unasked) {
            (Some(answers), _) => Answers::Now(answers),
            (None, Some(fault)) => {
                Answers::Earlier(earlier.as_ref(), format!("not asked: {}", fault.message()))
            }
            (None, None) => {
                let why = match authorized {
                    Some(_) => "the organisation cannot be asked before an administrator has authorised",
                    None => "the organisation is not asked without a valid licence",
                };
                Answers::Earlier(earlier.as_ref(), why.to_owned())
            }
        };
        let seen = [license, self.look_at_role(principal, &account.name.tenant).await?, grant];
        Ok(Look { report: report::of(account, connector.manifest(), seen, answers, now), unasked })
    }

    /// The last report, if it is about this account and not about an earlier one of the same name.
    pub(super) async fn last_report(&self, account: &ServiceAccount) -> Result<Option<PreconditionReport>> {
        let key = RecordKey::preconditions(&account.name);
        let found = self.context.repository().find::<PreconditionReport>(&key).await?;
        Ok(found.map(|f| f.value).filter(|report| report.account_uid == account.uid))
    }

    async fn keep_report(&self, account: &ServiceAccount, report: &PreconditionReport) -> Result<()> {
        let name = &account.name;
        self.context
            .commit(|| async {
                let found = self.context.account(name).await?;
                if found.value.uid != account.uid {
                    return Ok(Built::Already(()));
                }
                let mut draft = Draft::default();
                // Whoever removes the account removes the report with it.
                draft.unchanged(RecordKey::account(name), found.revision);
                draft.put(RecordKey::preconditions(name), report)?;
                Ok(Built::Commit(draft, ()))
            })
            .await
    }

    /// Checks everything before an organisation is touched; refuses with everything that blocks, each with its fix.
    pub(super) async fn demand_preconditions(&self, by: &Mutation, account: &ServiceAccount) -> Result<()> {
        let look = self.look(&by.principal, account).await?;
        self.keep_report(account, &look.report).await?;
        if let Some(fault) = look.unasked {
            return Err(fault);
        }
        report::demand(&look.report)
    }

    /// Keeps what an authorisation has found, whether or not its grant is kept: CheckPreconditions shows it afterwards.
    /// A refused one says nothing of an account that goes on with an earlier grant.
    pub(super) async fn keep_attempt(
        &self,
        principal: &Principal,
        account: &ServiceAccount,
        identity: &Identity,
        (answers, refused): (&[Check], bool),
    ) -> Result<()> {
        let holds = account.condition(provision_core::account::ConditionType::Authorized) == Status::True;
        if refused && holds {
            return Ok(());
        }
        let manifest = self.context.connectors.get(&account.connector)?.manifest();
        let grant = match refused {
            true => Seen::failed(&format!("the grant of {} was refused and revoked", identity.username)),
            false => Seen::passed(authorized_as(Some(identity))),
        };
        let seen = [
            self.look_at_license(&account.name.tenant, &account.connector).await?,
            self.look_at_role(principal, &account.name.tenant).await?,
            grant,
        ];
        let report = report::of(account, manifest, seen, Answers::Now(answers), self.context.now());
        self.keep_report(account, &report).await
    }
}

#[async_trait]
impl Preconditions for ControlPlane {
    async fn check(&self, by: Mutation, name: &AccountName) -> Result<PreconditionReport> {
        let account = self.context.account(name).await?.value;
        let look = self.look(&by.principal, &account).await?;
        if let Some(fault) = &look.unasked {
            tracing::info!(account = %name, ?fault, "the organisation could not be asked for its preconditions");
        }
        self.keep_report(&account, &look.report).await?;
        Ok(look.report)
    }

    async fn accept(&self, by: Mutation, request: AcceptPrecondition) -> Result<AccountView> {
        let (name, check) = (&request.name, &request.check_id);
        let reason = request.reason.trim();
        if reason.chars().count() > REASON_LENGTH_MAX {
            return Err(Fault::invalid("reason", format!("must be at most {REASON_LENGTH_MAX} characters")));
        }
        if reason.chars().any(|c| c.is_control() && c != '\n') {
            return Err(Fault::invalid("reason", "must have no control characters"));
        }
        let scope = name.tenant.as_str();
        self.context
            .commit(|| async {
                let account = self.context.account(name).await?;
                if self.context.replayed(&by, scope).await?.is_some() {
                    return Ok(Built::Already(()));
                }
                let manifest = self.context.connectors.get(&account.value.connector)?.manifest();
                demand_advisory(manifest, &account.value, check)?;
                let now = self.context.now();
                let mut next = account.value.clone();
                next.acceptances.retain(|a| a.check_id != *check);
                if !reason.is_empty() {
                    next.acceptances.push(Acceptance {
                        check_id: check.clone(),
                        reason: reason.to_owned(),
                        principal: by.principal.clone(),
                        accept_time: now,
                    });
                }
                next.update_time = now;
                let mut draft = Draft::default();
                draft.replace(RecordKey::account(name), account.revision, &next)?;
                draft.remember(&by, scope, &name.to_string(), now)?;
                let details = [("check", check.as_str()), ("reason", reason)];
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    by.method,
                    name.to_string(),
                    &details,
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        self.get(name).await
    }

    async fn explain(&self, name: &AccountName) -> Result<Explanation> {
        self.explain_account(name).await
    }
}

/// Only an advisory can be accepted: what blocks must be mended.
fn demand_advisory(manifest: &Manifest, account: &ServiceAccount, check: &str) -> Result<()> {
    let own = DAEMON_PRECONDITIONS.iter().find(|p| p.id == check).map(|p| p.severity);
    let spec = report::specs(manifest, account).find(|p| p.id == check).map(|p| p.severity);
    match own.or(spec) {
        Some(CheckSeverity::Advisory) => Ok(()),
        Some(CheckSeverity::Blocking) => {
            Err(Fault::invalid("check", "blocks provisioning and cannot be accepted; do what its fix says"))
        }
        None => {
            Err(Fault::invalid("check", "is no precondition of the account; CheckPreconditions lists them"))
        }
    }
}

fn authorized_as(identity: Option<&Identity>) -> String {
    identity
        .map_or_else(String::new, |i| format!("authorised as {} of '{}'", i.username, i.organization_name))
}

/// Whether a fault says that the grant is the trouble.
fn is_of_grant(fault: &Fault) -> bool {
    matches!(fault.reason(), Reason::ReauthorizationRequired | Reason::GrantInDoubt)
}
