//! What fails in the Salesforce CLI fails in Salesforce's words, with file, line and column where it gives them.

use std::path::Path;

use provision_tests::sf::Desk;
use salesforce_simulator::{Config, Environment};
use serde_json::Value;

use crate::sf_warehouse::{self, SOURCES, run};

const CLASSES: &str = "force-app/main/default/classes";
const CLASS_META: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<ApexClass xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <apiVersion>67.0</apiVersion>
    <status>Active</status>
</ApexClass>
";
const TRIGGER_META: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<ApexTrigger xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <apiVersion>67.0</apiVersion>
    <status>Active</status>
</ApexTrigger>
";
const UNCOVERED: &str = "public class Uncovered {
    public static Integer more(Integer given) {
        Integer sum = given;
        sum += 1;
        return sum;
    }
}
";
const FAILING: &str = "@IsTest
private class UncoveredTest {
    @IsTest
    static void counts() {
        System.assertEquals(2, Uncovered.more(2), 'one more');
    }
}
";

/// Deploys one file, with more beside it, and takes it away again.
async fn deploy(desk: &Desk, files: &[(&str, &str)], more: &[&str]) -> Value {
    for (path, text) in files {
        desk.write(path, text);
    }
    let start = ["project", "deploy", "start", "--source-dir", SOURCES];
    let answer = run(desk, &[&start[..], more].concat()).await;
    for (path, _) in files {
        std::fs::remove_file(desk.project().join(path)).expect("it was written");
    }
    answer
}

/// The one failure of a file: what it says, and at which line and column.
#[track_caller]
fn failure<'a>(answer: &'a Value, path: &str) -> (&'a str, Option<u64>, Option<u64>) {
    assert_eq!((&answer["status"], &answer["result"]["status"]), (&1.into(), &"Failed".into()), "{answer:#}");
    let files = answer["result"]["files"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    let own = files.iter().filter(|file| {
        file["state"] == "Failed"
            && file["filePath"].as_str().is_some_and(|own| Path::new(own).ends_with(path))
    });
    let own: Vec<&Value> = own.collect();
    assert_eq!(own.len(), 1, "{path}: {answer:#}");
    (
        own[0]["error"].as_str().unwrap_or_default(),
        own[0]["lineNumber"].as_u64(),
        own[0]["columnNumber"].as_u64(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_tells_what_is_wrong_with_a_component_and_where() {
    let desk = sf_warehouse::desk();
    let test = "sf_tells_what_is_wrong_with_a_component_and_where";
    let Some(org) = sf_warehouse::org(test, &desk, Config::default()).await else { return };
    let good = run(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    assert_eq!(good["status"], 0, "{good:#}");

    let set = "force-app/main/default/permissionsets/Wrong.permissionset-meta.xml";
    let naming = |field: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <fieldPermissions>\n        <editable>true</editable>\n        <field>{field}</field>\n        <readable>true</readable>\n    </fieldPermissions>\n    <label>Wrong</label>\n</PermissionSet>\n"
        )
    };
    let required = deploy(&desk, &[(set, &naming("Warehouse__c.Code__c"))], &[]).await;
    let (words, line, _) = failure(&required, set);
    assert!(words.starts_with("You cannot deploy to a required field: Warehouse__c.Code__c"), "{words}");
    assert_eq!(line, Some(3));
    let absent = deploy(&desk, &[(set, &naming("Warehouse__c.Absent__c"))], &[]).await;
    let (words, line, _) = failure(&absent, set);
    let expected = "In field: field - no CustomField named Warehouse__c.Absent__c found";
    assert!(words.starts_with(expected), "{words}");
    assert_eq!(line, Some(3));

    let trigger = "force-app/main/default/triggers/Odd.trigger";
    let files = [
        (trigger, "\ntrigger Odd on Organization (before insert) {\n}\n"),
        ("force-app/main/default/triggers/Odd.trigger-meta.xml", TRIGGER_META),
    ];
    let odd = deploy(&desk, &files, &[]).await;
    let (words, line, column) = failure(&odd, trigger);
    assert!(words.starts_with("SObject type does not allow triggers: Organization"), "{words}");
    assert_eq!((line, column), (Some(2), Some(16)));

    let lonely = format!("{CLASSES}/Lonely.cls");
    let lonely_meta = format!("{lonely}-meta.xml");
    let files = [
        (
            lonely.as_str(),
            "public class Lonely {\n    public void go() {\n        Missing.call();\n    }\n}\n",
        ),
        (lonely_meta.as_str(), CLASS_META),
    ];
    let missing = deploy(&desk, &files, &[]).await;
    let (words, line, column) = failure(&missing, &lonely);
    assert!(words.starts_with("Variable does not exist: Missing"), "{words}");
    assert_eq!((line, column), (Some(3), Some(9)));

    let field = "force-app/main/default/objects/Parcel__c/fields/Shelf__c.field-meta.xml";
    let lookup = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CustomField xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <fullName>Shelf__c</fullName>\n    <label>Shelf</label>\n    <referenceTo>Shelf__c</referenceTo>\n    <relationshipName>Parcels</relationshipName>\n    <type>Lookup</type>\n</CustomField>\n";
    let nowhere = deploy(&desk, &[(field, lookup)], &[]).await;
    let (words, line, _) = failure(&nowhere, field);
    assert!(words.starts_with("In field: referenceTo - no CustomObject named Shelf__c found"), "{words}");
    assert!(line.is_some(), "{nowhere:#}");
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_tells_why_production_refuses() {
    let desk = sf_warehouse::desk();
    let config = Config { environment: Environment::Production, ..Config::default() };
    let Some(org) = sf_warehouse::org("sf_tells_why_production_refuses", &desk, config).await else { return };
    let local = ["--test-level", "RunLocalTests"];
    let good = deploy(&desk, &[], &local).await;
    assert_eq!(good["status"], 0, "{good:#}");
    assert_eq!(good["result"]["numberTestsCompleted"], 3, "{good:#}");

    let none = deploy(&desk, &[], &["--test-level", "NoTestRun"]).await;
    assert_eq!(
        none["result"]["errorMessage"],
        "INVALID_OPERATION: testLevel of NoTestRun cannot be used in production organizations"
    );
    let [class, class_meta] = ["", "-meta.xml"].map(|end| format!("{CLASSES}/Uncovered.cls{end}"));
    let [test, test_meta] = ["", "-meta.xml"].map(|end| format!("{CLASSES}/UncoveredTest.cls{end}"));
    let files = [(class.as_str(), UNCOVERED), (&class_meta, CLASS_META)];
    let thin = deploy(&desk, &files, &local).await;
    assert_eq!(thin["result"]["status"], "Failed", "{thin:#}");
    let words = thin["result"]["details"]["runTestResult"]["codeCoverageWarnings"].to_string();
    assert!(
        words.contains("Average test coverage across all Apex Classes and Triggers is"),
        "{:#}",
        thin["result"]
    );
    assert!(words.contains("at least 75% test coverage is required."), "{words}");
    let named = ["--test-level", "RunSpecifiedTests", "--tests", "WarehousesTest"];
    let named = deploy(&desk, &files, &named).await;
    let words = named["result"]["details"]["runTestResult"]["codeCoverageWarnings"].to_string();
    assert!(words.contains("Uncovered"), "{named:#}");

    let files = [&files[..], &[(&test, FAILING), (&test_meta, CLASS_META)]].concat();
    let failed = deploy(&desk, &files, &local).await;
    assert_eq!((&failed["status"], &failed["result"]["numberTestErrors"]), (&1.into(), &1.into()));
    let told = failed["result"]["details"]["runTestResult"]["failures"].clone();
    let told = told.get(0).cloned().unwrap_or(told);
    assert_eq!((&told["name"], &told["methodName"]), (&"UncoveredTest".into(), &"counts".into()), "{told:#}");
    assert_eq!(told["message"], "System.AssertException: Assertion Failed: one more: Expected: 2, Actual: 3");
    assert_eq!(told["stackTrace"], "Class.UncoveredTest.counts: line 5, column 1");
    let left = desk.tooling("SELECT Name FROM ApexClass WHERE Name LIKE 'Uncovered%'").await;
    assert_eq!(left.len(), 0, "nothing stays of what was refused: {left:?}");
    org.stop().await;
}
