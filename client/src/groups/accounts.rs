//! Service accounts, from creation to provisioning.

use prost_types::FieldMask;
use provision_api::google::longrunning::Operation;
use provision_api::v1::provisioning_service_client::ProvisioningServiceClient;
use provision_api::v1::{self, ServiceAccount};

use crate::client::{Client, request_id, rpc};
use crate::error::Error;
use crate::groups::accounts_watch::AccountFeed;
use crate::groups::follow::{Ask, Follow};
use crate::page::{ListOptions, collect};

/// The RPCs of ProvisioningService.
#[derive(Debug, Clone)]
pub struct Accounts {
    pub(crate) client: Client,
}

/// What an account is made of.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// `tenants/{tenant}`.
    pub parent: String,
    /// Last part of the name; the server chooses one for the empty text.
    pub id: String,
    /// For people.
    pub display_name: String,
    /// `connectors/{connector}`.
    pub connector: String,
    /// One of the connector's environments, for example `sandbox`.
    pub environment: String,
    /// What only this connector knows.
    pub settings: Option<prost_types::Struct>,
    /// Check everything, create nothing.
    pub validate_only: bool,
}

impl Accounts {
    /// Creates an account.
    pub async fn create(&self, new: NewAccount) -> Result<ServiceAccount, Error> {
        let request = v1::CreateServiceAccountRequest {
            parent: new.parent,
            service_account_id: new.id,
            service_account: Some(ServiceAccount {
                display_name: new.display_name,
                connector: new.connector,
                environment: new.environment,
                settings: new.settings,
                ..ServiceAccount::default()
            }),
            request_id: request_id(),
            validate_only: new.validate_only,
        };
        rpc!(self.client, ProvisioningServiceClient.create_service_account(request))
    }

    /// Gets one account.
    pub async fn get(&self, name: &str) -> Result<ServiceAccount, Error> {
        let request = v1::GetServiceAccountRequest { name: name.to_owned() };
        rpc!(self.client, ProvisioningServiceClient.get_service_account(request))
    }

    /// Lists the accounts of a tenant, ordered by name. Filter fields: `connector`, `environment`, `phase`, `state`.
    pub async fn list(
        &self,
        parent: &str,
        options: ListOptions,
    ) -> Result<v1::ListServiceAccountsResponse, Error> {
        collect(options.limit, |page_size, page_token| {
            let request = v1::ListServiceAccountsRequest {
                parent: parent.to_owned(),
                page_size,
                page_token,
                filter: options.filter.clone(),
            };
            async move { rpc!(self.client, ProvisioningServiceClient.list_service_accounts(request)) }
        })
        .await
    }

    /// Changes the fields of `account` that `paths` name: `display_name`, `settings`.
    ///
    /// # Errors
    /// ABORTED `ETAG_MISMATCH` when `account` carries an etag that is no longer the current one.
    pub async fn update(&self, account: ServiceAccount, paths: &[&str]) -> Result<ServiceAccount, Error> {
        let request = v1::UpdateServiceAccountRequest {
            service_account: Some(account),
            update_mask: Some(FieldMask { paths: paths.iter().map(|p| (*p).to_owned()).collect() }),
            request_id: request_id(),
            validate_only: false,
        };
        rpc!(self.client, ProvisioningServiceClient.update_service_account(request))
    }

    /// Deletes an account that has nothing of ours in its organisation, and revokes its grant. `etag` empty: whatever
    /// it is now. With `validate_only` everything is checked and nothing deleted.
    ///
    /// # Errors
    /// FAILED_PRECONDITION `COMPONENTS_PRESENT` while something of ours is there; ABORTED `ETAG_MISMATCH`, or
    /// `OPERATION_IN_PROGRESS` while an operation runs.
    pub async fn delete(&self, name: &str, etag: &str, validate_only: bool) -> Result<(), Error> {
        let request = v1::DeleteServiceAccountRequest {
            name: name.to_owned(),
            etag: etag.to_owned(),
            request_id: request_id(),
            validate_only,
        };
        rpc!(remote self.client, ProvisioningServiceClient.delete_service_account(request))
    }

    /// Opens the stream of changes of a tenant's accounts; when this returns, nothing that comes is missed. Filter
    /// fields as for [`Accounts::list`]. From a snapshot, all that are there come first.
    pub async fn watch(
        &self,
        parent: &str,
        filter: &str,
        start: v1::StreamStart,
    ) -> Result<Follow<AccountFeed>, Error> {
        Follow::open(self.client.clone(), Ask::from(parent, filter, start), AccountFeed::default()).await
    }

    /// Goes on with a watch from a token that [`Follow::resume_token`] answered, with the same parent and filter.
    ///
    /// # Errors
    /// OUT_OF_RANGE `RESUME_TOKEN_EXPIRED` when it is too old: begin with a snapshot.
    pub async fn resume_watch(
        &self,
        parent: &str,
        filter: &str,
        resume_token: &str,
    ) -> Result<Follow<AccountFeed>, Error> {
        let ask = Ask::after(parent, filter, resume_token);
        Follow::open(self.client.clone(), ask, AccountFeed::default()).await
    }

    /// Begins an authorisation. The answer's URL carries a single-use secret. `redirect_uri` empty: the daemon's own
    /// page completes the authorisation.
    pub async fn begin_authorization(
        &self,
        name: &str,
        redirect_uri: &str,
        login_hint: &str,
    ) -> Result<v1::BeginAuthorizationResponse, Error> {
        let request = v1::BeginAuthorizationRequest {
            name: name.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            login_hint: login_hint.to_owned(),
            request_id: request_id(),
        };
        rpc!(self.client, ProvisioningServiceClient.begin_authorization(request))
    }

    /// Begins an authorisation that replaces the account's grant in place; the old one works until the new one is there.
    /// Completed as one that [`Accounts::begin_authorization`] began, in the same organisation.
    ///
    /// # Errors
    /// FAILED_PRECONDITION `WRONG_PHASE` for an account that never had a grant.
    pub async fn reauthorize(
        &self,
        name: &str,
        redirect_uri: &str,
        login_hint: &str,
    ) -> Result<v1::BeginAuthorizationResponse, Error> {
        let request = v1::ReauthorizeServiceAccountRequest {
            name: name.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            login_hint: login_hint.to_owned(),
            request_id: request_id(),
        };
        rpc!(self.client, ProvisioningServiceClient.reauthorize_service_account(request))
    }

    /// Completes an authorisation whose redirect came to the caller's own page; its `request_id` is set here.
    pub async fn complete_authorization(
        &self,
        request: v1::CompleteAuthorizationRequest,
    ) -> Result<ServiceAccount, Error> {
        let request = v1::CompleteAuthorizationRequest { request_id: request_id(), ..request };
        rpc!(self.client, ProvisioningServiceClient.complete_authorization(request))
    }

    /// Says what provisioning would change. `object_types` empty: the connector's default set.
    ///
    /// # Errors
    /// FAILED_PRECONDITION `INVENTORY_MISSING` before the organisation was read, `NOTHING_TO_PROTECT` when none of
    /// `object_types` can be protected.
    pub async fn plan(&self, name: &str, object_types: Vec<String>) -> Result<v1::ProvisioningPlan, Error> {
        self.make_plan(v1::PlanProvisioningRequest {
            name: name.to_owned(),
            object_types,
            all_object_types: false,
        })
        .await
    }

    /// As [`Accounts::plan`], for every object type that can be protected.
    pub async fn plan_all(&self, name: &str) -> Result<v1::ProvisioningPlan, Error> {
        self.make_plan(v1::PlanProvisioningRequest {
            name: name.to_owned(),
            object_types: Vec::new(),
            all_object_types: true,
        })
        .await
    }

    async fn make_plan(&self, request: v1::PlanProvisioningRequest) -> Result<v1::ProvisioningPlan, Error> {
        rpc!(remote self.client, ProvisioningServiceClient.plan_provisioning(request))
    }

    /// Starts to carry out the plan of that etag.
    ///
    /// # Errors
    /// ABORTED `PLAN_STALE` when what was asked for or what was seen has changed since, FAILED_PRECONDITION
    /// `PRECONDITION_CHECKS_FAILED` with a violation for each blocking check that failed.
    pub async fn provision(&self, name: &str, plan_etag: &str) -> Result<Operation, Error> {
        let request = v1::ProvisionServiceAccountRequest {
            name: name.to_owned(),
            plan_etag: plan_etag.to_owned(),
            request_id: request_id(),
            validate_only: false,
        };
        rpc!(self.client, ProvisioningServiceClient.provision_service_account(request))
    }

    /// Starts to bring the organisation back to what was provisioned.
    ///
    /// # Errors
    /// FAILED_PRECONDITION `WRONG_PHASE` for an account that is not active, `ORG_MISMATCH` where another organisation stands
    /// behind the grant now, `PRECONDITION_CHECKS_FAILED` with a violation for each blocking check that failed.
    pub async fn repair(&self, name: &str, validate_only: bool) -> Result<Operation, Error> {
        let request = v1::RepairServiceAccountRequest {
            name: name.to_owned(),
            request_id: request_id(),
            validate_only,
        };
        rpc!(self.client, ProvisioningServiceClient.repair_service_account(request))
    }
}
