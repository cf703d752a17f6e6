//! What AppExchange is told to offer: read from a file or made from a version id and a folder of sources.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::model::{Package, PackageVersion};
use super::source::{self, SourceError};
use crate::org::Id;

/// A package to offer. As a JSON file it has these names in camelCase; `source` is relative to the file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Offer {
    /// `033…`; made from `namespace` when absent.
    pub package_id: Option<String>,
    /// At most 15 letters, digits and single underscores.
    pub namespace: String,
    pub name: String,
    pub publisher: String,
    /// An SFDX project, a folder in source form, or a folder with a `package.xml`.
    pub source: PathBuf,
    /// Any order; every number once.
    pub versions: Vec<OfferedVersion>,
    /// Version number or id that the org is born with.
    pub installed: Option<String>,
}

/// One version of an [`Offer`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OfferedVersion {
    /// `04t…`; made from namespace and number when absent.
    pub id: Option<String>,
    /// `1.2`, `1.2.0` or `1.2.0.5`.
    pub number: String,
    pub beta: bool,
    /// Installation key.
    pub key: Option<String>,
    /// Seconds after the org's start before which it cannot be seen yet.
    #[serde(rename = "visibleAfterSeconds", deserialize_with = "seconds")]
    pub visible_after: Duration,
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    u32::deserialize(from).map(|seconds| Duration::from_secs(u64::from(seconds)))
}

/// Why a package cannot be offered.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    #[error("cannot read the package file {path}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the package file {path} does not fit")]
    Malformed { path: PathBuf, source: serde_json::Error },
    #[error("{0:?} is no namespace: 1 to 15 letters, digits and single underscores, a letter first")]
    Namespace(String),
    #[error("{0:?} is no id that starts with {1}")]
    BadId(String, &'static str),
    #[error("{0:?} is no version number such as 1.2.0")]
    Number(String),
    #[error("a package needs versions, each with its own number and id")]
    Versions,
    #[error("the package has no version {0:?} to be born with")]
    NoSuchVersion(String),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("the package {0} cannot be installed at the start: {1}")]
    Install(String, String),
}

impl Default for Offer {
    fn default() -> Self {
        Self {
            package_id: None,
            namespace: "casec".to_owned(),
            name: "Cloud App Security".to_owned(),
            publisher: "Cloud App Security".to_owned(),
            source: PathBuf::new(),
            versions: Vec::new(),
            installed: None,
        }
    }
}

impl Offer {
    /// The usual offer: `version_id` is 1.0.0, with an older 0.9.0 and a beta 1.1.0 beside it.
    pub fn of(version_id: &str, source: impl Into<PathBuf>) -> Self {
        let version = |id: Option<&str>, number: &str, beta: bool| OfferedVersion {
            id: id.map(str::to_owned),
            number: number.to_owned(),
            beta,
            ..OfferedVersion::default()
        };
        let versions = vec![
            version(None, "0.9.0", false),
            version(Some(version_id), "1.0.0", false),
            version(None, "1.1.0", true),
        ];
        Self { source: source.into(), versions, ..Self::default() }
    }

    /// Reads a JSON file.
    pub fn read(path: &Path) -> Result<Self, PackageError> {
        let text = std::fs::read(path)
            .map_err(|source| PackageError::Unreadable { path: path.to_owned(), source })?;
        let mut offer: Self = serde_json::from_slice(&text)
            .map_err(|source| PackageError::Malformed { path: path.to_owned(), source })?;
        if let Some(folder) = path.parent() {
            offer.source = folder.join(&offer.source);
        }
        Ok(offer)
    }

    /// Checks the offer and reads its sources.
    pub fn load(&self) -> Result<Package, PackageError> {
        if !is_namespace(&self.namespace) {
            return Err(PackageError::Namespace(self.namespace.clone()));
        }
        let named = |given: Option<&String>, prefix: &'static str, words: &[&str]| match given {
            Some(text) => Id::parse(text)
                .filter(|id| id.prefix() == prefix)
                .ok_or_else(|| PackageError::BadId(text.clone(), prefix)),
            None => Ok(Id::derived(prefix, words)),
        };
        let mut versions = Vec::new();
        for offered in &self.versions {
            versions.push(PackageVersion {
                id: named(offered.id.as_ref(), "04t", &[&self.namespace, &offered.number])?,
                number: number(&offered.number)?,
                beta: offered.beta,
                key: offered.key.clone(),
                visible_after_ms: i64::try_from(offered.visible_after.as_millis()).unwrap_or(i64::MAX),
            });
        }
        versions.sort_by_key(|version| version.number);
        let twice = |pair: &[PackageVersion]| pair[0].number == pair[1].number || pair[0].id == pair[1].id;
        if versions.is_empty() || versions.windows(2).any(twice) {
            return Err(PackageError::Versions);
        }
        let born = |wanted: &String| {
            let found = versions.iter().find(|version| {
                version.text() == *wanted || Id::parse(wanted).is_some_and(|id| id == version.id)
            });
            found.map(|version| version.id).ok_or_else(|| PackageError::NoSuchVersion(wanted.clone()))
        };
        Ok(Package {
            id: named(self.package_id.as_ref(), "033", &[&self.namespace])?,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            publisher: self.publisher.clone(),
            installed: self.installed.as_ref().map(born).transpose()?,
            versions,
            files: Arc::new(source::read(&self.source)?),
        })
    }
}

fn is_namespace(text: &str) -> bool {
    (1..=15).contains(&text.len())
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !text.contains("__")
        && !text.ends_with('_')
}

fn number(text: &str) -> Result<[u32; 4], PackageError> {
    let bad = || PackageError::Number(text.to_owned());
    let parts: Vec<u32> =
        text.split('.').map(|part| part.parse().map_err(|_| bad())).collect::<Result<_, _>>()?;
    match parts.as_slice() {
        [major, minor] => Ok([*major, *minor, 0, 1]),
        [major, minor, patch] => Ok([*major, *minor, *patch, 1]),
        [major, minor, patch, build] => Ok([*major, *minor, *patch, *build]),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_namespaces() {
        assert_eq!(number("1.2").ok(), Some([1, 2, 0, 1]));
        assert_eq!(number("1.2.3.4").ok(), Some([1, 2, 3, 4]));
        assert!(["", "1", "1.x", "1.2.3.4.5", "-1.0"].iter().all(|text| number(text).is_err()));
        assert!(is_namespace("casec") && is_namespace("a_b"));
        assert!(["", "1a", "a__b", "a_", "sixteen_letters_", "a-b"].iter().all(|text| !is_namespace(text)));
    }

    #[test]
    fn what_does_not_fit_is_refused_before_the_sources_are_read() {
        let refusal = |offer: Offer| offer.load().map(|_| ()).map_err(|error| error.to_string());
        let good = Offer::of("04t000000000001AAA", "/nowhere");
        let text = refusal(Offer { namespace: "1".to_owned(), ..good.clone() }).expect_err("a digit first");
        assert!(text.contains("no namespace"), "{text}");
        let text = refusal(Offer::of("033000000000001AAA", "/nowhere")).expect_err("a package's id");
        assert!(text.contains("04t"), "{text}");
        let text =
            refusal(Offer { installed: Some("7.0.0".to_owned()), ..good.clone() }).expect_err("no 7.0.0");
        assert!(text.contains("7.0.0"), "{text}");
        assert!(refusal(Offer { versions: Vec::new(), ..good.clone() }).is_err());
        assert!(refusal(good).expect_err("no folder").contains("/nowhere"));
    }
}
