use serde_json::json;

use super::{World, day, number, text};
use crate::rules::formula::Datum;

fn yes() -> Datum {
    Datum::Boolean(true)
}

fn no() -> Datum {
    Datum::Boolean(false)
}

#[test]
fn arithmetic() {
    let world = World::new();
    for (source, expected) in [
        ("1 + 2 * 3", "7"),
        ("0.1 + 0.2", "0.3"),
        ("10 / 4", "2.5"),
        ("-Amount__c + 1", "-11.5"),
        // The power binds less than the product.
        ("2 * 3 ^ 2", "36"),
        ("2 ^ 10", "1024"),
        ("Share__c * 10", "4"),
        ("ABS(-3)", "3"),
        ("ROUND(2.345, 2)", "2.35"),
        ("ROUND(-2.5, 0)", "-3"),
        ("ROUND(1234, -2)", "1200"),
        ("CEILING(2.1)", "3"),
        ("CEILING(-2.1)", "-3"),
        ("FLOOR(2.9)", "2"),
        ("FLOOR(-2.9)", "-2"),
        ("MCEILING(-2.1)", "-2"),
        ("MFLOOR(-2.9)", "-3"),
        ("TRUNC(2.987, 2)", "2.98"),
        ("MOD(7, 3)", "1"),
        ("MOD(-7, 3)", "-1"),
        ("MAX(1, 5, 3)", "5"),
        ("MIN(4, 2, 8)", "2"),
        ("SQRT(16)", "4"),
        ("EXP(0)", "1"),
        ("LN(1)", "0"),
        ("LOG(1000)", "3"),
        ("VALUE('12.50')", "12.5"),
        ("LEN('Grüße')", "5"),
        ("FIND('b', 'abcb')", "2"),
        ("FIND('b', 'abcb', 3)", "4"),
        ("FIND('x', 'abc')", "0"),
    ] {
        assert_eq!(world.value(source), number(expected), "{source}");
    }
}

#[test]
fn comparisons_and_logic() {
    let world = World::new();
    for (source, expected) in [
        ("Amount__c = 12.50", yes()),
        ("Amount__c <> 12.5", no()),
        ("Amount__c == 12.5 && Open__c", yes()),
        ("Amount__c != 12.5 || !Open__c", no()),
        ("Amount__c > 12 && Amount__c >= 12.5 && Amount__c <= 12.5 && Amount__c < 13", yes()),
        ("Title__c = 'big deal'", no()),
        ("'a' < 'b'", yes()),
        ("Due__c > TODAY()", yes()),
        ("At__c < NOW()", yes()),
        ("AND(TRUE, 1 = 1, NOT(FALSE))", yes()),
        ("OR(FALSE, 1 = 2)", no()),
        ("AND(FALSE, 1 / 0 = 1)", no()),
        ("OR(TRUE, 1 / 0 = 1)", yes()),
        ("IF(Open__c, FALSE, 1 / 0 = 1)", no()),
        // What is unknown is not true, and neither is its opposite; texts are never unknown.
        ("NULL > 1", Datum::Null),
        ("NOT(NULL > 1)", Datum::Null),
        ("OR(NULL > 1, FALSE)", no()),
        ("IF(NULL = 1, TRUE, FALSE)", no()),
        ("/* a remark */ TRUE", yes()),
    ] {
        assert_eq!(world.value(source), expected, "{source}");
    }
    let empty = json!({"Title__c": null, "Amount__c": null, "Open__c": null});
    let on = |source: &str| world.on(source, &empty, None).unwrap();
    assert_eq!(on("Title__c = ''"), yes());
    assert_eq!(on("Title__c <> 'x'"), yes());
    assert_eq!(on("Amount__c <> 1"), Datum::Null);
    assert_eq!(on("Amount__c + 1"), Datum::Null);
    assert_eq!(on("Open__c"), no());
    assert_eq!(on("ISBLANK(Title__c) && ISBLANK(Amount__c) && ISNULL(Amount__c)"), yes());
    assert_eq!(on("ISNULL(Title__c)"), no());
    assert_eq!(on("BLANKVALUE(Title__c, 'none')"), text("none"));
    assert_eq!(on("NULLVALUE(Amount__c, 7)"), number("7"));
}

#[test]
fn texts() {
    let world = World::new();
    for (source, expected) in [
        ("'a' & \"b\" + 'c'", "abc"),
        ("LEFT('hello', 2)", "he"),
        ("RIGHT('hello', 3)", "llo"),
        ("RIGHT('hello', 30)", "hello"),
        ("MID('hello', 2, 3)", "ell"),
        ("MID('hello', 9, 3)", ""),
        ("UPPER('aß')", "ASS"),
        ("LOWER('ABC')", "abc"),
        ("TRIM('  a   b ')", "a b"),
        ("SUBSTITUTE('aXbX', 'X', '-')", "a-b-"),
        ("LPAD('7', 3, '0')", "007"),
        ("RPAD('7', 3)", "7  "),
        ("TEXT(12.50)", "12.5"),
        ("TEXT(Stage__c)", "Won"),
        ("TEXT(Due__c)", "2026-11-30"),
        ("TEXT(At__c)", "2026-11-24 08:00:00Z"),
        ("'It\\'s \\\\ \\n'", "It's \\ \n"),
        ("CASE(Stage__c, 'Lost', 'l', 'Won', 'w', 'other')", "w"),
        ("CASE(3, 1, 'one', 2, 'two', 'many')", "many"),
        ("IF(Open__c, Title__c, NULL)", "Big deal"),
        ("CASESAFEID('001000000000001')", "001000000000001AAA"),
    ] {
        assert_eq!(world.value(source), text(expected), "{source}");
    }
    for source in [
        "CONTAINS(Title__c, 'deal')",
        "CONTAINS(Title__c, '')",
        "BEGINS(Title__c, 'Big')",
        "REGEX('12345', '[0-9]{5}')",
        "NOT(REGEX('123456', '[0-9]{5}'))",
        "REGEX('ab', 'x|ab')",
        "ISNUMBER('1.5') && NOT(ISNUMBER('x'))",
        "ISPICKVAL(Stage__c, 'Won')",
        "INCLUDES(Tags__c, 'b') && NOT(INCLUDES(Tags__c, 'c'))",
        "NOT(ISBLANK(Tags__c))",
    ] {
        assert_eq!(world.value(source), yes(), "{source}");
    }
}

#[test]
fn days_and_moments() {
    let world = World::new();
    for (source, expected) in [
        ("TODAY()", "2026-11-24"),
        ("TODAY() + 7", "2026-12-01"),
        ("7 + TODAY()", "2026-12-01"),
        ("DATE(2026, 2, 28) + 1.9", "2026-03-01"),
        ("DATEVALUE('2026-01-02')", "2026-01-02"),
        ("DATEVALUE(At__c)", "2026-11-24"),
        ("ADDMONTHS(DATE(2026, 1, 31), 1)", "2026-02-28"),
        ("ADDMONTHS(DATE(2026, 2, 28), 1)", "2026-03-31"),
        ("ADDMONTHS(DATE(2026, 3, 15), -3)", "2025-12-15"),
    ] {
        assert_eq!(world.value(source), day(expected), "{source}");
    }
    for (source, expected) in [
        ("YEAR(Due__c) * 10000 + MONTH(Due__c) * 100 + DAY(Due__c)", "20261130"),
        ("WEEKDAY(TODAY())", "3"),
        ("Due__c - TODAY()", "6"),
        ("(NOW() - At__c) * 24", "4.5"),
    ] {
        assert_eq!(world.value(source), number(expected), "{source}");
    }
    assert_eq!(world.value("DATETIMEVALUE('2026-11-24 12:30:00') = NOW() && NOW() - 0.5 < NOW()"), yes());
}

#[test]
fn the_record_before_and_after() {
    let world = World::new();
    let (new, old) = (json!({"Amount__c": 5, "Stage__c": "Lost"}), json!({"Amount__c": 7}));
    let on = |source: &str| world.on(source, &new, Some(&old)).unwrap();
    assert_eq!(on("ISCHANGED(Amount__c) && NOT(ISCHANGED(Title__c)) && NOT(ISNEW())"), yes());
    assert_eq!(on("PRIORVALUE(Amount__c) - Amount__c"), number("2"));
    assert_eq!(on("ISPICKVAL(PRIORVALUE(Stage__c), 'Won') && ISPICKVAL(Stage__c, 'Lost')"), yes());
    assert_eq!(world.value("ISNEW() && NOT(ISCHANGED(Amount__c)) && PRIORVALUE(Amount__c) = 12.5"), yes());
    assert_eq!(world.value("ISBLANK(Id)"), yes());
    assert_eq!(on("LEN(Id)"), number("18"));
}

#[test]
fn other_records_and_what_is_always_there() {
    let world = World::new();
    let org = &world.org;
    assert_eq!(world.value("Account__r.Name"), text("Acme"));
    assert_eq!(world.value("account__R.owner:user.USERNAME = $User.Username"), yes());
    assert_eq!(world.value("Account__r.OwnerId"), text(org.admin.as_str()));
    assert_eq!(world.value("$User.Id"), text(org.admin.as_str()));
    assert_eq!(world.value("$Profile.Name"), text("System Administrator"));
    assert_eq!(world.value("$Organization.Id"), text(org.id.as_str()));
    assert_eq!(world.value("$Permission.May_Skip"), no());
    let nowhere = world.on("ISBLANK(Account__r.Name)", &json!({"Account__c": null}), None);
    assert_eq!(nowhere, Ok(yes()));
}

#[test]
fn what_cannot_be_worked_out_says_why() {
    let world = World::new();
    let fault = |source: &str| world.on(source, &json!({}), None).unwrap_err();
    assert_eq!(fault("1 / 0 = 1"), "Division by zero");
    assert_eq!(fault("MOD(1, 0) = 1"), "Division by zero");
    assert_eq!(fault("VALUE('x') = 1"), "The value 'null' is not a valid number.");
    assert_eq!(fault("DATE(2026, 2, 30) = TODAY()"), "Month or Day out of range in DATE() function");
    assert_eq!(fault("DATEVALUE('24.11.2026') = TODAY()"), "Invalid year for DATEVALUE function");
    assert_eq!(fault("10 ^ 64 ^ 64 = 1"), "Number is too large");
    assert_eq!(fault("REGEX('x', '(')"), "Invalid regular expression");
    assert_eq!(fault("LEN(LPAD('x', 9999999)) = 1"), "Text is too long");
    assert_eq!(fault("TODAY() + 99999999 = TODAY()"), "Date is out of range");
}
