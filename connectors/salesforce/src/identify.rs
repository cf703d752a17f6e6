//! Which organisation and user stand behind a session.

use chrono::Utc;
use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::account::Identity;
use serde::Deserialize;

use crate::api::rest::Catalogue;
use crate::api::{Call, Org};
use crate::manifest::{PRODUCTION, SANDBOX};

/// The user behind the session.
#[derive(Debug, Deserialize)]
pub(crate) struct UserInfo {
    pub user_id: String,
    organization_id: String,
    preferred_username: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    pub user_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Organization {
    id: String,
    name: String,
    pub organization_type: String,
    is_sandbox: bool,
    trial_expiration_date: Option<String>,
}

pub(crate) async fn user_info(org: &Org<'_>) -> Result<UserInfo, ConnectorFault> {
    org.call(Call::get("/services/oauth2/userinfo")).await?.json()
}

pub(crate) async fn organization(org: &Org<'_>) -> Result<Organization, ConnectorFault> {
    let soql = "SELECT Id, Name, OrganizationType, IsSandbox, TrialExpirationDate FROM Organization";
    let rows: Vec<Organization> = org.query(Catalogue::Data, soql).await?;
    rows.into_iter().next().ok_or_else(|| ConnectorFault::protocol("the organisation does not know itself"))
}

/// The time of authorisation is the account's where it is known, and now otherwise.
pub(crate) async fn identify(org: &Org<'_>) -> Result<Identity, ConnectorFault> {
    let user = user_info(org).await?;
    let organization = organization(org).await?;
    if !same_id(&user.organization_id, &organization.id) {
        return Err(ConnectorFault::protocol("the user belongs to another organisation than the one asked"));
    }
    let instance_url = org.session.credentials.current().await?.instance_url;
    let known = org.session.account.identity.as_ref();
    Ok(Identity {
        environment: if organization.is_sandbox { SANDBOX } else { PRODUCTION }.to_owned(),
        edition: organization.organization_type.clone(),
        organization_kind: kind(&organization).to_owned(),
        organization_id: organization.id,
        organization_name: organization.name,
        user_id: user.user_id,
        username: user.preferred_username.clone(),
        user_display_name: if user.name.is_empty() { user.preferred_username } else { user.name },
        instance_url,
        authorize_time: known.map_or_else(Utc::now, |identity| identity.authorize_time),
    })
}

/// Scratch organisations and trials have an end. A sandbox names the edition of its production organisation.
fn kind(organization: &Organization) -> &'static str {
    match (&organization.trial_expiration_date, organization.is_sandbox) {
        (Some(_), true) => "scratch",
        (Some(_), false) => "trial",
        (None, true) => "sandbox",
        (None, false) if organization.organization_type == "Developer Edition" => "developer",
        (None, false) => "production",
    }
}

/// Ids have 15 characters, or 18 with a checksum.
pub(crate) fn same_id(left: &str, right: &str) -> bool {
    matches!((left.get(..15), right.get(..15)), (Some(left), Some(right)) if left == right)
}
