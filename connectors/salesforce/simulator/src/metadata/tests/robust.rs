//! Whatever a zip holds, a deploy ends with rows and never with a panic.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::support::Zip;
use crate::config::Config;
use crate::metadata::archive::Archive;
use crate::metadata::package::Package;
use crate::metadata::stage::Stage;
use crate::org::Org;

static ORG: LazyLock<Arc<Org>> = LazyLock::new(|| Org::new(Config::default()).unwrap());

/// Rows of a deploy that is computed and thrown away: `(all, failed)`.
fn rows(zip: &Zip) -> (usize, usize) {
    let archive = Archive::read(&zip.bytes()).unwrap();
    let package = Package::read(&archive, true, false);
    let rights = ORG.read().rights(ORG.admin);
    let stage = Stage::run(&ORG, ORG.metadata().as_ref().clone(), &package, &rights, 67);
    (stage.rows.len(), stage.rows.iter().filter(|row| row.problem.is_some()).count())
}

/// Elements that metadata files really have, in any order, with any of these values.
fn markup() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "label",
        "pluralLabel",
        "sharingModel",
        "deploymentStatus",
        "nameField",
        "type",
        "fields",
        "fullName",
        "length",
        "precision",
        "scale",
        "referenceTo",
        "relationshipName",
        "required",
        "unique",
        "eventType",
        "customSettingsType",
        "objectPermissions",
        "object",
        "allowRead",
        "allowEdit",
        "fieldPermissions",
        "field",
        "readable",
        "editable",
        "classAccesses",
        "apexClass",
    ]);
    let value = prop::sample::select(vec![
        "",
        "true",
        "false",
        "Private",
        "Deployed",
        "Text",
        "MasterDetail",
        "Number",
        "A__c",
        "X__c",
        "Account",
        "Account.Name",
        "X__c.A__c",
        "1",
        "99999999999",
        "-1",
        "HighVolume",
        "Hierarchy",
        "&amp;",
        "\u{e4}",
    ]);
    let leaf = (name.clone(), value).prop_map(|(name, value)| format!("<{name}>{value}</{name}>"));
    leaf.prop_recursive(3, 24, 8, move |inner| {
        (name.clone(), prop::collection::vec(inner, 0..8))
            .prop_map(|(name, children)| format!("<{name}>{}</{name}>", children.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_object_file(parts in prop::collection::vec(markup(), 0..8), name in "[A-Za-z_]{1,8}(__c|__e|__x|)") {
        let (all, _) = rows(&Zip::default().object(&name, &parts.concat()));
        prop_assert!(all >= 2);
    }

    #[test]
    fn any_permission_set_file(parts in prop::collection::vec(markup(), 0..8)) {
        let (all, _) = rows(&Zip::default().permission_set("S", &parts.concat()));
        prop_assert_eq!(all, 2);
    }

    #[test]
    fn any_source(source in "(trigger T on |public class A |\\{|\\}|\\(|\\)|;|A__c|new |Trigger\\.new|[a-z]{1,3}| |'|/\\*|@IsTest){0,30}") {
        let (all, _) = rows(&Zip::default().class("A", &source).trigger("T", &source));
        prop_assert_eq!(all, 3);
    }

    #[test]
    fn any_deletion(kind in "(CustomObject|CustomField|ApexClass|PermissionSet|CustomPermission|Flow|X)", name in "[A-Za-z_.*]{1,10}") {
        let (all, failed) = rows(&Zip::default().deletes(&[(&kind, &name)]));
        prop_assert_eq!((all, failed), (3, 1));
    }
}

#[test]
fn any_deletion_is_not_just_refused() {
    assert_eq!(rows(&Zip::default().class("A", "public class A {}")), (2, 0));
}
