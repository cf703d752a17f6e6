//! ProvisioningService.

use provision_api::google::longrunning as lro;
use provision_api::v1;
use provision_api::v1::provisioning_service_server::ProvisioningService;
use provision_core::fault::{Fault, Result};
use provision_core::operation::Operation;
use provision_core::plan::ObjectSelection;
use provision_core::ports::{
    Accounts, BeginAuthorization, BegunAuthorization, Callback, CompleteAuthorization, ProvisionAccount,
    RepairAccount,
};
use provision_core::{AccountName, ObjectTypeId};
use secrecy::{ExposeSecret, SecretString};
use tonic::{Request, Response, Status};

use super::{Service, list};
use crate::convert::checks::{Checks, about, plain, required};
use crate::convert::{account, operation, plan, precondition, removal, time};
use crate::door::{answer, open};
use crate::{name, stream};

/// Most object types that a plan can be asked for.
const OBJECT_TYPES_MAX: usize = 10_000;
// Lengths in characters. OAuth servers set none; these are far above what is seen.
const STATE_MAX: usize = 512;
const CODE_MAX: usize = 4_096;
const ERROR_MAX: usize = 256;
const DESCRIPTION_MAX: usize = 2_048;
const LOGIN_HINT_MAX: usize = 256;
const ETAG_MAX: usize = 256;

#[tonic::async_trait]
impl ProvisioningService for Service {
    async fn create_service_account(
        &self,
        request: Request<v1::CreateServiceAccountRequest>,
    ) -> Result<Response<v1::ServiceAccount>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q| async move {
            let view = accounts.create(by, account::create(q)?).await?;
            Ok(account::to_proto(view))
        };
        self.door.change(request, act).await
    }

    async fn get_service_account(
        &self,
        request: Request<v1::GetServiceAccountRequest>,
    ) -> Result<Response<v1::ServiceAccount>, Status> {
        let act = |_, q: v1::GetServiceAccountRequest| async move {
            let view = self.door.ports.accounts.get(&name::account("name", &q.name)?).await?;
            Ok(account::to_proto(view))
        };
        self.door.read(request, act).await
    }

    async fn list_service_accounts(
        &self,
        request: Request<v1::ListServiceAccountsRequest>,
    ) -> Result<Response<v1::ListServiceAccountsResponse>, Status> {
        let act = |caller, q: v1::ListServiceAccountsRequest| async move {
            let tenant = name::tenant("parent", &q.parent)?;
            let query = self.door.query(&caller, list!(q, parent), account::FILTER_FIELDS)?;
            let page = self.door.ports.accounts.list(&tenant, query).await?;
            Ok(v1::ListServiceAccountsResponse {
                service_accounts: page.items.into_iter().map(account::to_proto).collect(),
                next_page_token: self.door.next(&caller, list!(q, parent), page.next),
            })
        };
        self.door.read(request, act).await
    }

    async fn update_service_account(
        &self,
        request: Request<v1::UpdateServiceAccountRequest>,
    ) -> Result<Response<v1::ServiceAccount>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q| async move {
            let view = accounts.update(by, account::update(q)?).await?;
            Ok(account::to_proto(view))
        };
        self.door.change(request, act).await
    }

    async fn delete_service_account(
        &self,
        request: Request<v1::DeleteServiceAccountRequest>,
    ) -> Result<Response<()>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q| async move { accounts.delete(by, precondition::delete(q)?).await };
        self.door.change(request, act).await
    }

    type WatchServiceAccountsStream = stream::Messages<v1::WatchServiceAccountsResponse>;

    async fn watch_service_accounts(
        &self,
        request: Request<v1::WatchServiceAccountsRequest>,
    ) -> Result<Response<Self::WatchServiceAccountsStream>, Status> {
        let (caller, body) = open(request)?;
        let opened = stream::accounts::open(self.door.clone(), caller.clone(), body).await;
        answer(&caller, opened)
    }

    async fn explain_service_account(
        &self,
        request: Request<v1::ExplainServiceAccountRequest>,
    ) -> Result<Response<v1::ExplainServiceAccountResponse>, Status> {
        let act = |_, q: v1::ExplainServiceAccountRequest| async move {
            let name = name::account("name", &q.name)?;
            let explained = self.door.ports.preconditions.explain(&name).await?;
            Ok(precondition::explanation(q.name, explained))
        };
        self.door.read(request, act).await
    }

    async fn check_preconditions(
        &self,
        request: Request<v1::CheckPreconditionsRequest>,
    ) -> Result<Response<v1::CheckPreconditionsResponse>, Status> {
        let port = self.door.ports.preconditions.clone();
        let act = |by, q: v1::CheckPreconditionsRequest| async move {
            let name = name::account("name", &q.name)?;
            Ok(precondition::report(port.check(by, &name).await?))
        };
        self.door.change(request, act).await
    }

    async fn accept_precondition(
        &self,
        request: Request<v1::AcceptPreconditionRequest>,
    ) -> Result<Response<v1::ServiceAccount>, Status> {
        let port = self.door.ports.preconditions.clone();
        let act = |by, q| async move {
            let view = port.accept(by, precondition::accept(q)?).await?;
            Ok(account::to_proto(view))
        };
        self.door.change(request, act).await
    }

    async fn begin_authorization(
        &self,
        request: Request<v1::BeginAuthorizationRequest>,
    ) -> Result<Response<v1::BeginAuthorizationResponse>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let allowed = self.door.settings.console_redirect_uris.clone();
        let act = |by, q| async move {
            Ok(page_to_open(accounts.begin_authorization(by, begin(q, &allowed)?).await?))
        };
        self.door.change(request, act).await
    }

    async fn complete_authorization(
        &self,
        request: Request<v1::CompleteAuthorizationRequest>,
    ) -> Result<Response<v1::ServiceAccount>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q| async move {
            let view = accounts.complete_authorization(by, complete(q)?).await?;
            Ok(account::to_proto(view))
        };
        self.door.change(request, act).await
    }

    async fn plan_provisioning(
        &self,
        request: Request<v1::PlanProvisioningRequest>,
    ) -> Result<Response<v1::ProvisioningPlan>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q: v1::PlanProvisioningRequest| async move {
            let name = name::account("name", &q.name)?;
            let selection = selection(q.object_types, q.all_object_types)?;
            Ok(plan::to_proto(accounts.plan(by, &name, selection).await?))
        };
        self.door.change(request, act).await
    }

    async fn provision_service_account(
        &self,
        request: Request<v1::ProvisionServiceAccountRequest>,
    ) -> Result<Response<lro::Operation>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q: v1::ProvisionServiceAccountRequest| async move {
            let mut checks = Checks::default();
            let name = checks.take(name::account("name", &q.name));
            let plan_etag = checks.take(required("plan_etag", &q.plan_etag, ETAG_MAX));
            checks.done()?;
            let (Some(name), Some(plan_etag)) = (name, plan_etag) else {
                return Err(Fault::internal_error("a check lost its fault"));
            };
            let validate_only = q.validate_only;
            let started = accounts
                .provision(by, ProvisionAccount { name: name.clone(), plan_etag, validate_only })
                .await?;
            begun(accounts.as_ref(), started, &name, validate_only).await
        };
        self.door.change(request, act).await
    }

    async fn reauthorize_service_account(
        &self,
        request: Request<v1::ReauthorizeServiceAccountRequest>,
    ) -> Result<Response<v1::BeginAuthorizationResponse>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let allowed = self.door.settings.console_redirect_uris.clone();
        let act = |by, q: v1::ReauthorizeServiceAccountRequest| async move {
            let q = v1::BeginAuthorizationRequest {
                name: q.name,
                redirect_uri: q.redirect_uri,
                login_hint: q.login_hint,
                request_id: q.request_id,
            };
            Ok(page_to_open(accounts.reauthorize(by, begin(q, &allowed)?).await?))
        };
        self.door.change(request, act).await
    }

    async fn repair_service_account(
        &self,
        request: Request<v1::RepairServiceAccountRequest>,
    ) -> Result<Response<lro::Operation>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q: v1::RepairServiceAccountRequest| async move {
            let name = name::account("name", &q.name)?;
            let validate_only = q.validate_only;
            let started = accounts.repair(by, RepairAccount { name: name.clone(), validate_only }).await?;
            begun(accounts.as_ref(), started, &name, validate_only).await
        };
        self.door.change(request, act).await
    }

    async fn deprovision_service_account(
        &self,
        request: Request<v1::DeprovisionServiceAccountRequest>,
    ) -> Result<Response<lro::Operation>, Status> {
        let accounts = self.door.ports.accounts.clone();
        let act = |by, q: v1::DeprovisionServiceAccountRequest| async move {
            let asked = removal::deprovision(q)?;
            let (name, validate_only) = (asked.name.clone(), asked.validate_only);
            let started = accounts.deprovision(by, asked).await?;
            begun(accounts.as_ref(), started, &name, validate_only).await
        };
        self.door.change(request, act).await
    }

    type ReadQuarantineExportStream = stream::Messages<v1::ReadQuarantineExportResponse>;

    async fn read_quarantine_export(
        &self,
        request: Request<v1::ReadQuarantineExportRequest>,
    ) -> Result<Response<Self::ReadQuarantineExportStream>, Status> {
        let (caller, body) = open(request)?;
        let opened = stream::export::open(self.door.clone(), caller.clone(), body).await;
        answer(&caller, opened)
    }
}

/// An operation as the call that began it answers it.
async fn begun(
    accounts: &dyn Accounts,
    started: Operation,
    name: &AccountName,
    validate_only: bool,
) -> Result<lro::Operation> {
    if !validate_only && !started.is_done() {
        return Ok(operation::to_proto(started, v1::ServiceAccount::default));
    }
    let account = account::to_proto(accounts.get(name).await?);
    Ok(match validate_only {
        true => operation::dry_run(started, || account),
        false => operation::to_proto(started, || account),
    })
}

fn page_to_open(begun: BegunAuthorization) -> v1::BeginAuthorizationResponse {
    v1::BeginAuthorizationResponse {
        authorization_url: begun.url.expose_secret().to_owned(),
        expire_time: Some(time::to_proto(begun.expire_time)),
        installation_url: begun.installation_url.unwrap_or_default(),
    }
}

fn begin(q: v1::BeginAuthorizationRequest, allowed: &[String]) -> Result<BeginAuthorization> {
    let mut checks = Checks::default();
    let name = checks.take(name::account("name", &q.name));
    let login_hint = checks.take(plain("login_hint", &q.login_hint, LOGIN_HINT_MAX));
    if !q.redirect_uri.is_empty() && !allowed.contains(&q.redirect_uri) {
        let why = "must be empty or one of the console URLs that the daemon is configured with";
        checks.take::<()>(Err(Fault::invalid("redirect_uri", why)));
    }
    checks.done()?;
    let (Some(name), Some(login_hint)) = (name, login_hint) else {
        return Err(Fault::internal_error("a check lost its fault"));
    };
    Ok(BeginAuthorization {
        name,
        redirect_uri: Some(q.redirect_uri).filter(|uri| !uri.is_empty()),
        login_hint: Some(login_hint).filter(|hint| !hint.is_empty()),
    })
}

fn complete(q: v1::CompleteAuthorizationRequest) -> Result<CompleteAuthorization> {
    let mut checks = Checks::default();
    let name = checks.take(name::account("name", &q.name));
    let state = checks.take(required("state", &q.state, STATE_MAX));
    let code = checks.take(plain("code", &q.code, CODE_MAX));
    let error = checks.take(plain("error", &q.error, ERROR_MAX));
    if q.error_description.chars().count() > DESCRIPTION_MAX {
        let why = format!("must be at most {DESCRIPTION_MAX} characters");
        checks.take::<()>(Err(Fault::invalid("error_description", why)));
    }
    if q.code.is_empty() == q.error.is_empty() {
        checks.take::<()>(Err(Fault::invalid("code", "exactly one of code and error must be given")));
    }
    checks.done()?;
    let (Some(name), Some(state), Some(code), Some(error)) = (name, state, code, error) else {
        return Err(Fault::internal_error("a check lost its fault"));
    };
    let callback = match error.is_empty() {
        true => Callback::Code(SecretString::from(code)),
        false => Callback::Refused { error, description: q.error_description },
    };
    Ok(CompleteAuthorization { expected: Some(name), state: SecretString::from(state), callback })
}

fn selection(names: Vec<String>, all: bool) -> Result<ObjectSelection> {
    match (names.is_empty(), all) {
        (true, false) => Ok(ObjectSelection::Default),
        (true, true) => Ok(ObjectSelection::All),
        (false, false) => {
            let mut listed = object_types(names)?;
            listed.sort_unstable();
            Ok(ObjectSelection::Listed(listed))
        }
        (false, true) => {
            Err(Fault::invalid("all_object_types", "must not be given together with object_types"))
        }
    }
}

fn object_types(names: Vec<String>) -> Result<Vec<String>> {
    if names.len() > OBJECT_TYPES_MAX {
        return Err(Fault::invalid("object_types", format!("must be at most {OBJECT_TYPES_MAX}")));
    }
    let mut seen = std::collections::BTreeSet::new();
    let mut checks = Checks::default();
    for (at, name) in names.iter().enumerate() {
        let field = format!("object_types[{at}]");
        checks.take(about(&field, ObjectTypeId::new(name.as_str())));
        if !seen.insert(name) {
            checks.take::<()>(Err(Fault::invalid(field, "stands there twice")));
        }
    }
    checks.done()?;
    Ok(names)
}
