//! Beginning repairs: the plan of what was promised, made anew over the organisation as it is.

use provision_connector_sdk::CallClass;
use provision_core::account::{ConditionType, Phase, ServiceAccount, Status};
use provision_core::operation::{Operation, OperationKind, Step};
use provision_core::plan::PlanRef;
use provision_core::ports::{Mutation, RepairAccount};
use provision_core::{Fault, Reason, Result};

use super::ControlPlane;
use super::planning::Proposal;
use super::starting::{Planned, Start};
use crate::drift::{baseline, demand_same_organization};

impl ControlPlane {
    /// Restores what the plan that was carried out last promised. Before anything is touched, the organisation is asked
    /// who it is, all preconditions are checked and the plan is made anew: all of that only looks.
    pub(super) async fn begin_repair(&self, by: Mutation, request: RepairAccount) -> Result<Operation> {
        match self.earlier(&by, &request.name).await? {
            Some(operation) => Ok(operation),
            None => match self.plan_repair(&by, &request).await {
                Err(fault) => self.earlier(&by, &request.name).await?.ok_or(fault),
                started => started,
            },
        }
    }

    async fn plan_repair(&self, by: &Mutation, request: &RepairAccount) -> Result<Operation> {
        let name = &request.name;
        let account = self.context.account(name).await?.value;
        let bare = Start::of(OperationKind::Repair, Vec::new());
        // What can be refused without asking the organisation is refused first.
        self.start(by, name, bare.clone(), true).await?;
        let promised = baseline(&self.context, &account).await?.ok_or_else(|| nothing_promised(&account))?;
        self.demand_organization(&account).await?;
        self.demand_preconditions(by, &account).await?;
        let Proposal { plan, generation, inventory } =
            self.propose(&account, promised.plan.selection.clone()).await?;
        let steps = plan.steps.iter().map(|step| Step::pending(&step.id, &step.title)).collect();
        let reference = PlanRef { etag: plan.etag.clone(), artifact: self.context.save(&plan).await? };
        let planned = Planned::new(reference, &account.uid, generation, inventory);
        self.start(by, name, Start { steps, plan: Some(planned), ..bare }, request.validate_only).await
    }

    /// Nothing is written to another organisation than the one that was provisioned.
    async fn demand_organization(&self, account: &ServiceAccount) -> Result<()> {
        let connector = self.context.connectors.get(&account.connector)?;
        let calls = self.runtime.budgets().counter(account, CallClass::Provisioning);
        let session = self.broker.session(account, calls);
        Ok(demand_same_organization(connector.as_ref(), &session, account).await?)
    }
}

/// An active account whose plan nobody knows any more.
fn nothing_promised(account: &ServiceAccount) -> Fault {
    debug_assert!(account.phase == Phase::Active, "the machine lets no other account be repaired");
    let synced = account.condition(ConditionType::InSync) == Status::True;
    Fault::new(
        Reason::PlanStale,
        "the plan that was carried out is not known any more; plan again, look at it and provision",
    )
    .meta("in_sync", synced.to_string())
}
