//! Deploys beside a managed package: what others may use of it, and what nobody may touch.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::support::{NS, World, Zip, item, row};
use crate::ledger::Kind;
use crate::org::Id;
use crate::package::{Package, PackageVersion, Progress, install_at_birth, order_uninstall};

const CLASS_META: &str = "<apiVersion>67.0</apiVersion><status>Active</status>";

fn package() -> Package {
    let class = |body: &str| Bytes::from(body.to_owned());
    let mut files = BTreeMap::new();
    for (name, body) in [
        (
            "Handler",
            "global with sharing class Handler { global static void run(String a) {} public static void own() {} }",
        ),
        ("Inner", "public class Inner { public static void run() {} }"),
    ] {
        files.insert(format!("classes/{name}.cls"), class(body));
        let meta = format!("<ApexClass xmlns=\"{NS}\">{CLASS_META}</ApexClass>");
        files.insert(format!("classes/{name}.cls-meta.xml"), class(&meta));
    }
    files.insert(
        "objects/Item__c.object".to_owned(),
        class(&format!("<CustomObject xmlns=\"{NS}\">{}</CustomObject>", item(""))),
    );
    let set = "<label>Set</label><objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Item__c</object><viewAllRecords>false</viewAllRecords></objectPermissions>";
    files.insert(
        "permissionsets/Set.permissionset".to_owned(),
        class(&format!("<PermissionSet xmlns=\"{NS}\">{set}</PermissionSet>")),
    );
    let manifest = format!(
        "<Package xmlns=\"{NS}\"><types><members>*</members><name>ApexClass</name></types><types><members>*</members><name>CustomObject</name></types><types><members>*</members><name>PermissionSet</name></types><version>67.0</version></Package>"
    );
    files.insert("package.xml".to_owned(), class(&manifest));
    let version = Id::derived("04t", &["1"]);
    Package {
        id: Id::derived("033", &["1"]),
        namespace: "ven".to_owned(),
        name: "Vendor".to_owned(),
        publisher: "Vendor".to_owned(),
        versions: vec![PackageVersion {
            id: version,
            number: [1, 0, 0, 1],
            beta: false,
            key: None,
            visible_after_ms: 0,
        }],
        installed: Some(version),
        files: Arc::new(files),
    }
}

fn with_package() -> World {
    let world = World::with(|config| config.packages = vec![package()]);
    install_at_birth(&world.org).unwrap();
    world
}

fn calls(body: &str) -> Zip {
    Zip::default().trigger("T", &format!("trigger T on Account (before insert) {{ {body} }}"))
}

#[tokio::test]
async fn a_trigger_calls_what_the_package_makes_global() {
    let world = with_package();
    world.succeeds(&calls("ven.Handler.run('Account');")).await;
    world.succeeds(&calls("VEN.handler.RUN('Account');")).await;
    world.succeeds(&calls("ven.Handler h = null;")).await;
    for (body, problem) in [
        ("ven.Inner.run();", "Type is not visible: ven.Inner"),
        ("ven.Handler.own();", "Method is not visible: void ven.Handler.own()"),
        ("ven.Missing.run();", "Variable does not exist: ven.Missing"),
        ("ven.Missing m = null;", "Invalid type: ven.Missing"),
        (
            "ven.Handler.missing();",
            "Method does not exist or incorrect signature: void missing() from the type ven.Handler",
        ),
        ("Handler.run('Account');", "Variable does not exist: Handler"),
    ] {
        assert_eq!(world.refusal(&calls(body)).await, problem);
    }
    let test = Zip::default()
        .class("A_Test", "@IsTest private class A_Test { @IsTest static void a() { ven.Inner.run(); } }");
    assert_eq!(world.refusal(&test).await, "Type is not visible: ven.Inner");
}

#[tokio::test]
async fn without_the_package_its_namespace_is_an_unknown_word() {
    let world = World::new();
    assert_eq!(world.refusal(&calls("ven.Handler.run('Account');")).await, "Variable does not exist: ven");
    assert_eq!(world.refusal(&calls("ven.Handler h = null;")).await, "Invalid type: ven");
}

#[tokio::test]
async fn the_orgs_own_components_live_beside_namesakes_of_a_package() {
    let world = with_package();
    world.succeeds(&Zip::default().object("Item__c", &item(""))).await;
    let (own, theirs) = {
        let metadata = world.org.metadata();
        let object = |name: &str| metadata.object(name).unwrap().clone();
        (object("Item__c"), object("ven__Item__c"))
    };
    assert_ne!((own.id, &own.key_prefix), (theirs.id, &theirs.key_prefix));
    world.succeeds(&Zip::default().class("Handler", "public class Handler {}")).await;
    let names = world.org.metadata().classes.values().filter(|class| class.unit.name == "Handler").count();
    assert_eq!(names, 2);
}

#[tokio::test]
async fn what_a_package_brought_is_not_the_orgs_to_change() {
    let world = with_package();
    let set = Zip::default().permission_set("ven__Set", "");
    assert!(world.refusal(&set).await.starts_with("Cannot modify managed object: entity=PermissionSet"));
    let object = Zip::default().object("ven__Item__c", &item(""));
    assert!(world.refusal(&object).await.starts_with("Cannot modify managed object: entity=CustomObject"));
    let foreign = Zip::default().permission_set("other__Set", "");
    assert!(world.refusal(&foreign).await.contains("namespace: other"));
    for (kind, name) in
        [("ApexClass", "ven__Handler"), ("CustomObject", "ven__Item__c"), ("PermissionSet", "ven__Set")]
    {
        let gone = world.refusal(&Zip::default().deletes(&[(kind, name)])).await;
        assert_eq!(gone, format!("Cannot delete managed object: {name}"));
    }
}

#[tokio::test]
async fn a_permission_set_of_the_org_may_name_what_a_package_brought() {
    let world = with_package();
    let inner = "<classAccesses><apexClass>ven__Handler</apexClass><enabled>true</enabled></classAccesses><objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>ven__Item__c</object><viewAllRecords>false</viewAllRecords></objectPermissions>";
    world.succeeds(&Zip::default().permission_set("Mine", inner)).await;
    let metadata = world.org.metadata();
    let set = metadata.permission_set("Mine").unwrap();
    assert!(set.objects.contains_key("ven__Item__c"));
    assert!(set.classes.contains(&metadata.class("ven__Handler").unwrap().unit.id));
}

/// Waits until so many uninstalls are over, well or not.
async fn ends(world: &World, times: u64) {
    let over = |kind| world.org.ledger.count(kind);
    world
        .org
        .ledger
        .until(|_| over(Kind::PackageUninstalled) + over(Kind::PackageUninstallFailed) >= times)
        .await;
}

#[tokio::test]
async fn an_uninstall_is_blocked_by_what_uses_the_package() {
    let world = with_package();
    world.succeeds(&calls("ven.Handler.run('Account');")).await;
    let version = package().versions[0].id;
    let admin = world.org.admin;
    let first = order_uninstall(&world.org, version, admin).unwrap();
    ends(&world, 1).await;
    let progress = world.org.read().packages.uninstalls[&first].progress.clone();
    assert!(matches!(&progress, Progress::Error(why) if why[0].contains("Apex Trigger - T")), "{progress:?}");
    let removed = world.deploy(&Zip::default().deletes(&[("ApexTrigger", "T")])).await;
    assert_eq!(row(&removed, "componentSuccesses", "T")["deleted"], json!(true));
    order_uninstall(&world.org, version, admin).unwrap();
    ends(&world, 2).await;
    assert_eq!(world.org.ledger.count(Kind::PackageUninstalled), 1);
    let metadata = world.org.metadata();
    assert!(metadata.object("ven__Item__c").is_none() && !metadata.has_namespace("ven"));
}
