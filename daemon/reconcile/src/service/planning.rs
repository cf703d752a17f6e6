//! Making plans.

use provision_connector_sdk::{CallClass, PlanRequest};
use provision_core::account::{ConditionType, Phase, ServiceAccount, Status};
use provision_core::plan::{ObjectSelection, Plan, PlanRef};
use provision_core::ports::Mutation;
use provision_core::{AccountName, Fault, Reason, Result};
use provision_store::record::RecordKey;

use super::ControlPlane;
use crate::commit::{Built, Draft};
use crate::context::sha256_hex;

/// Object types that one call can name.
const OBJECT_TYPES_MAX: usize = 5_000;

impl ControlPlane {
    pub(super) async fn make_plan(
        &self,
        by: Mutation,
        name: &AccountName,
        selection: ObjectSelection,
    ) -> Result<Plan> {
        let selection = match selection {
            ObjectSelection::Listed(names) if names.len() > OBJECT_TYPES_MAX => {
                return Err(Fault::invalid("object_types", format!("must be at most {OBJECT_TYPES_MAX}")));
            }
            ObjectSelection::Listed(mut names) => {
                names.sort_unstable();
                names.dedup();
                ObjectSelection::Listed(names)
            }
            other => other,
        };
        let account = self.context.account(name).await?.value;
        self.demand_license(&name.tenant, &account.connector).await?;
        let plan = self.propose(&account, selection).await?.plan;
        let reference = PlanRef { etag: plan.etag.clone(), artifact: self.context.save(&plan).await? };
        let key = RecordKey::plan(name);
        self.context
            .commit(|| async {
                let mut draft = Draft::default();
                draft.put(key.clone(), &reference)?;
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    by.method,
                    name.to_string(),
                    &[("etag", &plan.etag)],
                )?;
                Ok(Built::Commit(draft, ()))
            })
            .await?;
        Ok(plan)
    }

    /// What provisioning would change, as things stand now. Looks only, here and in the organisation.
    pub(super) async fn propose(
        &self,
        account: &ServiceAccount,
        selection: ObjectSelection,
    ) -> Result<Proposal> {
        if !matches!(account.phase, Phase::Ready | Phase::Active | Phase::Failed) {
            return Err(Fault::new(
                Reason::WrongPhase,
                format!(
                    "the account is in phase {}; a plan can be made in READY, ACTIVE or FAILED",
                    account.phase.as_str()
                ),
            )
            .meta("phase", account.phase.as_str())
            .violation("phase", "must be READY, ACTIVE or FAILED"));
        }
        if account.condition(ConditionType::Authorized) != Status::True {
            return Err(Fault::new(
                Reason::ReauthorizationRequired,
                "the account's grant is gone; authorise it first",
            ));
        }
        let Some((summary, inventory)) = self.inventories.of(&account.name).await? else {
            return Err(Fault::new(
                Reason::InventoryMissing,
                "the organisation has not been read yet; call RefreshInventory first",
            ));
        };
        let connector = self.context.connectors.get(&account.connector)?;
        let calls = self.runtime.budgets().counter(account, CallClass::Provisioning);
        let session = self.broker.session(account, calls);
        let request = PlanRequest { selection: &selection, inventory: &inventory };
        let proposed = connector.plan(&session, request).await?;
        let mut risks = proposed.risks;
        risks.extend(stale_inventory(account));
        let organization = account.identity.as_ref().map_or("", |i| i.organization_id.as_str());
        let state = serde_json::to_vec(&(
            &account.uid,
            organization,
            account.generation,
            &summary.artifact,
            &proposed.object_types,
            &proposed.steps,
            &proposed.observed_digest,
        ))
        .map_err(Fault::internal_error)?;
        let plan = Plan {
            account: account.name.clone(),
            account_uid: account.uid.clone(),
            etag: format!("P{}", &sha256_hex(&state)[..32]),
            steps: proposed.steps,
            estimated_api_calls: proposed.estimated_api_calls,
            tests: proposed.tests,
            risks,
            unprotected: proposed.unprotected,
            object_types: proposed.object_types,
            selection,
            create_time: self.context.now(),
        };
        Ok(Proposal { plan, generation: account.generation, inventory: summary.artifact })
    }
}

/// What was read last may not be how the organisation is.
fn stale_inventory(account: &ServiceAccount) -> Option<String> {
    let found = account.conditions.iter().find(|c| c.kind == ConditionType::InventoryCurrent)?;
    (found.status != Status::True).then(|| format!("The inventory may not be current: {}", found.message))
}

/// A plan, and the state of the account that it was made from.
pub(super) struct Proposal {
    pub plan: Plan,
    pub generation: u64,
    /// Reference of the inventory's artifact.
    pub inventory: String,
}
