//! The Salesforce CLI deploys, validates, cancels, deletes and runs Apex, over SOAP as it does by default.

use std::path::Path;

use provision_tests::peer;
use provision_tests::sf::{ALIAS, Desk};
use salesforce_simulator::Config;
use serde_json::Value;

const CLASS: &str = "force-app/main/default/classes/Shelves.cls";
const META: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<ApexClass xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <apiVersion>67.0</apiVersion>
    <status>Active</status>
</ApexClass>
";
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
const OBJECT: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <deploymentStatus>Deployed</deploymentStatus>
    <label>Shelf</label>
    <nameField>
        <label>Shelf Name</label>
        <type>Text</type>
    </nameField>
    <pluralLabel>Shelves</pluralLabel>
    <sharingModel>ReadWrite</sharingModel>
</CustomObject>
";
const FIELD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<CustomField xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <fullName>Height__c</fullName>
    <label>Height</label>
    <precision>5</precision>
    <required>true</required>
    <scale>1</scale>
    <type>Number</type>
</CustomField>
";

fn project() -> Desk {
    Desk::of(&[
        (CLASS, SHELVES),
        ("force-app/main/default/classes/Shelves.cls-meta.xml", META),
        ("force-app/main/default/classes/ShelvesTest.cls", TEST),
        ("force-app/main/default/classes/ShelvesTest.cls-meta.xml", META),
        ("force-app/main/default/objects/Shelf__c/Shelf__c.object-meta.xml", OBJECT),
        ("force-app/main/default/objects/Shelf__c/fields/Height__c.field-meta.xml", FIELD),
    ])
}

async fn start(desk: &Desk) -> Value {
    desk.sf(&["project", "deploy", "start", "--source-dir", "force-app", "--target-org", ALIAS]).await
}

/// The files that failed, as the CLI shows them.
fn failed(answer: &Value) -> Vec<&Value> {
    let files = answer["result"]["files"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    files.iter().filter(|file| file["state"] == "Failed").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_deploys_a_foreign_project_over_soap() {
    let desk = project();
    if !desk.has_sf("sf_deploys_a_foreign_project_over_soap").await {
        return;
    }
    let org = peer::org(Config::default(), None).await;
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let answer = start(&desk).await;
    assert_eq!(
        (&answer["status"], &answer["result"]["status"]),
        (&0.into(), &"Succeeded".into()),
        "{answer:#}"
    );
    assert_eq!(answer["result"]["numberComponentsDeployed"], 4, "{answer:#}");
    let soap = org.ledger().requests("POST", "/services/Soap/m/*");
    assert!(soap >= 2, "a deploy and its polls came over SOAP, not {soap}");

    let tests = ["--test-level", "RunSpecifiedTests", "--tests", "ShelvesTest"];
    let validate = ["project", "deploy", "validate", "--source-dir", "force-app", "--target-org", ALIAS];
    let valid = desk.sf(&[&validate[..], &tests[..]].concat()).await;
    assert_eq!(valid["result"]["status"], "Succeeded", "{valid:#}");
    assert_eq!(valid["result"]["numberTestsCompleted"], 1, "{valid:#}");
    let job = valid["result"]["id"].as_str().expect("an id");
    let quick = desk.sf(&["project", "deploy", "quick", "--job-id", job, "--target-org", ALIAS]).await;
    assert_eq!(quick["result"]["status"], "Succeeded", "{quick:#}");
    assert_ne!(quick["result"]["id"], job);
    let report = desk.sf(&["project", "deploy", "report", "--job-id", job, "--target-org", ALIAS]).await;
    assert_eq!(report["result"]["checkOnly"], true, "{report:#}");

    desk.write(CLASS, &SHELVES.replace("return 3", "return nothing"));
    let broken = start(&desk).await;
    assert_eq!((&broken["status"], &broken["result"]["status"]), (&1.into(), &"Failed".into()), "{broken:#}");
    let failures = failed(&broken);
    let own = failures.iter().find(|file| file["fullName"] == "Shelves").expect("a row of the class");
    assert_eq!((&own["lineNumber"], &own["columnNumber"]), (&3.into(), &16.into()), "{own:#}");
    assert!(
        own["error"].as_str().is_some_and(|text| text.starts_with("Variable does not exist: nothing")),
        "{own:#}"
    );
    assert!(own["filePath"].as_str().is_some_and(|path| Path::new(path).ends_with(CLASS)), "{own:#}");
    desk.write(CLASS, SHELVES);

    let set = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fieldPermissions><editable>true</editable><field>Shelf__c.Height__c</field><readable>true</readable></fieldPermissions><label>Keeper</label></PermissionSet>\n";
    let path = "force-app/main/default/permissionsets/Keeper.permissionset-meta.xml";
    desk.write(path, set);
    let required = start(&desk).await;
    let words = failed(&required).iter().map(|file| file["error"].to_string()).collect::<String>();
    assert!(words.contains("You cannot deploy to a required field: Shelf__c.Height__c"), "{words}");
    std::fs::remove_file(desk.project().join(path)).expect("gone");

    let delete = ["project", "delete", "source", "--metadata", "ApexClass:ShelvesTest", "--no-prompt"];
    let deleted = desk.sf(&[&delete[..], &["--target-org", ALIAS]].concat()).await;
    assert_eq!(deleted["status"], 0, "{deleted:#}");
    let left = desk.tooling("SELECT Name FROM ApexClass WHERE Name LIKE 'Shelves%'").await;
    assert_eq!(left.len(), 1, "{left:?}");
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_runs_apex() {
    let desk = project();
    if !desk.has_sf("sf_runs_apex").await {
        return;
    }
    let org = peer::org(Config::default(), None).await;
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let answer = start(&desk).await;
    assert_eq!(answer["status"], 0, "{answer:#}");
    let run = |text: &'static str| {
        desk.write("code.apex", text);
        desk.sf(&["apex", "run", "--file", "code.apex", "--target-org", ALIAS])
    };
    let good =
        run("System.debug('there are ' + Shelves.count());\ninsert new Account(Name = 'By code');").await;
    assert_eq!(good["result"]["success"], true, "{good:#}");
    assert!(
        good["result"]["logs"]
            .as_str()
            .is_some_and(|log| log.contains("|USER_DEBUG|") && log.contains("there are 3")),
        "{good:#}"
    );
    let uncompiled = run("\n\nInteger i = nothing;").await;
    let problem = &uncompiled["data"];
    assert_eq!((&uncompiled["status"], &problem["compiled"]), (&1.into(), &false.into()), "{uncompiled:#}");
    assert_eq!(problem["line"].to_string().trim_matches('"'), "3", "{uncompiled:#}");
    let thrown = run("Integer zero = 0;\nInteger i = 1 / zero;").await;
    let message = thrown["data"]["exceptionMessage"].as_str().unwrap_or_default();
    assert!(message.starts_with("System.MathException: Divide by 0"), "{thrown:#}");
    let query = "SELECT Name FROM Account WHERE Name = 'By code'";
    let rows = desk.sf(&["data", "query", "--query", query, "--target-org", ALIAS]).await;
    assert_eq!(rows["result"]["totalSize"], 1, "{rows:#}");
    let tests =
        ["apex", "run", "test", "--synchronous", "--class-names", "ShelvesTest", "--target-org", ALIAS];
    let tested = desk.sf(&tests).await;
    assert_eq!(tested["result"]["summary"]["outcome"], "Passed", "{tested:#}");
    org.stop().await;
}
