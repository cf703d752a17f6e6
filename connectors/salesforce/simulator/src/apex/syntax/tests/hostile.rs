use std::path::Path;

use proptest::prelude::*;

use crate::apex::syntax::{length_without_comments, parse_anonymous_unit, parse_class, parse_trigger};

/// No answer is asked for: an answer must come.
fn all(source: &str) {
    let _ = parse_class(source);
    let _ = parse_trigger(source);
    let _ = parse_anonymous_unit(source);
    let _ = length_without_comments(source);
}

#[test]
fn what_is_nested_without_end_is_refused() {
    let wrapped = |inner: String| format!("class A {{ void f() {{ {inner} }} }}");
    for (open, close) in [
        ("(", ")"),
        ("{", "}"),
        ("[", "]"),
        ("f(", ")"),
        ("a[", "]"),
        ("new A(", ")"),
        ("-", ""),
        ("(A)", ""),
        ("a?b:", ""),
        ("a=", ""),
        ("if(a)", ""),
        ("a+(", ")"),
        ("List<", ">"),
        ("[SELECT a FROM b WHERE c = :", "]"),
    ] {
        let source = wrapped(format!("x = {}a{};", open.repeat(30_000), close.repeat(30_000)));
        assert!(parse_class(&source).is_err(), "{open}");
        let source = wrapped(format!("{}a{};", open.repeat(30_000), close.repeat(30_000)));
        assert!(parse_class(&source).is_err(), "{open}");
    }
    let source = format!("{}{}", "class A {".repeat(50_000), "}".repeat(50_000));
    assert!(parse_class(&source).unwrap_err().message.starts_with("Nesting too deep"));
}

#[test]
fn chains_without_end_are_refused_and_long_ones_are_not() {
    for link in ["+a", ".a", ".a()", "[0]", "&&a", "??a", "++"] {
        let chain = |links: usize| format!("class A {{ void f() {{ x = a{}; }} }}", link.repeat(links));
        assert!(parse_class(&chain(100_000)).unwrap_err().message.starts_with("Nesting too deep"), "{link}");
        assert_eq!(parse_class(&chain(900)).map(|_| ()), Ok(()), "{link}");
    }
}

#[test]
fn much_is_read_in_a_moment() {
    let started = std::time::Instant::now();
    for source in [
        format!("class A {{ void f() {{ {} }} }}", "a.b<c>(d[0] < e); A<B> c = d;".repeat(30_000)),
        format!("class A {{ void f() {{ {} }} }}", "a<b<".repeat(200_000)),
        format!("class A {{ void f() {{ x = f({}); }} }}", "(a<b),(A<B>)c,(d>e),".repeat(45_000) + "f"),
        "class A { Map<String, List<Integer>> a = new Map<String, List<Integer>>(); }".repeat(12_000),
        "'".repeat(999_999),
        "/*".repeat(499_999),
        "@".repeat(999_999),
        "a.".repeat(499_999),
    ] {
        all(&source);
    }
    // Linear work takes a second or two even unoptimised; quadratic work would take hours.
    assert!(started.elapsed().as_secs() < 120);
    let message = parse_class(&" ".repeat(1_000_001)).unwrap_err().message;
    assert!(message.starts_with("Script too large"), "{message}");
}

#[test]
fn the_app_is_read_and_tree_sitter_agrees() {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app");
    let classes = app.join("force-app/main/default/classes");
    let mut files: Vec<_> = std::fs::read_dir(classes).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "cls"));
    assert!(!files.is_empty());
    let sources: Vec<String> = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for source in sources {
        let parsed =
            if source.contains("\ntrigger ") { parse_trigger(&source) } else { parse_class(&source) };
        assert_eq!(parsed.map(|_| ()), Ok(()), "{source}");
        assert!(tree_sitter_accepts(&source), "{source}");
    }
}

fn tree_sitter_accepts(source: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_sfapex::apex::LANGUAGE.into()).unwrap();
    parser.parse(source, None).is_some_and(|tree| !tree.root_node().has_error())
}

const TOKENS: [&str; 62] = [
    "class",
    "interface",
    "enum",
    "trigger",
    "on",
    "A",
    "b",
    "f",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    "=",
    ";",
    ",",
    ".",
    "?.",
    "?",
    ":",
    "??",
    "+",
    "-",
    "++",
    "!",
    "=>",
    "==",
    "1",
    "1.5",
    "2L",
    "'x'",
    "'''\n'''",
    "@",
    "new",
    "this",
    "super",
    "null",
    "true",
    "if",
    "else",
    "for",
    "while",
    "do",
    "try",
    "catch",
    "switch",
    "when",
    "return",
    "insert",
    "merge",
    "get",
    "set",
    "public",
    "static",
    "with",
    "sharing",
    "instanceof",
    "[SELECT Id FROM A WHERE x = :",
    "List<",
];

proptest! {
    #[test]
    fn arbitrary_text_is_answered(source in "\\PC{0,300}") {
        all(&source);
    }

    #[test]
    fn soups_of_tokens_are_answered(words in proptest::collection::vec(proptest::sample::select(&TOKENS[..]), 0..80)) {
        let soup = words.join(" ");
        all(&soup);
        all(&format!("class A {{ void f() {{ {soup} }} }}"));
        all(&format!("class A {{ {soup} }}"));
    }

    #[test]
    fn comments_are_all_that_is_left_out(code in "[a-z(){};.<>=+ \n]{0,40}", comment in "[a-z*' ]{0,20}") {
        let length = code.chars().count() as u32;
        prop_assert_eq!(length_without_comments(&code), length);
        let comment = comment.replace("*/", "");
        let comment = comment.trim_end_matches('*');
        let commented = format!("{}/*{}*/{}", code, comment, code);
        prop_assert_eq!(length_without_comments(&commented), 2 * length);
    }
}
