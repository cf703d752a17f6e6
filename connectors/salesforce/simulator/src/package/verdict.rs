//! Whether a version may come into the org as it is now.

use super::model::{Package, PackageVersion, Packages, Progress};
use crate::org::Org;

/// `SubscriberPackageVersion.InstallValidationStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    /// Published too recently to be seen here.
    Unavailable,
    BetaInProduction,
    EarlierVersion,
    UpgradeOfBeta,
    UninstallInProgress,
}

impl Verdict {
    /// The word of the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "NO_ERRORS_DETECTED",
            Self::Unavailable => "PACKAGE_UNAVAILABLE",
            Self::BetaInProduction => "BETA_INSTALL_INTO_PRODUCTION_ORG",
            Self::EarlierVersion => "CANNOT_INSTALL_EARLIER_VERSION",
            Self::UpgradeOfBeta => "CANNOT_UPGRADE_BETA",
            Self::UninstallInProgress => "UNINSTALL_IN_PROGRESS",
        }
    }

    /// The words of a refusal.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Fine => "",
            Self::Unavailable => {
                "The requested package doesn't yet exist or has been deleted. If this is a recently created package version, please try again in a few minutes or contact the package publisher."
            }
            Self::BetaInProduction => {
                "This package can't be installed. Beta packages cannot be installed in production organizations."
            }
            Self::EarlierVersion => {
                "This package can't be installed. A newer version of this package is already installed in this organization."
            }
            Self::UpgradeOfBeta => {
                "This package can't be installed. The installed version of this package is a beta, which can't be upgraded. Uninstall it first."
            }
            Self::UninstallInProgress => {
                "This package can't be installed. An uninstall of this package is in progress. Try again later."
            }
        }
    }
}

/// What the org says to a version.
pub(crate) fn verdict(
    org: &Org,
    packages: &Packages,
    package: &Package,
    version: &PackageVersion,
) -> Verdict {
    if org.now_ms() - org.started_ms < version.visible_after_ms {
        return Verdict::Unavailable;
    }
    let uninstalling = packages.uninstalls.values().any(|request| {
        matches!(request.progress, Progress::Queued | Progress::InProgress)
            && package.version(request.version).is_some()
    });
    if uninstalling {
        return Verdict::UninstallInProgress;
    }
    if version.beta && org.is_active_production() {
        return Verdict::BetaInProduction;
    }
    let present = packages.installed.get(&package.id).and_then(|one| package.version(one.version));
    match present {
        Some(present) if present.number > version.number => Verdict::EarlierVersion,
        Some(present) if present.beta && present.id != version.id => Verdict::UpgradeOfBeta,
        _ => Verdict::Fine,
    }
}
