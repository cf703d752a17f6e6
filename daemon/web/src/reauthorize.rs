//! Where an administrator authorises an account again: the link of next actions and notifications.
//!
//! The address holds the account's uid, which is random and known only to who may read the account or its notifications;
//! they hand it to the administrator. It leads no further than to the application's own login, and only while the account
//! needs a grant: what comes back is demanded to be of the organisation that the account has. Opening the page does
//! nothing, since mail scanners open links too.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use provision_core::account::{ConditionType, ServiceAccount, Status};
use provision_core::ports::{BeginAuthorization, Mutation};
use provision_core::{AccountName, Fault, Principal, Reason, Result};
use secrecy::ExposeSecret as _;

use crate::{Parts, callback, page};

/// Tenant, account, uid.
type Key = Path<(String, String, String)>;

pub(crate) async fn ask(State(parts): State<Parts>, Path(key): Key) -> Response {
    match waiting(&parts, key).await {
        Ok(Some(account)) => page::authorize_again(&account),
        Ok(None) => page::authorized_already(),
        Err(fault) => refused(&fault),
    }
}

pub(crate) async fn begin(State(parts): State<Parts>, Path(key): Key) -> Response {
    let account = match waiting(&parts, key).await {
        Ok(Some(account)) => account,
        Ok(None) => return page::authorized_already(),
        Err(fault) => return refused(&fault),
    };
    let by = Mutation { principal: Principal::system(), method: "ReauthorizationLink", idempotency: None };
    let request = BeginAuthorization { name: account.name.clone(), redirect_uri: None, login_hint: None };
    let begun = parts.accounts.reauthorize(by, request).await;
    let location = begun.map(|begun| HeaderValue::from_str(begun.url.expose_secret()));
    match location {
        Ok(Ok(location)) => {
            tracing::info!(account = %account.name, "an authorisation was begun from a link");
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        Ok(Err(invalid)) => refused(&Fault::internal_error(invalid)),
        Err(fault) => refused(&fault),
    }
}

/// The account, where it waits for a grant; `None` where it has one. An account that is not there and a wrong uid get
/// the same answer.
async fn waiting(
    parts: &Parts,
    (tenant, account, uid): (String, String, String),
) -> Result<Option<ServiceAccount>> {
    let absent = |fault: Fault| match fault.reason() {
        Reason::InvalidRequest => Fault::not_found("page"),
        _ => fault,
    };
    let tenant = tenant.parse().map_err(absent)?;
    let name = AccountName { tenant, account: account.parse().map_err(absent)? };
    let (account, _) = parts.accounts.get(&name).await?.value;
    if account.uid != uid || account.identity.is_none() {
        return Err(Fault::not_found(name));
    }
    let waits = account.condition(ConditionType::Authorized) != Status::True;
    Ok(waits.then_some(account))
}

fn refused(fault: &Fault) -> Response {
    if fault.reason() == Reason::ResourceNotFound {
        return page::not_found();
    }
    tracing::warn!(
        reason = fault.reason().as_str(),
        internal = fault.internal(),
        "an authorisation was not begun from a link"
    );
    page::refused(callback::status_of(fault), fault)
}
