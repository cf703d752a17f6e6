//! How the app comes into an organisation: its source, deployed by the daemon, or the vendor's managed package.

use std::fmt;
use std::str::FromStr;

use crate::render::Namespace;

/// How the app comes into organisations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Delivery {
    /// The daemon deploys the embedded source.
    #[default]
    Source,
    /// The app comes in the vendor's managed package; the daemon adds the triggers, which cannot.
    Package(PackageConfig),
}

/// The vendor's managed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageConfig {
    /// The version that is installed: `04t` and 12 or 15 more letters and digits.
    pub version_id: String,
    /// Prefix of everything in the package.
    pub namespace: String,
    pub install: PackageInstall,
    /// An older version is not enough. Unset: any version is.
    pub minimum_version: Option<PackageVersion>,
}

/// Who installs the package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PackageInstall {
    /// An administrator of the organisation, by a link.
    #[default]
    Administrator,
    /// The daemon, through the API. The authorising user needs "Download AppExchange Packages".
    Daemon,
}

/// A package's version: major, minor, patch, build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackageVersion(pub [u32; 4]);

impl fmt::Display for PackageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, _] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl FromStr for PackageVersion {
    type Err = &'static str;

    /// Reads `1.2`, `1.2.3` and `1.2.3.4`; a part that is left out is 0.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "must be a version such as 1.2.0";
        let parts: Vec<&str> = text.split('.').collect();
        if !(2..=4).contains(&parts.len()) {
            return Err(WRONG);
        }
        let mut version = [0; 4];
        for (place, part) in version.iter_mut().zip(parts) {
            let is_number = (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            *place = is_number.then(|| part.parse().ok()).flatten().ok_or(WRONG)?;
        }
        Ok(PackageVersion(version))
    }
}

impl Delivery {
    /// The package, where the app comes in one.
    pub fn package(&self) -> Option<&PackageConfig> {
        match self {
            Delivery::Source => None,
            Delivery::Package(package) => Some(package),
        }
    }

    /// What stands before the app's names.
    pub(crate) fn namespace(&self) -> Namespace<'_> {
        Namespace(self.package().map(|package| package.namespace.as_str()))
    }
}

impl PackageConfig {
    /// What is wrong with it, by the configuration's key.
    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if !is_package_version_id(&self.version_id) {
            return Err(("package_id", "must be 04t and 12 or 15 more letters and digits"));
        }
        let namespace = self.namespace.as_str();
        let grammar = (1..=15).contains(&namespace.len())
            && namespace.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && namespace.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && !namespace.contains("__")
            && !namespace.ends_with('_');
        if !grammar {
            let what = "must be 1 to 15 letters, digits and single underscores, a letter first";
            return Err(("package_namespace", what));
        }
        Ok(())
    }
}

/// It becomes a part of an address.
fn is_package_version_id(id: &str) -> bool {
    id.starts_with("04t") && matches!(id.len(), 15 | 18) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<PackageVersion>();
        assert!(version("1.10.0").expect("a version") > version("1.9").expect("a version"));
        assert_eq!(version("1.2").expect("a version").to_string(), "1.2.0");
        for text in ["", "1", "1.x", "1..2", "1.2.3.4.5", "-1.0", "+1.0", "1.99999999999"] {
            assert!(version(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_version_or_refused(text in ".{0,40}") {
            if let Ok(version) = text.parse::<PackageVersion>() {
                proptest::prop_assert_eq!(version.to_string().parse::<PackageVersion>().map(|v| v.0[..3].to_vec()), Ok(version.0[..3].to_vec()));
            }
        }
    }

    #[test]
    fn what_becomes_a_part_of_an_address_is_checked() {
        let package = |version_id: &str, namespace: &str| PackageConfig {
            version_id: version_id.to_owned(),
            namespace: namespace.to_owned(),
            install: PackageInstall::Administrator,
            minimum_version: None,
        };
        assert_eq!(package("04t000000000001AAA", "casec").check(), Ok(()));
        for (id, namespace, key) in [
            ("04t00000000000&", "casec", "package_id"),
            ("033000000000001AAA", "casec", "package_id"),
            ("04t000000000001AAA", "a__b", "package_namespace"),
            ("04t000000000001AAA", "", "package_namespace"),
        ] {
            assert_eq!(package(id, namespace).check().expect_err(id).0, key);
        }
    }
}
