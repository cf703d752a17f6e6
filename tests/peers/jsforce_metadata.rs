//! jsforce: the Metadata API, over SOAP and over REST.

use std::io::{Cursor, Write};

use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use salesforce_simulator::Config;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

const NAMESPACE: &str = "http://soap.sforce.com/2006/04/metadata";
const SHELVES: &str =
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
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        ("package.xml", manifest.as_str()),
        ("classes/Shelves.cls", class),
        ("classes/Shelves.cls-meta.xml", &meta),
        ("classes/ShelvesTest.cls", TEST),
        ("classes/ShelvesTest.cls-meta.xml", &meta),
        ("objects/Shelf__c.object", &object),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(text.as_bytes()).expect("written");
    }
    hex::encode(zip.finish().expect("a zip").into_inner())
}

async fn seen(test: &str, tls: bool) -> Option<Value> {
    let peer = tools::or_skip(test, Peer::node(tools::jsforce().await).await)?;
    let folder = tls.then(|| peer.home().join("tls"));
    let org = peer::org(Config::default(), folder.as_deref()).await;
    let broken = SHELVES.replace("return 3", "return nothing");
    let zips = json!({"good": package(SHELVES), "broken": package(&broken)});
    Some(peer.run("jsforce_deploys.mjs", org.ready(), json!({"zips": zips})).await)
}

#[tokio::test]
async fn jsforce_deploys() {
    if let Some(seen) = seen("jsforce_deploys", false).await {
        check(&seen);
    }
}

#[tokio::test]
async fn jsforce_deploys_over_tls() {
    if let Some(seen) = seen("jsforce_deploys_over_tls", true).await {
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
