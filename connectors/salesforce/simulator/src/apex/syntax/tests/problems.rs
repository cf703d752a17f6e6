use crate::apex::syntax::{parse_anonymous, parse_class, parse_trigger};

use super::refused;

#[track_caller]
fn says(statements: &str, message: &str, column: u32) {
    assert_eq!(refused(statements), (message.to_owned(), 2, column), "{statements}");
}

/// Words and places are those of Salesforce's own parser.
#[test]
fn what_is_missing_extra_or_expected_is_said() {
    says("Integer a = ;", "Unexpected token ';'.", 13);
    says("Integer a = 1 b = 2;", "Missing ';' at 'b'", 15);
    says("a() b();", "Missing ';' at 'b'", 5);
    says("if (a { }", "Missing ')' at '{'", 7);
    says("if a) { }", "Missing '(' at 'a'", 4);
    says("if (a) ;", "Unexpected token ';'.", 8);
    says("f(a b);", "Extra ')', at 'b'.", 5);
    says("f(a, );", "Unexpected token ')'.", 6);
    says("f();;", "Extra '}', at ';'.", 5);
    says("x = (a;", "Missing ')' at ';'", 7);
    says("x = a b;", "Extra ';', at 'b'.", 7);
    says("a b c;", "Missing ';' at 'b'", 3);
    says("f() insert b;", "Unexpected token 'insert'.", 5);
    says("else { }", "Expecting '}' but was: 'else'", 1);
    says("void f() { }", "Missing ';' at 'f'", 6);
    says("insert as foo a;", "Unexpected token foo.", 11);
    says("merge a;", "Unexpected token ';'.", 8);
    says("switch on a { when { } }", "Missing 'ELSE' at '{'", 20);
    says("try { } catch { }", "Expecting '(' but was: '{'", 15);
    says("new Map<A, B>{a};", "Expecting '=>' but was: '}'", 16);
    says("x = 'a' 'b';", "Extra ';', at 'b'.", 9);
    says("a b.c;", "Unexpected token '.'.", 3);
    says("System.debug(1) System.debug(2);", "Missing ';' at 'System.debug'", 17);
}

#[test]
fn units() {
    let class =
        |source: &str| parse_class(source).map(|_| ()).map_err(|problem| (problem.message, problem.column));
    let said = |message: &str, column: u32| Err((message.to_owned(), column));
    assert_eq!(class(""), said("Unexpected token '<EOF>'.", 1));
    assert_eq!(class("class A {"), said("Expecting '}' but was: '<EOF>'", 10));
    assert_eq!(class("class A { } }"), said("Extra '<EOF>', at '}'.", 13));
    assert_eq!(class("class A { } class B { }"), said("Missing '<EOF>' at 'class'", 13));
    assert_eq!(class("class A { void f( { } }"), said("Missing ')' at '{'", 19));
    assert_eq!(class("class A { Integer a; ; }"), said("Extra '}', at ';'.", 22));
    assert_eq!(class("class A { /* "), said("Missing closing mark */ on multi-line comment.", 11));
    assert_eq!(class("class A { String s = 'x"), said("Missing closing quote character ' on string.", 22));
    assert_eq!(
        class("class A { Integer a = b # c; }"),
        said("Found punctuation symbol or operator '#' that isn't valid in Apex.", 25)
    );
    assert_eq!(class("class insert { }"), said("Unexpected token 'insert'.", 7));
    assert_eq!(class("import a;"), said("Unexpected token 'import'.", 1));
    let trigger = parse_trigger("trigger T on A (before merge) { }").unwrap_err();
    assert_eq!((trigger.message.as_str(), trigger.column), ("Unexpected token 'merge'.", 24));
    let anonymous = parse_anonymous("System.debug('x')").unwrap_err();
    assert_eq!((anonymous.message.as_str(), anonymous.column), ("Unexpected token '('.", 13));
}
