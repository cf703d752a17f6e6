//! The operation's record, as its driver changes it.

use provision_core::component::{Component, ComponentState};
use provision_core::machine::Event;
use provision_core::operation::{Operation, Step, StepState};
use provision_core::plan::{PlanStep, PlannedComponent};
use provision_core::{Fault, Principal, Result, Timestamp};
use provision_store::record::RecordKey;

use super::{Driver, Stop};
use crate::commit::{Built, Draft};
use crate::repository::Versioned;

/// Component records in one commit; the store takes 128 changes.
const COMPONENTS_A_COMMIT: usize = 100;
/// More components than any account has.
const COMPONENTS_MAX: usize = 100_000;

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
    pub(super) async fn end_step(&self, planned: &PlanStep) -> Result<(), Stop> {
        let calls = self.calls.made();
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
                if !planned.establishes.is_empty() {
                    let event = Event::StepDone { establishes: planned.establishes.clone() };
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
        let (all, _) = self
            .context
            .repository()
            .all::<Component>(&RecordKey::components(&operation.account), COMPONENTS_MAX)
            .await?;
        let refused = |c: &Component| c.state == ComponentState::Refused && c.operation == *self.name;
        Ok(all.into_iter().map(|c| c.value).filter(refused).collect())
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
    if operation.cancel_requested {
        return Err(Stop::Cancelled);
    }
    if now >= operation.deadline {
        return Err(Stop::Failed(Fault::new(
            provision_core::Reason::OperationDeadlineExceeded,
            "the operation did not end before its deadline; look at its steps, and start it again",
        )));
    }
    Ok(())
}
