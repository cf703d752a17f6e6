//! Our metadata in the library `source-deploy-retrieve`, by which the Salesforce CLI and its kin convert and deploy:
//! between its two formats nothing is lost.

use std::collections::BTreeSet;
use std::path::Path;

use provision_salesforce::Delivery;
use provision_tests::peer::Peer;
use provision_tests::{app, tools};
use serde_json::{Value, json};

/// What the library derives and the formats do not share.
const DERIVED: &str = "package.xml";

#[tokio::test]
async fn source_becomes_metadata_and_source_again_without_loss() {
    let Some(peer) = converter("source_becomes_metadata_and_source_again_without_loss").await else { return };
    let project = tempfile::tempdir().expect("a temporary folder");
    app::render(project.path(), super::ORG_ID, app::OBJECTS);
    let steps = convert(&peer, &project.path().join("force-app"), ["metadata", "source"]).await;
    unchanged(&steps);
    let kinds = kinds(&steps[0]);
    assert_eq!(
        kinds,
        BTreeSet::from(["ApexClass", "ApexTrigger", "CustomObject", "CustomPermission", "PermissionSet"])
    );
}

#[tokio::test]
async fn what_is_deployed_becomes_source_and_the_same_again_without_loss() {
    let test = "what_is_deployed_becomes_source_and_the_same_again_without_loss";
    let Some(peer) = converter(test).await else { return };
    let app = super::deployed(&Delivery::Source, &super::account());
    let manifest = std::fs::read_to_string(app.path().join("package.xml")).unwrap();
    let steps = convert(&peer, app.path(), ["source", "metadata"]).await;
    unchanged(&steps);
    // The library finds in the files what our own manifest says of them.
    let members = manifest.matches("<members>").count();
    assert_eq!(steps[0]["components"].as_array().expect("components").len(), members, "{manifest}");
    for component in strings(&steps[0]["components"]) {
        let (kind, name) = component.split_once(' ').expect("a kind and a name");
        assert!(manifest.contains(&format!("<members>{name}</members>")), "{component}");
        assert!(manifest.contains(&format!("<name>{kind}</name>")), "{component}");
    }
}

async fn converter(test: &str) -> Option<Peer> {
    tools::or_skip(test, Peer::node(tools::sf_libraries().await).await)
}

/// Components and files: as they were, and after each conversion.
async fn convert(peer: &Peer, from: &Path, formats: [&str; 2]) -> Vec<Value> {
    let to = peer.home().join("converted");
    let seen = peer.check("conversions.mjs", json!({ "from": from, "formats": formats, "to": to })).await;
    let steps = seen["steps"].as_array().cloned().expect("steps");
    assert_eq!(steps.len(), 3);
    steps
}

fn unchanged(steps: &[Value]) {
    for step in &steps[1..] {
        assert_eq!(step["components"], steps[0]["components"]);
    }
    let [before, after] = [&steps[0], &steps[2]].map(|step| step["files"].as_object().expect("files"));
    let names = |files: &serde_json::Map<String, Value>| -> BTreeSet<String> {
        files.keys().filter(|name| *name != DERIVED).cloned().collect()
    };
    assert_eq!(names(before), names(after));
    for name in names(before) {
        assert_eq!(before[&name], after[&name], "{name}");
    }
}

fn kinds(step: &Value) -> BTreeSet<&str> {
    strings(&step["components"])
        .filter_map(|component| component.split_once(' '))
        .map(|(kind, _)| kind)
        .collect()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
