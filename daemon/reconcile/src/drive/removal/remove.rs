//! Removing components, and seeing that they are gone.

use std::collections::HashSet;

use provision_connector_sdk::{ProposedRemoval, RemoveProgress, RemoveRequest};
use provision_core::operation::{Leftover, Operation, Step, StepState};
use provision_core::plan::PlannedComponent;
use provision_core::{Fault, Reason};

use super::{Removing, insert_steps, leftovers, removal_step};
use crate::drive::job::Job;
use crate::drive::record::step_of;
use crate::drive::{Driver, Stop, Work};

/// How often what is found at the end is removed too: a job of the halted operation may still have come to its end.
const ROUNDS_MAX: usize = 3;
/// Components that a fault names at the most.
const NAMED_MAX: usize = 20;

impl Driver<'_> {
    pub(super) async fn remove(&self, work: &Work, operation: &Operation, found: &Step) -> Result<(), Stop> {
        let all = self.removing(operation).await?;
        let removing = all
            .iter()
            .find(|removing| removing.id == found.id)
            .ok_or_else(|| Fault::internal_error(format!("the step '{}' is not known", found.id)))?;
        let key = format!("{}/{}", self.name, found.id);
        let mut job = Job::of(found, self.context.now());
        let mut pauses = self.pauses();
        let stay = loop {
            let asked = self.context.now();
            let request = RemoveRequest { step: &removing.step, idempotency_key: &key, begin: job.begin() };
            match work.connector.remove(&work.session, request).await {
                Ok(RemoveProgress::Done { leftovers }) => break leftovers,
                Ok(RemoveProgress::Running { handle, done, total, message, poll_after }) => {
                    self.report(&found.id, done, total, &message, Some(&handle)).await?;
                    job = Job::Named(handle);
                    pauses.reset(self.context.settings.retry_delay_min);
                    self.sleep(poll_after).await;
                }
                Err(fault) => {
                    job.failed(&fault, asked);
                    self.pause(&found.id, &mut pauses, fault).await?;
                }
            }
        };
        let gone: HashSet<_> = removing
            .step
            .components
            .iter()
            .filter(|c| !is_among(c, &stay))
            .map(|c| (c.kind.clone(), c.full_name.clone()))
            .collect();
        self.context
            .forget_components(&operation.account, |c| gone.contains(&(c.kind.clone(), c.full_name.clone())))
            .await?;
        let count = gone.len().to_string();
        self.end_removal_step(&found.id, &[("removed", &count)], |operation| {
            operation.leftovers = leftovers::joined(&operation.leftovers, &stay);
        })
        .await
    }

    /// Looks once more. What is there and is not known to stay is removed too; where that does not help, the operation
    /// fails and names it.
    pub(super) async fn verify_removed(&self, work: &Work, operation: &Operation) -> Result<(), Stop> {
        let proposed = self.propose_removal(work, operation, removal_step::VERIFY).await?;
        let known = leftovers::joined(&operation.leftovers, &proposed.leftovers);
        let proposed = without(proposed, &known);
        if !proposed.steps.is_empty() {
            return self.another_round(operation, &proposed, &known).await;
        }
        self.context.forget_components(&operation.account, |_| true).await?;
        let count = leftovers::count(&known).to_string();
        self.end_removal_step(removal_step::VERIFY, &[("leftovers", &count)], |operation| {
            operation.leftovers.clone_from(&known);
        })
        .await
    }

    async fn another_round(
        &self,
        operation: &Operation,
        proposed: &ProposedRemoval,
        known: &[Leftover],
    ) -> Result<(), Stop> {
        let earlier = self.removing(operation).await?;
        let rounds = rounds_of(&earlier);
        if rounds >= ROUNDS_MAX {
            return Err(Stop::Failed(still_there(proposed)));
        }
        let (plan, steps) = self.keep_removal(operation, &earlier, proposed, rounds + 1).await?;
        self.change(|operation| {
            operation.plan = Some(plan.clone());
            operation.leftovers = known.to_vec();
            insert_steps(operation, &steps);
            if let Some(step) = step_of(operation, removal_step::VERIFY) {
                step.state = StepState::Pending;
                step.message = "more was found, and is removed first".to_owned();
            }
        })
        .await?;
        Ok(())
    }
}

/// How often what was found has been put on the list.
fn rounds_of(earlier: &[Removing]) -> usize {
    let rounds: HashSet<_> = earlier
        .iter()
        .map(|removing| removing.id.strip_suffix(&removing.step.id).unwrap_or(&removing.id).to_owned())
        .collect();
    rounds.len()
}

/// What is proposed but for what is known to stay.
fn without(mut proposed: ProposedRemoval, stay: &[Leftover]) -> ProposedRemoval {
    for step in &mut proposed.steps {
        step.components.retain(|component| !is_among(component, stay));
    }
    proposed.steps.retain(|step| !step.components.is_empty());
    proposed
}

fn is_among(component: &PlannedComponent, leftovers: &[Leftover]) -> bool {
    leftovers.iter().any(|l| l.kind == component.kind && l.full_name == component.full_name)
}

fn still_there(proposed: &ProposedRemoval) -> Fault {
    let all = || proposed.steps.iter().flat_map(|step| &step.components);
    let count = all().count();
    let fault = Fault::new(
        Reason::ComponentsPresent,
        format!(
            "{count} components of ours are in the organisation again each time they are removed; look who brings them \
             in, and deprovision again"
        ),
    )
    .meta("components", count.to_string());
    all()
        .take(NAMED_MAX)
        .fold(fault, |fault, c| fault.violation(format!("{}.{}", c.kind, c.full_name), "is still there"))
}
