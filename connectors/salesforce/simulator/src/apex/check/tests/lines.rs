//! Lines that count for coverage.

use super::support::Sources;
use crate::apex::program::UnitId;

fn lines(source: &str) -> Vec<u32> {
    let sources = if source.starts_with("trigger") {
        Sources::new().trigger("T", source)
    } else {
        Sources::new().class("A", source)
    };
    assert_eq!(sources.problems(), Vec::<String>::new());
    sources.program().lines(UnitId(0)).to_vec()
}

#[test]
fn statements_count_on_their_first_line() {
    let source = "public class A {
    static Integer a = 1;
    Integer b;
    Integer c {
        get {
            return 1;
        }
        set;
    }
    void f(Boolean p) {
        Integer x;
        Integer y = 2;
        if (p) {
            x = 1;
        } else {
            x = y
                + 2;
        }
        for (Integer i = 0; i < 3; i++) {
            continue;
        }
        try {
            x = 3;
        } catch (Exception e) {
            throw e;
        } finally {
            x = 4;
        }
        // nothing
        switch on x {
            when 1 {
                x = 5;
            }
        }
        while (x > 9) { x--; }
    }
}";
    assert_eq!(lines(source), [2, 6, 12, 13, 14, 16, 19, 20, 23, 25, 27, 30, 32, 35]);
}

#[test]
fn tests_and_empty_bodies_have_none() {
    assert_eq!(
        lines("@IsTest private class A {\n @IsTest static void f() {\n Integer i = 1;\n }\n}"),
        Vec::<u32>::new()
    );
    assert_eq!(lines("public class A {\n void f() {\n }\n}"), Vec::<u32>::new());
}

#[test]
fn a_triggers_statements_count() {
    assert_eq!(lines("trigger T on Account (before insert) {\n\n  Integer i = 1;\n  i++;\n}"), [3, 4]);
}
