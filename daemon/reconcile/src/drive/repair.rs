//! Restoring what a plan promised.

use provision_core::operation::{Operation, StepState};
use provision_core::plan::Plan;

use super::{Driver, Stop, Work};
use crate::drift::demand_same_organization;

impl Driver<'_> {
    /// The steps of a provisioning over the organisation as it is: what is there as it should be is kept. However long
    /// the operation has lain, the organisation is asked who it is before anything is written to it.
    pub(super) async fn repair(&self, work: &Work, plan: &Plan, operation: &Operation) -> Result<(), Stop> {
        let next = plan.steps.iter().zip(&operation.steps).find(|(_, step)| step.state != StepState::Done);
        if let Some((planned, _)) = next {
            let connector = work.connector.as_ref();
            self.looking(&planned.id, || demand_same_organization(connector, &work.session, &work.account))
                .await?;
        }
        self.run_plan(work, plan, operation).await?;
        let coverage = self.coverage(plan, &self.load().await?).await?;
        Ok(self.finish_repaired(coverage).await?)
    }
}
