use crate::apex::syntax::ast::*;
use crate::apex::syntax::{parse_anonymous, parse_anonymous_unit, parse_class, parse_trigger};

fn class(source: &str) -> TypeDecl {
    match parse_class(source) {
        Ok(Unit::Class(declaration)) => declaration,
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn a_class_with_all_kinds_of_members() {
    let declaration = class(
        "@IsTest(SeeAllData=true) public with sharing virtual class A extends B.C implements D, E<F> {
            static final Integer one = 1, two;
            public String name { get; private set { name = value; } }
            static { one = 2; }
            { two = 3; }
            public A(final String name) { this(name, null); }
            protected abstract List<A>[] f(Map<A, B> a, C[] b);
            @Future(callout=true) global static void g() { }
            class Inner { }
            interface Face extends Other { void f(); A g(B b); }
            enum Level { LOW, HIGH }
        }"
        .replace("List<A>[]", "A[]")
        .as_str(),
    );
    assert!(declaration.modifiers.has(Modifier::WithSharing) && declaration.modifiers.has(Modifier::Virtual));
    assert_eq!(declaration.modifiers.annotation("istest").map(|found| found.arguments.len()), Some(1));
    assert_eq!((declaration.superclass.is_some(), declaration.interfaces.len()), (true, 2));
    let kinds: Vec<&str> = declaration
        .members
        .iter()
        .map(|member| match member {
            Member::Field(field) => ["", "field", "fields"][field.declarators.len()],
            Member::Property(_) => "property",
            Member::Initializer { is_static: true, .. } => "static",
            Member::Initializer { .. } => "instance",
            Member::Method(method) if method.returns.is_none() => "constructor",
            Member::Method(_) => "method",
            Member::Type(inner) => match inner.kind {
                TypeDeclKind::Class => "class",
                TypeDeclKind::Interface => "interface",
                TypeDeclKind::Enum => "enum",
            },
        })
        .collect();
    let expected = [
        "fields",
        "property",
        "static",
        "instance",
        "constructor",
        "method",
        "method",
        "class",
        "interface",
        "enum",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn triggers_hold_statements_and_members() {
    let source = "// ours\ntrigger T on Account (before insert, AFTER  undelete) {
        static Integer calls = 0;
        void help(Integer n) { calls += n; }
        class Inner { }
        Integer n = Trigger.new.size();
        help(n);
    }";
    let Ok(Unit::Trigger(trigger)) = parse_trigger(source) else { panic!("{:?}", parse_trigger(source)) };
    let events: Vec<&str> = trigger.events.iter().map(|event| event.words.as_str()).collect();
    assert_eq!((trigger.name.text.as_ref(), trigger.object.text.as_ref()), ("T", "Account"));
    assert_eq!(events, ["before insert", "after undelete"]);
    assert_eq!((trigger.body.statements.len(), trigger.members.len()), (2, 3));
}

#[test]
fn anonymous_code() {
    let source = "class A { } Integer f() { return 1; } System.debug(f());";
    let unit = parse_anonymous_unit(source).unwrap();
    assert_eq!((unit.members.len(), unit.body.statements.len()), (2, 1));
    assert!(parse_anonymous(source).is_err());
    assert_eq!(parse_anonymous("a(); b();").unwrap().statements.len(), 2);
}

#[test]
fn words_of_other_constructs_are_names() {
    class(
        "class A { Integer get, set, when, with, sharing, after, count, order, user, system, switch, transient; }",
    );
    class("class A { void after(Date date, Integer first) { Map<Id, A> before = get(set, transient); } }");
}
