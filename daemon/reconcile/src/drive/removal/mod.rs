//! Deprovisioning: the event channel is closed, quarantined content finds its place, what is ours leaves the
//! organisation, that is looked at, and the grant ends. Each step can be carried out again after any interruption.

mod channel;
mod dispose;
mod export;
pub(super) mod leftovers;
mod remove;
mod revoke;
mod survey;
mod turn;

use provision_core::operation::{Operation, Step, StepState};
use provision_core::plan::PlanStep;
use provision_core::{Fault, Principal, Reason};
use provision_store::record::RecordKey;
use serde::{Deserialize, Serialize};

use super::record::step_of;
use super::{Driver, Stop, Work};
use crate::commit::{Built, Draft};

pub(crate) use survey::{quarantined, unresolved_quarantine};

/// Ids of the steps that are not the connector's.
pub(crate) mod removal_step {
    pub const CLOSE_EVENTS: &str = "close-events";
    pub const SURVEY: &str = "survey";
    pub const DISPOSE: &str = "dispose-quarantine";
    pub const VERIFY: &str = "verify-removed";
    pub const REVOKE: &str = "revoke";
    pub const FORGET_GRANT: &str = "forget-grant";
}

/// A step of the connector's, under the id that the operation has for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Removing {
    id: String,
    step: PlanStep,
}

/// Steps that one operation may grow to.
const STEPS_MAX: usize = 60;

impl Driver<'_> {
    /// The steps in their order; the survey and the last look add some.
    pub(super) async fn run_removal(&self, work: &Work) -> Result<(), Stop> {
        loop {
            let operation = self.load().await?;
            let next = operation.steps.iter().find(|step| step.state != StepState::Done);
            let Some(found) = next else {
                return Err(Fault::internal_error("every step is done, and the operation is not").into());
            };
            let found = found.clone();
            self.begin_step(&found.id).await?;
            match found.id.as_str() {
                removal_step::CLOSE_EVENTS => self.close_events(work).await?,
                removal_step::SURVEY => self.survey(work, &operation).await?,
                removal_step::DISPOSE => self.dispose(&self.urgent(work), &operation).await?,
                removal_step::VERIFY => self.verify_removed(work, &operation).await?,
                removal_step::REVOKE => return self.revoke(work, &operation).await,
                removal_step::FORGET_GRANT => return self.forget_grant(work, &operation).await,
                _ => self.remove(work, &operation, &found).await?,
            }
        }
    }

    /// Stores a step's end, what the operation knows by it, and the audit record, in one commit.
    async fn end_removal_step(
        &self,
        id: &str,
        details: &[(&str, &str)],
        learn: impl Fn(&mut Operation) + Send + Sync,
    ) -> Result<(), Stop> {
        let calls = self.calls.made();
        let name = self.name.to_string();
        let mut told = vec![("operation", name.as_str()), ("step", id)];
        told.extend_from_slice(details);
        let told = &told;
        self.context
            .commit(|| async {
                let found = self.read().await?;
                let mut operation = found.value.clone();
                operation.api_calls = operation.api_calls.max(calls);
                operation.throttled_until = None;
                let now = self.context.now();
                if let Some(step) = step_of(&mut operation, id) {
                    step.state = StepState::Done;
                    step.done = step.total.max(step.done);
                    step.message.clear();
                    step.end_time = Some(now);
                }
                learn(&mut operation);
                let mut draft = Draft::default();
                draft.replace(RecordKey::operation(self.name), found.revision, &operation)?;
                draft.audit(
                    self.context,
                    &self.name.tenant,
                    &Principal::system(),
                    "StepDone",
                    operation.account.to_string(),
                    told,
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        Ok(())
    }
}

/// Puts steps before the one that looks whether anything is left.
fn insert_steps(operation: &mut Operation, steps: &[Step]) {
    let at = operation.steps.iter().position(|step| step.id == removal_step::VERIFY);
    let at = at.unwrap_or(operation.steps.len());
    operation.steps.splice(at..at, steps.iter().cloned());
}

/// What a deprovisioning says when it cannot go on: the reason stays, and the way out is named.
pub(super) fn advise(fault: &Fault) -> Option<Fault> {
    let advice = match fault.reason() {
        Reason::ReauthorizationRequired => {
            "authorise the account again and deprovision it, or deprovision it with mode LOCAL_ONLY, which leaves the \
             organisation as it is"
        }
        Reason::SaasUnavailable | Reason::GrantInDoubt => {
            "deprovision again when the organisation answers, or with mode LOCAL_ONLY, which leaves it as it is"
        }
        _ => return None,
    };
    let mut advised = Fault::new(fault.reason(), format!("{}: {advice}", fault.message()));
    for (key, value) in fault.metadata() {
        advised = advised.meta(key, value.clone());
    }
    for violation in fault.violations() {
        advised = advised.violation(violation.subject.clone(), violation.description.clone());
    }
    if let Some(internal) = fault.internal() {
        advised = advised.with_internal(internal);
    }
    Some(match fault.help_link() {
        Some(link) => advised.link(link),
        None => advised,
    })
}
