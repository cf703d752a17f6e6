use super::{call, shown, text, texts, transaction};
use crate::apex::types::Type;
use crate::apex::value::Value;

fn int(number: i32) -> Value {
    Value::Integer(number)
}

#[test]
fn methods_answer_as_documented() {
    let tx = &mut transaction();
    let t = text;
    let cases: Vec<(&str, &str, Vec<Value>, &str)> = vec![
        ("Hello World", "abbreviate", vec![int(8)], "Hello..."),
        ("Hello Maximillian", "abbreviate", vec![int(8), int(10)], "...mi..."),
        ("Hello", "abbreviate", vec![int(3)], "System.StringException: Minimum abbreviation width is 4"),
        ("ab", "center", vec![int(5), t("*")], "*ab**"),
        ("abc", "leftPad", vec![int(8), t("xy")], "xyxyxabc"),
        ("abc", "rightPad", vec![int(2)], "abc"),
        ("a", "repeat", vec![t(","), int(2)], "a,a"),
        ("a", "repeat", vec![int(-1)], ""),
        ("héllo", "length", vec![], "5"),
        ("😀a", "length", vec![], "3"),
        ("😀a", "substring", vec![int(2)], "a"),
        ("😀a", "indexOf", vec![t("a")], "2"),
        ("😀a", "codePointAt", vec![int(0)], "128512"),
        ("😀a", "codePointCount", vec![int(0), int(3)], "2"),
        ("😀a", "offsetByCodePoints", vec![int(0), int(1)], "2"),
        ("abc", "substring", vec![int(4)], "System.StringException: Starting position out of bounds: 4"),
        (
            "abc",
            "substring",
            vec![int(1), int(9)],
            "System.StringException: Ending position out of bounds: 9",
        ),
        (
            "abc",
            "substring",
            vec![int(2), int(1)],
            "System.StringException: Ending position out of bounds: 1",
        ),
        ("abc", "mid", vec![int(-2), int(2)], "ab"),
        ("abc", "right", vec![int(9)], "abc"),
        ("banana", "lastIndexOf", vec![t("an"), int(2)], "1"),
        ("banana", "lastIndexOf", vec![t("an"), int(-1)], "-1"),
        ("banana", "indexOf", vec![t("a"), int(99)], "-1"),
        ("banana", "indexOfIgnoreCase", vec![t("ANA"), int(2)], "3"),
        ("banana", "lastIndexOfIgnoreCase", vec![t("ANA")], "3"),
        ("banana", "indexOfChar", vec![int(110), int(3)], "4"),
        ("banana", "lastIndexOfChar", vec![int(98), int(0)], "0"),
        ("abc", "charAt", vec![int(3)], "System.StringException: String index out of range: 3"),
        ("abc", "contains", vec![Value::Null], "System.NullPointerException: Argument cannot be null."),
        ("kitten", "getLevenshteinDistance", vec![t("sitting")], "3"),
        ("kitten", "getLevenshteinDistance", vec![t("sitting"), int(2)], "-1"),
        ("", "getLevenshteinDistance", vec![t("abc")], "3"),
        ("i am a robot", "difference", vec![t("i am a machine")], "machine"),
        ("abc", "difference", vec![t("abc")], ""),
        ("apex", "hashCode", vec![], "3000610"),
        ("Apex Code", "swapCase", vec![], "aPEX cODE"),
        (" a \t b \n c ", "normalizeSpace", vec![], "a b c"),
        ("<b>1 < 2</b>", "stripHtmlTags", vec![], "1 < 2"),
        ("<é & \"q\" €>", "escapeHtml4", vec![], "&lt;&eacute; &amp; &quot;q&quot; &euro;&gt;"),
        ("<é & \"q\" €>", "escapeHtml3", vec![], "&lt;&eacute; &amp; &quot;q&quot; €&gt;"),
        ("&lt;&eacute;&#65;&#x42;&nope;&", "unescapeHtml4", vec![], "<éAB&nope;&"),
        ("it's", "escapeXml", vec![], "it&apos;s"),
        ("it&apos;s", "unescapeXml", vec![], "it's"),
        ("a\"b\né", "escapeJava", vec![], "a\\\"b\\n\\u00E9"),
        ("it's </a>", "escapeEcmaScript", vec![], "it\\'s <\\/a>"),
        ("\\u00e9\\uD83D\\uDE00\\", "unescapeJava", vec![], "é😀\\"),
        ("\\n\\u00E9", "unescapeUnicode", vec![], "\\né"),
        ("a,\"b\"", "escapeCsv", vec![], "\"a,\"\"b\"\"\""),
        ("\"a,\"\"b\"\"\"", "unescapeCsv", vec![], "a,\"b\""),
        ("ab12 Cd", "splitByCharacterType", vec![], "(ab, 12,  , C, d)"),
        ("fooBarHTTP", "splitByCharacterTypeCamelCase", vec![], "(foo, Bar, HTTP)"),
        ("ASFRules", "splitByCharacterTypeCamelCase", vec![], "(ASF, Rules)"),
        ("xabcX", "removeEndIgnoreCase", vec![t("x")], "xabc"),
        ("abc", "isAlpha", vec![], "true"),
        ("", "isAlpha", vec![], "false"),
        ("", "isWhitespace", vec![], "true"),
        ("aBc", "equalsIgnoreCase", vec![t("AbC")], "true"),
        ("a", "equals", vec![Value::Null], "false"),
        ("b", "compareTo", vec![t("a")], "1"),
        ("abc", "compareTo", vec![t("a")], "2"),
    ];
    for (own, method, arguments, expected) in cases {
        let outcome = call(tx, "String", method, &text(own), &arguments);
        assert_eq!(shown(tx, outcome), expected, "{own:?}.{method}");
    }
}

#[test]
fn statics_answer_as_documented() {
    let tx = &mut transaction();
    let words = Value::list(Type::Object, vec![text("a"), Value::Null, int(3)]);
    let cases: Vec<(&str, Vec<Value>, &str)> = vec![
        ("format", vec![text("{0} {2} {1} {7}"), words.clone()], "a 3 null {7}"),
        ("format", vec![text("it''s '{0}' {0}"), words.clone()], "it's {0} a"),
        (
            "format",
            vec![text("{x}"), words.clone()],
            "System.StringException: can't parse argument number: x",
        ),
        ("join", vec![texts(&["a", "b"]), text("-")], "a-b"),
        ("getCommonPrefix", vec![texts(&["abc", "abd"])], "ab"),
        ("fromCharArray", vec![Value::list(Type::Integer, vec![int(0x1F600), int(97)])], "😀a"),
        ("escapeSingleQuotes", vec![text("O'Brien")], "O\\'Brien"),
        ("valueOf", vec![Value::Null], "null"),
        ("isBlank", vec![text(" \t")], "true"),
        ("isNotEmpty", vec![Value::Null], "false"),
        ("valueOfGmt", vec![Value::Datetime(0)], "1970-01-01 00:00:00"),
    ];
    for (method, arguments, expected) in cases {
        let outcome = call(tx, "String", method, &Value::Null, &arguments);
        assert_eq!(shown(tx, outcome), expected, "{method}");
    }
}

#[test]
fn huge_strings_are_refused_before_they_are_made() {
    let tx = &mut transaction();
    let over = "System.LimitException: Apex heap size too large: 2000000000";
    let outcome = call(tx, "String", "repeat", &text("a"), &[int(2_000_000_000)]);
    assert_eq!(shown(tx, outcome), over);
    let outcome = call(tx, "String", "leftPad", &text(""), &[int(2_000_000_000)]);
    assert_eq!(shown(tx, outcome), over);
    let long = text(&"a".repeat(1_000_000));
    let outcome = call(tx, "String", "getLevenshteinDistance", &long, std::slice::from_ref(&long));
    assert_eq!(shown(tx, outcome), "System.LimitException: Apex CPU time limit exceeded");
    let tx = &mut transaction();
    let outcome = call(tx, "String", "replace", &long, &[text("a"), text("aaaaaaaaaaaaaaaa")]);
    assert_eq!(shown(tx, outcome), "System.LimitException: Apex heap size too large: 17000000");
}

#[test]
fn ids_blobs_and_uuids() {
    let tx = &mut transaction();
    let made = call(tx, "Id", "valueOf", &Value::Null, &[text("001D000000IqhSL")]).unwrap();
    assert_eq!(shown(tx, Ok(made.clone())), "001D000000IqhSLIAZ");
    let outcome = call(tx, "Id", "to15", &made, &[]);
    assert_eq!(shown(tx, outcome), "001D000000IqhSL");
    let outcome = call(tx, "Id", "valueOf", &Value::Null, &[text("001D")]);
    assert_eq!(shown(tx, outcome), "System.StringException: Invalid id: 001D");
    let blob = call(tx, "Blob", "valueOf", &Value::Null, &[text("héllo")]).unwrap();
    let outcome = call(tx, "Blob", "size", &blob, &[]);
    assert_eq!(shown(tx, outcome), "6");
    let outcome = call(tx, "Blob", "toString", &Value::Blob(bytes::Bytes::from_static(&[0xFF])), &[]);
    assert_eq!(shown(tx, outcome), "System.StringException: BLOB is not a valid UTF-8 string");
    let outcome = call(tx, "System.UUID", "fromString", &Value::Null, &[text("x")]);
    assert_eq!(shown(tx, outcome), "System.IllegalArgumentException: Invalid UUID string: x");
}
