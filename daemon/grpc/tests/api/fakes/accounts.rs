//! Accounts and operations in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use provision_core::account::{Beside, ServiceAccount};
use provision_core::fault::{Fault, Result};
use provision_core::operation::{Operation, OperationKind, OperationState, Step};
use provision_core::plan::{ObjectSelection, Plan};
use provision_core::ports::{
    AccountView, Accounts, Archive, AuthorizationResult, BeginAuthorization, BegunAuthorization, Callback,
    CompleteAuthorization, CreateAccount, DeleteAccount, DeprovisionAccount, ListQuery, Mutation, Operations,
    Page, ProvisionAccount, RefreshInventory, RepairAccount, Tagged, UpdateAccount,
};
use provision_core::{AccountName, OperationName, Principal, Reason, TenantId};
use secrecy::SecretString;
use tokio::sync::watch;

use super::{now, page};

pub struct FakeAccounts {
    pub accounts: Mutex<BTreeMap<AccountName, ServiceAccount>>,
    pub operations: watch::Sender<BTreeMap<OperationName, Operation>>,
    /// Every mutation that came through, in order.
    pub mutations: Mutex<Vec<Mutation>>,
    /// What BeginAuthorization was asked for.
    pub begun: Mutex<Vec<BeginAuthorization>>,
    /// What PlanProvisioning was asked for.
    pub planned: Mutex<Vec<ObjectSelection>>,
    /// The parts of what deprovisionings exported.
    pub exports: Mutex<BTreeMap<OperationName, Vec<Vec<u8>>>>,
    /// What the next call answers instead of working.
    pub failure: Mutex<Option<Fault>>,
    /// While true, plans hang.
    pub hang: watch::Sender<bool>,
}

impl Default for FakeAccounts {
    fn default() -> Self {
        FakeAccounts {
            accounts: Mutex::default(),
            operations: watch::Sender::new(BTreeMap::new()),
            mutations: Mutex::default(),
            begun: Mutex::default(),
            planned: Mutex::default(),
            exports: Mutex::default(),
            failure: Mutex::default(),
            hang: watch::Sender::new(false),
        }
    }
}

/// An account in phase DRAFT.
pub fn account(name: &AccountName) -> ServiceAccount {
    let connector = provision_core::ConnectorId::new("example").expect("valid");
    ServiceAccount::new(name.clone(), "uid-1".to_owned(), connector, "sandbox".to_owned(), now())
}

/// A running operation.
pub fn operation(name: OperationName, account: &AccountName, kind: OperationKind) -> Operation {
    Operation {
        name,
        account: account.clone(),
        account_uid: "uid-1".to_owned(),
        kind,
        state: OperationState::Running,
        principal: Principal::new("admin").expect("valid"),
        steps: vec![Step::pending("first", "First step"), Step::pending("second", "Second step")],
        api_calls: 0,
        throttled_until: None,
        next_action: None,
        cancel_requested: false,
        failure: None,
        failure_metadata: BTreeMap::new(),
        failure_violations: Vec::new(),
        plan: None,
        inventory: None,
        reading: None,
        accept_fall: false,
        removal: None,
        leftovers: Vec::new(),
        export: None,
        create_time: now(),
        end_time: None,
        deadline: now() + chrono::Duration::hours(2),
    }
}

/// An archive of these parts.
struct FakeArchive(std::collections::VecDeque<Vec<u8>>);

#[async_trait]
impl Archive for FakeArchive {
    fn total_bytes(&self) -> u64 {
        self.0.iter().map(|part| part.len() as u64).sum()
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.0.pop_front())
    }
}

impl FakeAccounts {
    fn begun_operation(
        &self,
        by: Mutation,
        name: &AccountName,
        kind: OperationKind,
        validate_only: bool,
    ) -> Result<Operation> {
        self.enter(&by)?;
        self.view(name)?;
        let id = kind.as_str().to_lowercase().replace('_', "-").parse().expect("valid");
        let started = operation(OperationName { tenant: name.tenant.clone(), operation: id }, name, kind);
        if !validate_only {
            self.put_operation(started.clone());
        }
        Ok(started)
    }

    fn enter(&self, by: &Mutation) -> Result<()> {
        self.mutations.lock().unwrap().push(by.clone());
        self.failure.lock().unwrap().take().map_or(Ok(()), Err)
    }

    fn view(&self, name: &AccountName) -> Result<AccountView> {
        let accounts = self.accounts.lock().unwrap();
        let account = accounts.get(name).cloned().ok_or_else(|| Fault::not_found(name))?;
        Ok(Tagged { value: (account, Beside::default()), etag: "etag-1".to_owned() })
    }

    /// Puts an account there.
    pub fn put(&self, name: &AccountName) {
        self.accounts.lock().unwrap().insert(name.clone(), account(name));
    }

    /// Changes an operation, creating it where it is not there.
    pub fn put_operation(&self, operation: Operation) {
        self.operations.send_modify(|all| {
            all.insert(operation.name.clone(), operation);
        });
    }
}

#[async_trait]
impl Accounts for FakeAccounts {
    async fn create(&self, by: Mutation, request: CreateAccount) -> Result<AccountView> {
        self.enter(&by)?;
        let id = request.id.unwrap_or_else(|| "chosen".parse().expect("valid"));
        let name = AccountName { tenant: request.tenant, account: id };
        let mut account = account(&name);
        account.display_name = request.display_name;
        account.settings = request.settings;
        if !request.validate_only {
            self.accounts.lock().unwrap().insert(name.clone(), account.clone());
        }
        Ok(Tagged { value: (account, Beside::default()), etag: "etag-1".to_owned() })
    }

    async fn get(&self, name: &AccountName) -> Result<AccountView> {
        self.view(name)
    }

    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<AccountView>> {
        let accounts = self.accounts.lock().unwrap();
        let mine = accounts.values().filter(|a| a.name.tenant == *tenant).cloned();
        Ok(page(
            mine.map(|a| Tagged { value: (a, Beside::default()), etag: String::new() }).collect(),
            &query,
        ))
    }

    async fn update(&self, by: Mutation, request: UpdateAccount) -> Result<AccountView> {
        self.enter(&by)?;
        if request.etag.is_some_and(|etag| etag != "etag-1") {
            return Err(Fault::new(Reason::EtagMismatch, "read again"));
        }
        if let Some(account) = self.accounts.lock().unwrap().get_mut(&request.name) {
            account.display_name = request.display_name.unwrap_or(account.display_name.clone());
            account.settings = request.settings.unwrap_or(account.settings.clone());
            account.drift_policy = request.drift_policy.unwrap_or(account.drift_policy);
        }
        self.view(&request.name)
    }

    async fn begin_authorization(
        &self,
        by: Mutation,
        request: BeginAuthorization,
    ) -> Result<BegunAuthorization> {
        self.enter(&by)?;
        self.begun.lock().unwrap().push(request);
        Ok(BegunAuthorization {
            url: SecretString::from("https://login.example/?state=s"),
            expire_time: now(),
            installation_url: None,
        })
    }

    async fn complete_authorization(
        &self,
        by: Mutation,
        request: CompleteAuthorization,
    ) -> Result<AuthorizationResult> {
        self.enter(&by)?;
        match request.callback {
            Callback::Code(_) => self.view(&request.expected.expect("callers name the account")),
            Callback::Refused { error, .. } => Err(Fault::new(Reason::AuthorizationDenied, error)),
        }
    }

    async fn plan(&self, by: Mutation, name: &AccountName, selection: ObjectSelection) -> Result<Plan> {
        self.enter(&by)?;
        let _ = self.hang.subscribe().wait_for(|hang| !hang).await;
        self.planned.lock().unwrap().push(selection.clone());
        Ok(Plan {
            account: name.clone(),
            account_uid: "uid-1".to_owned(),
            etag: "plan-1".to_owned(),
            steps: Vec::new(),
            estimated_api_calls: 7,
            tests: Vec::new(),
            risks: Vec::new(),
            unprotected: Vec::new(),
            object_types: Vec::new(),
            selection,
            create_time: now(),
        })
    }

    async fn provision(&self, by: Mutation, request: ProvisionAccount) -> Result<Operation> {
        self.enter(&by)?;
        self.view(&request.name)?;
        let id = "provision-1".parse().expect("valid");
        let name = OperationName { tenant: request.name.tenant.clone(), operation: id };
        let started = operation(name, &request.name, OperationKind::Provision);
        if !request.validate_only {
            self.put_operation(started.clone());
        }
        Ok(started)
    }

    async fn reauthorize(&self, by: Mutation, request: BeginAuthorization) -> Result<BegunAuthorization> {
        self.begin_authorization(by, request).await
    }

    async fn repair(&self, by: Mutation, request: RepairAccount) -> Result<Operation> {
        self.begun_operation(by, &request.name, OperationKind::Repair, request.validate_only)
    }

    async fn deprovision(&self, by: Mutation, request: DeprovisionAccount) -> Result<Operation> {
        let kind = OperationKind::Deprovision;
        let started = self.begun_operation(by, &request.name, kind, true)?;
        let started = Operation { removal: Some(request.removal), ..started };
        if !request.validate_only {
            self.put_operation(started.clone());
        }
        Ok(started)
    }

    async fn read_export(&self, name: &AccountName, operation: &OperationName) -> Result<Box<dyn Archive>> {
        self.view(name)?;
        match self.exports.lock().unwrap().get(operation) {
            Some(parts) => Ok(Box::new(FakeArchive(parts.clone().into()))),
            None => Err(Fault::not_found(operation)),
        }
    }

    async fn delete(&self, by: Mutation, request: DeleteAccount) -> Result<()> {
        self.enter(&by)?;
        let found = self.view(&request.name)?;
        if request.etag.is_some_and(|etag| etag != found.etag) {
            return Err(Fault::new(Reason::EtagMismatch, "read again"));
        }
        if !request.validate_only {
            self.accounts.lock().unwrap().remove(&request.name);
        }
        Ok(())
    }

    async fn refresh_inventory(&self, by: Mutation, request: RefreshInventory) -> Result<Operation> {
        self.enter(&by)?;
        let name = &request.name;
        let id = "refresh-1".parse().expect("valid");
        let operation_name = OperationName { tenant: name.tenant.clone(), operation: id };
        let started = operation(operation_name, name, OperationKind::RefreshInventory);
        self.put_operation(started.clone());
        Ok(started)
    }
}

#[async_trait]
impl Operations for FakeAccounts {
    async fn get(&self, name: &OperationName) -> Result<Operation> {
        self.operations.borrow().get(name).cloned().ok_or_else(|| Fault::not_found(name))
    }

    async fn list(&self, tenant: &TenantId, query: ListQuery) -> Result<Page<Operation>> {
        let all = self.operations.borrow();
        Ok(page(all.values().filter(|o| o.name.tenant == *tenant).cloned().collect(), &query))
    }

    async fn wait(&self, name: &OperationName, timeout: Duration) -> Result<Operation> {
        let mut changes = self.operations.subscribe();
        let done = changes.wait_for(|all| all.get(name).is_none_or(Operation::is_done));
        let _ = tokio::time::timeout(timeout, done).await;
        Operations::get(self, name).await
    }

    async fn cancel(&self, by: Mutation, name: &OperationName) -> Result<()> {
        self.enter(&by)?;
        let mut operation = Operations::get(self, name).await?;
        operation.cancel_requested = true;
        self.put_operation(operation);
        Ok(())
    }

    async fn delete(&self, by: Mutation, name: &OperationName) -> Result<()> {
        self.enter(&by)?;
        Operations::get(self, name).await?;
        self.operations.send_modify(|all| {
            all.remove(name);
        });
        Ok(())
    }
}
