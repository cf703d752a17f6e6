//! Code of packages, and what others see of it.

use super::support::Sources;

fn with(body: &str) -> Vec<String> {
    Sources::new()
        .class("ven.Open", "global class Open { global static void go() {} public static void own() {} global class Part {} }")
        .class("ven.Shut", "public class Shut { public static void go() { Open.own(); } }")
        .class("B", &format!("public class B {{ void f() {{ {body} }} }}"))
        .problems()
}

#[test]
fn others_use_what_is_global() {
    assert_eq!(
        with("ven.Open.go(); VEN.open.GO(); ven.Open o = new ven.Open(); ven.Open.Part i;"),
        Vec::<String>::new()
    );
    for (body, words) in [
        ("ven.Open.own();", "B 1:38 Method is not visible: void ven.Open.own()"),
        ("ven.Shut.go();", "B 1:33 Type is not visible: ven.Shut"),
        ("ven.Shut s;", "B 1:29 Type is not visible: ven.Shut"),
        ("ven.Nope.go();", "B 1:33 Variable does not exist: ven.Nope"),
        ("ven.Nope n;", "B 1:29 Invalid type: ven.Nope"),
        ("Open.go();", "B 1:29 Variable does not exist: Open"),
        (
            "ven.Open.nope();",
            "B 1:38 Method does not exist or incorrect signature: void nope() from the type ven.Open",
        ),
    ] {
        assert_eq!(with(body), [words]);
    }
}
