//! Classes and their members.

use super::support::{Sources, refuses, refuses_class, takes, takes_class};

#[test]
fn members_are_declared_once() {
    takes_class(
        "public class A { Integer a; String f(Integer i) { return ''; } String f(String s) { return s; } }",
    );
    refuses_class("public class A {\n  Integer a;\n  String A;\n}", "3:10 Duplicate field: A");
    refuses_class(
        "public class A {\n  void f(Integer i) {}\n  void F(Integer j) {}\n}",
        "3:8 Method already defined: void F(Integer) from the type A",
    );
    refuses_class("public class A { void f(Integer i, String I) {} }", "1:43 Duplicate variable: I");
    refuses_class("public class A { class B {} class b {} }", "1:35 Type name already in use: b");
    refuses_class("public class A { B() {} }", "1:18 Invalid constructor name: B");
    refuses_class("class A { }", "1:7 Top-level type must have public or global visibility");
    refuses_class(
        "public class A { class B { class C {} } }",
        "1:34 Inner types are not allowed to have inner types",
    );
    refuses_class(
        "public class A { class B { static { } } }",
        "1:35 Inner types are not allowed to have static blocks",
    );
    refuses_class("public class A { @Nope void f() {} }", "1:19 Annotation does not exist: Nope");
}

#[test]
fn overloads_are_chosen() {
    let class = "public class A { static String f(Object o) { return ''; } static Integer f(Integer i) { return 1; } static Long f(Long l) { return 1; } static void g(A a) {} static void g(String s) {} static void f2() { Integer i = f(1); Long l = f(1L); String s = f('x'); ";
    takes_class(&format!("{class} s = f(1.5); }} }}"));
    refuses_class(
        &format!("{class} g(null); }} }}"),
        &format!("1:{} Ambiguous method signature: void g(null)", class.len() + 2),
    );
    refuses_class(
        "public class A { void f(Integer i) { f('x'); } }",
        "1:38 Method does not exist or incorrect signature: void f(String) from the type A",
    );
}

#[test]
fn constructors_are_called() {
    takes(&[
        "class B { B(Integer i) {} B(String s) { this(1); } } B b = new B(1); b = new B('x');",
        "class MyException extends Exception {} throw new MyException('x');",
        "virtual class B { B(Integer i) {} } class C extends B { C() { super(1); } }",
    ]);
    refuses(&[
        (
            "class B { B(Integer i) {} }\nB b = new B('x');",
            "2:7 Constructor not defined: [B].<Constructor>(String)",
        ),
        ("abstract class B {}\nB b = new B();", "2:7 Abstract classes cannot be constructed: B"),
        ("interface B {}\nB b = new B();", "2:7 Type cannot be constructed: B"),
        (
            "virtual class B { B(Integer i) {} }\nclass C extends B { C() {} }",
            "2:21 No default constructor available in super type: B",
        ),
        (
            "class B { void f() { this(); } B() {} }",
            "1:22 Call to 'this()' must be the first statement in a constructor method",
        ),
        (
            "class B { Integer i; B(Integer j) {} B() { this(i); } }",
            "1:49 Cannot reference instance variables in a constructor invocation: i",
        ),
    ]);
}

#[test]
fn what_is_above_is_inherited_and_overridden() {
    takes(&[
        "virtual class B { public virtual String f() { return ''; } } class C extends B { public override String f() { return super.f(); } }",
        "interface I { void f(); } class C implements I { public void f() {} } I i = new C(); i.f();",
        "abstract class B { protected abstract void f(); } class C extends B { protected override void f() {} }",
        "abstract class B { abstract void f(); } abstract class C extends B { }",
        "class C implements Comparable { public Integer compareTo(Object o) { return 0; } }",
        "class C { public override String toString() { return 'x'; } public Boolean equals(Object o) { return true; } }",
        "virtual class B { Integer i; } class C extends B { void f() { i = 1; this.i = 2; } }",
        "enum Color { RED, GREEN } Color c = Color.RED; String n = c.name(); Integer o = c.ordinal(); List<Color> all = Color.values(); c = Color.valueOf('RED'); switch on c { when RED { } when GREEN { } }",
    ]);
    refuses(&[
        ("class B {}\nclass C extends B {}", "2:7 Non-virtual and non-abstract type cannot be extended: B"),
        ("interface B {}\nclass C extends B {}", "2:7 Invalid super type: B"),
        ("class B {}\nclass C implements B {}", "2:20 Invalid interface: B"),
        (
            "virtual class B { protected virtual String f() { return ''; } }\nclass C extends B { String f() { return ''; } }",
            "2:28 Method must use the override keyword: String C.f()",
        ),
        (
            "virtual class B { public void f() {} }\nclass C extends B { public override void f() {} }",
            "2:42 Non-virtual, non-abstract methods cannot be overridden: void B.f()",
        ),
        (
            "class C { override void f() {} }",
            "1:25 @Override specified for non-overriding method: void C.f()",
        ),
        (
            "interface I { void f(); }\nclass C implements I {}",
            "2:7 Class C must implement the method: void I.f()",
        ),
        (
            "interface I { void f(); }\nclass C implements I { void f() {} }",
            "2:29 C: Overriding implementations of global or public interface methods must be global or public: void C.f()",
        ),
        (
            "abstract class B { public abstract void f(); }\nclass C extends B {}",
            "2:7 Class C must implement the abstract method: void B.f()",
        ),
        (
            "class C implements Comparable {}",
            "1:7 Class C must implement the method: Integer System.Comparable.compareTo(Object)",
        ),
        ("abstract class B { abstract void f() {} }", "1:34 Abstract methods cannot have a body"),
        ("class B { void f(); }", "1:16 Method must have a body"),
        (
            "class Trouble extends Exception {}",
            "1:7 Classes extending Exception must have a name ending in 'Exception': Trouble",
        ),
        ("class OddException {}", "1:7 Exception class must extend another Exception class: OddException"),
        ("virtual class B extends C {} virtual class C extends B {}", "1:15 Circular definition: B"),
    ]);
}

#[test]
fn statics_and_instances_are_told_apart() {
    takes_class(
        "public class A { static Integer s; Integer i; void f() { s = i; A.s = 1; } static void g() { new A().i = s; } }",
    );
    refuses_class(
        "public class A { void f() {} static void g() { f(); } }",
        "1:48 Non static method cannot be referenced from a static context: void A.f()",
    );
    refuses_class(
        "public class A { Integer i; static void g() { i = 1; } }",
        "1:47 Non static field cannot be referenced from a static context: i from the type A",
    );
    refuses_class(
        "public class A { static void g() { Object o = this; } }",
        "1:47 This cannot be referenced in a static context",
    );
    refuses_class(
        "public class A { static void g() {} void f(A a) { a.g(); } }",
        "1:53 Static method cannot be referenced from a non static context: void A.g()",
    );
    refuses_class(
        "public class A { static Integer s; void f(A a) { a.s = 1; } }",
        "1:52 Static field cannot be referenced from a non static context: s from the type A",
    );
}

#[test]
fn final_variables_are_set_where_they_begin() {
    takes_class(
        "public class A { final Integer a = 1; final Integer b; static final Integer C; static { C = 1; } A() { b = 2; } }",
    );
    let words = "Final members can only be assigned in their declaration, init blocks, or constructors";
    refuses_class("public class A { final Integer a; void f() { a = 1; } }", &format!("1:46 {words}: a"));
    refuses_class(
        "public class A { static final Integer B = 1; A() { B = 2; } }",
        &format!("1:52 {words}: B"),
    );
}

#[test]
fn properties_have_accessors() {
    takes_class(
        "public class A { public Integer a { get; set; } public Integer b { get { return a; } private set { a = value; } } void f() { b = a; a++; } }",
    );
    refuses_class(
        "public class A { Integer a { get { return 1; } } void f() { a = 1; } }",
        "1:61 A value cannot be stored to a in type A",
    );
    refuses_class(
        "public class A { Integer a { set { } } Integer f() { return a; } }",
        "1:61 A value cannot be read from a in type A",
    );
}

#[test]
fn others_see_what_they_may() {
    let safe = "public virtual class Safe { private static Integer gold = 1; @TestVisible private static Integer silver = 1; protected Integer copper; private static void open() {} public Integer seen { get; private set; } public static Integer tin { get; private set; } }";
    let with = |body: &str| Sources::new().class("Safe", safe).class("B", body).problems();
    assert_eq!(
        with("public class B { void f() { Integer i = new Safe().seen + Safe.tin; } }"),
        Vec::<String>::new()
    );
    assert_eq!(with("public class B extends Safe { void f() { copper = 1; } }"), Vec::<String>::new());
    assert_eq!(with("@IsTest private class B { void f() { Safe.silver = 2; } }"), Vec::<String>::new());
    for (body, words) in [
        ("Safe.gold = 2;", "B 1:34 Variable is not visible: Safe.gold"),
        ("Safe.silver = 2;", "B 1:34 Variable is not visible: Safe.silver"),
        ("new Safe().copper = 2;", "B 1:40 Variable is not visible: Safe.copper"),
        ("new Safe().seen = 2;", "B 1:40 Variable is not visible: Safe.seen"),
        ("Safe.tin = 2;", "B 1:34 Variable is not visible: Safe.tin"),
        ("Safe.open();", "B 1:34 Method is not visible: void Safe.open()"),
    ] {
        assert_eq!(with(&format!("public class B {{ void f() {{ {body} }} }}")), [words]);
    }
}

#[test]
fn tests_and_later_methods_take_what_they_can() {
    takes_class("@IsTest private class A { @IsTest static void a() {} @TestSetup static void b() {} }");
    takes_class("public class A { @future public static void f(List<Id> ids, String s) {} }");
    refuses_class(
        "@IsTest private class A { @IsTest static void a(Integer i) {} }",
        "1:47 Test methods must have no arguments",
    );
    refuses_class(
        "public class A { @future public static void f(Account a) {} }",
        "1:45 Future methods do not support parameter type of Account",
    );
    refuses_class(
        "public class A { @future public void f() {} }",
        "1:38 Future methods must be declared as static",
    );
}

#[test]
fn rest_classes_have_a_mapping_and_each_verb_once() {
    let rest = |mapping: &str, body: &str| format!("@RestResource({mapping})\nglobal class A {{ {body} }}");
    let get = |name: &str| format!("@HttpGet global static String {name}() {{ return ''; }}");
    takes_class(&rest("urlMapping='/a/*'", &get("f")));
    let refused = |mapping: &str, words: &str| refuses_class(&rest(mapping, ""), words);
    refused("urlMapping=''", "1:2 Rest Resource url cannot be empty");
    refused("urlMapping='a'", "1:2 Rest Resource url must begin with a forward slash, '/'");
    refused(
        "urlMapping='/a*'",
        "1:2 Rest Resource url wildcard, '*', must be preceded by a forward slash, '/'",
    );
    refuses_class(
        &rest("urlMapping='/a'", &format!("{}\n{}", get("f"), get("g"))),
        "3:31 Only one method per type can be defined with: HttpGet",
    );
    refuses_class(
        &rest("urlMapping='/a'", "@HttpGet global String f() { return ''; }"),
        "2:41 HttpGet methods must be declared as static",
    );
}
