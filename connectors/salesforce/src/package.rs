//! The vendor's managed package in an organisation.

pub(crate) mod install;

use provision_connector_sdk::core::{Fault, Reason};
use provision_connector_sdk::{AccountContext, ConnectorFault, Installation};
use serde::Deserialize;
use url::Url;

use crate::api::Org;
use crate::api::rest::Catalogue;
use crate::authorize;
use crate::connector::Inner;
use crate::delivery::{PackageConfig, PackageVersion};

/// Every installed package, with its version (Tooling API).
pub(crate) const SOQL: &str = "SELECT Id, SubscriberPackage.NamespacePrefix, SubscriberPackage.Name, \
     SubscriberPackageVersion.MajorVersion, SubscriberPackageVersion.MinorVersion, \
     SubscriberPackageVersion.PatchVersion, SubscriberPackageVersion.BuildNumber FROM InstalledSubscriberPackage";

/// A package that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installed {
    /// `0A3…`.
    pub id: String,
    pub name: String,
    pub version: PackageVersion,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InstalledRow {
    id: String,
    subscriber_package: Option<PackageRow>,
    subscriber_package_version: Option<VersionRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PackageRow {
    namespace_prefix: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VersionRow {
    major_version: u32,
    minor_version: u32,
    patch_version: u32,
    build_number: u32,
}

/// The package of a namespace among the rows of [`SOQL`]. One whose version Salesforce does not tell counts as the
/// oldest there can be.
pub(crate) fn find(rows: Vec<InstalledRow>, namespace: &str) -> Option<Installed> {
    rows.into_iter().find_map(|row| {
        let package = row.subscriber_package?;
        package.namespace_prefix.filter(|own| own.eq_ignore_ascii_case(namespace))?;
        let version = row.subscriber_package_version.map_or([0; 4], |version| {
            [version.major_version, version.minor_version, version.patch_version, version.build_number]
        });
        let name = package.name.unwrap_or_else(|| namespace.to_owned());
        Some(Installed { id: row.id, name, version: PackageVersion(version) })
    })
}

/// How the package of the session's environment stands: none where it is not installed, or where the app comes as
/// source. One call. Looks only.
pub(crate) async fn standing(org: &Org<'_>) -> Result<Option<Installed>, ConnectorFault> {
    match org.delivery()?.package() {
        Some(config) => Ok(find(org.query(Catalogue::Tooling, SOQL).await?, &config.namespace)),
        None => Ok(None),
    }
}

/// Where an administrator installs the package: at the host where they log in.
pub(crate) fn installation(inner: &Inner, account: &AccountContext) -> Option<Installation> {
    let config = inner.environment(account).ok()?.delivery.package()?;
    let host = authorize::specification(inner, account).ok()?.issuer;
    let url = Url::parse(&format!("{host}/packaging/installPackage.apexp?p0={}", config.version_id)).ok()?;
    Some(Installation { url, title: title(config) })
}

fn title(config: &PackageConfig) -> String {
    match config.minimum_version {
        Some(version) => format!("the managed package {}, version {version} or later", config.namespace),
        None => format!("the managed package {}", config.namespace),
    }
}

/// The package has to be installed by a person first.
pub(crate) fn not_installed(
    org: &Org<'_>,
    config: &PackageConfig,
    found: Option<&Installed>,
) -> ConnectorFault {
    let title = title(config);
    let message = match found {
        Some(found) => format!("{} {} is installed, and needed is {title}", found.name, found.version),
        None => format!("{title} is not installed in the organisation"),
    };
    let fault =
        Fault::new(Reason::AppNotInstalled, format!("{message}: an administrator installs it by the link"))
            .meta("namespace", config.namespace.clone());
    ConnectorFault::rejected(match installation(org.inner, &org.session.account) {
        Some(installation) => {
            let url = installation.url.to_string();
            fault.meta("install_url", url.clone()).link(url)
        }
        None => fault,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_by_its_namespace() {
        let rows: Vec<InstalledRow> = serde_json::from_value(serde_json::json!([
            {"Id": "0A3000000000001AAA", "SubscriberPackage": null, "SubscriberPackageVersion": null},
            {"Id": "0A3000000000002AAA",
             "SubscriberPackage": {"NamespacePrefix": "Casec", "Name": "Cloud App Security"},
             "SubscriberPackageVersion":
                {"MajorVersion": 1, "MinorVersion": 2, "PatchVersion": 3, "BuildNumber": 4}}
        ]))
        .expect("rows");
        let found = find(rows, "casec").expect("the package");
        assert_eq!((found.id.as_str(), found.version), ("0A3000000000002AAA", PackageVersion([1, 2, 3, 4])));
        assert!(find(Vec::new(), "casec").is_none());
    }
}
