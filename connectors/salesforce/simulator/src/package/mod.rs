//! Managed packages: what AppExchange offers to the org, how a version is installed, upgraded and taken away.

mod access;
mod content;
mod install;
mod model;
mod offer;
mod source;
mod uninstall;
mod verdict;

pub(crate) use install::{InstallOrder, Refused, install_at_birth, order as order_install};
pub use model::{
    InstallRequest, Installed, Package, PackageVersion, Packages, Progress, Security, UninstallRequest,
};
pub use offer::{Offer, OfferedVersion, PackageError};
pub(crate) use uninstall::order as order_uninstall;
pub(crate) use verdict::{Verdict, verdict};

/// The namespace of a component's API name: `ns` of `ns__Thing__c`. A custom suffix alone is none.
pub fn namespace_of(name: &str) -> Option<&str> {
    let (first, rest) = name.split_once("__")?;
    (!first.is_empty() && rest.contains("__")).then_some(first)
}

/// The API name without its namespace.
pub(crate) fn bare(name: &str) -> &str {
    namespace_of(name).map_or(name, |namespace| &name[namespace.len() + 2..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_stands_before_the_name_and_its_suffix() {
        assert_eq!(namespace_of("ns__Thing__c"), Some("ns"));
        assert_eq!(
            (namespace_of("Thing__c"), namespace_of("Account"), namespace_of("__c")),
            (None, None, None)
        );
        assert_eq!((bare("ns__Thing__c"), bare("Thing__c")), ("Thing__c", "Thing__c"));
    }
}
