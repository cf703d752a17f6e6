//! Beginning operations: one at a time for an account, stored with its intent, driven once it is committed.

use provision_core::account::ServiceAccount;
use provision_core::inventory::InventorySummary;
use provision_core::machine::{Action, Event};
use provision_core::operation::{Operation, OperationKind, OperationState, Removal, Step};
use provision_core::plan::{Plan, PlanRef};
use provision_core::ports::{Mutation, ProvisionAccount};
use provision_core::{AccountName, Fault, OperationId, OperationName, Reason, Result};
use provision_store::record::RecordKey;

use super::ControlPlane;
use super::accounts::demand_etag;
use super::planning::Proposal;
use crate::commit::{Built, Draft};

/// What to begin.
#[derive(Clone)]
pub(super) struct Start {
    pub kind: OperationKind,
    pub steps: Vec<Step>,
    pub plan: Option<Planned>,
    pub accept_fall: bool,
    /// What a deprovisioning removes.
    pub removal: Option<Removal>,
    /// The state of the account that the caller knows; `None`: whichever.
    pub etag: Option<String>,
}

impl Start {
    pub fn of(kind: OperationKind, steps: Vec<Step>) -> Self {
        Start { kind, steps, plan: None, accept_fall: false, removal: None, etag: None }
    }
}

/// The plan that an operation carries out.
#[derive(Clone)]
pub(super) struct Planned {
    reference: PlanRef,
    account_uid: String,
    /// What the plan was made from when it was last made: nothing of it may have changed since.
    basis: Option<(u64, String)>,
}

impl Planned {
    /// A plan that was just made from that.
    pub fn new(reference: PlanRef, account_uid: &str, generation: u64, inventory: String) -> Self {
        Planned { reference, account_uid: account_uid.to_owned(), basis: Some((generation, inventory)) }
    }
}

impl ControlPlane {
    /// What both kinds of operation share: one at a time, a stored record, and a driver once it is committed.
    pub(super) async fn start(
        &self,
        by: &Mutation,
        name: &AccountName,
        start: Start,
        validate_only: bool,
    ) -> Result<Operation> {
        let Start { kind, steps, plan, accept_fall, removal, etag } = start;
        let scope = name.tenant.as_str();
        let (operation, actions): (Operation, Vec<Action>) = self
            .context
            .commit(|| async {
                if let Some(resource) = self.context.replayed(by, scope).await? {
                    let earlier: OperationName = resource.parse()?;
                    let earlier = provision_core::ports::Operations::get(self, &earlier).await?;
                    // The answer of the commit that began it may have been lost, and its driver with it.
                    let operation = earlier.name.clone();
                    return Ok(Built::Already((earlier, vec![Action::Drive { operation }])));
                }
                let account = self.context.account(name).await?;
                demand_etag(etag.as_deref(), &account)?;
                // Whoever leaves needs no licence for it.
                if kind != OperationKind::Deprovision {
                    self.demand_license(&name.tenant, &account.value.connector).await?;
                }
                let mut draft = Draft::default();
                if let Some(plan) = &plan {
                    self.demand_basis(&mut draft, plan, &account.value).await?;
                }
                let now = self.context.now();
                let deadline = chrono::Duration::from_std(self.context.settings.operation_deadline)
                    .map_err(Fault::internal_error)?;
                let operation = Operation {
                    name: OperationName {
                        tenant: name.tenant.clone(),
                        operation: OperationId::new(self.context.newest_first_id())?,
                    },
                    account: name.clone(),
                    account_uid: account.value.uid.clone(),
                    kind,
                    state: OperationState::Running,
                    principal: by.principal.clone(),
                    steps: steps.clone(),
                    api_calls: 0,
                    throttled_until: None,
                    next_action: None,
                    cancel_requested: false,
                    failure: None,
                    failure_metadata: Default::default(),
                    failure_violations: Vec::new(),
                    plan: plan.as_ref().map(|plan| plan.reference.clone()),
                    inventory: None,
                    reading: None,
                    accept_fall,
                    removal,
                    leftovers: Vec::new(),
                    export: None,
                    create_time: now,
                    end_time: None,
                    deadline: now + deadline,
                };
                let event = Event::OperationStarted { operation: operation.name.clone(), kind };
                let (_, actions) = draft.transition(&self.context, &account, event)?;
                if kind == OperationKind::Deprovision {
                    self.clear_the_way(&mut draft, name, &actions).await?;
                }
                if validate_only {
                    return Ok(Built::Already((operation, Vec::new())));
                }
                let key = RecordKey::operation(&operation.name);
                draft.absent(key.clone());
                draft.put(key, &operation)?;
                let resource = operation.name.to_string();
                draft.remember(by, scope, &resource, now)?;
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    by.method,
                    name.to_string(),
                    &[("operation", &resource)],
                )?;
                Ok(Built::Commit(draft, (operation, actions)))
            })
            .await?;
        self.perform(name, actions);
        Ok(operation)
    }

    /// Carries a plan out, if it still is what it would be if it were made now. Before anything is touched, all
    /// preconditions are checked and the plan is made again: both only look.
    pub(super) async fn apply_plan(&self, by: Mutation, request: ProvisionAccount) -> Result<Operation> {
        // A repetition must find its operation even when another plan was made since, or when the first call is just
        // beginning it.
        match self.earlier(&by, &request.name).await? {
            Some(operation) => Ok(operation),
            None => match self.begin_plan(&by, &request).await {
                Err(fault) => self.earlier(&by, &request.name).await?.ok_or(fault),
                started => started,
            },
        }
    }

    /// The operation that a call with the same request id has begun.
    pub(super) async fn earlier(&self, by: &Mutation, name: &AccountName) -> Result<Option<Operation>> {
        match self.context.replayed(by, name.tenant.as_str()).await? {
            Some(resource) => {
                Ok(Some(provision_core::ports::Operations::get(self, &resource.parse()?).await?))
            }
            None => Ok(None),
        }
    }

    async fn begin_plan(&self, by: &Mutation, request: &ProvisionAccount) -> Result<Operation> {
        let name = &request.name;
        let account = self.context.account(name).await?.value;
        let (reference, plan) = self.plan_of(&account.uid, request).await?;
        let planned = Planned { reference, account_uid: account.uid.clone(), basis: None };
        let steps = plan.steps.iter().map(|s| Step::pending(&s.id, &s.title)).collect();
        let start = Start { plan: Some(planned.clone()), ..Start::of(OperationKind::Provision, steps) };
        // What can be refused without asking the organisation is refused first.
        self.start(by, name, start.clone(), true).await?;
        self.demand_preconditions(by, &account).await?;
        let Proposal { plan: now, generation, inventory } = self.propose(&account, plan.selection).await?;
        if now.etag != request.plan_etag {
            return Err(stale(Some(&now.etag)));
        }
        let planned = Planned { basis: Some((generation, inventory)), ..planned };
        self.start(by, name, Start { plan: Some(planned), ..start }, request.validate_only).await
    }

    /// Demands that what a plan was made from stands until the commit.
    async fn demand_basis(&self, draft: &mut Draft, plan: &Planned, account: &ServiceAccount) -> Result<()> {
        if plan.account_uid != account.uid {
            return Err(stale(None));
        }
        let Some((generation, inventory)) = &plan.basis else { return Ok(()) };
        let key = RecordKey::inventory(&account.name);
        let found = self.context.repository().find::<InventorySummary>(&key).await?;
        let same = found.as_ref().is_some_and(|f| f.value.artifact == *inventory);
        if account.generation != *generation || !same {
            return Err(stale(None));
        }
        draft.as_found(key, &found);
        Ok(())
    }

    async fn plan_of(&self, uid: &str, request: &ProvisionAccount) -> Result<(PlanRef, Plan)> {
        let found = self.context.repository().find::<PlanRef>(&RecordKey::plan(&request.name)).await?;
        let Some(reference) = found.map(|p| p.value) else { return Err(stale(None)) };
        if reference.etag != request.plan_etag {
            return Err(stale(Some(&reference.etag)));
        }
        let plan = self.context.load_plan(&reference).await?;
        if plan.account_uid == uid { Ok((reference, plan)) } else { Err(stale(None)) }
    }
}

/// The caller's plan is not the one that would be made now.
fn stale(current: Option<&str>) -> Fault {
    let fault = Fault::new(
        Reason::PlanStale,
        "the plan is not the current one; plan again and look at it before provisioning",
    );
    match current {
        Some(etag) => fault.meta("current_etag", etag),
        None => fault,
    }
}
