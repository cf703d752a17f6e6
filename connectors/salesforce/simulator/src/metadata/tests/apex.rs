//! Classes and triggers.

use serde_json::json;

use super::support::{World, Zip, event, item, row};
use crate::org::TriggerEvent;

fn handler() -> Zip {
    Zip::default().class("Handler", "public class Handler { public static void handle(Object a) {} }")
}

const TRIGGER: &str = "trigger T on Account (before insert, after undelete) { Handler.handle(Trigger.new); }";

#[tokio::test]
async fn a_trigger_is_stored_with_what_tooling_shows() {
    let world = World::new();
    let result = world.succeeds(&handler().trigger("T", TRIGGER)).await;
    assert!(row(&result, "componentSuccesses", "T")["id"].as_str().unwrap().starts_with("01q"));
    let metadata = world.org.metadata();
    let trigger = metadata.trigger("T").unwrap();
    assert_eq!(trigger.object, "Account");
    assert_eq!(trigger.events, [TriggerEvent::BeforeInsert, TriggerEvent::AfterUndelete]);
    assert_eq!((trigger.unit.status.as_str(), trigger.unit.api_version.as_str()), ("Active", "67.0"));
    assert_eq!(trigger.unit.length_without_comments as usize, TRIGGER.len());
    assert_ne!(trigger.unit.body_crc, 0);
}

#[tokio::test]
async fn names_in_a_trigger_resolve() {
    let world = World::new();
    world.succeeds(&handler()).await;
    let cases = [
        (
            "trigger T on Account (before insert) { Nobody.handle(Trigger.new); }",
            "Variable does not exist: Nobody",
        ),
        (
            "trigger T on Account (before insert) { Handler.nothing(Trigger.new); }",
            "Method does not exist or incorrect signature: void nothing(List<Account>) from the type Handler",
        ),
        ("trigger T on Account (before insert) { Nothing n = null; }", "Invalid type: Nothing"),
        ("trigger T on Nothing__c (before insert) { }", "Invalid type: Nothing__c"),
        ("trigger T on Account (before insert) { insert new Nothing__c(); }", "Invalid type: Nothing__c"),
        (
            "trigger U on Account (before insert) { }",
            "File name and trigger name don't match. File name: T, trigger name: U",
        ),
        (
            "trigger T on FeedAttachment (before insert) { }",
            "SObject type does not allow triggers: FeedAttachment",
        ),
        (
            "trigger T on AccountChangeEvent (after update) { }",
            "Platform Event SObjects only supports after insert: AccountChangeEvent",
        ),
        ("trigger T on Account (before insert) { Handler.handle( }", "Unexpected token ')'."),
    ];
    for (source, problem) in cases {
        let refusal = world.refusal(&Zip::default().trigger("T", source)).await;
        if problem.starts_with("Unexpected") {
            assert!(refusal.starts_with("Unexpected token") || refusal.starts_with("Missing"), "{refusal}");
        } else {
            assert_eq!(refusal, problem);
        }
    }
    let locals = "trigger T on Account (after insert) { for (Account a : Trigger.new) { String s = a.Name; s.length(); System.debug(s); List<Account> l = new List<Account>(); l.add(a); } Handler.handle(null); }";
    world.succeeds(&Zip::default().trigger("T", locals)).await;
}

#[tokio::test]
async fn a_broken_class_breaks_what_depends_on_it() {
    let world = World::new();
    let zip = Zip::default().class("Handler", "public class Handler { void f( }").trigger("T", TRIGGER);
    let result = world.deploy(&zip).await;
    assert_eq!(
        row(&result, "componentFailures", "T")["problem"],
        "Dependent class is invalid and needs recompilation:\n Class Handler : Expecting ')' but was: '}'"
    );
    assert_eq!(result["numberComponentErrors"], 2);
}

#[tokio::test]
async fn a_syntax_error_has_its_place() {
    let world = World::new();
    let result = world
        .deploy(&Zip::default().class("A", "public class A {\n  void f() {\n    Integer i = ;\n  }\n}"))
        .await;
    let failure = row(&result, "componentFailures", "A");
    assert_eq!(failure["lineNumber"], json!(3));
    assert!(failure["columnNumber"].as_u64().unwrap() > 1);
}

#[tokio::test]
async fn custom_objects_and_fields_in_classes_resolve() {
    let world = World::new();
    let uses = |body: &str| Zip::default().class("A", &format!("public class A {{ void f() {{ {body} }} }}"));
    assert_eq!(world.refusal(&uses("insert new Item__c();")).await, "Invalid type: Item__c");
    let refusal = world.refusal(&uses("List<SObject> l = [SELECT Id FROM Item__c];")).await;
    assert!(refusal.starts_with("sObject type 'Item__c' is not supported. If you are"), "{refusal}");
    world.succeeds(&Zip::default().object("Item__c", &item("")).object("Change__e", &event())).await;
    assert_eq!(
        world.refusal(&uses("insert new Item__c(Nope__c = 1);")).await,
        "Field does not exist: Nope__c on Item__c"
    );
    world
        .succeeds(&uses(
            "insert new Item__c(Note__c = 'x'); EventBus.publish(new Change__e(Object_Name__c = 'y'));",
        ))
        .await;
}

#[tokio::test]
async fn metadata_of_code_is_checked() {
    let world = World::new();
    let with_meta = |meta: &str| {
        Zip::default().member("ApexClass", "A").file("classes/A.cls", "public class A {}").file(
            "classes/A.cls-meta.xml",
            format!("<ApexClass xmlns=\"{}\">{meta}</ApexClass>", super::support::NS),
        )
    };
    assert_eq!(
        world.refusal(&with_meta("<status>Active</status>")).await,
        "Required field is missing: apiVersion"
    );
    assert_eq!(world.refusal(&with_meta("<apiVersion>99.0</apiVersion>")).await, "Invalid apiVersion: 99.0");
    assert_eq!(
        world.refusal(&with_meta("<apiVersion>67.0</apiVersion><status>Off</status>")).await,
        "Error parsing file: 'Off' is not a valid value for the enum 'ApexCodeUnitStatus'"
    );
    assert!(
        world
            .refusal(&Zip::default().member("ApexClass", "A").file("classes/A.cls", "public class A {}"))
            .await
            .starts_with("Metadata file is missing")
    );
    assert_eq!(
        world.refusal(&Zip::default().class("A", "public class B {}")).await,
        "File name and class name don't match. File name: A, class name: B"
    );
}

#[tokio::test]
async fn classes_may_name_each_other() {
    let world = World::new();
    let zip = Zip::default().class("A", "public class A { B b; }").class("B", "public class B { A a; }");
    world.succeeds(&zip).await;
}
