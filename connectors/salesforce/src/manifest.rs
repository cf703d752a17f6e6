//! What the connector says of itself, and its texts for people.

use std::collections::BTreeMap;

use provision_connector_sdk::core::ConnectorId;
use provision_connector_sdk::core::connector::{Environment, Manifest, RequiredPermission};
use provision_connector_sdk::core::notification::NotificationCode;
use serde_json::json;

use crate::check::PERMISSIONS;
use crate::config::SalesforceConfig;

pub(crate) const SANDBOX: &str = "sandbox";
pub(crate) const PRODUCTION: &str = "production";
/// The one setting of an account.
pub(crate) const LOGIN_URL: &str = "loginUrl";

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
            },
            "additionalProperties": false,
        }),
        required_permissions: PERMISSIONS
            .iter()
            .filter(|needed| needed.blocking)
            .map(|needed| RequiredPermission {
                permission: needed.name.to_owned(),
                display_name: needed.title.to_owned(),
                needed_for: needed.needed_for.to_owned(),
            })
            .collect(),
        preconditions: crate::check::specs(),
        authorization_hints: Vec::new(),
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
            "Salesforce {environment} must be authorised again by an administrator of \"{organization_name}\"."
        }
        NotificationCode::InventoryChanged => {
            "Salesforce {environment} \"{organization_name}\" has changed: {changes}."
        }
        NotificationCode::InventoryHeld => {
            "Much less was found in Salesforce {environment} \"{organization_name}\" than before ({changes}); look at \
             the org, then refresh the inventory and accept the fall."
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
                client_secret: None,
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
