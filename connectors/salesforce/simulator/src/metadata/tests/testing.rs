//! Deploys whose tests run.

use serde_json::{Value, json};

use super::support::{World, Zip, event, row};
use crate::config::Environment;
use crate::org::Customer;

const COUNTER: &str = "public class Counter {
    public static Integer count(String word) {
        Integer n = 0;
        if (word == null) {
            return -1;
        }
        n += word.length();
        return n;
    }
}";

fn named(class: &str) -> Value {
    json!({"testLevel": "RunSpecifiedTests", "runTests": [class]})
}

fn test(body: &str) -> Zip {
    Zip::default()
        .class("Counter", COUNTER)
        .class("Counter_Test", &format!("@IsTest\nprivate class Counter_Test {{\n{body}\n}}"))
}

#[tokio::test]
async fn results_are_those_of_the_tests() {
    let world = World::new();
    let zip = test(
        "    @IsTest static void good() { System.assertEquals(3, Counter.count('abc')); }
    @IsTest static void bad() {
        System.assertEquals(4, Counter.count('abc'), 'counts');
    }
    @IsTest static void broken() { String word; word.length(); }",
    );
    let result = world.deploy_with(named("counter_test"), &zip).await;
    assert_eq!(result["status"], "Failed");
    assert_eq!(
        (&result["numberTestsTotal"], &result["numberTestsCompleted"], &result["numberTestErrors"]),
        (&json!(3), &json!(1), &json!(2))
    );
    let run = &result["details"]["runTestResult"];
    assert_eq!((&run["numTestsRun"], &run["numFailures"]), (&json!(3), &json!(2)));
    assert_eq!(
        (&run["successes"][0]["name"], &run["successes"][0]["methodName"]),
        (&json!("Counter_Test"), &json!("good"))
    );
    let bad = &run["failures"][0];
    assert_eq!(
        (&bad["methodName"], &bad["message"]),
        (&json!("bad"), &json!("System.AssertException: Assertion Failed: counts: Expected: 4, Actual: 3"))
    );
    assert_eq!(bad["stackTrace"], "Class.Counter_Test.bad: line 5, column 1");
    let broken = &run["failures"][1];
    assert_eq!(broken["message"], "System.NullPointerException: Attempt to de-reference a null object");
    let coverage = &run["codeCoverage"][0];
    assert_eq!((&coverage["name"], &coverage["type"]), (&json!("Counter"), &json!("Class")));
    assert_eq!((&coverage["numLocations"], &coverage["numLocationsNotCovered"]), (&json!(5), &json!(1)));
    assert_eq!(coverage["locationsNotCovered"][0]["line"], 5);
    assert!(world.org.metadata().class("Counter").is_none());
}

#[tokio::test]
async fn each_class_of_the_package_needs_75_percent_where_tests_are_named() {
    let world = World::production();
    let half = test("    @IsTest static void none() { Counter.count(null); }");
    let result = world.deploy_with(named("Counter_Test"), &half).await;
    assert_eq!(result["status"], "Failed");
    let warning = &result["details"]["runTestResult"]["codeCoverageWarnings"][0];
    assert_eq!(
        (&warning["name"], &warning["message"]),
        (
            &json!("Counter"),
            &json!("Test coverage of selected Apex Class is 60%, at least 75% test coverage is required")
        )
    );
    let most = test("    @IsTest static void some() { Counter.count('a'); }");
    let result = world.deploy_with(named("Counter_Test"), &most).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    assert_eq!(world.covered(), json!(80));
}

#[tokio::test]
async fn a_test_has_its_own_data_and_leaves_none() {
    let world = World::new();
    let zip = test(
        "    @TestSetup static void prepare() { insert new Account(Name = 'Prepared'); }
    static Integer calls = 0;
    static void look() {
        calls += 1;
        System.assertEquals(1, calls, 'statics are fresh');
        System.assertEquals(1, [SELECT COUNT() FROM Account]);
        insert new Account(Name = 'Another');
        System.assertEquals(2, [SELECT COUNT() FROM Account]);
        System.assertNotEquals(0, [SELECT COUNT() FROM User]);
    }
    @IsTest static void first() { look(); }
    @IsTest static void second() { look(); }",
    );
    let mut values = std::collections::BTreeMap::new();
    values.insert("Name".to_owned(), json!("Real"));
    let id = world.org.ids.next("001");
    world.org.write().records.put("Account", crate::org::Record { id, values, deleted: false });
    let result = world.deploy_with(named("Counter_Test"), &zip).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    assert_eq!(world.org.read().records.count("Account"), 1);
    let seen = Zip::default().class(
        "Seeing_Test",
        "@IsTest(SeeAllData=true) private class Seeing_Test { @IsTest static void sees() {
            System.assertEquals('Real', [SELECT Name FROM Account].Name); delete [SELECT Id FROM Account]; } }",
    );
    let result = world.deploy_with(named("Seeing_Test"), &seen).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    let successes = &result["details"]["runTestResult"]["successes"];
    assert_eq!(successes[0]["seeAllData"], true);
    assert!(world.org.read().records.table("Account").all(|record| !record.deleted));
}

#[tokio::test]
async fn our_own_tests_alone_count_in_a_hostile_org() {
    let world = World::with(|config| {
        config.environment = Environment::Production;
        config.conditions.customer = Customer::hostile();
        config.conditions.org_coverage_percent = Some(74);
    });
    assert_eq!(world.covered(), json!(74));
    let zip = Zip::default()
        .class("Handler", "public class Handler { public static Integer seen = 0; public static void run() { seen += 1; } }")
        .class(
            "Handler_Test",
            "@IsTest private class Handler_Test { @IsTest static void sees() {
                Database.SaveResult result = Database.insert(new Account(Name = 'x'), false);
                System.assertEquals(1, Handler.seen); System.assert(!result.isSuccess()); } }",
        )
        .trigger("Ours", "trigger Ours on Account (before insert, after insert) { Handler.run(); }");
    let local = world.deploy_with(json!({"testLevel": "RunLocalTests"}), &zip).await;
    let warnings = local["details"]["runTestResult"]["codeCoverageWarnings"].as_array().unwrap().clone();
    let average = warnings.iter().find(|warning| warning["name"].is_null()).unwrap();
    assert_eq!(
        average["message"],
        "Average test coverage across all Apex Classes and Triggers is 74%, at least 75% test coverage is required."
    );
    let result = world.deploy_with(named("Handler_Test"), &zip).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    assert_eq!(row(&result, "componentSuccesses", "Ours")["created"], true);
}

#[tokio::test]
async fn the_end_of_a_test_runs_jobs_and_delivers_events_with_fresh_limits_between() {
    let world = World::new();
    world.succeeds(&Zip::default().object("Change__e", &event())).await;
    let zip = Zip::default()
        .class("Seen", "public class Seen { public static Integer events = 0; }")
        .class(
            "Job",
            "public class Job implements Queueable { public void execute(QueueableContext context) {
                insert new Account(Name = 'By the job'); } }",
        )
        .trigger(
            "OnChange",
            "trigger OnChange on Change__e (after insert) { Seen.events += Trigger.new.size(); }",
        )
        .class(
            "Counter_Test",
            "@IsTest private class Counter_Test {
                @IsTest static void stops() {
                    insert new Account(Name = 'First');
                    System.assertEquals(1, Limits.getDmlStatements());
                    Test.startTest();
                    System.assertEquals(0, Limits.getDmlStatements());
                    System.enqueueJob(new Job());
                    EventBus.publish(new Change__e(Object_Name__c = 'Account'));
                    System.assertEquals(1, [SELECT COUNT() FROM Account]);
                    System.assertEquals(0, Seen.events);
                    Test.stopTest();
                    System.assertEquals(2, [SELECT COUNT() FROM Account]);
                    System.assertEquals(1, Seen.events);
                }
            }",
        );
    let result = world.deploy_with(named("Counter_Test"), &zip).await;
    assert_eq!(result["status"], "Succeeded", "{result:#}");
    assert_eq!(world.org.ledger.count(crate::ledger::Kind::EventPublished), 0, "nothing leaves a test");
    assert_eq!(world.org.read().records.count("Account"), 0);
}
