//! What the connector says of itself, and its texts for people.

use std::collections::BTreeMap;

use provision_connector_sdk::core::ConnectorId;
use provision_connector_sdk::core::connector::{Environment, Manifest};
use provision_connector_sdk::core::notification::NotificationCode;
use serde_json::json;

use crate::check;
use crate::config::SalesforceConfig;

pub(crate) const SANDBOX: &str = "sandbox";
pub(crate) const PRODUCTION: &str = "production";
/// The settings of an account.
pub(crate) const LOGIN_URL: &str = "loginUrl";
pub(crate) const ORGANIZATION_ID: &str = "organizationId";
pub(crate) const USERNAME: &str = "username";

/// Salesforce shows each of these to the browser alone, so the daemon only sees that nobody comes back.
const AUTHORIZATION_HINTS: [&str; 7] = [
    "\"App must be installed into org\", or an approval error: the app is not installed in the organisation. A Salesforce \
     administrator installs it (Setup > Connected Apps OAuth Usage > Install, or the app's package), or logs in as a user \
     with \"Approve Uninstalled Connected Apps\".",
    "OAUTH_APP_BLOCKED: an administrator has blocked the app. Unblock it under Setup > Connected Apps OAuth Usage.",
    "OAUTH_APP_ACCESS_DENIED, \"user is not admin approved to access this app\": the app is for approved users only. Add \
     the user's profile or a permission set to the app under Setup > Manage Connected Apps > Manage Profiles.",
    "The login page refuses the address or the hour: look at Login IP Ranges and Login Hours of the user's profile, and \
     at Setup > Identity Verification History.",
    "The login page is not offered: My Domain forbids login.salesforce.com or test.salesforce.com (Setup > My Domain > \
     Policies). Set loginUrl to the organisation's My Domain.",
    "\"Missing required code challenge\", invalid_client_id or redirect_uri_mismatch: the app at Salesforce is not set up as \
     the daemon is. The operator compares consumer key, callback URL and PKCE; a new app takes ten minutes to be known.",
    "The wrong user comes up: the browser is logged in to Salesforce as somebody else. Log out there, or use a private \
     window.",
];

pub(crate) fn manifest(config: &SalesforceConfig, version: &str) -> Result<Manifest, String> {
    let offered = [(SANDBOX, "Sandbox", &config.sandbox), (PRODUCTION, "Production", &config.production)];
    let environments = offered.into_iter().filter(|(_, _, configured)| configured.is_some());
    Ok(Manifest {
        id: ConnectorId::new("salesforce").map_err(|fault| fault.to_string())?,
        display_name: "Salesforce".to_owned(),
        version: version.to_owned(),
        environments: environments
            .map(|(id, name, _)| Environment { id: id.to_owned(), display_name: name.to_owned() })
            .collect(),
        capabilities: vec!["changes".to_owned()],
        settings_schema: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Settings of a Salesforce service account",
            "type": "object",
            "properties": {
                LOGIN_URL: {
                    "type": "string",
                    "title": "Login URL",
                    "description": "The organisation's My Domain, such as https://acme.my.salesforce.com, where it does not allow login.salesforce.com or test.salesforce.com.",
                    "pattern": "^https?://",
                    "maxLength": 255,
                },
                ORGANIZATION_ID: {
                    "type": "string",
                    "title": "Organisation id",
                    "description": "The organisation that is expected (15 or 18 characters, from Setup > Company Information). Another one is refused.",
                    "pattern": "^00D[A-Za-z0-9]{12}([A-Z0-5]{3})?$",
                },
                USERNAME: {
                    "type": "string",
                    "title": "User name",
                    "description": "The user who is expected to authorise, such as security@acme.com.uat. Another one is refused.",
                    "pattern": "^[^\\s@]{1,64}@[^\\s@]+$",
                    "maxLength": 80,
                },
            },
            "additionalProperties": false,
        }),
        required_permissions: check::required_permissions(),
        preconditions: check::specs(config),
        authorization_hints: AUTHORIZATION_HINTS.into_iter().map(str::to_owned).collect(),
        notification_texts: texts(),
    })
}

fn texts() -> BTreeMap<NotificationCode, String> {
    NotificationCode::ALL.into_iter().map(|code| (code, text(code).to_owned())).collect()
}

fn text(code: NotificationCode) -> &'static str {
    match code {
        NotificationCode::AccountAuthorized => {
            "Salesforce {environment} \"{organization_name}\" authorised as {username}; it can be provisioned."
        }
        NotificationCode::AccountProtected => "Salesforce {environment} protected.",
        NotificationCode::ProvisioningFailed => {
            "Salesforce {environment} could not be provisioned: {message}"
        }
        NotificationCode::ProvisioningCancelled => "Provisioning of Salesforce {environment} was cancelled.",
        NotificationCode::EventsInterrupted => {
            "Salesforce {environment} reports no changes at the moment: {message}"
        }
        NotificationCode::EventsResumed => "Salesforce {environment} reports changes again.",
        NotificationCode::ReauthorizationRequired => {
            "Salesforce {environment} must be authorised again by an administrator of \"{organization_name}\": {link}"
        }
        NotificationCode::InventoryChanged => {
            "Salesforce {environment} \"{organization_name}\" has changed: {changes}."
        }
        NotificationCode::InventoryHeld => {
            "Much less was found in Salesforce {environment} \"{organization_name}\" than before ({changes}); look at \
             the org, then refresh the inventory and accept the fall."
        }
        NotificationCode::GrantInDoubt => {
            "Whether Salesforce {environment} \"{organization_name}\" still accepts our access cannot be told; it may \
             have to be authorised again soon."
        }
        NotificationCode::GrantExpiring => {
            "Our access to Salesforce {environment} \"{organization_name}\" ends at {expire_time}; authorise it again \
             before."
        }
        NotificationCode::EventsMissed => {
            "Changes in Salesforce {environment} since {since} were not reported and have not been scanned."
        }
        NotificationCode::DriftDetected => {
            "Salesforce {environment} \"{organization_name}\" is not as it was provisioned: {message}."
        }
        NotificationCode::AccountRepaired => "Salesforce {environment} is as it was provisioned again.",
        NotificationCode::RepairFailed => "Salesforce {environment} could not be repaired: {message}",
        NotificationCode::AccountSuspended => {
            "Protection of Salesforce {environment} is suspended: {message}. Nothing was removed."
        }
        NotificationCode::AccountResumed => "Protection of Salesforce {environment} goes on.",
        NotificationCode::AccountDeprovisioned => "Salesforce {environment} deprovisioned.",
        NotificationCode::DeprovisioningFailed => {
            "Salesforce {environment} could not be deprovisioned: {message}"
        }
        NotificationCode::ActionOverdue => "Salesforce {environment} waits for somebody: {message}.",
        NotificationCode::LicenseExpiring => {
            "The licence for Salesforce {environment} has ended: {message}; renew it, or protection is suspended."
        }
        NotificationCode::RemovalDue => {
            "Salesforce {environment} will be deprovisioned at {removal_time} unless the licence is renewed."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_protection_is_exact() {
        let manifest = |environment: &str| {
            let parameters = BTreeMap::from([("environment".to_owned(), environment.to_owned())]);
            let mut config =
                SalesforceConfig::new("https://api.pubsub.salesforce.com:7443".parse().expect("url"));
            config.sandbox = Some(crate::EnvironmentConfig {
                login_url: "https://test.salesforce.com".parse().expect("url"),
                client_id: "x".to_owned(),
                client_secrets: Default::default(),
                refresh_tokens: Default::default(),
                delivery: Default::default(),
            });
            let manifest = manifest(&config, "1.0.0").expect("a manifest");
            assert_eq!(manifest.environments.len(), 1, "only what is configured is offered");
            manifest.notification_text(NotificationCode::AccountProtected, &parameters)
        };
        assert_eq!(manifest("Sandbox"), "Salesforce Sandbox protected.");
        assert_eq!(manifest("Production"), "Salesforce Production protected.");
    }
}
