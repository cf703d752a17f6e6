//! Components that the org keeps as they are: deployed, listed, retrieved as they went in, deleted.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use serde_json::json;

use super::support::{NS, World, Zip, item, row};
use crate::metadata::contents::{self, Retrieval};

const TAB: &str = "<customObject>true</customObject>\n    <motif>Custom53: Bell</motif>\n";
const VIEWS: &str = "<listViews><fullName>All</fullName><columns>NAME</columns><columns>Key__c</columns><filterScope>Everything</filterScope><label>All</label></listViews><recordTypes><fullName>Big</fullName><active>true</active><label>Big</label></recordTypes>";

fn document(root: &str, inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NS}\">\n    {inner}</{root}>\n")
}

fn project() -> Zip {
    let label = "<labels>\n        <fullName>Hello</fullName>\n        <language>en_US</language>\n        <protected>false</protected>\n        <shortDescription>Hello</shortDescription>\n        <value>Hello &amp; goodbye </value>\n    </labels>\n";
    let tabs = "<label>Items</label>\n    <tabs>standard-Account</tabs>\n    <tabs>Item__c</tabs>\n";
    Zip::default()
        .object("Item__c", &item(VIEWS))
        .member("CustomTab", "Item__c")
        .file("tabs/Item__c.tab", document("CustomTab", TAB))
        .member("CustomApplication", "Items")
        .file("applications/Items.app", document("CustomApplication", tabs))
        .member("CustomLabels", "CustomLabels")
        .file("labels/CustomLabels.labels", document("CustomLabels", label))
        .member("StaticResource", "logo")
        .file("staticresources/logo.resource", "bytes\n")
        .file(
            "staticresources/logo.resource-meta.xml",
            document(
                "StaticResource",
                "<cacheControl>Public</cacheControl>\n    <contentType>text/plain</contentType>\n",
            ),
        )
        .member("LightningComponentBundle", "hello")
        .file("lwc/hello/hello.js", "export default class Hello {}")
        .file(
            "lwc/hello/hello.js-meta.xml",
            document("LightningComponentBundle", "<apiVersion>67.0</apiVersion>\n"),
        )
}

fn retrieve(world: &World, asked: &[(&str, &[&str])]) -> (BTreeMap<String, String>, contents::Retrieved) {
    let unpackaged = asked
        .iter()
        .map(|(kind, names)| ((*kind).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    let asked = Retrieval { unpackaged, single_package: true, version: 67, ..Retrieval::default() };
    let state = world.org.snapshot();
    let rights = state.rights(world.org.admin);
    let retrieved = contents::retrieve(&world.org, &state, &rights, &asked);
    let mut zip = zip::ZipArchive::new(Cursor::new(retrieved.zip.clone())).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    (files, retrieved)
}

#[tokio::test]
async fn what_comes_back_is_what_went_in() {
    let world = World::new();
    world.succeeds(&project()).await;
    let (files, retrieved) = retrieve(
        &world,
        &[
            ("CustomTab", &["*"]),
            ("CustomLabels", &["*"]),
            ("StaticResource", &["logo"]),
            ("LightningComponentBundle", &["*"]),
            ("CustomApplication", &["Items", "Gone"]),
        ],
    );
    assert_eq!(files["tabs/Item__c.tab"], document("CustomTab", TAB));
    assert!(files["labels/CustomLabels.labels"].contains("<value>Hello &amp; goodbye </value>"), "{files:?}");
    assert_eq!(files["staticresources/logo.resource"], "bytes\n");
    assert!(files["staticresources/logo.resource-meta.xml"].contains("<cacheControl>Public<"));
    assert_eq!(files["lwc/hello/hello.js"], "export default class Hello {}");
    assert!(files.contains_key("applications/Items.app") && files.contains_key("package.xml"));
    assert_eq!(
        retrieved.messages,
        [(
            "package.xml".to_owned(),
            "Entity of type 'CustomApplication' named 'Gone' cannot be found".to_owned()
        )]
    );
}

#[tokio::test]
async fn an_object_comes_back_whole_or_in_parts() {
    let world = World::new();
    world.succeeds(&project()).await;
    let (files, _) = retrieve(&world, &[("CustomObject", &["Item__c"])]);
    let object = &files["objects/Item__c.object"];
    for part in
        ["<fullName>Key__c</fullName>", "<fullName>All</fullName>", "<fullName>Big</fullName>", "<nameField>"]
    {
        assert!(object.contains(part), "{part} in {object}");
    }
    let (files, _) = retrieve(&world, &[("CustomField", &["Item__c.Key__c"])]);
    let object = &files["objects/Item__c.object"];
    assert!(object.contains("Key__c") && !object.contains("nameField"), "{object}");
    let (files, _) = retrieve(&world, &[("CustomObject", &["Account"])]);
    assert!(files["objects/Account.object"].contains("<sharingModel>"));
}

#[tokio::test]
async fn what_is_not_there_is_refused_and_what_is_deleted_is_gone() {
    let world = World::new();
    let tab =
        Zip::default().member("CustomTab", "Nope__c").file("tabs/Nope__c.tab", document("CustomTab", TAB));
    assert_eq!(world.refusal(&tab).await, "In field: field - no CustomObject named Nope__c found");
    world.succeeds(&project()).await;
    let wrong = document("CustomTab", "<colour>red</colour>");
    let tab = Zip::default().member("CustomTab", "Item__c").file("tabs/Item__c.tab", wrong);
    assert_eq!(
        world.refusal(&tab).await,
        "Error parsing file: Element colour invalid at this location in type CustomTab"
    );
    let gone = format!(
        "<Package xmlns=\"{NS}\"><types><members>Items</members><name>CustomApplication</name></types></Package>"
    );
    let result = world.deploy_with(json!({}), &Zip::default().file("destructiveChanges.xml", gone)).await;
    assert_eq!(result["status"], "Succeeded", "{result}");
    assert_eq!(row(&result, "componentSuccesses", "Items")["deleted"], true);
    assert!(world.org.metadata().components.get("CustomApplication", "Items").is_none());
}

#[tokio::test]
async fn records_of_custom_metadata_types_are_rows() {
    let world = World::new();
    let kind = "<label>Rule</label><pluralLabel>Rules</pluralLabel><visibility>Public</visibility><fields><fullName>Limit__c</fullName><label>Limit</label><precision>4</precision><scale>0</scale><type>Number</type></fields>";
    let record = format!(
        "<CustomMetadata xmlns=\"{NS}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><label>Big</label><protected>false</protected><values><field>Limit__c</field><value xsi:type=\"xsd:double\">7.0</value></values></CustomMetadata>"
    );
    let zip = Zip::default()
        .object("Rule__mdt", kind)
        .member("CustomMetadata", "Rule.Big")
        .file("customMetadata/Rule.Big.md", record);
    world.succeeds(&zip).await;
    let state = world.org.snapshot();
    let rights = state.rights(world.org.admin);
    let view = crate::tables::View { org: &world.org, state: &state, rights: &rights, tooling: false };
    let object = state.metadata.object("Rule__mdt").unwrap();
    let mut rows = Vec::new();
    crate::tables::scan(&view, object, false, &mut |row| {
        rows.push((row.value(&view, "DeveloperName"), row.value(&view, "Limit__c")));
    });
    assert_eq!(rows, [(json!("Big"), json!(7.0))]);
    let (files, _) = retrieve(&world, &[("CustomMetadata", &["*"])]);
    assert!(files["customMetadata/Rule.Big.md"].contains("xsi:type=\"xsd:double\">7.0<"), "{files:?}");
}
