//! Sources of one program that use each other.

use std::time::{Duration, Instant};

use super::support::Sources;

#[test]
fn classes_name_each_other() {
    let sources = Sources::new()
        .class("A", "public class A { public class Part { public B b; } public static Integer F = B.G; }")
        .class("B", "public class B { public A.Part i; public static Integer G = 1; }")
        .trigger("T", "trigger T on Account (before insert) { A.Part i = new A.Part(); i.b = new B(); }");
    assert_eq!(sources.problems(), Vec::<String>::new());
}

#[test]
fn what_uses_a_broken_class_is_broken() {
    let sources = Sources::new()
        .class("Used", "public class Used {\n  public static Integer go() { return nope; }\n}")
        .class("Mid", "public class Mid { public static Integer go() { return Used.go(); } }")
        .class("Fine", "public class Fine { }")
        .trigger("T", "trigger T on Account (before insert) { Mid.go(); }");
    let mut problems = sources.problems();
    problems.sort();
    let used =
        "Dependent class is invalid and needs recompilation:\n Class Used : Variable does not exist: nope";
    assert_eq!(
        problems,
        [
            format!("Mid 1:1 {used}"),
            format!("T 1:1 Dependent class is invalid and needs recompilation:\n Class Mid : {used}"),
            "Used 2:39 Variable does not exist: nope".to_owned(),
        ]
    );
    let sources = Sources::new()
        .class("Used", "public class Used { void f( }")
        .class("User", "public class User { Used u; }");
    assert_eq!(sources.problems().len(), 2);
}

#[test]
fn orgs_classes_hide_the_platforms() {
    let sources = Sources::new()
        .class("Limits", "public class Limits { public static String own() { return ''; } }")
        .class("A", "public class A { String s = Limits.own(); Integer i = System.Limits.getQueries(); }");
    assert_eq!(sources.problems(), Vec::<String>::new());
}

#[test]
fn a_program_knows_the_triggers_of_an_object() {
    use crate::org::TriggerEvent::{AfterInsert, BeforeInsert};
    let program = Sources::new()
        .trigger("T", "trigger T on Account (before insert) { }")
        .trigger("U", "trigger U on Contact (before insert) { }")
        .program();
    let names = |object: &str, event| -> Vec<String> {
        program.triggers_on(object, event).map(|trigger| trigger.name.to_string()).collect()
    };
    assert_eq!(names("account", BeforeInsert), ["T"]);
    assert_eq!(names("Account", AfterInsert), Vec::<String>::new());
}

#[test]
fn a_thousand_triggers_are_declared_and_checked_at_once() {
    let mut sources = Sources::new().class(
        "Handler",
        "public class Handler { public static void handle(String o, TriggerOperation t, List<SObject> n, List<SObject> p) {} }",
    );
    for number in 0..1_300 {
        let name = format!("T{number}");
        let body = format!(
            "trigger {name} on Account (before insert, after update) {{\n  Handler.handle('Account', Trigger.operationType, Trigger.new, Trigger.old);\n}}"
        );
        sources = sources.trigger(&name, &body);
    }
    let before = Instant::now();
    assert_eq!(sources.problems(), Vec::<String>::new());
    // Unoptimised, beside other tests: far more than it takes.
    assert!(before.elapsed() < Duration::from_secs(10), "{:?}", before.elapsed());
}
