//! Seeing every component of a plan in the organisation.

use provision_core::component::ComponentState;
use provision_core::plan::{Plan, PlanStep, PlannedComponent};
use provision_core::{Fault, Reason};

use super::{Driver, Stop, Work};

/// Components that one look asks for.
const COMPONENTS_A_LOOK: usize = 200;
/// Components that a fault names at the most.
const NAMED_MAX: usize = 20;

impl Driver<'_> {
    pub(super) async fn verify(&self, work: &Work, plan: &Plan, planned: &PlanStep) -> Result<(), Stop> {
        let all: Vec<PlannedComponent> =
            plan.steps.iter().flat_map(|s| s.components.iter().cloned()).collect();
        let total = all.len() as u64;
        let operation = self.load().await?;
        let mut amiss = Vec::new();
        let mut seen = 0;
        for chunk in all.chunks(COMPONENTS_A_LOOK) {
            let observed =
                self.looking(&planned.id, || work.connector.observe(&work.session, plan, chunk)).await?;
            let states: Vec<_> = chunk
                .iter()
                .map(|component| {
                    let found = observed
                        .iter()
                        .find(|o| o.kind == component.kind && o.full_name == component.full_name);
                    match found {
                        Some(o) => (component, o.state, o.remote_id.clone()),
                        None => (component, ComponentState::Missing, String::new()),
                    }
                })
                .collect();
            self.keep_components(&operation, &states).await?;
            for (component, state, _) in &states {
                if *state != ComponentState::Present {
                    amiss.push(format!("{} {} is {}", component.kind, component.full_name, state.as_str()));
                }
            }
            seen += chunk.len() as u64;
            self.report(&planned.id, seen, total, "", None).await?;
        }
        if !amiss.is_empty() {
            let named = amiss.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
            return Err(Stop::Failed(
                Fault::new(
                    Reason::ComponentNotObserved,
                    format!(
                        "{} of {total} components are not in the organisation as they should be: {named}",
                        amiss.len()
                    ),
                )
                .meta("components", amiss.len().to_string()),
            ));
        }
        self.looking(&planned.id, || work.connector.verify(&work.session, plan)).await?;
        self.end_step(planned).await
    }
}
