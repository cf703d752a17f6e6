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

#[tokio::test]
async fn suites_select_classes_and_runs_stop_when_asked() {
    let world = world().await;
    let api = world.admin();
    let made = async |table: &str, body: Value| {
        let (status, made) = api.call(Method::POST, &format!("/tooling/sobjects/{table}"), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{table}: {made}");
        made["id"].clone()
    };
    let suite = made("ApexTestSuite", json!({"TestSuiteName": "Nightly"})).await;
    let classes = "SELECT Id FROM ApexClass WHERE Name IN ('Legacy_Test', 'Customer_Code_Test')";
    for class in tooling(&api, classes).await {
        made("TestSuiteMembership", json!({"ApexTestSuiteId": suite, "ApexClassId": class["Id"]})).await;
    }
    let path = "/tooling/runTestsSynchronous";
    let run = async |body: Value| api.call(Method::POST, path, Some(body)).await;
    let (_, all) = run(json!({"suiteNames": "nightly"})).await;
    assert_eq!((&all["numTestsRun"], &all["numFailures"]), (&json!(2), &json!(1)), "{all}");
    let (_, same) = run(json!({"suiteids": suite})).await;
    assert_eq!(same["numTestsRun"], 2, "{same}");
    let (status, refused) = run(json!({"suiteNames": "Weekly"})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(refused[0]["message"], "This suiteName is invalid: Weekly");
    // Customer_Code_Test is the first by name, Legacy_Test fails: nothing runs after the first failure.
    let reversed = json!({"tests": [{"className": "Legacy_Test"}], "maxFailedTests": 0});
    let (_, stopped) = run(reversed).await;
    assert_eq!((&stopped["numTestsRun"], &stopped["numFailures"]), (&json!(1), &json!(1)), "{stopped}");
    let rows = tooling(&api, "SELECT Id FROM TestSuiteMembership").await;
    assert_eq!(rows.len(), 2);
    let item = api
        .call(
            Method::PATCH,
            "/tooling/sobjects/ApexTestQueueItem/709000000000001",
            Some(json!({"Status": "Aborted"})),
        )
        .await;
    assert_eq!(item.0, StatusCode::NOT_FOUND, "{}", item.1);
    let other = api
        .call(
            Method::PATCH,
            "/tooling/sobjects/ApexTestQueueItem/709000000000001",
            Some(json!({"Status": "Queued"})),
        )
        .await;
    assert_eq!(other.0, StatusCode::BAD_REQUEST, "{}", other.1);
}
