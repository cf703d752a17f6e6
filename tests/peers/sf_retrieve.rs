//! What the Salesforce CLI retrieves is what it deployed, byte for byte.

use std::collections::BTreeMap;
use std::path::PathBuf;

use provision_tests::sf::Desk;
use salesforce_simulator::Config;
use serde_json::Value;

use crate::sf_warehouse::{self, SOURCES, files, good, run};

/// The sources of the desk's project.
fn sources(desk: &Desk) -> BTreeMap<PathBuf, String> {
    files(&desk.project().join(SOURCES))
}

/// Takes the sources away, so that what is there afterwards came from the org.
fn clear(desk: &Desk) {
    std::fs::remove_dir_all(desk.project().join(SOURCES)).expect("sources");
    std::fs::create_dir(desk.project().join(SOURCES)).expect("a folder");
}

#[track_caller]
fn same(what: &str, before: &BTreeMap<PathBuf, String>, after: &BTreeMap<PathBuf, String>) {
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{what}");
    for (path, text) in before {
        assert_eq!(text, &after[path], "{what}: {}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_retrieves_a_foreign_project_as_it_was_deployed() {
    let desk = sf_warehouse::desk();
    let test = "sf_retrieves_a_foreign_project_as_it_was_deployed";
    let Some(org) = sf_warehouse::org(test, &desk, Config::default()).await else { return };
    let before = sources(&desk);
    let deployed = good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    assert_eq!(deployed["status"], "Succeeded", "{deployed:#}");

    good(&desk, &["project", "retrieve", "start", "--source-dir", SOURCES]).await;
    same("by source", &before, &sources(&desk));

    let manifest = ["project", "generate", "manifest", "--source-dir", SOURCES];
    assert_eq!(desk.sf(&manifest).await["status"], 0);
    clear(&desk);
    let retrieved = good(&desk, &["project", "retrieve", "start", "--manifest", "package.xml"]).await;
    same("by manifest", &before, &sources(&desk));
    let kinds: Vec<&Value> =
        retrieved["fileProperties"].as_array().into_iter().flatten().map(|file| &file["type"]).collect();
    for kind in ["ApexClass", "CustomObject", "Flow", "Layout", "PermissionSet", "Package"] {
        assert!(kinds.contains(&&Value::from(kind)), "{kind} in {retrieved:#}");
    }

    clear(&desk);
    let by_name = [
        "ApexClass",
        "ApexTrigger:ParcelWeight",
        "CustomObject:Warehouse__c",
        "CustomObject:Parcel__c",
        "CustomObject:Carrier__mdt",
        "CustomMetadata",
        "CustomLabels",
        "CustomTab",
        "Flow:Default_City",
        "Layout:Warehouse__c-Warehouse Layout",
        "PermissionSet:Storekeeper",
    ];
    let retrieve = ["project", "retrieve", "start", "--metadata"];
    good(&desk, &[&retrieve[..], &by_name[..]].concat()).await;
    same("by metadata", &before, &sources(&desk));

    clear(&desk);
    good(
        &desk,
        &[&retrieve[..], &["CustomField:Warehouse__c.Kind__c", "CustomLabel:Warehouse_Greeting"]].concat(),
    )
    .await;
    let part = sources(&desk);
    let field = PathBuf::from("main/default/objects/Warehouse__c/fields/Kind__c.field-meta.xml");
    assert_eq!(part.get(&field), before.get(&field), "{:?}", part.keys());
    let labels = &part[&PathBuf::from("main/default/labels/CustomLabels.labels-meta.xml")];
    assert!(labels.contains("Warehouse_Greeting") && !labels.contains("Warehouse_Closed"), "{labels}");

    let missing = run(&desk, &[&retrieve[..], &["ApexClass:Nobody"]].concat()).await;
    let words = missing["result"]["messages"].to_string();
    assert!(words.contains("Entity of type 'ApexClass' named 'Nobody' cannot be found"), "{missing:#}");
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_retrieves_our_app_as_it_was_deployed() {
    let test = "sf_retrieves_our_app_as_it_was_deployed";
    let probe = Desk::new("", &[]);
    let Some(org) = sf_warehouse::org(test, &probe, Config::default()).await else { return };
    let desk = Desk::new(&org.ready().org_id, &["Account", "Case"]);
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let before = sources(&desk);
    let deployed = good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    assert_eq!(deployed["status"], "Succeeded", "{deployed:#}");
    assert!(org.ledger().requests("POST", "/services/Soap/m/*") >= 2, "it went over SOAP");

    let manifest = ["project", "generate", "manifest", "--source-dir", SOURCES];
    assert_eq!(desk.sf(&manifest).await["status"], 0);
    clear(&desk);
    good(&desk, &["project", "retrieve", "start", "--manifest", "package.xml"]).await;
    same("by manifest", &before, &sources(&desk));
    good(&desk, &["project", "retrieve", "start", "--source-dir", SOURCES]).await;
    same("by source", &before, &sources(&desk));
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_lists_metadata_and_its_types() {
    let desk = sf_warehouse::desk();
    let Some(org) = sf_warehouse::org("sf_lists_metadata_and_its_types", &desk, Config::default()).await
    else {
        return;
    };
    good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    let listed = async |kind: &str| good(&desk, &["org", "list", "metadata", "--metadata-type", kind]).await;

    let classes = listed("ApexClass").await;
    let class = classes.as_array().into_iter().flatten().find(|class| class["fullName"] == "Warehouses");
    let class = class.unwrap_or_else(|| panic!("{classes:#}"));
    assert_eq!(
        (&class["fileName"], &class["type"], &class["manageableState"]),
        (&"classes/Warehouses.cls".into(), &"ApexClass".into(), &"unmanaged".into())
    );
    let id = class["id"].as_str().expect("an id");
    let same = desk.tooling("SELECT Id FROM ApexClass WHERE Name = 'Warehouses'").await;
    assert_eq!(same[0]["Id"], id);
    for (kind, name) in [
        ("CustomObject", "Warehouse__c"),
        ("CustomObject", "Account"),
        ("CustomField", "Parcel__c.Weight__c"),
        ("ValidationRule", "Warehouse__c.City_has_a_name"),
        ("CustomLabel", "Warehouse_Greeting"),
        ("Layout", "Warehouse__c-Warehouse Layout"),
        ("Flow", "Default_City"),
        ("CustomMetadata", "Carrier.Post"),
    ] {
        let all = listed(kind).await;
        let found = all.as_array().into_iter().flatten().any(|one| one["fullName"] == name);
        assert!(found, "{name} in {all:#}");
    }
    let empty = listed("Report").await;
    assert_eq!(empty.as_array().map(Vec::len), Some(0), "{empty:#}");
    let unknown = run(&desk, &["org", "list", "metadata", "--metadata-type", "Nonsense"]).await;
    assert_eq!(unknown["message"], "INVALID_TYPE: Unknown type:Nonsense", "{unknown:#}");

    let types = good(&desk, &["org", "list", "metadata-types"]).await;
    let types: BTreeMap<&str, &Value> = types["metadataObjects"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|kind| Some((kind["xmlName"].as_str()?, kind)))
        .collect();
    let object = types["CustomObject"];
    assert_eq!((&object["directoryName"], &object["suffix"]), (&"objects".into(), &"object".into()));
    let children = object["childXmlNames"].as_array().expect("children");
    assert!(children.contains(&"CustomField".into()), "{object:#}");
    assert_eq!(types["ApexClass"]["metaFile"], true);
    assert_eq!(types["Report"]["inFolder"], true);
    org.stop().await;
}
