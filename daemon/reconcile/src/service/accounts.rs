//! Creating, reading and changing accounts.

use async_trait::async_trait;
use provision_core::account::{ConditionType, ServiceAccount, Status};
use provision_core::operation::{Operation, OperationKind, Step};
use provision_core::plan::{ObjectSelection, Plan};
use provision_core::ports::{
    AccountView, Accounts, Archive, AuthorizationResult, BeginAuthorization, BegunAuthorization,
    CompleteAuthorization, CreateAccount, DeleteAccount, DeprovisionAccount, ListQuery, Mutation, Page,
    ProvisionAccount, RefreshInventory, RepairAccount, UpdateAccount,
};
use provision_core::{AccountId, AccountName, Fault, OperationName, Reason, Result, TenantId};
use provision_store::record::RecordKey;

use super::authorization::Wanted;
use super::starting::Start;
use super::{ControlPlane, settings};
use crate::commit::{Built, Draft, install_first};
use crate::context::account_context;
use crate::repository::Versioned;

/// Checks an etag that a caller gave.
pub(super) fn demand_etag(given: Option<&str>, account: &Versioned<ServiceAccount>) -> Result<()> {
    match given {
        Some(given) if given != account.etag() => Err(Fault::new(
            Reason::EtagMismatch,
            "the account has changed since it was read; read it again and decide anew",
        )),
        _ => Ok(()),
    }
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
                install_first(&self.context, &mut account)?;
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
                if let Some(drift_policy) = request.drift_policy {
                    next.drift_policy = drift_policy;
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
        self.begin(by, request, Wanted::Any).await
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
        self.apply_plan(by, request).await
    }

    async fn reauthorize(&self, by: Mutation, request: BeginAuthorization) -> Result<BegunAuthorization> {
        self.begin(by, request, Wanted::SameOrganization).await
    }

    async fn repair(&self, by: Mutation, request: RepairAccount) -> Result<Operation> {
        self.begin_repair(by, request).await
    }

    async fn deprovision(&self, by: Mutation, request: DeprovisionAccount) -> Result<Operation> {
        self.begin_deprovisioning(by, request).await
    }

    async fn read_export(&self, name: &AccountName, operation: &OperationName) -> Result<Box<dyn Archive>> {
        self.open_export(name, operation).await
    }

    async fn refresh_inventory(&self, by: Mutation, request: RefreshInventory) -> Result<Operation> {
        let steps =
            vec![Step::pending("read-inventory", "Read object types, fields, profiles and permission sets")];
        let accept_fall = request.accept_fall;
        let start = Start { accept_fall, ..Start::of(OperationKind::RefreshInventory, steps) };
        self.start(&by, &request.name, start, false).await
    }

    async fn delete(&self, by: Mutation, request: DeleteAccount) -> Result<()> {
        self.remove(by, request).await
    }
}
