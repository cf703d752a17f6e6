//! The Salesforce CLI runs Apex tests, at once and in the background, and tells what they covered.

use provision_tests::sf::{ALIAS, Desk};
use salesforce_simulator::Config;
use serde_json::Value;

use crate::sf_warehouse::{self, SOURCES, files, good, run};

/// A test class that fails once.
const FAILING: &str = "@IsTest
private class ClosedTest {
    @IsTest
    static void opens() {
        System.assertEquals('open', Warehouses.greeting(), 'at night');
    }
}
";
const META: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<ApexClass xmlns=\"http://soap.sforce.com/2006/04/metadata\">
    <apiVersion>66.0</apiVersion>
    <status>Active</status>
</ApexClass>
";

/// What a run's summary counts: tests, those that passed, those that failed.
#[track_caller]
fn counts(result: &Value, outcome: &str, [ran, passing, failing]: [usize; 3]) {
    let summary = &result["summary"];
    assert_eq!(summary["outcome"], outcome, "{result:#}");
    let told = ["testsRan", "passing", "failing"].map(|name| summary[name].as_u64().map(|n| n as usize));
    assert_eq!(told, [Some(ran), Some(passing), Some(failing)], "{result:#}");
}

/// What a run covered of a class or trigger, in percent.
#[track_caller]
fn covered(result: &Value, name: &str) -> u64 {
    let rows = &result["coverage"]["coverage"];
    let row = rows.as_array().into_iter().flatten().find(|row| row["name"] == name);
    let row = row.unwrap_or_else(|| panic!("{name}: {result:#}"));
    row["coveredPercent"].as_u64().unwrap_or_else(|| panic!("{row:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_runs_tests_at_once_and_in_the_background() {
    let desk = sf_warehouse::desk();
    desk.write("force-app/main/default/classes/ClosedTest.cls", FAILING);
    desk.write("force-app/main/default/classes/ClosedTest.cls-meta.xml", META);
    let test = "sf_runs_tests_at_once_and_in_the_background";
    let Some(org) = sf_warehouse::org(test, &desk, Config::default()).await else { return };
    good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;

    let start = ["apex", "run", "test"];
    let of = |more: &[&'static str]| [&start[..], more].concat();
    let at_once = of(&["--synchronous", "--class-names", "WarehousesTest", "--code-coverage"]);
    let at_once = good(&desk, &at_once).await;
    counts(&at_once, "Passed", [3, 3, 0]);
    assert_eq!(covered(&at_once, "Warehouses"), 100);

    let later = of(&["--tests", "WarehousesTest.greets", "--code-coverage", "--wait", "2"]);
    let later = good(&desk, &later).await;
    counts(&later, "Passed", [1, 1, 0]);
    assert_eq!(later["tests"][0]["FullName"], "WarehousesTest.greets");
    assert!(later["summary"]["testRunId"].as_str().is_some_and(|id| id.starts_with("707")), "{later:#}");

    let local = of(&["--test-level", "RunLocalTests", "--code-coverage", "--wait", "2"]);
    let local =
        run(&desk, &[&local[..], &["--output-dir", "results", "--result-format", "junit"]].concat()).await;
    assert_eq!(local["status"], 100, "tests failed: {local:#}");
    counts(&local["result"], "Failed", [4, 3, 1]);
    let failed =
        local["result"]["tests"].as_array().into_iter().flatten().find(|one| one["Outcome"] == "Fail");
    let failed = failed.expect("a failure");
    assert_eq!(failed["FullName"], "ClosedTest.opens");
    assert_eq!(
        failed["Message"],
        "System.AssertException: Assertion Failed: at night: Expected: open, Actual: Good morning"
    );
    assert_eq!(failed["StackTrace"], "Class.ClosedTest.opens: line 5, column 1");
    let written = files(&desk.project().join("results"));
    let junit = written.iter().find(|(path, _)| path.to_string_lossy().ends_with("-junit.xml"));
    let junit = junit.unwrap_or_else(|| panic!("{:?}", written.keys())).1;
    assert!(junit.contains("tests=\"4\" failures=\"1\""), "{junit}");
    assert!(junit.contains("<testcase name=\"weighs\" classname=\"WarehousesTest\""), "{junit}");

    let human =
        of(&["--class-names", "WarehousesTest", "--wait", "2", "--code-coverage", "--detailed-coverage"]);
    let human = desk.sf_text(&[&human[..], &["--target-org", ALIAS]].concat()).await;
    let line = |start: &str| {
        let found = human.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("{start} in {human}")).split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(line("WarehousesTest.weighs")[..4], ["WarehousesTest.weighs", "Warehouses", "Pass", "80%"]);
    assert_eq!(line("WarehousesTest.refusesWeightless")[1..4], ["ParcelWeight", "Pass", "100%"]);
    assert_eq!(line("ParcelWeight")[1], "100%");
    assert_eq!(line("Org Wide Coverage")[3], "100%");

    let nobody = run(&desk, &of(&["--class-names", "Nobody", "--wait", "2"])).await;
    assert_ne!(nobody["status"], 0, "{nobody:#}");
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_runs_the_tests_of_our_app() {
    let test = "sf_runs_the_tests_of_our_app";
    let probe = Desk::new("", &[]);
    let Some(org) = sf_warehouse::org(test, &probe, Config::default()).await else { return };
    let desk = Desk::new(&org.ready().org_id, &["Account", "Case"]);
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    let all = ["apex", "run", "test", "--test-level", "RunLocalTests", "--code-coverage", "--wait", "3"];
    // An administrator who deploys the app has no permission of ours yet, and its tests pass all the same.
    let stranger = good(&desk, &all).await;
    good(&desk, &["org", "assign", "permset", "--name", "CAS_Service_Account"]).await;
    let local = good(&desk, &all).await;
    let ran = local["tests"].as_array().map_or(0, Vec::len);
    counts(&stranger, "Passed", [ran, ran, 0]);
    counts(&local, "Passed", [ran, ran, 0]);
    assert!(ran >= 10, "{ran}");
    let percent: u32 = local["summary"]["orgWideCoverage"]
        .as_str()
        .and_then(|text| text.trim_end_matches('%').parse().ok())
        .unwrap_or_else(|| panic!("{local:#}"));
    assert!(percent >= 75, "{percent}");
    org.stop().await;
}
