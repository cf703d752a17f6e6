use super::{call, shown, text, transaction};
use crate::apex::value::Value;
use crate::transaction::Transaction;

fn int(number: i32) -> Value {
    Value::Integer(number)
}

#[test]
fn splits_follow_java() {
    let tx = &mut transaction();
    let cases = [
        ("a,b,c", ",", 0, "(a, b, c)"),
        ("a,b,c", ",", 2, "(a, b,c)"),
        ("a,b,,", ",", 0, "(a, b)"),
        ("a,b,,", ",", -1, "(a, b, , )"),
        (",a", ",", 0, "(, a)"),
        ("abc", "", 0, "(a, b, c)"),
        ("", ",", 0, "()"),
        (",", ",", 0, "()"),
        ("a.b", "\\.", 0, "(a, b)"),
        ("a1b22c", "\\d+", 0, "(a, b, c)"),
    ];
    for (own, by, most, expected) in cases {
        let outcome = call(tx, "String", "split", &text(own), &[text(by), int(most)]);
        let found = shown(tx, outcome.clone());
        let Ok(Value::List(list)) = outcome else { panic!("{found}") };
        // One empty string looks like none.
        let one = usize::from(own.is_empty());
        assert_eq!(
            (found.as_str(), list.len().min(1)),
            (expected, one.max(list.len().min(1))),
            "{own:?} by {by:?}"
        );
        if own == "," {
            assert_eq!(list.len(), 0);
        }
    }
}

#[test]
fn expressions_are_those_of_java() {
    let tx = &mut transaction();
    let cases = [
        (r"a*b", "aaab", true),
        (r"\d+", "١", false),
        (r"\w", "é", false),
        (r"\p{Alpha}+", "abc", true),
        (r"\p{L}+", "éa", true),
        (r"[\p{Punct}\s]+", "! ?", true),
        (r"\Qa.b\E", "a.b", true),
        (r"\Qa.b\E", "axb", false),
        (r"[a-z&&[^bc]]+", "adz", true),
        (r"[a-z&&[^bc]]+", "abz", false),
        (r"(?i)APEX", "apex", true),
        (r"(a)\1", "aa", true),
        (r"a++b", "aaab", true),
        (r"\u0041", "A", true),
        (r"\<a\>", "<a>", true),
        (r"[^\d]", "1", false),
        (r"\h", "f", false),
        (r"(?<=a)b|ab", "ab", true),
    ];
    for (pattern, own, expected) in cases {
        let outcome = call(tx, "System.Pattern", "matches", &Value::Null, &[text(pattern), text(own)]);
        assert_eq!(shown(tx, outcome), expected.to_string(), "{pattern} {own}");
    }
    let outcome = call(tx, "System.Pattern", "compile", &Value::Null, &[text("(")]);
    assert_eq!(shown(tx, outcome), "System.StringException: Invalid regex: (");
    let hard = [text(r"(x+x+)+\1y"), text(&"x".repeat(60))];
    let outcome = call(tx, "System.Pattern", "matches", &Value::Null, &hard);
    assert_eq!(shown(tx, outcome), "System.LimitException: Regex too complicated");
}

fn on(tx: &mut Transaction, pattern: &str, own: &str) -> Value {
    let pattern = call(tx, "System.Pattern", "compile", &Value::Null, &[text(pattern)]).unwrap();
    call(tx, "System.Pattern", "matcher", &pattern, &[text(own)]).unwrap()
}

#[test]
fn matchers_walk_through_a_text() {
    let tx = &mut transaction();
    let matcher = on(tx, r"(\d)(x)?", "é1 2x");
    let steps: [(&str, Vec<Value>, &str); 17] = [
        ("group", vec![], "System.StringException: No match found"),
        ("find", vec![], "true"),
        ("start", vec![], "1"),
        ("end", vec![], "2"),
        ("group", vec![int(2)], "null"),
        ("start", vec![int(2)], "-1"),
        ("group", vec![int(3)], "System.StringException: No group 3"),
        ("find", vec![], "true"),
        ("group", vec![], "2x"),
        ("find", vec![], "false"),
        ("find", vec![], "false"),
        ("groupCount", vec![], "2"),
        ("find", vec![int(2)], "true"),
        ("group", vec![int(1)], "2"),
        ("lookingAt", vec![], "false"),
        ("replaceAll", vec![text("<$1>")], "é<1> <2>"),
        ("replaceFirst", vec![text("\\$")], "é$ 2x"),
    ];
    for (method, arguments, expected) in steps {
        let outcome = call(tx, "System.Matcher", method, &matcher, &arguments);
        assert_eq!(shown(tx, outcome), expected, "{method}");
    }
    let matcher = on(tx, "b", "abb");
    call(tx, "System.Matcher", "region", &matcher, &[int(1), int(2)]).unwrap();
    let outcome = call(tx, "System.Matcher", "matches", &matcher, &[]);
    assert_eq!(shown(tx, outcome), "true");
}
