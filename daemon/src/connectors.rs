//! The connectors of this daemon, by its configuration.

use std::path::Path;
use std::sync::Arc;

use provision_reconcile::Registry;
use provision_salesforce::{Cloud, EnvironmentConfig, SalesforceConfig, SalesforceConnector};
use secrecy::SecretString;
use url::Url;

use crate::config::{ConnectorsSection, EnvironmentSection, SalesforceCloud, SalesforceSection};

/// Largest secret file.
const SECRET_BYTES_MAX: usize = 4 * 1024;

/// Builds what is configured; a fault names the key.
pub fn registry(section: &ConnectorsSection) -> Result<Registry, String> {
    let mut registry = Registry::default();
    if let Some(salesforce) = &section.salesforce {
        let config = salesforce_config(salesforce)?;
        let connector =
            SalesforceConnector::new(config).map_err(|e| format!("connectors.salesforce: {e}"))?;
        registry.add(Arc::new(connector));
    }
    Ok(registry)
}

fn salesforce_config(section: &SalesforceSection) -> Result<SalesforceConfig, String> {
    let pubsub_url = match &section.pubsub_url {
        Some(url) => url.clone(),
        None => Url::parse(SalesforceConfig::PUBSUB_URL).map_err(|e| e.to_string())?,
    };
    let mut config = SalesforceConfig::new(pubsub_url);
    config.ca_file = section.ca_file.clone();
    config.allow_loopback = section.allow_loopback;
    config.further_clouds = section
        .further_clouds
        .iter()
        .map(|cloud| match cloud {
            SalesforceCloud::Government => Cloud::Government,
            SalesforceCloud::China => Cloud::China,
        })
        .collect();
    if let Some(version) = &section.api_version {
        config.api_version = version.clone();
    }
    config.sandbox = section.sandbox.as_ref().map(|e| environment("sandbox", e)).transpose()?;
    config.production = section.production.as_ref().map(|e| environment("production", e)).transpose()?;
    Ok(config)
}

fn environment(name: &str, section: &EnvironmentSection) -> Result<EnvironmentConfig, String> {
    let client_secret = match (&section.client_secret, &section.client_secret_file) {
        (Some(secret), _) => Some(secret.clone()),
        (None, Some(path)) => Some(secret_file(path).map_err(|e| {
            format!("connectors.salesforce.{name}.client_secret_file: {}: {e}", path.display())
        })?),
        (None, None) => None,
    };
    Ok(EnvironmentConfig {
        login_url: section.login_url.clone(),
        client_id: section.client_id.clone(),
        client_secret,
    })
}

fn secret_file(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.len() > SECRET_BYTES_MAX {
        return Err("a secret has 1 to 4096 bytes".to_owned());
    }
    Ok(SecretString::from(secret.to_owned()))
}
