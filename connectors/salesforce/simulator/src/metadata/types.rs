//! The schema of the manifests, and the names of the types that are treated by name.

use std::sync::LazyLock;

use super::kinds::Kind;
use super::schema::Shape::{Named, Text};
use super::schema::{Type, many, one};

/// Name of the type whose components are single fields.
pub const CUSTOM_FIELD_TYPE: &str = "CustomField";

/// Name of the type whose components are single validation rules of an object.
pub const VALIDATION_RULE_TYPE: &str = "ValidationRule";

/// `package.xml` and the destructive manifests.
pub static PACKAGE: LazyLock<Type> = LazyLock::new(|| Type {
    name: "Package",
    members: vec![
        one("fullName", Text),
        one("apiAccessLevel", Text),
        one("description", Text),
        one("namespacePrefix", Text),
        many("objectPermissions", Named("ProfileObjectPermissions")),
        one("packageType", Text),
        one("postInstallClass", Text),
        one("setupWeblink", Text),
        many("types", Named("PackageTypeMembers")),
        one("uninstallClass", Text),
        one("version", Text),
    ],
});

/// The kind that a file of a package's sources is of.
pub(crate) fn packaged_kind(folder: &str, file: &str) -> Option<&'static Kind> {
    Kind::of_file(folder, file)
}
