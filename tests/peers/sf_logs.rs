//! The Salesforce CLI hears of debug logs and test runs over the Streaming API, and runs suites of tests.

use std::time::Duration;

use provision_tests::sf::ALIAS;
use salesforce_simulator::{Config, Simulator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::sf_warehouse::{self, SOURCES, good, run};

/// A command takes seconds; a machine under load, more.
const LIMIT: Duration = Duration::from_secs(120);

/// Waits until a client listens: its handshake and its subscription have been answered.
async fn listens(org: &Simulator) {
    let heard = org.ledger().until(|ledger| ledger.requests("POST", "/cometd/*") >= 2);
    tokio::time::timeout(LIMIT, heard).await.expect("the client subscribes");
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_tails_lists_and_gets_debug_logs() {
    let desk = sf_warehouse::desk();
    let test = "sf_tails_lists_and_gets_debug_logs";
    let Some(org) = sf_warehouse::org(test, &desk, Config::default()).await else { return };
    desk.write("good.apex", "System.debug('from the first line');\n");
    desk.write("bad.apex", "Integer zero = 0;\nInteger n = 1 / zero;\n");
    let none = run(&desk, &["apex", "list", "log"]).await;
    assert_eq!(none["result"], json!([]), "{none:#}");

    let mut tail = desk.sf_running(&["apex", "tail", "log", "--target-org", ALIAS]).await;
    let mut lines = BufReader::new(tail.stdout.take().expect("piped")).lines();
    listens(&org).await;
    let answer = good(&desk, &["apex", "run", "--file", "good.apex"]).await;
    assert!(
        answer["logs"].as_str().is_some_and(|log| log.contains("|USER_DEBUG|[1]|DEBUG|from the first line"))
    );
    let heard = async {
        loop {
            match lines.next_line().await.expect("text") {
                Some(line) if line.contains("USER_DEBUG|[1]|DEBUG|from the first line") => break,
                Some(_) => {}
                None => panic!("the tail ended"),
            }
        }
    };
    tokio::time::timeout(LIMIT, heard).await.expect("the log is told of while it is tailed");
    drop(tail);

    let failed = run(&desk, &["apex", "run", "--file", "bad.apex"]).await;
    assert_eq!(failed["data"]["exceptionMessage"], "System.MathException: Divide by 0", "{failed:#}");
    let listed = good(&desk, &["apex", "list", "log"]).await;
    let statuses: Vec<&Value> = listed.as_array().into_iter().flatten().map(|log| &log["Status"]).collect();
    assert_eq!(statuses, ["System.MathException: Divide by 0", "Success"], "{listed:#}");
    assert_eq!(listed[0]["LogUser"]["Name"], "Ada Admin");
    let got = good(&desk, &["apex", "get", "log", "--number", "1"]).await;
    let log = got[0]["log"].as_str().expect("a log");
    assert!(log.starts_with("67.0 APEX_CODE,"), "{log}");
    assert!(
        log.contains("|FATAL_ERROR|System.MathException: Divide by 0\n\nAnonymousBlock: line 2,"),
        "{log}"
    );
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_gets_test_runs_and_runs_suites() {
    let desk = sf_warehouse::desk();
    let test = "sf_gets_test_runs_and_runs_suites";
    let Some(org) = sf_warehouse::org(test, &desk, Config::default()).await else { return };
    good(&desk, &["project", "deploy", "start", "--source-dir", SOURCES]).await;
    let started = good(&desk, &["apex", "run", "test", "--class-names", "WarehousesTest"]).await;
    let id = started["testRunId"].as_str().expect("a run").to_owned();
    let got = good(&desk, &["apex", "get", "test", "--test-run-id", &id, "--code-coverage"]).await;
    assert_eq!((&got["summary"]["outcome"], &got["summary"]["testsRan"]), (&json!("Passed"), &json!(3)));
    let unknown = run(&desk, &["apex", "get", "test", "--test-run-id", "707000000000001AAA"]).await;
    assert_eq!(unknown["status"], 1, "{unknown:#}");

    let tooling = ["data", "create", "record", "--use-tooling-api", "--sobject"];
    let suite = [&tooling[..], &["ApexTestSuite", "--values", "TestSuiteName=Nightly"]].concat();
    let suite = good(&desk, &suite).await["id"].as_str().expect("an id").to_owned();
    let classes = "SELECT Id FROM ApexClass WHERE Name = 'WarehousesTest'";
    let class = good(&desk, &["data", "query", "--use-tooling-api", "--query", classes]).await;
    let class = class["records"][0]["Id"].as_str().expect("a class");
    let values = format!("ApexTestSuiteId={suite} ApexClassId={class}");
    good(&desk, &[&tooling[..], &["TestSuiteMembership", "--values", &values]].concat()).await;
    let suites = |name: &'static str| ["apex", "run", "test", "--suite-names", name, "--wait", "2"];
    let ran = good(&desk, &suites("Nightly")).await;
    assert_eq!((&ran["summary"]["outcome"], &ran["summary"]["testsRan"]), (&json!("Passed"), &json!(3)));
    let refused = run(&desk, &suites("Weekly")).await;
    assert!(refused["message"].as_str().is_some_and(|text| text.contains("Weekly")), "{refused:#}");
    org.stop().await;
}
