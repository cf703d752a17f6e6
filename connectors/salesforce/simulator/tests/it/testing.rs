//! Apex tests without a deploy, over Tooling.

use reqwest::{Method, StatusCode};
use salesforce_simulator::Config;
use salesforce_simulator::org::Conditions;
use serde_json::{Value, json};

use crate::client::{Api, World, encoded};

async fn world() -> World {
    let conditions = Conditions {
        failing_tests: vec!["Legacy_Test".to_owned()],
        org_coverage_percent: Some(80),
        ..Conditions::default()
    };
    World::with(Config { conditions, ..Config::default() }).await
}

async fn tooling(api: &Api<'_>, soql: &str) -> Vec<Value> {
    let answer = api.get(&format!("/tooling/query?q={}", encoded(soql))).await;
    answer["records"].as_array().cloned().expect("records")
}

#[tokio::test]
async fn tests_run_at_once() {
    let world = world().await;
    let api = world.admin();
    let run = api.get("/tooling/runTestsSynchronous?classnames=Legacy_Test,Customer_Code_Test").await;
    assert_eq!((&run["numTestsRun"], &run["numFailures"]), (&json!(2), &json!(1)));
    assert_eq!(run["failures"][0]["methodName"], "works");
    let body = json!({"tests": [{"className": "customer_code_test", "testMethods": ["COUNTS"]}]});
    let path = "/tooling/runTestsSynchronous";
    let (status, run) = api.call(Method::POST, path, Some(body)).await;
    assert_eq!((status, &run["numTestsRun"], &run["numFailures"]), (StatusCode::OK, &json!(1), &json!(0)));
    let code =
        run["codeCoverage"].as_array().expect("coverage").iter().find(|one| one["name"] == "Customer_Code_1");
    let code = code.expect("the customer's code");
    assert_eq!((&code["numLocations"], &code["numLocationsNotCovered"]), (&json!(4_000), &json!(800)));
    for bad in [json!({}), json!({"classids": "01p000000000001"}), json!({"tests": [{}]})] {
        let (status, _) = api.call(Method::POST, path, Some(bad)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    let (status, _) = world.user().call(Method::POST, path, Some(json!({}))).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn tests_run_in_the_background() {
    let world = world().await;
    let api = world.admin();
    let body = json!({"classNames": "Legacy_Test,Customer_Code_Test"});
    let (status, job) = api.call(Method::POST, "/tooling/runTestsAsynchronous", Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{job}");
    let job = job.as_str().expect("an id");
    assert!(job.starts_with("707"));
    let queue = format!(
        "SELECT Id, Status, ExtendedStatus, ApexClassId FROM ApexTestQueueItem WHERE ParentJobId = '{job}'"
    );
    let items = loop {
        let items = tooling(&api, &queue).await;
        if items.iter().all(|item| item["Status"] == "Completed") {
            break items;
        }
        tokio::task::yield_now().await;
    };
    let told: Vec<&str> = items.iter().filter_map(|item| item["ExtendedStatus"].as_str()).collect();
    assert_eq!(told, ["(1/1)", "(0/1)"]);
    let results = format!(
        "SELECT MethodName, Outcome, Message, StackTrace FROM ApexTestResult WHERE AsyncApexJobId = '{job}' ORDER BY MethodName"
    );
    let results = tooling(&api, &results).await;
    assert_eq!((&results[0]["MethodName"], &results[0]["Outcome"]), (&json!("counts"), &json!("Pass")));
    assert_eq!((&results[1]["MethodName"], &results[1]["Outcome"]), (&json!("works"), &json!("Fail")));
    assert_eq!(results[1]["StackTrace"], "Class.Legacy_Test.works: line 5, column 1");
    let summary = format!(
        "SELECT Status, ClassesEnqueued, ClassesCompleted, MethodsEnqueued, MethodsCompleted, MethodsFailed, StartTime, EndTime, TestTime, TestSetupTime, UserId, IsAllTests FROM ApexTestRunResult WHERE AsyncApexJobId = '{job}'"
    );
    let summary = &tooling(&api, &summary).await[0];
    assert_eq!((&summary["Status"], &summary["IsAllTests"]), (&json!("Failed"), &json!(false)));
    for (column, count) in [("Classes", 2), ("Methods", 2)] {
        for word in ["Enqueued", "Completed"] {
            assert_eq!(summary[format!("{column}{word}")], count, "{summary}");
        }
    }
    assert_eq!(summary["MethodsFailed"], 1);
    assert!(
        ["StartTime", "EndTime", "TestTime", "TestSetupTime"].iter().all(|name| !summary[*name].is_null())
    );
}

#[tokio::test]
async fn coverage_is_told_by_test_method() {
    let world = world().await;
    let api = world.admin();
    let query = "SELECT TestMethodName, ApexClassOrTrigger.Name, ApexTestClassId, NumLinesCovered, NumLinesUncovered, Coverage FROM ApexCodeCoverage";
    assert_eq!(tooling(&api, query).await.len(), 0, "nothing has run yet");
    let (status, ran) =
        api.call(Method::GET, "/tooling/runTestsSynchronous?classnames=Customer_Code_Test", None).await;
    assert_eq!(status, StatusCode::OK, "{ran}");
    let rows = tooling(&api, query).await;
    assert!(!rows.is_empty());
    for row in &rows {
        assert_eq!(row["TestMethodName"], "counts", "{row}");
        assert_eq!(row["ApexTestClassId"], ran["successes"][0]["id"], "{row}");
        let lines = |name: &str| row["Coverage"][name].as_array().map(Vec::len);
        assert_eq!(row["NumLinesCovered"].as_u64().map(|count| count as usize), lines("coveredLines"));
        assert_eq!(row["NumLinesUncovered"].as_u64().map(|count| count as usize), lines("uncoveredLines"));
        assert!(row["NumLinesCovered"].as_u64() > Some(0), "what it did not touch is not told: {row}");
    }
}

#[tokio::test]
async fn coverage_is_told_by_unit_and_in_all() {
    let world = world().await;
    let api = world.admin();
    let whole = tooling(&api, "SELECT PercentCovered FROM ApexOrgWideCoverage").await;
    assert_eq!(whole[0]["PercentCovered"], 80);
    let units = tooling(
        &api,
        "SELECT ApexClassOrTriggerId, NumLinesCovered, NumLinesUncovered FROM ApexCodeCoverageAggregate",
    )
    .await;
    assert_eq!(units.len(), 5);
    assert!(units.iter().all(|unit| unit["NumLinesCovered"] == 3_200 && unit["NumLinesUncovered"] == 800));
    let nothing = World::new().await;
    let whole = tooling(&nothing.admin(), "SELECT PercentCovered FROM ApexOrgWideCoverage").await;
    assert_eq!(whole[0]["PercentCovered"], Value::Null);
}
