//! Deploys into orgs that are special.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::{World, Zip, event, row};
use crate::config::Environment;
use crate::metadata::foreign_deploy;
use crate::org::{OrgKind, RefusedTrigger};

fn trigger(object: &str) -> Zip {
    Zip::default()
        .class("Handler", "public class Handler { public static void run() {} }")
        .class(
            "Handler_Test",
            &format!(
                "@IsTest private class Handler_Test {{ @IsTest static void works() {{ \
                 Database.insert(new {object}(), false); }} }}"
            ),
        )
        .trigger("T", &format!("trigger T on {object} (before insert) {{ Handler.run(); }}"))
}

fn tests(level: &str) -> Value {
    let named = if level == "RunSpecifiedTests" { json!(["Handler_Test"]) } else { Value::Null };
    json!({"testLevel": level, "runTests": named})
}

#[tokio::test]
async fn a_refused_trigger_fails_alone_and_in_a_validation_too() {
    let world = World::with(|config| {
        let problem = "Trigger limit of the org reached".to_owned();
        config.conditions.refused_triggers = vec![RefusedTrigger { object: "case".to_owned(), problem }];
    });
    for check_only in [true, false] {
        let result = world.deploy_with(json!({"checkOnly": check_only}), &trigger("Case")).await;
        assert_eq!(result["status"], "Failed");
        assert_eq!(result["details"]["componentFailures"].as_array().map(Vec::len), Some(1));
        assert_eq!(row(&result, "componentFailures", "T")["problem"], "Trigger limit of the org reached");
    }
    world.succeeds(&trigger("Account")).await;
}

#[tokio::test]
async fn a_validation_says_everything_and_changes_nothing() {
    let world = World::new();
    let before = world.org.metadata();
    let good = world.deploy_with(json!({"checkOnly": true}), &trigger("Account")).await;
    assert_eq!((&good["status"], &good["checkOnly"]), (&json!("Succeeded"), &json!(true)));
    assert_eq!(row(&good, "componentSuccesses", "T")["created"], true);
    let bad = trigger("Account").class("Broken", "public class Broken { void f( }");
    let bad = world.deploy_with(json!({"checkOnly": true}), &bad).await;
    assert_eq!(bad["status"], "Failed");
    assert!(std::sync::Arc::ptr_eq(&before, &world.org.metadata()));
}

#[tokio::test]
async fn production_refuses_a_trigger_that_no_test_reaches() {
    let uncovered = |config: &mut crate::Config| {
        config.environment = Environment::Production;
        config.conditions.uncovered_triggers = vec!["Account".to_owned()];
    };
    let world = World::with(uncovered);
    for (level, least) in [("RunSpecifiedTests", 75), ("RunLocalTests", 1)] {
        let result = world.deploy_with(tests(level), &trigger("Account")).await;
        assert_eq!((&result["status"], &result["success"]), (&json!("Failed"), &json!(false)), "{level}");
        let warning = &result["details"]["runTestResult"]["codeCoverageWarnings"][0];
        assert_eq!(warning["name"], "T");
        assert_eq!(
            warning["message"],
            format!(
                "Test coverage of selected Apex Trigger is 0%, at least {least}% test coverage is required"
            )
        );
        assert_eq!((&result["numberComponentErrors"], &result["numberTestErrors"]), (&json!(0), &json!(0)));
    }
    assert!(world.org.metadata().trigger("T").is_none(), "nothing of it stays");
    let result = world.deploy_with(tests("RunSpecifiedTests"), &trigger("Contact")).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    let sandbox = World::with(|config| config.conditions.uncovered_triggers = vec!["Account".to_owned()]);
    sandbox.succeeds(&trigger("Account")).await;
}

#[tokio::test]
async fn the_orgs_own_tests_count_only_where_they_are_run() {
    let world = World::with(|config| {
        config.environment = Environment::Production;
        config.conditions.failing_tests = vec!["Legacy_Test".to_owned()];
        config.conditions.org_coverage_percent = Some(61);
    });
    assert_eq!(world.covered(), json!(61));
    let result = world.deploy_with(tests("RunLocalTests"), &trigger("Account")).await;
    assert_eq!(result["status"], "Failed");
    assert_eq!((&result["numberTestErrors"], &result["numberComponentErrors"]), (&json!(1), &json!(0)));
    let run = &result["details"]["runTestResult"];
    assert_eq!((&run["failures"][0]["name"], &run["numFailures"]), (&json!("Legacy_Test"), &json!(1)));
    assert_eq!(
        run["failures"][0]["message"],
        "System.AssertException: Assertion Failed: Nobody has repaired this: Expected: 1, Actual: 2"
    );
    assert_eq!(run["failures"][0]["stackTrace"], "Class.Legacy_Test.works: line 5, column 1");
    let average = run["codeCoverageWarnings"][0]["message"].as_str().unwrap();
    assert_eq!(
        average,
        "Average test coverage across all Apex Classes and Triggers is 61%, at least 75% test coverage is required."
    );
    let result = world.deploy_with(tests("RunSpecifiedTests"), &trigger("Account")).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
}

#[tokio::test]
async fn only_a_paid_org_has_the_rules_of_production() {
    for (kind, refused) in [
        (OrgKind::Production, true),
        (OrgKind::Developer, false),
        (OrgKind::Trial, false),
        (OrgKind::Scratch, false),
        (OrgKind::Sandbox, false),
    ] {
        let world = World::with(|config| config.conditions.kind = Some(kind));
        let result = world.deploy_with(json!({"testLevel": "NoTestRun"}), &trigger("Account")).await;
        assert_eq!(result["status"] == "Failed", refused, "{kind:?}: {result:#}");
    }
}

#[tokio::test]
async fn small_editions_take_neither_code_nor_events() {
    let world = World::with(|config| config.conditions.edition = Some("Professional Edition".to_owned()));
    let result = world.deploy(&trigger("Account")).await;
    let problem = &row(&result, "componentFailures", "T")["problem"];
    assert_eq!(problem, "Not available for deploy for this organization");
    let events = Zip::default().object("E__e", &event());
    assert_eq!(world.refusal(&events).await, "Not available for deploy for this organization");
}

#[tokio::test]
async fn code_beyond_the_orgs_limit_is_refused() {
    let world = World::with(|config| config.conditions.apex_characters_used = 5_999_990);
    let result = world.deploy(&trigger("Account")).await;
    let problem = row(&result, "componentFailures", "Handler")["problem"].as_str().unwrap().to_owned();
    assert!(problem.contains("code size limit"), "{problem}");
}

#[tokio::test]
async fn a_deploy_waits_for_somebody_elses() {
    let world = World::new();
    foreign_deploy(&world.org, Duration::from_millis(50));
    let id = world.start(json!({"rollbackOnError": true, "singlePackage": true}), &trigger("Account")).await;
    let (_, body) = world.poll(&id).await;
    assert_eq!(body["deployResult"]["status"], "Pending");
    assert_eq!(world.finished(&id).await["status"], "Succeeded");
}
