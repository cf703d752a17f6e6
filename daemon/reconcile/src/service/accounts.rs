//! Creating, reading and changing accounts; beginning operations on them.

use async_trait::async_trait;
use provision_core::account::{ConditionType, ServiceAccount, Status};
use provision_core::machine::{Action, Event};
use provision_core::operation::{Operation, OperationKind, OperationState, Step};
use provision_core::plan::{ObjectSelection, Plan, PlanRef};
use provision_core::ports::{
    AccountView, Accounts, AuthorizationResult, BeginAuthorization, BegunAuthorization,
    CompleteAuthorization, CreateAccount, ListQuery, Mutation, Page, ProvisionAccount, UpdateAccount,
};
use provision_core::{AccountId, AccountName, Fault, OperationId, OperationName, Reason, Result, TenantId};
use provision_store::record::RecordKey;

use super::{ControlPlane, settings};
use crate::commit::{Built, Draft};
use crate::context::account_context;
use crate::repository::Versioned;

/// Checks an etag that a caller gave.
fn demand_etag(given: Option<&str>, account: &Versioned<ServiceAccount>) -> Result<()> {
    match given {
        Some(given) if given != account.etag() => Err(Fault::new(
            Reason::EtagMismatch,
            "the account has changed since it was read; read it again and decide anew",
        )),
        _ => Ok(()),
    }
}

impl ControlPlane {
    /// What both kinds of operation share: one at a time, a stored record, and a driver once it is committed.
    async fn start(
        &self,
        by: &Mutation,
        name: &AccountName,
        kind: OperationKind,
        steps: Vec<Step>,
        plan: Option<(PlanRef, String)>,
        validate_only: bool,
    ) -> Result<Operation> {
        let scope = name.tenant.as_str();
        let (operation, actions): (Operation, Vec<Action>) = self
            .context
            .commit(|| async {
                if let Some(resource) = self.context.replayed(by, scope).await? {
                    let earlier: OperationName = resource.parse()?;
                    let earlier = provision_core::ports::Operations::get(self, &earlier).await?;
                    return Ok(Built::Already((earlier, Vec::new())));
                }
                let account = self.context.account(name).await?;
                self.demand_license(&name.tenant, &account.value.connector).await?;
                if let Some((_, uid)) = &plan
                    && *uid != account.value.uid
                {
                    return Err(stale());
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
                    plan: plan.as_ref().map(|(plan, _)| plan.clone()),
                    inventory: None,
                    create_time: now,
                    end_time: None,
                    deadline: now + deadline,
                };
                let mut draft = Draft::default();
                let event = Event::OperationStarted { operation: operation.name.clone(), kind };
                let (_, actions) = draft.transition(&self.context, &account, event)?;
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
}

fn stale() -> Fault {
    Fault::new(
        Reason::PlanStale,
        "the plan is not the current one; plan again and look at it before provisioning",
    )
}

#[async_trait]
impl Accounts for ControlPlane {
    async fn create(&self, by: Mutation, request: CreateAccount) -> Result<AccountView> {
        let connector = self.context.connectors.get(&request.connector)?.clone();
        let manifest = connector.manifest();
        manifest.environment(&request.environment)?;
        settings::check(manifest, &request.settings)?;
        let id = match &request.id {
            Some(id) => id.clone(),
            None => AccountId::new(format!("sa-{}", self.context.random_hex(8)))?,
        };
        let uid = self.context.random_hex(16);
        let scope = request.tenant.as_str();
        let name = AccountName { tenant: request.tenant.clone(), account: id };
        let account = self
            .context
            .commit(|| async {
                if let Some(resource) = self.context.replayed(&by, scope).await? {
                    return Ok(Built::Already(self.context.account(&resource.parse()?).await?));
                }
                self.demand_license(&request.tenant, &request.connector).await?;
                let key = RecordKey::account(&name);
                if self.context.repository().find::<ServiceAccount>(&key).await?.is_some() {
                    return Err(Fault::new(
                        Reason::ResourceExists,
                        format!("'{name}' exists already; choose another id"),
                    )
                    .meta("resource", name.to_string()));
                }
                let now = self.context.now();
                let mut account = ServiceAccount::new(
                    name.clone(),
                    uid.clone(),
                    request.connector.clone(),
                    request.environment.clone(),
                    now,
                );
                account.display_name = request.display_name.clone();
                account.settings = request.settings.clone();
                account.observe(ConditionType::LicenseValid, Status::True, "ACTIVE", "", now);
                account.next_action = Some(provision_core::machine::authorize_action());
                // Says whether this daemon is configured for the environment, and whether the settings' hosts are
                // among those it may speak to.
                connector.authorization(&account_context(&account))?;
                if request.validate_only {
                    let revision = provision_store::Revision::ZERO;
                    return Ok(Built::Already(Versioned { value: account, revision, created: revision }));
                }
                let mut draft = Draft::default();
                draft.absent(key.clone());
                draft.put(key, &account)?;
                draft.remember(&by, scope, &name.to_string(), now)?;
                draft.audit(
                    &self.context,
                    &name.tenant,
                    &by.principal,
                    by.method,
                    name.to_string(),
                    &[("connector", request.connector.as_str()), ("environment", &request.environment)],
                )?;
                let revision = provision_store::Revision::ZERO;
                Ok(Built::Commit(draft, Versioned { value: account, revision, created: revision }))
            })
            .await?;
        if request.validate_only {
            return self.view(account).await;
        }
        self.get(&account.value.name).await
    }

    async fn get(&self, name: &AccountName) -> Result<AccountView> {
        let account = self.context.account(name).await?;
        self.view(account).await
    }

    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<AccountView>> {
        let page = self
            .context
            .repository()
            .page(&RecordKey::accounts(tenant), &query, |account: &ServiceAccount, field| match field {
                "connector" => Some(format!("connectors/{}", account.connector)),
                "environment" => Some(account.environment.clone()),
                "phase" => Some(account.phase.as_str().to_owned()),
                "state" => Some(account.state().as_str().to_owned()),
                _ => None,
            })
            .await?;
        let mut items = Vec::with_capacity(page.items.len());
        for account in page.items {
            items.push(self.view(account).await?);
        }
        Ok(Page { items, next: page.next })
    }

    async fn update(&self, by: Mutation, request: UpdateAccount) -> Result<AccountView> {
        let name = &request.name;
        let scope = name.tenant.as_str();
        let changed = self
            .context
            .commit(|| async {
                let account = self.context.account(name).await?;
                if self.context.replayed(&by, scope).await?.is_some() {
                    return Ok(Built::Already(account));
                }
                demand_etag(request.etag.as_deref(), &account)?;
                let mut next = account.value.clone();
                if let Some(display_name) = &request.display_name {
                    next.display_name = display_name.clone();
                }
                if let Some(settings) = &request.settings {
                    let connector = self.context.connectors.get(&next.connector)?;
                    settings::check(connector.manifest(), settings)?;
                    if next.identity.is_some() && *settings != next.settings {
                        return Err(Fault::new(
                            Reason::WrongPhase,
                            "settings belong to the authorised organisation; create another account for another one",
                        ));
                    }
                    next.settings = settings.clone();
                    connector.authorization(&account_context(&next))?;
                }
                let now = self.context.now();
                next.generation += 1;
                next.update_time = now;
                if request.validate_only {
                    return Ok(Built::Already(Versioned { value: next, ..account }));
                }
                let mut draft = Draft::default();
                draft.replace(RecordKey::account(name), account.revision, &next)?;
                draft.remember(&by, scope, &name.to_string(), now)?;
                draft.audit(&self.context, &name.tenant, &by.principal, by.method, name.to_string(), &[])?;
                Ok(Built::Commit(draft, Versioned { value: next, ..account }))
            })
            .await?;
        if request.validate_only {
            return self.view(changed).await;
        }
        self.get(name).await
    }

    async fn begin_authorization(
        &self,
        by: Mutation,
        request: BeginAuthorization,
    ) -> Result<BegunAuthorization> {
        self.begin(by, request).await
    }

    async fn complete_authorization(
        &self,
        by: Mutation,
        request: CompleteAuthorization,
    ) -> Result<AuthorizationResult> {
        self.complete(by, request).await
    }

    async fn plan(&self, by: Mutation, name: &AccountName, selection: ObjectSelection) -> Result<Plan> {
        self.make_plan(by, name, selection).await
    }

    async fn provision(&self, by: Mutation, request: ProvisionAccount) -> Result<Operation> {
        let found = self.context.repository().find::<PlanRef>(&RecordKey::plan(&request.name)).await?;
        // A repetition must find its operation even when another plan was made since.
        if let Some(resource) = self.context.replayed(&by, request.name.tenant.as_str()).await? {
            return provision_core::ports::Operations::get(self, &resource.parse()?).await;
        }
        let plan_ref = found.map(|p| p.value).filter(|p| p.etag == request.plan_etag).ok_or_else(stale)?;
        let plan = self.context.load_plan(&plan_ref).await?;
        let steps = plan.steps.iter().map(|s| Step::pending(&s.id, &s.title)).collect();
        let plan = Some((plan_ref, plan.account_uid));
        self.start(&by, &request.name, OperationKind::Provision, steps, plan, request.validate_only).await
    }

    async fn refresh_inventory(&self, by: Mutation, name: &AccountName) -> Result<Operation> {
        let steps =
            vec![Step::pending("read-inventory", "Read object types, fields, profiles and permission sets")];
        self.start(&by, name, OperationKind::RefreshInventory, steps, None, false).await
    }
}
