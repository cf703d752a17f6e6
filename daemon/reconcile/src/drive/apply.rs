//! Bringing components in.

use provision_connector_sdk::{Applied, ApplyProgress, ApplyRequest, Begin, FaultClass};
use provision_core::component::ComponentState;
use provision_core::operation::{Step, StepState};
use provision_core::plan::{Plan, PlanStep};

use super::{Driver, Stop, Work};

/// What is known of earlier tries, owned.
enum Known {
    Nothing,
    Handle(String),
    Maybe { since: provision_core::Timestamp },
}

impl Driver<'_> {
    pub(super) async fn apply(
        &self,
        work: &Work,
        plan: &Plan,
        planned: &PlanStep,
        found: &Step,
    ) -> Result<(), Stop> {
        let key = format!("{}/{}", self.name, planned.id);
        let mut known = match (&found.state, &found.handle) {
            (StepState::Pending, _) => Known::Nothing,
            (_, Some(handle)) => Known::Handle(handle.clone()),
            (_, None) => Known::Maybe { since: found.start_time.unwrap_or_else(|| self.context.now()) },
        };
        let mut pauses = self.pauses();
        let applied = loop {
            let begin = match &known {
                Known::Nothing => Begin::Fresh,
                Known::Handle(handle) => Begin::Resume { handle },
                Known::Maybe { since } => Begin::Uncertain { since: *since },
            };
            let asked = self.context.now();
            let request = ApplyRequest { plan, step: planned, idempotency_key: &key, begin };
            match work.connector.apply(&work.session, request).await {
                Ok(ApplyProgress::Done { applied }) => break applied,
                Ok(ApplyProgress::Running { handle, done, total, message, poll_after }) => {
                    self.report(&planned.id, done, total, &message, Some(&handle)).await?;
                    known = Known::Handle(handle);
                    pauses.reset(self.context.settings.retry_delay_min);
                    self.sleep(poll_after).await;
                }
                Err(fault) => {
                    // Only a call whose effect may have happened forces a look before the next; a known job is simply
                    // asked again.
                    if fault.class == FaultClass::Unknown && matches!(known, Known::Nothing) {
                        known = Known::Maybe { since: asked };
                    }
                    self.pause(&planned.id, &mut pauses, fault).await?;
                }
            }
        };
        self.keep_applied(planned, &applied).await?;
        self.end_step(planned).await
    }

    async fn keep_applied(&self, planned: &PlanStep, applied: &[Applied]) -> Result<(), Stop> {
        let operation = self.load().await?;
        let states: Vec<_> = planned
            .components
            .iter()
            .map(|component| {
                let remote_id = applied
                    .iter()
                    .find(|a| a.kind == component.kind && a.full_name == component.full_name)
                    .map(|a| a.remote_id.clone())
                    .unwrap_or_default();
                (component, ComponentState::Applied, remote_id)
            })
            .collect();
        let count = states.len() as u64;
        self.keep_components(&operation, &states).await?;
        self.report(&planned.id, count, count, "", None).await
    }
}
