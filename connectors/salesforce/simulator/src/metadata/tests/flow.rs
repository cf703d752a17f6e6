//! The life of a deploy: acceptance, progress, order, rollback, cancellation, test levels.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::support::{World, Zip, event, item, row};
use crate::fault::{Fault, Operation, Rule};
use crate::ledger::Kind;
use crate::org::ManualClock;

fn good() -> Zip {
    Zip::default().class("Good", "public class Good { public static void run() {} }")
}

fn mixed() -> Zip {
    good().class("Bad", "public class Bad { void f( }")
}

#[tokio::test]
async fn both_dialects_of_the_multipart_request_are_taken() {
    let world = World::new();
    for part in ["json", "entity_content"] {
        let options = json!({"rollbackOnError": "true", "singlePackage": "true"});
        let (status, body) = world.post(world.org.admin, part, &options, &good().bytes()).await;
        assert_eq!(status, StatusCode::CREATED);
        assert_eq!(body["deployResult"]["status"], "Pending");
        assert_eq!(body["deployResult"]["done"], false);
        let id = body["id"].as_str().unwrap();
        assert!(id.starts_with("0Af"));
        assert_eq!(world.finished(id).await["status"], "Succeeded");
    }
}

#[tokio::test]
async fn what_is_not_a_deploy_request_is_refused() {
    let world = World::new();
    let (status, body) = world.post(world.org.admin, "nonsense", &json!({}), b"").await;
    assert_eq!(
        (status, &body[0]["errorCode"]),
        (StatusCode::BAD_REQUEST, &json!("INVALID_MULTIPART_REQUEST"))
    );
    let (status, body) = world.post(world.org.admin, "json", &json!({"noSuchOption": 1}), b"").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::BAD_REQUEST, &json!("JSON_PARSER_ERROR")));
    let (status, body) = world.post(world.org.user, "json", &json!({}), b"").await;
    assert_eq!((status, &body[0]["errorCode"]), (StatusCode::FORBIDDEN, &json!("INSUFFICIENT_ACCESS")));
    assert_eq!(world.poll("0Af000000000001AAA").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_unreadable_zip_fails_the_deploy() {
    let world = World::new();
    let (_, body) = world.post(world.org.admin, "json", &json!({"singlePackage": true}), b"not a zip").await;
    let result = world.finished(body["id"].as_str().unwrap()).await;
    assert_eq!(result["status"], "Failed");
    assert!(
        row(&result, "componentFailures", "package.xml")["problem"]
            .as_str()
            .unwrap()
            .contains("not well formed")
    );
}

#[tokio::test]
async fn a_result_tells_all() {
    let world = World::new();
    let result = world
        .succeeds(
            &Zip::default()
                .object("Item__c", &item(""))
                .object("Change__e", &event())
                .class("Good", "public class Good {}"),
        )
        .await;
    assert_eq!(result["success"], true);
    assert_eq!(result["done"], true);
    assert_eq!(result["numberComponentErrors"], 0);
    assert_eq!(result["numberComponentsTotal"], 6);
    assert_eq!(result["numberComponentsDeployed"], 6);
    assert_eq!(result["runTestsEnabled"], false);
    assert!(result["completedDate"].as_str().unwrap().ends_with('Z'));
    let manifest = row(&result, "componentSuccesses", "package.xml");
    assert_eq!(manifest["componentType"], "");
    let class = row(&result, "componentSuccesses", "Good");
    assert_eq!(class["fileName"], "classes/Good.cls");
    assert_eq!(
        (&class["created"], &class["changed"], &class["deleted"]),
        (&json!(true), &json!(true), &json!(false))
    );
    assert!(class["id"].as_str().unwrap().starts_with("01p"));
    assert!(row(&result, "componentSuccesses", "Item__c")["id"].as_str().unwrap().starts_with("01I"));
    assert!(row(&result, "componentSuccesses", "Item__c.Note__c")["id"].as_str().unwrap().starts_with("00N"));
    let lines = world.org.ledger.of(Kind::ComponentDeployed);
    assert!(lines.iter().any(|line| line.subject == "ApexClass:Good" && line.detail["effect"] == "created"));
    assert_eq!(lines.len(), 6);
}

#[tokio::test]
async fn the_same_again_changes_nothing() {
    let world = World::new();
    let zip = Zip::default()
        .object("Item__c", &item(""))
        .object("Change__e", &event())
        .class("Good", "public class Good {}")
        .permission_set("Set", "");
    let first = world.succeeds(&zip).await;
    let second = world.succeeds(&zip).await;
    for before in first["details"]["componentSuccesses"].as_array().unwrap() {
        let after = row(&second, "componentSuccesses", before["fullName"].as_str().unwrap());
        assert_eq!(after["id"], before["id"]);
        assert_eq!(after["created"], false, "{after}");
        if before["componentType"] != "" {
            assert_eq!(after["changed"], false, "{after}");
        }
    }
}

#[tokio::test]
async fn one_bad_component_takes_all_back_or_leaves_a_part() {
    let world = World::new();
    let result = world.deploy(&mixed()).await;
    assert_eq!(result["status"], "Failed");
    assert!(world.org.metadata().class("Good").is_none());
    let failure = row(&result, "componentFailures", "Bad");
    assert_eq!((&failure["problemType"], &failure["lineNumber"]), (&json!("Error"), &json!(1)));
    assert_eq!(failure["success"], false);
    assert_eq!(world.org.ledger.count(Kind::ComponentDeployed), 0);
    let result = world.deploy_with(json!({"rollbackOnError": false}), &mixed()).await;
    assert_eq!(result["status"], "SucceededPartial");
    assert_eq!(result["success"], false);
    assert!(world.org.metadata().class("Good").is_some());
    assert!(world.org.metadata().class("Bad").is_none());
}

#[tokio::test]
async fn check_only_deploys_nothing() {
    let world = World::new();
    let result = world.deploy_with(json!({"checkOnly": true}), &good()).await;
    assert_eq!((&result["status"], &result["checkOnly"]), (&json!("Succeeded"), &json!(true)));
    assert!(world.org.metadata().class("Good").is_none());
}

#[tokio::test]
async fn manifest_and_files_must_agree() {
    let world = World::new();
    assert_eq!(
        world.refusal(&Zip::default().member("ApexClass", "Gone")).await,
        "An object 'Gone' of type ApexClass was named in package.xml, but was not found in zipped directory"
    );
    assert_eq!(
        world.refusal(&Zip::default().member("Nonsense", "X")).await,
        "Unknown type name 'Nonsense' specified in package.xml"
    );
    assert_eq!(
        world.refusal(&Zip::default().member("Flow", "X")).await,
        "An object 'X' of type Flow was named in package.xml, but was not found in zipped directory"
    );
    let stray = good().file("classes/Stray.cls", "public class Stray {}");
    assert_eq!(world.refusal(&stray).await, "Not in package.xml");
    let result = world.deploy_with(json!({"ignoreWarnings": true}), &stray).await;
    assert_eq!(result["status"], "Succeeded");
    assert_eq!(row(&result, "componentSuccesses", "Stray")["warning"], true);
    let result = world
        .deploy_with(json!({"allowMissingFiles": true}), &Zip::default().member("ApexClass", "Gone"))
        .await;
    assert_eq!(result["status"], "Succeeded");
}

#[tokio::test]
async fn a_package_may_lie_in_one_top_folder() {
    use std::io::Write;
    let world = World::new();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let manifest = format!(
        "<Package xmlns=\"{}\"><types><members>*</members><name>ApexClass</name></types><version>67.0</version></Package>",
        super::support::NS
    );
    let meta =
        format!("<ApexClass xmlns=\"{}\"><apiVersion>67.0</apiVersion></ApexClass>", super::support::NS);
    for (name, content) in [
        ("app/package.xml", manifest.as_str()),
        ("app/classes/Good.cls", "public class Good {}"),
        ("app/classes/Good.cls-meta.xml", &meta),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    let (_, body) = world.post(world.org.admin, "json", &json!({"rollbackOnError": true}), &bytes).await;
    let result = world.finished(body["id"].as_str().unwrap()).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    assert_eq!(row(&result, "componentSuccesses", "Good")["fileName"], "app/classes/Good.cls");
    let (_, body) = world
        .post(world.org.admin, "json", &json!({"rollbackOnError": true, "singlePackage": true}), &bytes)
        .await;
    let result = world.finished(body["id"].as_str().unwrap()).await;
    assert_eq!(row(&result, "componentFailures", "package.xml")["problem"], "No package.xml found");
}

#[tokio::test]
async fn one_runs_and_the_next_waits_and_a_waiting_one_can_be_cancelled() {
    let clock = Arc::new(ManualClock::new(1_800_000_000_000));
    let world = World::with(|config| {
        config.clock = clock.clone();
        config.deploy_component_time = Duration::from_secs(1);
    });
    let options = json!({"rollbackOnError": true, "singlePackage": true});
    let first = world.start(options.clone(), &good()).await;
    let running = |value: &Value| {
        value["deployResult"]["status"] == "InProgress" && value["deployResult"]["numberComponentsTotal"] == 1
    };
    while !running(&world.poll(&first).await.1) {
        tokio::task::yield_now().await;
    }
    let second = world.start(options.clone(), &good()).await;
    let third = world.start(options, &good()).await;
    assert_eq!(world.poll(&second).await.1["deployResult"]["status"], "Pending");
    assert_eq!(world.cancel(&second).await, StatusCode::ACCEPTED);
    assert_eq!(world.poll(&second).await.1["deployResult"]["status"], "Canceled");
    assert_eq!(world.cancel(&first).await, StatusCode::ACCEPTED);
    assert_eq!(world.poll(&first).await.1["deployResult"]["status"], "Canceling");
    let finished =
        |id: &str| world.org.ledger.of(Kind::DeployFinished).iter().any(|entry| entry.subject == id);
    while !finished(&third) {
        clock.advance(Duration::from_millis(500));
        tokio::task::yield_now().await;
    }
    assert_eq!(world.poll(&first).await.1["deployResult"]["status"], "Canceled");
    assert_eq!(world.poll(&third).await.1["deployResult"]["status"], "Succeeded");
    assert_eq!(world.cancel(&third).await, StatusCode::BAD_REQUEST);
    assert_eq!(world.org.ledger.count(Kind::ComponentDeployed), 1);
}

#[tokio::test]
async fn the_first_polls_may_lag() {
    let world = World::with(|config| config.deploy_poll_lag = 2);
    let id = world.start(json!({"singlePackage": true}), &good()).await;
    world.org.ledger.until(|ledger| ledger.count(Kind::DeployFinished) == 1).await;
    assert_eq!(world.poll(&id).await.1[0]["errorCode"], "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(world.poll(&id).await.0, StatusCode::NOT_FOUND);
    assert_eq!(world.poll(&id).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_locked_setup_fails_the_whole_job() {
    let world = World::new();
    let fault = Fault::Refused { status: 500, error_code: "ALREADY_IN_PROCESS".to_owned(), message: "The changes you requested require salesforce.com to temporarily lock your organization's administration setup.".to_owned() };
    world.org.faults.add(Rule::once(Operation::DeployRun, fault));
    let result = world.deploy(&good()).await;
    assert_eq!(
        (&result["status"], &result["errorStatusCode"]),
        (&json!("Failed"), &json!("ALREADY_IN_PROCESS"))
    );
    assert_eq!(world.org.faults.verify(), Ok(()));
    world.succeeds(&good()).await;
}

#[tokio::test]
async fn a_service_upgrade_restarts_the_job() {
    let clock = Arc::new(ManualClock::new(0));
    let world = World::with(|config| {
        config.clock = clock.clone();
        config.deploy_component_time = Duration::from_millis(500);
    });
    world.org.faults.add(Rule::once(Operation::DeployRun, Fault::DeployRestarted));
    let id = world.start(json!({"singlePackage": true}), &good()).await;
    let mut seen = Vec::new();
    while world.org.ledger.count(Kind::DeployFinished) == 0 {
        let deployed = world.poll(&id).await.1["deployResult"]["numberComponentsDeployed"].as_u64();
        seen.extend(deployed.filter(|deployed| seen.last() != Some(deployed)));
        clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    assert!(seen.windows(2).any(|pair| pair[1] < pair[0]), "what was done is done again: {seen:?}");
    assert_eq!(world.poll(&id).await.1["deployResult"]["status"], "Succeeded");
    assert_eq!(world.org.ledger.count(Kind::ComponentDeployed), 1, "once, whatever came between");
    assert_eq!(world.org.faults.verify(), Ok(()));
}

#[tokio::test]
async fn production_wants_tests_and_all_or_nothing() {
    let world = World::production();
    let refused = |result: Value| {
        assert_eq!(
            (&result["status"], &result["errorStatusCode"]),
            (&json!("Failed"), &json!("INVALID_OPERATION"))
        );
        result["errorMessage"].as_str().unwrap().to_owned()
    };
    let result = world.deploy_with(json!({"testLevel": "NoTestRun"}), &good()).await;
    assert_eq!(
        refused(result),
        "INVALID_OPERATION: testLevel of NoTestRun cannot be used in production organizations"
    );
    let result = world.deploy_with(json!({"rollbackOnError": false}), &good()).await;
    assert!(refused(result).contains("rollbackOnError"));
    let named = |name: &str| json!({"testLevel": "RunSpecifiedTests", "runTests": [name]});
    assert!(refused(world.deploy_with(named("Nobody"), &good()).await).contains("does not exist"));
    assert!(refused(world.deploy_with(named("Good"), &good()).await).contains("@IsTest"));
    assert!(world.org.metadata().class("Good").is_none());
    let tested = good()
        .class("GoodTest", "@IsTest private class GoodTest { @IsTest static void runs() { Good.run(); } }");
    let result = world.deploy_with(named("GoodTest"), &tested).await;
    assert_eq!(
        (&result["status"], &result["runTestsEnabled"]),
        (&json!("Succeeded"), &json!(true)),
        "{result:#}"
    );
    assert_eq!(result["details"]["runTestResult"]["codeCoverage"], json!([]));
    assert!(world.org.metadata().class("GoodTest").unwrap().is_test);
}
