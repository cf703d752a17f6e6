//! The connectors of this daemon, by its configuration.

use std::path::Path;
use std::sync::Arc;

use provision_reconcile::Registry;
use provision_salesforce::{
    Cloud, Delivery, EnvironmentConfig, PackageConfig, PackageInstall, SalesforceConfig, SalesforceConnector,
};
use secrecy::SecretString;
use url::Url;

use crate::config::{
    ConnectorsSection, DeliveryKind, EnvironmentSection, PackageInstaller, SalesforceCloud, SalesforceSection,
};

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
    config.egress_addresses = section.egress_addresses.clone();
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
        delivery: delivery(section).map_err(|e| format!("connectors.salesforce.{name}.{e}"))?,
    })
}

/// How the app comes into organisations of an environment; a fault begins with the key.
fn delivery(section: &EnvironmentSection) -> Result<Delivery, String> {
    let by_package =
        section.delivery.map_or(section.package_id.is_some(), |kind| kind == DeliveryKind::Package);
    if !by_package {
        let unused = [
            ("package_id", section.package_id.is_some()),
            ("package_namespace", section.package_namespace.is_some()),
            ("package_minimum_version", section.package_minimum_version.is_some()),
        ];
        return match unused.iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(format!("{key}: needs delivery = \"package\"")),
            None => Ok(Delivery::Source),
        };
    }
    let needed = |key: &str, value: &Option<String>| {
        value.clone().ok_or_else(|| format!("{key}: is missing; delivery = \"package\" needs it"))
    };
    let minimum_version = section.package_minimum_version.as_deref().map(str::parse).transpose();
    Ok(Delivery::Package(PackageConfig {
        version_id: needed("package_id", &section.package_id)?,
        namespace: needed("package_namespace", &section.package_namespace)?,
        install: match section.package_install {
            PackageInstaller::Administrator => PackageInstall::Administrator,
            PackageInstaller::Daemon => PackageInstall::Daemon,
        },
        minimum_version: minimum_version.map_err(|what| format!("package_minimum_version: {what}"))?,
    }))
}

fn secret_file(path: &Path) -> Result<SecretString, String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() || secret.len() > SECRET_BYTES_MAX {
        return Err("a secret has 1 to 4096 bytes".to_owned());
    }
    Ok(SecretString::from(secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(keys: &str) -> EnvironmentSection {
        let text = format!("login_url = \"https://test.salesforce.com\"\nclient_id = \"x\"\n{keys}");
        toml::from_str(&text).expect("a section")
    }

    #[test]
    fn the_source_is_deployed_where_no_package_is_named() {
        assert_eq!(delivery(&section("")), Ok(Delivery::Source));
        let package = "package_id = \"04t000000000001AAA\"\npackage_namespace = \"casec\"\n";
        let by_package =
            delivery(&section(&format!("{package}package_minimum_version = \"1.2\""))).expect("a package");
        let config = by_package.package().expect("a package");
        assert_eq!((config.namespace.as_str(), config.install), ("casec", PackageInstall::Administrator));
        assert_eq!(config.minimum_version.map(|version| version.to_string()).as_deref(), Some("1.2.0"));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_key() {
        for (keys, key) in [
            ("delivery = \"package\"", "package_id"),
            ("package_id = \"04t000000000001AAA\"", "package_namespace"),
            ("delivery = \"source\"\npackage_id = \"04t000000000001AAA\"", "package_id"),
            ("package_namespace = \"casec\"", "package_namespace"),
            (
                "package_id = \"x\"\npackage_namespace = \"casec\"\npackage_minimum_version = \"new\"",
                "package_minimum_version",
            ),
        ] {
            let told = delivery(&section(keys)).expect_err(keys);
            assert!(told.starts_with(key), "{told}");
        }
    }
}
