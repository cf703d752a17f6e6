//! Expressions.

use super::support::{refuses, takes};

#[test]
fn arithmetic_is_of_numbers() {
    takes(&[
        "Integer i = 1 + 2 * 3 - 4 / 5; Long l = i + 1L; Decimal d = i + 1.5; Double e = 1.5d * i;",
        "String s = 'a' + 1 + null + true; Date d = Date.today() + 1; Datetime t = Datetime.now() - 0.5;",
        "Integer i = 1; i += 1; String s = ''; s += 1; Decimal d = 1; d *= 2;",
        "Integer i = 5 & 3 | 1 ^ 2; Integer j = i << 2 >> 1 >>> 1; Boolean b = true & false; Integer k = ~1;",
    ]);
    refuses(&[
        ("Integer i = true * 2;", "1:13 Arithmetic expressions must use numeric arguments"),
        ("Date d = Date.today() + 1.5;", "1:15 Date expressions must use Integer or Long"),
        ("Integer i = 1; i += 1.5;", "1:16 Illegal assignment from Decimal to Integer"),
        (
            "Integer i = 1.5 & 2;",
            "1:13 & operator can only be applied to Boolean expressions or to Integer or Long expressions",
        ),
        ("Integer i = 1 << 1.5;", "1:13 << operation can only be applied to Integer or Long types"),
        ("Integer i = -'x';", "1:13 Unary negation must use a numeric argument"),
        ("Boolean b = !1;", "1:13 ! operator can only be applied to boolean expressions"),
        (
            "String s; s++;",
            "1:12 Unary postfix increment/decrement can only be applied to numeric expressions: String",
        ),
        ("String s; ++s;", "1:11 Unary prefix increment can only be applied to numeric expressions: String"),
        ("Boolean b = 1 && true;", "1:13 Logical operator can only be applied to Boolean"),
    ]);
}

#[test]
fn comparisons_are_of_what_is_alike() {
    takes(&[
        "Boolean b = 1 < 2L && 'a' < 'b' && Date.today() < Datetime.now() && 1 == 1.0;",
        "Id i; Boolean b = i == '001000000000001' && i < '0' && 'x' != null && null == i;",
        "Object o; Boolean b = o == 1 && new List<Account>() == new List<SObject>();",
        "Account a; SObject s; Boolean b = a == s && a === a && s !== a;",
    ]);
    refuses(&[
        ("Boolean b = '1' == 1;", "1:13 Comparison arguments must be compatible types: String, Integer"),
        ("Boolean b = 'a' < 1;", "1:13 Comparison arguments must be compatible types: String, Integer"),
        ("Boolean b = true < false;", "1:13 Inequality operator not allowed for this type: Boolean"),
        (
            "Boolean b = new Account() == new Contact();",
            "1:13 Comparison arguments must be compatible types: Account, Contact",
        ),
    ]);
}

#[test]
fn casts_have_a_chance() {
    takes(&[
        "Object o; Account a = (Account) o; SObject s = a; a = (Account) s; Integer i = (Integer) 1.5;",
        "List<SObject> s; List<Account> a = (List<Account>) s; a = s;",
        "Object o; Boolean b = o instanceof String; SObject s; b = s instanceof Account;",
    ]);
    refuses(&[
        (
            "Integer i; String s = (String) i;",
            "1:23 Incompatible types since an instance of Integer is never an instance of String",
        ),
        (
            "Account a; Contact c = (Contact) a;",
            "1:24 Incompatible types since an instance of Account is never an instance of Contact",
        ),
        (
            "Account a; Boolean b = a instanceof SObject;",
            "1:24 Operation instanceof is always true since an instance of Account is always an instance of SObject",
        ),
        (
            "Account a; Boolean b = a instanceof Contact;",
            "1:24 Operation instanceof is always false since an instance of Account is never an instance of Contact",
        ),
    ]);
}

#[test]
fn choices_have_a_type_in_common() {
    takes(&[
        "Long l = true ? 1 : 2L; String s = true ? 'x' : null; SObject o = true ? new Account() : new Contact();",
        "Integer i = null ?? 1; String s; s = s ?? 'x';",
        "Exception e = true ? new MathException() : new DmlException();",
    ]);
    refuses(&[
        ("Object o = true ? 1 : 'x';", "1:12 Incompatible types in ternary operator: Integer, String"),
        ("Object o = 1 ?? 'x';", "1:12 Incompatible types in null coalescing operator: Integer, String"),
    ]);
}

#[test]
fn collections_hold_what_they_say() {
    takes(&[
        "List<Long> l = new List<Long>{ 1, 2 }; Set<String> s = new Set<String>{ 'x' }; l[0] = 3; Long x = l[0];",
        "Map<String, Decimal> m = new Map<String, Decimal>{ 'x' => 1 }; m.put('y', 2); Decimal d = m.get('x');",
        "List<Object> o = new List<String>(); String[] a = new String[3]; Integer[] b = new Integer[]{ 1 };",
        "Map<Id, Account> m = new Map<Id, Account>([SELECT Id FROM Account]); Set<Id> i = m.keySet();",
        "List<Id> i = new List<Id>(new Set<Id>()); List<String> s = i; Map<Id, SObject> m = new Map<Id, Account>();",
    ]);
    refuses(&[
        (
            "Object o = new List<Integer>{ 'x' };",
            "1:31 Initial expression is of incorrect type, expected: Integer but was: String",
        ),
        (
            "Object o = new Map<String, Integer>{ 1 => 1 };",
            "1:38 Invalid key type Integer for Map<String,Integer>",
        ),
        (
            "Object o = new Map<String, Integer>{ 'x' => 'y' };",
            "1:45 Invalid value type String for Map<String,Integer>",
        ),
        ("List<String> l; Object o = l['a'];", "1:30 List index must be of type Integer: String"),
        ("Integer i; Object o = i[0];", "1:23 Expression must be a list type: Integer"),
        (
            "Object o = new Set<Integer>('x');",
            "1:12 Invalid initializer type String found for Set<Integer>: expected a List or a Set of type: Integer",
        ),
        ("Iterator i;", "1:1 No type arguments provided for a parameterized type: Iterator"),
        ("Map<String> m;", "1:1 Invalid type argument count for Map: expected 2 but found 1"),
        ("String<Integer> s;", "1:1 Type arguments provided for a non-parameterized type: String"),
    ]);
}

#[test]
fn methods_of_the_platform_are_chosen() {
    takes(&[
        "String s = 'x'.toUpperCase(); Integer i = s.length(); List<String> p = s.split(','); s = s?.trim();",
        "String j = String.join(new List<Id>(), ','); Integer n = Integer.valueOf('1'); j = String.valueOf(n);",
        "System.debug('x'); System.debug(LoggingLevel.WARN, 1); System.LoggingLevel l = LoggingLevel.ERROR;",
        "List<Integer> l = new List<Integer>(); l.add(1); l.addAll(new Set<Integer>()); l.sort(); Integer i = l.size();",
        "Object o = 1; String s = o.toString(); Boolean b = o.equals(2);",
        "String n = LoggingLevel.WARN.name(); List<LoggingLevel> all = LoggingLevel.values();",
        "List<SObject> rows = Database.query('SELECT Id FROM Account'); Type t = Account.class; t = List<Id>.class;",
        "HttpRequest r = new HttpRequest(); r.setMethod('GET'); Http h = new Http(); Test.setMock(HttpCalloutMock.class, null);",
        "Messaging.SingleEmailMessage m = new Messaging.SingleEmailMessage(); m.setSubject('x');",
        "ConnectApi.FeedElement element = ConnectApi.ChatterFeeds.getFeedElement(null, 'x');",
        "List<List<SObject>> found = [FIND 'xy' IN ALL FIELDS RETURNING Account(Name WHERE Name = 'y' LIMIT 5), Contact];",
    ]);
    refuses(&[
        (
            "System.debugg('x');",
            "1:8 Method does not exist or incorrect signature: void debugg(String) from the type System",
        ),
        (
            "'x'.shout();",
            "1:5 Method does not exist or incorrect signature: void shout() from the type String",
        ),
        (
            "'x'.length(1);",
            "1:5 Method does not exist or incorrect signature: void length(Integer) from the type String",
        ),
        (
            "String.length();",
            "1:8 Non static method cannot be referenced from a static context: Integer String.length()",
        ),
        (
            "nothing();",
            "1:1 Method does not exist or incorrect signature: void nothing() from the type AnonymousBlock",
        ),
        ("Nobody.f();", "1:1 Variable does not exist: Nobody"),
    ]);
}

#[test]
fn depth_does_not_break_the_checker() {
    let deep = format!("Integer i = {}1{};", "(".repeat(200), ")".repeat(200));
    takes(&[&deep]);
    let long = format!("Integer i = 1{};", " + 1".repeat(400));
    takes(&[&long]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn no_heap_of_words_breaks_the_checker(words in proptest::collection::vec(WORDS, 0..24)) {
        let _ = super::support::statements(&words.join(" "));
    }
}

const WORDS: &str = "Integer|String|List<Account>|Account|a|b|=|\\+|==|\\(|\\)|\\{|\\}|;|1|'x'|null|new|return|for|if|\\.|Name|Trigger|new|System|debug|\\[SELECT Id FROM Account\\]|instanceof|\\?|:|switch|on|when|insert|this|super|class|Map<Id, SObject>";
