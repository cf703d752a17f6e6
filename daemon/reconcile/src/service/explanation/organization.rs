//! Causes that lie in the organisation: differences from the plan, what it refuses, and calls that are used up.

use std::collections::BTreeSet;

use provision_core::account::{
    Actor, ApiBudget, ConditionType, DriftPolicy, NextAction, Phase, ServiceAccount, Status,
};
use provision_core::component::{Component, ComponentState};
use provision_core::machine::DRIFT_DETECTED;
use provision_core::operation::{Operation, OperationKind};
use provision_core::ports::Cause;
use provision_core::{Reason, Result};
use provision_store::record::RecordKey;

use super::{condition, of_condition};
use crate::service::{ControlPlane, written};

/// Components that a cause names as evidence.
const NAMED_MAX: usize = 10;
/// More components than any account has.
const COMPONENTS_MAX: usize = 100_000;

impl ControlPlane {
    /// The organisation is another one, refuses, or differs from the plan.
    pub(super) async fn sync_cause(&self, account: &ServiceAccount) -> Result<Option<Cause>> {
        let Some(found) = condition(account, ConditionType::InSync).filter(|c| c.status == Status::False)
        else {
            return Ok(None);
        };
        let mut cause = of_condition(account, found);
        if found.reason == DRIFT_DETECTED {
            cause.evidence.extend(self.differing(account).await?);
            cause.next_action = Some(repair(account.drift_policy));
        } else if found.reason != Reason::OrgMismatch.as_str() {
            cause.next_action = Some(NextAction {
                actor: Actor::SaasAdmin,
                action: "MEND_ORGANIZATION".to_owned(),
                hint: "mend what the message says; CheckPreconditions names what does not hold in the organisation, \
                       each with its fix, and the account is looked at again by itself"
                    .to_owned(),
                link: None,
                deadline: account.next_action.as_ref().and_then(|next| next.deadline),
            });
        }
        Ok(Some(cause))
    }

    /// Object types that are left unprotected, since the application refuses what would protect them.
    pub(super) async fn refused_cause(&self, account: &ServiceAccount) -> Result<Option<Cause>> {
        if account.phase != Phase::Active {
            return Ok(None);
        }
        let refused = self.components(account, |c| c.state == ComponentState::Refused).await?;
        let objects: BTreeSet<&str> =
            refused.iter().map(|c| c.object_type.as_str()).filter(|name| !name.is_empty()).collect();
        if objects.is_empty() {
            return Ok(None);
        }
        let named: Vec<&str> = objects.iter().copied().take(NAMED_MAX).collect();
        let more = if objects.len() > named.len() { " and more" } else { "" };
        Ok(Some(Cause {
            reason: Reason::ComponentRejected.as_str().to_owned(),
            message: format!("not protected, since the organisation refuses it: {}{more}", named.join(", ")),
            evidence: refused.iter().take(NAMED_MAX).map(told).collect(),
            next_action: Some(NextAction {
                actor: Actor::SaasAdmin,
                action: "MEND_ORGANIZATION".to_owned(),
                hint: "mend what refuses it; then make a plan and provision it, which tries it again"
                    .to_owned(),
                link: None,
                deadline: None,
            }),
        }))
    }

    /// What was seen of the components that are not as they should be.
    async fn differing(&self, account: &ServiceAccount) -> Result<Vec<String>> {
        let amiss = |c: &Component| matches!(c.state, ComponentState::Missing | ComponentState::Modified);
        Ok(self.components(account, amiss).await?.iter().take(NAMED_MAX).map(told).collect())
    }

    async fn components(
        &self,
        account: &ServiceAccount,
        wanted: impl Fn(&Component) -> bool,
    ) -> Result<Vec<Component>> {
        let prefix = RecordKey::components(&account.name);
        let (all, _) = self.context.repository().all::<Component>(&prefix, COMPONENTS_MAX).await?;
        Ok(all.into_iter().map(|c| c.value).filter(wanted).collect())
    }

    /// What works on the account, and what it waits for.
    pub(super) async fn operation_cause(&self, account: &ServiceAccount) -> Result<Option<Cause>> {
        let Some(name) = &account.current_operation else { return Ok(None) };
        let found = self.context.repository().find::<Operation>(&RecordKey::operation(name)).await?;
        let Some(operation) = found.map(|found| found.value) else { return Ok(None) };
        let (reason, what) = match operation.kind {
            OperationKind::Provision => ("PROVISIONING", "is provisioning it"),
            OperationKind::Repair => ("REPAIRING", "is repairing it"),
            OperationKind::Deprovision => ("DEPROVISIONING", "is removing it"),
            // Reading takes no protection away.
            OperationKind::RefreshInventory => return Ok(None),
        };
        let mut evidence = vec![format!("running since {}", written(operation.create_time))];
        let mut message = format!("'{name}' {what}; wait for it");
        if let Some(step) = operation.current_step() {
            evidence.push(format!(
                "step '{}': {} of {}, begun {} times",
                step.title, step.done, step.total, step.attempts
            ));
            if !step.message.is_empty() {
                message.push_str(&format!(": {}", step.message));
            }
        }
        if let Some(until) = operation.throttled_until {
            evidence.push(format!("it is tried again at {}", written(until)));
        }
        let waits = NextAction {
            actor: Actor::System,
            action: "WAIT".to_owned(),
            hint: "wait for the operation; CancelOperation ends it".to_owned(),
            link: None,
            deadline: Some(operation.deadline),
        };
        let next_action = operation.next_action.or(Some(waits));
        Ok(Some(Cause { reason: reason.to_owned(), message, evidence, next_action }))
    }
}

fn repair(policy: DriftPolicy) -> NextAction {
    let (actor, hint) = match policy {
        DriftPolicy::Notify => (
            Actor::Operator,
            "look at the differences, then call RepairServiceAccount; what people have changed on purpose they change \
             back themselves",
        ),
        DriftPolicy::Repair => (
            Actor::System,
            "wait: the daemon repairs it by itself, as the account's drift policy says; RepairServiceAccount does so \
             at once",
        ),
    };
    NextAction { actor, action: "REPAIR".to_owned(), hint: hint.to_owned(), link: None, deadline: None }
}

/// What can wait is held back: it takes no protection away, and makes the daemon slow.
pub(super) fn budget_cause(account: &ServiceAccount, budget: Option<&ApiBudget>) -> Option<Cause> {
    let found = condition(account, ConditionType::WithinApiBudget).filter(|c| c.status == Status::False)?;
    let mut cause = of_condition(account, found);
    if let Some(budget) = budget {
        let seen = written(budget.observe_time);
        cause.evidence.push(format!("{} of {} calls used, seen at {seen}", budget.used, budget.limit));
    }
    cause.next_action = Some(NextAction {
        actor: Actor::SaasAdmin,
        action: "FREE_API_CALLS".to_owned(),
        hint: "find out which client of the organisation makes so many calls, or get more of them; they come back \
               within 24 hours, and the daemon goes on by itself"
            .to_owned(),
        link: None,
        deadline: budget.and_then(|budget| budget.throttled_until),
    });
    Some(cause)
}

fn told(component: &Component) -> String {
    let how = if component.message.is_empty() { String::new() } else { format!(": {}", component.message) };
    let when = component.observe_time.map_or_else(String::new, |at| format!(", seen at {}", written(at)));
    format!("{} {} is {}{how}{when}", component.kind, component.full_name, component.state.as_str())
}
