//! Reads `package.xml` and the destructive manifests.

use super::kinds::Kind;
use super::schema::{Violation, check};
use super::types::PACKAGE;
use super::xml::Element;

/// Members in one manifest; above it Salesforce refuses the deploy as too large.
const MEMBERS_MAX: usize = 50_000;

/// What a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manifest {
    /// `(type, full name)` in document order, `*` included.
    pub members: Vec<(String, String)>,
    /// `<version>`, such as `67.0`.
    pub version: Option<String>,
}

impl Manifest {
    /// Reads a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, Violation> {
        let root = Element::parse(bytes).map_err(|error| Violation {
            message: format!("Error parsing package.xml: {}", error.message),
            at: error.at,
        })?;
        if root.name != "Package" {
            return Err(Violation {
                message: format!("Error parsing package.xml: unexpected root element {}", root.name),
                at: root.at,
            });
        }
        check(&root, &PACKAGE)?;
        let mut members = Vec::new();
        for types in root.all("types") {
            let Some(name) = types.text_of("name") else {
                return Err(Violation {
                    message: "Required field is missing: name".to_owned(),
                    at: types.at,
                });
            };
            for member in types.all("members") {
                if member.text.is_empty() || members.len() == MEMBERS_MAX {
                    return Err(Violation {
                        message: format!("Invalid or too many members of type {name}"),
                        at: member.at,
                    });
                }
                // Clients that know folders of folders write those of reports with a slash behind.
                let in_folder = Kind::named(name).is_some_and(|kind| kind.in_folder);
                let own = if in_folder { member.text.trim_end_matches('/') } else { &member.text };
                members.push((name.to_owned(), own.to_owned()));
            }
        }
        let version = root.text_of("version").map(str::to_owned);
        if let Some(version) = &version
            && !version
                .split_once('.')
                .is_some_and(|(major, minor)| minor == "0" && major.parse::<u32>().is_ok())
        {
            return Err(Violation { message: format!("Invalid version specified: {version}"), at: root.at });
        }
        Ok(Self { members, version })
    }

    /// Major metadata API version, if the manifest names one.
    pub fn api_version(&self) -> Option<u32> {
        self.version.as_deref()?.split_once('.')?.0.parse().ok()
    }

    /// The manifest names `full_name` of `kind`, by itself or by `*`.
    pub fn names(&self, kind: &str, full_name: &str) -> bool {
        self.members.iter().any(|(a_kind, name)| a_kind == kind && (name == full_name || name == "*"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::xml::NAMESPACE;
    use super::*;

    fn manifest(inner: &str) -> Result<Manifest, Violation> {
        Manifest::parse(format!("<Package xmlns=\"{NAMESPACE}\">{inner}</Package>").as_bytes())
    }

    #[test]
    fn reads_members_in_order() {
        let read = manifest("<types><members>B</members><members>A</members><name>ApexClass</name></types><version>67.0</version>").unwrap();
        assert_eq!(
            read.members,
            [("ApexClass".to_owned(), "B".to_owned()), ("ApexClass".to_owned(), "A".to_owned())]
        );
        assert_eq!(read.api_version(), Some(67));
        assert!(read.names("ApexClass", "A") && !read.names("ApexTrigger", "A"));
    }

    #[test]
    fn refuses_bad_manifests() {
        assert!(manifest("<types><members>A</members></types>").is_err());
        assert!(manifest("<version>sixty</version>").is_err());
        assert!(Manifest::parse(b"<Package>").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_manifests_never_panic(inner in "(</?(types|members|name|version)>|[a-z.0-9*]{0,5}){0,40}") {
            let _ = manifest(&inner);
        }
    }
}
