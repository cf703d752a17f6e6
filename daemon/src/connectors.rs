//! The connectors of this daemon, by its configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::oauth::ClientSecrets;
use provision_connector_sdk::{GrantPolicy, file};
use provision_reconcile::Registry;
use provision_salesforce::{
    Cloud, Delivery, EnvironmentConfig, PackageConfig, PackageInstall, SalesforceConfig, SalesforceConnector,
};
use secrecy::SecretString;
use url::Url;

use crate::config::{
    ConnectorsSection, DeliveryKind, EnvironmentSection, PackageInstaller, SalesforceCloud, SalesforceSection,
};

/// Largest secret file: room for its lines and what stands around them.
const SECRET_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Largest secret.
const SECRET_BYTES_MAX: usize = 4 * 1024;
/// The current one, and the one before it while a rotation is under way.
const SECRETS_MAX: usize = 2;

/// The connectors, and what of them can be replaced while the daemon runs.
pub struct Configured {
    pub registry: Registry,
    /// By the environment's name.
    secrets: BTreeMap<&'static str, ClientSecrets>,
}

/// Builds what is configured; a fault names the key.
pub fn configured(section: &ConnectorsSection) -> Result<Configured, String> {
    let mut configured = Configured { registry: Registry::default(), secrets: BTreeMap::new() };
    if let Some(salesforce) = &section.salesforce {
        let config = salesforce_config(salesforce)?;
        for (name, environment) in [("sandbox", &config.sandbox), ("production", &config.production)] {
            if let Some(environment) = environment {
                configured.secrets.insert(name, environment.client_secrets.clone());
            }
        }
        let connector =
            SalesforceConnector::new(config).map_err(|e| format!("connectors.salesforce: {e}"))?;
        configured.registry.add(Arc::new(connector));
    }
    Ok(configured)
}

impl Configured {
    /// Takes the client secrets that the configuration names now; all of them, or none where one cannot be read.
    pub fn replace_secrets(&self, section: &ConnectorsSection) -> Result<(), String> {
        let Some(salesforce) = &section.salesforce else { return Ok(()) };
        let mut read = Vec::new();
        for (name, environment) in [("sandbox", &salesforce.sandbox), ("production", &salesforce.production)]
        {
            if let (Some(environment), Some(secrets)) = (environment, self.secrets.get(name)) {
                read.push((secrets, client_secrets(name, environment)?));
            }
        }
        for (secrets, now) in read {
            secrets.replace(now);
        }
        Ok(())
    }
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
    let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 3600);
    Ok(EnvironmentConfig {
        login_url: section.login_url.clone(),
        client_id: section.client_id.clone(),
        client_secrets: ClientSecrets::new(client_secrets(name, section)?),
        refresh_tokens: GrantPolicy {
            idle: Some(section.refresh_token_idle_days).filter(|idle| *idle > 0).map(days),
            lifetime: section.refresh_token_lifetime_days.map(days),
        },
        delivery: delivery(section).map_err(|e| format!("connectors.salesforce.{name}.{e}"))?,
    })
}

fn client_secrets(name: &str, section: &EnvironmentSection) -> Result<Vec<SecretString>, String> {
    match (&section.client_secret, &section.client_secret_file) {
        (Some(secret), _) => Ok(vec![secret.clone()]),
        (None, Some(path)) => secret_file(path)
            .map_err(|e| format!("connectors.salesforce.{name}.client_secret_file: {}: {e}", path.display())),
        (None, None) => Ok(Vec::new()),
    }
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

/// Up to [`SECRETS_MAX`] secrets, one a line.
fn secret_file(path: &Path) -> Result<Vec<SecretString>, String> {
    let text = file::read_text(path, SECRET_FILE_BYTES_MAX).map_err(|e| e.to_string())?;
    let secrets: Vec<_> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    if secrets.is_empty() || secrets.len() > SECRETS_MAX {
        return Err(format!("a secret file has 1 to {SECRETS_MAX} lines with a secret each"));
    }
    if secrets.iter().any(|secret| secret.len() > SECRET_BYTES_MAX) {
        return Err("a secret has 1 to 4096 bytes".to_owned());
    }
    Ok(secrets.into_iter().map(|secret| SecretString::from(secret.to_owned())).collect())
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

    #[test]
    fn a_secret_file_holds_the_secret_and_perhaps_the_one_before_it() {
        use secrecy::ExposeSecret as _;
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("secret");
        let read = |text: &str| {
            std::fs::write(&path, text).expect("written");
            secret_file(&path).map(|all| all.iter().map(|s| s.expose_secret().to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(read("new\nold\n"), Ok(vec!["new".to_owned(), "old".to_owned()]));
        assert_eq!(read("only"), Ok(vec!["only".to_owned()]));
        for wrong in ["", "\n\n", "a\nb\nc\n", &"x".repeat(5_000)] {
            assert!(read(wrong).is_err());
        }
        let shared = Configured {
            registry: Registry::default(),
            secrets: BTreeMap::from([("sandbox", ClientSecrets::from("first".to_owned()))]),
        };
        let connectors: ConnectorsSection = toml::from_str(
            "[salesforce.sandbox]\nlogin_url = \"https://test.salesforce.com\"\nclient_id = \"x\"\nclient_secret = \"second\"",
        )
        .expect("a section");
        shared.replace_secrets(&connectors).expect("replaced");
        assert_eq!(shared.secrets["sandbox"].all()[0].expose_secret(), "second");
    }
}
