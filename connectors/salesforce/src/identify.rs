//! Which organisation and user stand behind a session.

use chrono::Utc;
use provision_connector_sdk::ConnectorFault;
use provision_connector_sdk::core::account::Identity;
use provision_connector_sdk::core::{Fault, Reason};
use serde::Deserialize;
use serde_json::Value;

use crate::api::rest::Catalogue;
use crate::api::{Call, Org};
use crate::manifest::{ORGANIZATION_ID, PRODUCTION, SANDBOX, USERNAME};

/// Where the user behind a session is told.
pub(crate) const USER_INFO: &str = "/services/oauth2/userinfo";
/// What [`Organization`] is read from.
pub(crate) const ORGANIZATION: &str =
    "SELECT Id, Name, OrganizationType, IsSandbox, TrialExpirationDate, InstanceName FROM Organization";

/// The user behind the session.
#[derive(Debug, Deserialize)]
pub(crate) struct UserInfo {
    pub user_id: String,
    pub organization_id: String,
    pub preferred_username: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    pub user_type: String,
    /// Some answers lack it.
    pub active: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Organization {
    id: String,
    pub name: String,
    pub organization_type: String,
    is_sandbox: bool,
    pub trial_expiration_date: Option<String>,
    pub instance_name: Option<String>,
}

/// What kind of organisation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Production,
    Sandbox,
    Scratch,
    Trial,
    Developer,
}

impl Kind {
    /// As it stands in the identity.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Kind::Production => "production",
            Kind::Sandbox => "sandbox",
            Kind::Scratch => "scratch",
            Kind::Trial => "trial",
            Kind::Developer => "developer",
        }
    }

    /// For people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::Production => "a production organisation",
            Kind::Sandbox => "a sandbox",
            Kind::Scratch => "a scratch organisation",
            Kind::Trial => "a trial organisation",
            Kind::Developer => "a Developer Edition organisation",
        }
    }

    /// The environment that such organisations belong to: where they log in, and whose rules hold.
    pub(crate) fn environment(self) -> &'static str {
        match self {
            Kind::Sandbox | Kind::Scratch => SANDBOX,
            Kind::Production | Kind::Trial | Kind::Developer => PRODUCTION,
        }
    }
}

impl Organization {
    /// Scratch organisations and trials have an end. A sandbox names the edition of its production organisation.
    pub(crate) fn kind(&self) -> Kind {
        match (&self.trial_expiration_date, self.is_sandbox) {
            (Some(_), true) => Kind::Scratch,
            (_, true) => Kind::Sandbox,
            (_, false) if self.organization_type == "Developer Edition" => Kind::Developer,
            (Some(_), false) => Kind::Trial,
            (None, false) => Kind::Production,
        }
    }
}

async fn user_info(org: &Org<'_>) -> Result<UserInfo, ConnectorFault> {
    org.call(Call::get(USER_INFO)).await?.json()
}

async fn organization(org: &Org<'_>) -> Result<Organization, ConnectorFault> {
    let rows: Vec<Organization> = org.query(Catalogue::Data, ORGANIZATION).await?;
    rows.into_iter().next().ok_or_else(|| ConnectorFault::protocol("the organisation does not know itself"))
}

/// The time of authorisation is the account's where it is known, and now otherwise. Refused where the account's settings
/// expect another organisation or user.
pub(crate) async fn identify(org: &Org<'_>) -> Result<Identity, ConnectorFault> {
    let user = user_info(org).await?;
    let organization = organization(org).await?;
    if !same_id(&user.organization_id, &organization.id) {
        return Err(ConnectorFault::protocol("the user belongs to another organisation than the one asked"));
    }
    let settings = &org.session.account.settings;
    let expected = |setting: &str| settings.get(setting).and_then(Value::as_str);
    demand_organization(expected(ORGANIZATION_ID), &organization)?;
    demand_user(expected(USERNAME), &user)?;
    let instance_url = org.session.credentials.current().await?.instance_url;
    let known = org.session.account.identity.as_ref();
    let kind = organization.kind();
    Ok(Identity {
        environment: kind.environment().to_owned(),
        organization_kind: kind.as_str().to_owned(),
        edition: organization.organization_type,
        organization_id: organization.id,
        organization_name: organization.name,
        user_id: user.user_id,
        username: user.preferred_username.clone(),
        user_display_name: if user.name.is_empty() { user.preferred_username } else { user.name },
        instance_url,
        authorize_time: known.map_or_else(Utc::now, |identity| identity.authorize_time),
    })
}

fn demand_organization(expected: Option<&str>, actual: &Organization) -> Result<(), ConnectorFault> {
    match expected {
        Some(expected) if !same_id(expected, &actual.id) => Err(ConnectorFault::rejected(
            Fault::new(
                Reason::OrgMismatch,
                format!(
                    "the account expects organisation {expected}, but \"{}\" ({}) was authorised; \
                     log in to the right one, or correct settings.{ORGANIZATION_ID}",
                    actual.name, actual.id
                ),
            )
            .meta("expected", expected)
            .meta("actual", actual.id.as_str()),
        )),
        _ => Ok(()),
    }
}

/// Salesforce's user names are not case-sensitive.
fn demand_user(expected: Option<&str>, actual: &UserInfo) -> Result<(), ConnectorFault> {
    match expected {
        Some(expected) if !expected.eq_ignore_ascii_case(&actual.preferred_username) => {
            Err(ConnectorFault::rejected(
                Fault::new(
                    Reason::UserMismatch,
                    format!(
                        "the account expects user {expected}, but {} has authorised; log in as {expected} \
                         (log out of Salesforce in that browser first), or correct settings.{USERNAME}",
                        actual.preferred_username
                    ),
                )
                .meta("expected", expected)
                .meta("actual", actual.preferred_username.as_str()),
            ))
        }
        _ => Ok(()),
    }
}

/// Ids have 15 characters, or 18 with a checksum.
pub(crate) fn same_id(left: &str, right: &str) -> bool {
    matches!((left.get(..15), right.get(..15)), (Some(left), Some(right)) if left == right)
}
