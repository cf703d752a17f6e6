//! Looking what is to be removed, and whether quarantined content stands in the way.

use provision_connector_sdk::{
    Connector, ConnectorFault, ProposedRemoval, QuarantinedItem, RemovalRequest, Session,
};
use provision_core::operation::{Operation, Step};
use provision_core::plan::PlanRef;
use provision_core::{Fault, Reason};

use super::{Removing, STEPS_MAX, insert_steps, leftovers, removal_step};
use crate::context::sha256_hex;
use crate::drive::{Driver, Stop, Work};

/// Pages of quarantined items that are read; more are read by nobody.
const PAGES_MAX: usize = 10_000;

impl Driver<'_> {
    pub(super) async fn survey(&self, work: &Work, operation: &Operation) -> Result<(), Stop> {
        let disposition = operation.removal.and_then(|removal| removal.disposition);
        let held = self
            .looking(removal_step::SURVEY, || quarantined(work.connector.as_ref(), &work.session))
            .await?;
        if held > 0 && disposition.is_none() {
            return Err(Stop::Failed(unresolved_quarantine(held)));
        }
        let proposed = self.propose_removal(work, operation, removal_step::SURVEY).await?;
        let (plan, steps) = self.keep_removal(operation, &[], &proposed, 1).await?;
        let components: usize = proposed.steps.iter().map(|step| step.components.len()).sum();
        let (components, held) = (components.to_string(), held.to_string());
        let details = [("components", components.as_str()), ("quarantined", held.as_str())];
        self.end_removal_step(removal_step::SURVEY, &details, |operation| {
            operation.plan = Some(plan.clone());
            operation.leftovers = leftovers::joined(&operation.leftovers, &proposed.leftovers);
            insert_steps(operation, &steps);
        })
        .await
    }

    /// What of ours is in the organisation.
    pub(super) async fn propose_removal(
        &self,
        work: &Work,
        operation: &Operation,
        step: &str,
    ) -> Result<ProposedRemoval, Stop> {
        let known = self.context.present_components(&operation.account).await?;
        self.looking(step, || work.connector.plan_removal(&work.session, RemovalRequest { known: &known }))
            .await
    }

    /// Stores what is to be done, behind what was done before; answers where, and the steps for the operation.
    pub(super) async fn keep_removal(
        &self,
        operation: &Operation,
        earlier: &[Removing],
        proposed: &ProposedRemoval,
        round: usize,
    ) -> Result<(PlanRef, Vec<Step>), Stop> {
        let removing = |step: &provision_core::plan::PlanStep| Removing {
            id: if round == 1 {
                format!("remove-{}", step.id)
            } else {
                format!("remove-{round}-{}", step.id)
            },
            step: step.clone(),
        };
        let fresh: Vec<_> = proposed.steps.iter().map(removing).collect();
        if operation.steps.len() + fresh.len() > STEPS_MAX {
            return Err(Fault::internal_error(format!("{} steps to remove things", fresh.len())).into());
        }
        let pending = |r: &Removing| {
            let total = r.step.components.len() as u64;
            Step { total, ..Step::pending(&r.id, &r.step.title) }
        };
        let steps = fresh.iter().map(pending).collect();
        let all: Vec<_> = earlier.iter().cloned().chain(fresh).collect();
        let bytes = serde_json::to_vec(&all).map_err(Fault::internal_error)?;
        let etag = format!("R{}", &sha256_hex(&bytes)[..32]);
        Ok((PlanRef { etag, artifact: self.context.save(&all).await? }, steps))
    }

    /// The connector's steps of this operation so far.
    pub(super) async fn removing(&self, operation: &Operation) -> Result<Vec<Removing>, Stop> {
        match &operation.plan {
            Some(plan) => Ok(self.context.load(&plan.artifact).await?),
            None => Ok(Vec::new()),
        }
    }
}

/// How many items of quarantined content are held in the organisation.
pub(crate) async fn quarantined(connector: &dyn Connector, session: &Session) -> Result<u64, ConnectorFault> {
    let mut count = 0;
    let mut after = None;
    while let Some(page) = page(connector, session, after).await? {
        count += page.0.iter().filter(|item| item.held).count() as u64;
        after = Some(page.1);
        if after.as_ref().is_some_and(|position| position.next.is_none()) {
            break;
        }
    }
    Ok(count)
}

/// Where the reading of the items stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Position {
    pub next: Option<String>,
    pages: usize,
}

/// The next page of items, and where it ends; `None` where the connector has no quarantine.
pub(super) async fn page(
    connector: &dyn Connector,
    session: &Session,
    position: Option<Position>,
) -> Result<Option<(Vec<QuarantinedItem>, Position)>, ConnectorFault> {
    let Some(quarantine) = connector.quarantine() else { return Ok(None) };
    let position = position.unwrap_or_default();
    if position.pages >= PAGES_MAX {
        let fault =
            Fault::new(Reason::TooLarge, "there is more quarantined content than can be looked through");
        return Err(ConnectorFault::rejected(fault));
    }
    let page = quarantine.list(session, position.next.as_deref()).await?;
    Ok(Some((page.items, Position { next: page.next, pages: position.pages + 1 })))
}

/// The caller must say what becomes of quarantined content.
pub(crate) fn unresolved_quarantine(count: u64) -> Fault {
    Fault::new(
        Reason::QuarantineNotEmpty,
        format!(
            "{count} items of quarantined content are in the organisation, so nothing was removed; say what becomes of \
             them with quarantine_disposition: RESTORE_ALL, EXPORT or DELETE_ALL"
        ),
    )
    .meta("count", count.to_string())
    .violation("quarantine_disposition", "must be set while quarantined content is in the organisation")
}
