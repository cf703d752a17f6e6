//! The operation's record, as its driver changes it.

use std::collections::BTreeSet;

use provision_core::component::{Component, ComponentState, Coverage};
use provision_core::machine::Event;
use provision_core::operation::{Operation, Step, StepState};
use provision_core::plan::{Plan, PlanStep, PlannedComponent};
use provision_core::{Fault, Principal, Reason, Result, Timestamp};
use provision_store::record::RecordKey;

use super::{Driver, Stop};
use crate::commit::{Built, Draft};
use crate::repository::Versioned;

/// Component records in one commit; the store takes 128 changes.
const COMPONENTS_A_COMMIT: usize = 100;
/// More components than any account has.
const COMPONENTS_MAX: usize = 100_000;
/// Components that a fault names at the most.
const NAMED_MAX: usize = 20;

impl Driver<'_> {
    pub(super) async fn load(&self) -> Result<Operation> {
        Ok(self.read().await?.value)
    }

    pub(super) async fn read(&self) -> Result<Versioned<Operation>> {
        let found = self.context.repository().find::<Operation>(&RecordKey::operation(self.name)).await?;
        found.ok_or_else(|| Fault::not_found(self.name))
    }

    /// Changes the record; others (a caller who cancels) may change it at the same time.
    pub(super) async fn change(&self, change: impl Fn(&mut Operation) + Send + Sync) -> Result<Operation> {
        self.context
            .commit(|| async {
                let found = self.read().await?;
                let mut operation = found.value.clone();
                change(&mut operation);
                operation.api_calls = operation.api_calls.max(found.value.api_calls);
                if operation == found.value {
                    return Ok(Built::Already(operation));
                }
                let mut draft = Draft::default();
                draft.replace(RecordKey::operation(self.name), found.revision, &operation)?;
                Ok(Built::Commit(draft, operation))
            })
            .await
    }

    /// Stores a step's intent. From here on its effect may have happened.
    pub(super) async fn begin_step(&self, id: &str) -> Result<(), Stop> {
        let now = self.context.now();
        let operation = self
            .change(|operation| {
                if operation.cancel_requested {
                    return;
                }
                if let Some(step) = step_of(operation, id) {
                    step.state = StepState::Running;
                    step.attempts += 1;
                    step.start_time = Some(step.start_time.unwrap_or(now));
                }
            })
            .await?;
        demand_going(&operation, now)
    }

    /// Stores how far a step is, and looks whether it shall go on.
    pub(super) async fn report(
        &self,
        id: &str,
        done: u64,
        total: u64,
        message: &str,
        handle: Option<&str>,
    ) -> Result<(), Stop> {
        let calls = self.calls.made();
        let operation = self
            .change(|operation| {
                operation.api_calls = operation.api_calls.max(calls);
                operation.throttled_until = None;
                if let Some(step) = step_of(operation, id) {
                    step.done = done;
                    step.total = total;
                    step.message = message.to_owned();
                    if let Some(handle) = handle {
                        step.handle = Some(handle.to_owned());
                    }
                }
            })
            .await?;
        demand_going(&operation, self.context.now())
    }

    /// Stores that the application asked to wait, or that a step is tried again.
    pub(super) async fn report_pause(
        &self,
        id: &str,
        message: &str,
        until: Option<Timestamp>,
    ) -> Result<(), Stop> {
        let operation = self
            .change(|operation| {
                operation.throttled_until = until;
                if let Some(step) = step_of(operation, id) {
                    step.message = message.to_owned();
                }
            })
            .await?;
        demand_going(&operation, self.context.now())
    }

    /// Stores a step's end, the conditions that hold by it, and the audit record, in one commit.
    pub(super) async fn end_step(&self, plan: &Plan, planned: &PlanStep) -> Result<(), Stop> {
        let calls = self.calls.made();
        let refused = self.refused_components(&self.load().await?).await?;
        let coverage = coverage_of(plan, &refused);
        self.context
            .commit(|| async {
                let found = self.read().await?;
                let account = self.context.account(&found.value.account).await?;
                let mut operation = found.value.clone();
                operation.api_calls = operation.api_calls.max(calls);
                operation.throttled_until = None;
                let now = self.context.now();
                if let Some(step) = step_of(&mut operation, &planned.id) {
                    step.state = StepState::Done;
                    step.done = step.total.max(step.done);
                    step.message.clear();
                    step.end_time = Some(now);
                }
                let mut draft = Draft::default();
                draft.replace(RecordKey::operation(self.name), found.revision, &operation)?;
                let holds = account.value.current_operation.as_ref() == Some(self.name);
                if holds && !planned.establishes.is_empty() {
                    let coverage = match brings_object_types_in(planned, &refused) {
                        true => coverage,
                        false => Coverage::default(),
                    };
                    let event = Event::StepDone { establishes: planned.establishes.clone(), coverage };
                    draft.transition(self.context, &account, event)?;
                }
                draft.audit(
                    self.context,
                    &self.name.tenant,
                    &Principal::system(),
                    "StepDone",
                    operation.account.to_string(),
                    &[("operation", &self.name.to_string()), ("step", &planned.id)],
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        Ok(())
    }

    /// The components that the application refused in this operation.
    pub(super) async fn refused_components(&self, operation: &Operation) -> Result<Vec<Component>> {
        let refused = |c: &Component| c.state == ComponentState::Refused && c.operation == *self.name;
        Ok(self.components(operation).await?.into_iter().filter(refused).collect())
    }

    /// All components of the account.
    pub(super) async fn components(&self, operation: &Operation) -> Result<Vec<Component>> {
        let prefix = RecordKey::components(&operation.account);
        let (all, _) = self.context.repository().all::<Component>(&prefix, COMPONENTS_MAX).await?;
        Ok(all.into_iter().map(|c| c.value).collect())
    }

    /// How many of the plan's object types are protected by what this operation has brought in so far.
    pub(super) async fn coverage(&self, plan: &Plan, operation: &Operation) -> Result<Coverage> {
        Ok(coverage_of(plan, &self.refused_components(operation).await?))
    }

    /// Ends an operation that has nothing left to protect: every object type of the plan was refused.
    pub(super) async fn demand_coverage(&self, plan: &Plan, operation: &Operation) -> Result<(), Stop> {
        let refused = self.refused_components(operation).await?;
        let coverage = coverage_of(plan, &refused);
        if coverage.planned == 0 || coverage.protected() > 0 {
            return Ok(());
        }
        let fault = Fault::new(
            Reason::ComponentRejected,
            format!(
                "the organisation refused what protects object types, for every one of {}; each component in state \
                 REFUSED has its reason",
                coverage.planned
            ),
        );
        let told = refused.iter().filter(|c| !c.object_type.is_empty()).take(NAMED_MAX);
        let name = |fault: Fault, c: &Component| fault.violation(c.id(), c.message.clone());
        Err(Stop::Failed(told.fold(fault, name)))
    }

    /// Stores what is known of components.
    pub(super) async fn keep_components(&self, operation: &Operation, seen: &[Seen<'_>]) -> Result<()> {
        for chunk in seen.chunks(COMPONENTS_A_COMMIT) {
            self.context
                .commit(|| async {
                    let now = self.context.now();
                    let mut draft = Draft::default();
                    for Seen { component: planned, state, remote_id, message, object_type } in chunk {
                        let component = Component {
                            account: operation.account.clone(),
                            kind: planned.kind.clone(),
                            full_name: planned.full_name.clone(),
                            state: *state,
                            remote_id: remote_id.clone(),
                            checksum: planned.checksum.clone(),
                            version: planned.version.clone(),
                            reason: planned.reason.clone(),
                            operation: self.name.clone(),
                            observe_time: (*state != ComponentState::Applied).then_some(now),
                            message: message.clone(),
                            object_type: object_type.clone(),
                        };
                        draft.put(RecordKey::component(&operation.account, &component.id()), &component)?;
                    }
                    Ok(Built::Commit(draft, ()))
                })
                .await?;
        }
        Ok(())
    }
}

fn coverage_of(plan: &Plan, refused: &[Component]) -> Coverage {
    let planned = plan.object_types.len() as u64;
    let lost: BTreeSet<_> = refused
        .iter()
        .filter(|c| plan.object_types.contains(&c.object_type))
        .map(|c| c.object_type.as_str())
        .collect();
    Coverage { planned, refused: lost.len() as u64 }
}

/// True where a component of the step was refused for an object type.
fn brings_object_types_in(planned: &PlanStep, refused: &[Component]) -> bool {
    refused.iter().any(|r| {
        !r.object_type.is_empty()
            && planned.components.iter().any(|p| p.kind == r.kind && p.full_name == r.full_name)
    })
}

/// What is known of a component.
pub(super) struct Seen<'p> {
    pub component: &'p PlannedComponent,
    pub state: ComponentState,
    pub remote_id: String,
    pub message: String,
    pub object_type: String,
}

impl<'p> Seen<'p> {
    pub(super) fn new(component: &'p PlannedComponent, state: ComponentState, remote_id: String) -> Self {
        Seen { component, state, remote_id, message: String::new(), object_type: String::new() }
    }
}

pub(super) fn step_of<'o>(operation: &'o mut Operation, id: &str) -> Option<&'o mut Step> {
    operation.steps.iter_mut().find(|s| s.id == id)
}

fn demand_going(operation: &Operation, now: Timestamp) -> Result<(), Stop> {
    // One that was ended from outside has nothing left to do.
    if operation.cancel_requested || operation.is_done() {
        return Err(Stop::Cancelled);
    }
    if now >= operation.deadline {
        return Err(Stop::Failed(overdue()));
    }
    Ok(())
}

/// The deadline is over.
pub(super) fn overdue() -> Fault {
    Fault::new(
        Reason::OperationDeadlineExceeded,
        "the operation did not end before its deadline; look at its steps, and start it again",
    )
}
