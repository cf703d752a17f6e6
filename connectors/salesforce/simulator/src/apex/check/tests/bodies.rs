//! Statements.

use super::support::{refuses, refuses_class, takes, takes_class};

#[test]
fn variables_are_declared_once_and_fit() {
    takes(&[
        "Integer a = 1, b; b = a;",
        "{ Integer a = 1; } { Integer a = 2; }",
        "for (Integer i = 0; i < 3; i++) {} for (Integer i = 0; i < 3; i++) {}",
        "Long l = 1; Double d = l; Decimal e = d; Decimal f = 1; Double g = 1.5;",
        "Datetime t = Date.today(); String s = UserInfo.getUserId(); Id i = '001000000000001';",
        "Object o = 1; Integer i = (Integer) o; String n = null;",
        "final Integer a = 1; final Integer b; b = 2;",
    ]);
    refuses(&[
        ("Integer a = 1;\nInteger A = 2;", "2:9 Duplicate variable: A"),
        ("Integer a = 1; { String a; }", "1:25 Duplicate variable: a"),
        ("Integer a = 'x';", "1:9 Illegal assignment from String to Integer"),
        ("Integer a = 1.5;", "1:9 Illegal assignment from Decimal to Integer"),
        ("Integer a = 5L;", "1:9 Illegal assignment from Long to Integer"),
        ("Integer a; a = 'x';", "1:12 Illegal assignment from String to Integer"),
        ("Object o; String s = o;", "1:18 Illegal assignment from Object to String"),
        ("Set<Object> s = new Set<String>();", "1:13 Illegal assignment from Set<String> to Set<Object>"),
        ("Nothing x;", "1:1 Invalid type: Nothing"),
        ("void x;", "1:6 Variables cannot be of type void"),
        ("Integer x = y;", "1:13 Variable does not exist: y"),
        (
            "final Integer a = 1; a = 2;",
            "1:22 Final members can only be assigned in their declaration, init blocks, or constructors: a",
        ),
    ]);
}

#[test]
fn conditions_are_truths() {
    takes(&["if (true) {} else if (1 < 2) {}", "while (false) {}", "do {} while (false);"]);
    refuses(&[
        ("if (1) {}", "1:5 Condition expression must be of type Boolean: Integer"),
        ("while ('x') {}", "1:8 Condition expression must be of type Boolean: String"),
        ("do {} while (1);", "1:14 Condition expression must be of type Boolean: Integer"),
        ("Integer i = 1 ? 2 : 3;", "1:13 Condition expression must be of type Boolean: Integer"),
    ]);
}

#[test]
fn loops_go_over_collections() {
    takes(&[
        "for (Integer i : new List<Integer>{ 1 }) { if (i == 1) { continue; } break; }",
        "for (String s : new Set<String>()) {}",
        "for (Account a : [SELECT Id FROM Account]) {} for (List<Account> l : [SELECT Id FROM Account]) {}",
        "for (SObject a : [SELECT Id FROM Account]) {}",
    ]);
    refuses(&[
        ("for (Integer i : 3) {}", "1:18 Loop must iterate over collection: Integer"),
        (
            "for (String s : new List<Integer>()) {}",
            "1:13 Invalid loop variable type expected Integer was String",
        ),
        (
            "for (Contact c : [SELECT Id FROM Account]) {}",
            "1:18 Loop variable must be a generic SObject or List or a concrete SObject or List of: Account",
        ),
        ("break;", "1:1 Break statement must be in loop"),
        ("continue;", "1:1 Continue statement must be in loop"),
    ]);
}

#[test]
fn what_follows_a_jump_is_never_reached() {
    takes_class(
        "public class A { Integer f(Boolean b) { if (b) { return 1; } else { throw new MathException(); } } }",
    );
    takes_class("public class A { Integer f() { try { return 1; } catch (Exception e) { return 2; } } }");
    takes_class("public class A { Integer f() { while (true) { } } }");
    takes_class(
        "public class A { Integer f(Integer i) { switch on i { when 1 { return 1; } when else { return 2; } } } }",
    );
    refuses_class(
        "public class A {\n  Integer f() {\n    return 1;\n    f();\n  }\n}",
        "4:5 Unreachable statement",
    );
    let missing =
        "Non-void method might not return a value or might have statement after a return statement.";
    for body in
        ["", "if (true) { return 1; }", "while (true) { break; }", "switch on 1 { when 1 { return 1; } }"]
    {
        refuses_class(&format!("public class A {{ Integer f() {{ {body} }} }}"), &format!("1:26 {missing}"));
    }
}

#[test]
fn returns_fit_their_method() {
    takes_class("public class A { void f() { return; } Long g() { return 1; } }");
    refuses_class("public class A { void f() { return 1; } }", "1:29 Void method must not return a value");
    refuses_class("public class A { A() { return 1; } }", "1:24 Constructors must not return a value");
    refuses_class(
        "public class A { Integer f() { return; } }",
        "1:32 Missing return statement required return type: Integer",
    );
    refuses_class(
        "public class A { Integer f() { return 'x'; } }",
        "1:39 Illegal assignment from String to Integer",
    );
}

#[test]
fn exceptions_are_thrown_and_caught() {
    takes(&[
        "try { throw new MathException('x'); } catch (MathException e) { } catch (Exception e) { } finally { }",
        "try { } finally { }",
    ]);
    refuses(&[
        ("throw 'x';", "1:7 Throw expression must be of type exception: String"),
        ("try { } catch (String s) { }", "1:16 Catch block variable must be of type exception: String"),
        (
            "try { } catch (Exception e) { } catch (MathException m) { }",
            "1:40 Exception type already caught: System.MathException",
        ),
    ]);
}

#[test]
fn switches_match_constants_and_types() {
    takes(&[
        "switch on 1 { when 1, 2 { } when null { } when else { } }",
        "SObject s; switch on s { when Account a { a.Name = 'x'; } when null { } }",
        "TriggerOperation o; switch on o { when BEFORE_INSERT, AFTER_UPDATE { } }",
    ]);
    refuses(&[
        ("switch on 1.5 { when 1 { } }", "1:11 Decimal is not a valid switch expression type"),
        (
            "switch on 1 { when 1 { } when 1 { } }",
            "1:31 1 occurs as more than one when branch for this switch statement",
        ),
        (
            "switch on 1 { when 'x' { } }",
            "1:20 String value in 'when expression' cannot be implicitly converted to the Integer type in switch expression",
        ),
        ("TriggerOperation o; switch on o { when NEVER { } }", "1:40 Variable does not exist: NEVER"),
        ("switch on 1 { when Account a { } }", "1:20 Account cannot be a 'when type variable' block"),
    ]);
}

#[test]
fn changes_are_of_records() {
    takes(&[
        "insert new Account(Name = 'x'); update new List<Account>(); delete (SObject) new Account();",
        "upsert new Item__c() Key__c; undelete new List<SObject>(); merge new Account() new Account();",
        "insert as user new Account();",
    ]);
    refuses(&[
        ("insert 'x';", "1:8 DML requires SObject or SObject list type: String"),
        ("insert new List<String>();", "1:8 DML requires SObject or SObject list type: List<String>"),
        ("upsert new Item__c() Nope__c;", "1:22 Field does not exist: Nope__c on Item__c"),
        (
            "upsert new Item__c() Price__c;",
            "1:22 Invalid field for upsert, must be an External Id custom or standard indexed field: Price__c",
        ),
    ]);
}

#[test]
fn statements_do_something() {
    takes(&["Integer i = 0; i++; ++i; i += 1; new Account(); String.valueOf(i);"]);
    refuses(&[
        ("Integer i = 0; i + 1;", "1:16 Expression cannot be a statement."),
        ("1 = 2;", "1:1 Expression cannot be assigned"),
    ]);
}
