//! Packages as the org knows them: the offers of AppExchange, what is installed, and the requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::org::Id;

/// A managed package on AppExchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// `033…`.
    pub id: Id,
    pub namespace: String,
    pub name: String,
    pub publisher: String,
    /// Oldest first.
    pub versions: Vec<PackageVersion>,
    /// The version that the org is born with.
    pub installed: Option<Id>,
    /// Metadata files by their path in a deploy's zip, `package.xml` included.
    pub files: Arc<BTreeMap<String, Bytes>>,
}

/// One version of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageVersion {
    /// `04t…`.
    pub id: Id,
    /// Major, minor, patch, build.
    pub number: [u32; 4],
    pub beta: bool,
    /// Installation key.
    pub key: Option<String>,
    /// Milliseconds after the org's birth before which nobody can see it yet.
    pub visible_after_ms: i64,
}

impl PackageVersion {
    /// `1.2.0`.
    pub fn text(&self) -> String {
        let [major, minor, patch, _] = self.number;
        format!("{major}.{minor}.{patch}")
    }
}

impl Package {
    /// The version with this id.
    pub fn version(&self, id: Id) -> Option<&PackageVersion> {
        self.versions.iter().find(|version| version.id == id)
    }
}

/// A package that is in the org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// `0A3…`.
    pub id: Id,
    pub package: Arc<Package>,
    /// The version that is there now.
    pub version: Id,
    /// The version that was installed first.
    pub first: Id,
    pub installed_ms: i64,
    pub by: Id,
}

/// Who gets access to what a package brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// Administrators only.
    #[default]
    None,
    /// All users.
    Full,
    /// Chosen profiles; none are chosen here.
    Custom,
}

impl Security {
    /// Reads the word of the API; clients differ in their capitals.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Full, Self::Custom].into_iter().find(|one| one.as_str().eq_ignore_ascii_case(text))
    }

    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Full => "Full",
            Self::Custom => "Custom",
        }
    }
}

/// How far a request has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Queued,
    InProgress,
    Success,
    /// With what went wrong.
    Error(Vec<String>),
}

/// A row of PackageInstallRequest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallRequest {
    /// `0Hf…`.
    pub id: Id,
    pub version: Id,
    pub security: Security,
    /// Values that come back as they were given.
    pub given: BTreeMap<String, serde_json::Value>,
    pub progress: Progress,
    pub by: Id,
    pub created_ms: i64,
    pub modified_ms: i64,
}

/// A row of SubscriberPackageVersionUninstallRequest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UninstallRequest {
    /// `06y…`.
    pub id: Id,
    pub version: Id,
    pub progress: Progress,
    pub by: Id,
    pub created_ms: i64,
    pub modified_ms: i64,
}

/// Everything about packages that changes.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// By the package's id.
    pub installed: BTreeMap<Id, Installed>,
    pub installs: BTreeMap<Id, InstallRequest>,
    pub uninstalls: BTreeMap<Id, UninstallRequest>,
}

impl Packages {
    /// Whether a package with this namespace is in the org.
    pub fn has_namespace(&self, namespace: &str) -> bool {
        self.installed.values().any(|one| one.package.namespace.eq_ignore_ascii_case(namespace))
    }

    /// Whether somebody installs or uninstalls right now.
    pub fn busy(&self) -> bool {
        let open = |progress: &Progress| matches!(progress, Progress::Queued | Progress::InProgress);
        self.installs.values().any(|one| open(&one.progress))
            || self.uninstalls.values().any(|one| open(&one.progress))
    }
}
