//! jsforce: the Metadata API, over SOAP and over REST.

use std::io::{Cursor, Write};

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use salesforce_simulator::Config;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
pub(crate) const SHELVES: &str =
    "public class Shelves {\n    public static Integer count() {\n        return 3;\n    }\n}\n";
const TEST: &str = "@IsTest
private class ShelvesTest {
    @IsTest
    static void counts() {
        System.assertEquals(3, Shelves.count());
    }
}
";

/// A zip of a small package whose class is this, in hex.
fn package(class: &str) -> String {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files(class) {
        zip.start_file(name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(text.as_bytes()).expect("written");
    }
    hex::encode(zip.finish().expect("a zip").into_inner())
}

/// The files of that package.
pub(crate) fn files(class: &str) -> [(&'static str, String); 6] {
    let types = |name: &str, members: &[&str]| {
        let members: String = members.iter().map(|name| format!("<members>{name}</members>")).collect();
        format!("<types>{members}<name>{name}</name></types>")
    };
    let manifest = format!(
        "<Package xmlns=\"{NAMESPACE}\">{}{}<version>67.0</version></Package>",
        types("ApexClass", &["Shelves", "ShelvesTest"]),
        types("CustomObject", &["Shelf__c"])
    );
    let meta = format!(
        "<ApexClass xmlns=\"{NAMESPACE}\"><apiVersion>67.0</apiVersion><status>Active</status></ApexClass>"
    );
    let object = format!(
        "<CustomObject xmlns=\"{NAMESPACE}\"><deploymentStatus>Deployed</deploymentStatus><fields><fullName>Height__c</fullName><label>Height</label><precision>5</precision><scale>1</scale><type>Number</type></fields><label>Shelf</label><nameField><label>Shelf Name</label><type>Text</type></nameField><pluralLabel>Shelves</pluralLabel><sharingModel>ReadWrite</sharingModel></CustomObject>"
    );
    [
        ("package.xml", manifest),
        ("classes/Shelves.cls", class.to_owned()),
        ("classes/Shelves.cls-meta.xml", meta.clone()),
        ("classes/ShelvesTest.cls", TEST.to_owned()),
        ("classes/ShelvesTest.cls-meta.xml", meta),
        ("objects/Shelf__c.object", object),
    ]
}

async fn seen(test: &str, script: &str, tls: bool) -> Option<Value> {
    let peer = tools::or_skip(test, Peer::node(tools::jsforce().await).await)?;
    let folder = tls.then(|| peer.home().join("tls"));
    let org = peer::org(Config::default(), folder.as_deref()).await;
    let broken = SHELVES.replace("return 3", "return nothing");
    let zips = json!({"good": package(SHELVES), "broken": package(&broken)});
    Some(peer.run(script, org.ready(), json!({"zips": zips})).await)
}

#[tokio::test]
async fn jsforce_deploys() {
    if let Some(seen) = seen("jsforce_deploys", "jsforce_deploys.mjs", false).await {
        check(&seen);
    }
}

#[tokio::test]
async fn jsforce_deploys_over_tls() {
    if let Some(seen) = seen("jsforce_deploys_over_tls", "jsforce_deploys.mjs", true).await {
        check(&seen);
    }
}

fn check(seen: &Value) {
    for (what, count) in [("deployed", 5), ("again", 5), ("validated", 5), ("quick", 5)] {
        let result = &seen[what];
        assert_eq!(
            (&result["status"], &result["success"]),
            (&json!("Succeeded"), &json!(true)),
            "{result:#}"
        );
        let rows = result["details"]["componentSuccesses"].as_array().map(Vec::len);
        assert_eq!(rows, Some(count), "{what}: {result:#}");
    }
    assert_eq!(seen["deployed"]["numberComponentsDeployed"], 4);
    let tests = &seen["validated"]["details"]["runTestResult"];
    assert_eq!((&tests["numTestsRun"], &tests["numFailures"]), (&json!(1), &json!(0)), "{tests:#}");
    assert_ne!(seen["quickId"], seen["validated"]["id"]);
    let broken = &seen["broken"];
    assert_eq!(broken["status"], "Failed");
    let failures = broken["details"]["componentFailures"].as_array().expect("failures");
    let own = failures.iter().find(|row| row["fullName"] == "Shelves").expect("a row of the class");
    assert_eq!(
        (&own["lineNumber"], &own["columnNumber"], &own["problemType"]),
        (&json!(3), &json!(16), &json!("Error"))
    );
    assert_eq!(own["problem"], "Variable does not exist: nothing");
    for (what, code) in [
        ("tooLate", "sf:INVALID_ID_FIELD"),
        ("nowhere", "sf:INVALID_CROSS_REFERENCE_KEY"),
        ("stranger", "sf:INVALID_SESSION_ID"),
    ] {
        assert_eq!(seen[what]["code"], code, "{what}: {}", seen[what]);
    }
}

#[tokio::test]
async fn jsforce_changes_components() {
    let Some(seen) = seen("jsforce_changes_components", "jsforce_components.mjs", false).await else {
        return;
    };
    assert_eq!(seen["noType"]["message"], "INVALID_TYPE: Unknown type:Shelves");
    assert!(seen["describe"]["types"].as_u64().is_some_and(|types| types > 100), "{}", seen["describe"]);
    assert_eq!(seen["describe"]["object"]["suffix"], "object");
    assert_eq!(seen["retrieved"]["success"], true);
    let zip = hex::decode(seen["retrieved"]["zipFile"].as_str().expect("hex")).expect("bytes");
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).expect("a zip");
    let mut class = String::new();
    let mut file = zip.by_name("classes/Shelves.cls").expect("the class");
    std::io::Read::read_to_string(&mut file, &mut class).expect("text");
    assert_eq!(class, SHELVES, "what comes back equals what went in");
    assert_eq!(seen["fetched"]["code"], "sf:INVALID_LOCATOR");
    assert_eq!(seen["read"][0]["fields"][0]["fullName"], "Height__c");
    let codes = |what: &str| -> Vec<Value> {
        let results = seen[what].as_array().cloned().unwrap_or_else(|| vec![seen[what].clone()]);
        results
            .iter()
            .map(|one| match one["success"] == true {
                true => json!("ok"),
                false => one["errors"][0]["statusCode"].clone(),
            })
            .collect()
    };
    for (what, expected) in [
        ("create", json!(["ok"])),
        ("createAgain", json!(["DUPLICATE_DEVELOPER_NAME"])),
        ("createField", json!(["ok", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"])),
        ("updateField", json!(["ok"])),
        ("upsert", json!(["ok", "ok"])),
        ("updateAbsent", json!(["INVALID_CROSS_REFERENCE_KEY"])),
        ("rename", json!(["ok"])),
        ("delete", json!(["ok", "INVALID_CROSS_REFERENCE_KEY"])),
        ("deleteObject", json!(["ok"])),
    ] {
        assert_eq!(Value::from(codes(what)), expected, "{what}: {}", seen[what]);
    }
    assert_eq!((&seen["updated"]["length"], &seen["upsert"][1]["created"]), (&json!(40), &json!(true)));
    let objects = seen["objects"].as_array().expect("names");
    assert!(objects.contains(&json!("Shelf__c")) && !objects.contains(&json!("Box__c")), "{objects:?}");
}
