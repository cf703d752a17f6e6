use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::answer;
use crate::config::Config;
use crate::org::Org;

static ORG: LazyLock<Arc<Org>> = LazyLock::new(|| Org::new(Config::default()).unwrap());

fn ask(query: &str, variables: Value) -> Value {
    let state = ORG.snapshot();
    let rights = state.rights(ORG.admin);
    let body = json!({"query": query, "variables": variables});
    answer(&ORG, &state, &rights, body.as_object().unwrap())
}

/// Type and words of the one error.
fn error(query: &str) -> (String, String) {
    let answered = ask(query, json!({}));
    let error = &answered["errors"][0];
    assert!(error["locations"].is_array(), "{answered}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&error["extensions"]["ErrorType"]), text(&error["message"]))
}

#[test]
fn what_is_not_there_is_named_with_its_path() {
    let (kind, message) = error("query { uiapi { query { Accounts { edges { node { Id } } } } } }");
    assert_eq!(kind, "ValidationError");
    assert_eq!(
        message,
        "Validation error of type FieldUndefined: Field 'Accounts' in type 'RecordQuery' is undefined @ 'uiapi/query/Accounts'"
    );
    for (query, path) in [
        (
            "{ uiapi { query { Account { edges { node { Nope { value } } } } } } }",
            "uiapi/query/Account/edges/node/Nope",
        ),
        ("{ uiapi { query { Account { nodes { Id } } } } }", "uiapi/query/Account/nodes"),
        ("{ uiapi { nope { Id } } }", "uiapi/nope"),
        ("{ nope }", "nope"),
    ] {
        let (kind, message) = error(query);
        assert_eq!(kind, "ValidationError", "{query}");
        assert!(message.ends_with(&format!("@ '{path}'")), "{message}");
    }
    let (_, message) =
        error("{ uiapi { query { Account(where: {Nope: {eq: 1}}) { edges { node { Id } } } } } }");
    assert_eq!(message, "Field 'Nope' is not defined by input object type 'Account_Filter'");
}

#[test]
fn documents_that_cannot_be_read_name_the_token() {
    for (query, message) in [
        ("{ uiapi { query ", "Invalid Syntax : offending token '<EOF>' at line 1 column 17"),
        ("{ uiapi\n{ ) } }", "Invalid Syntax : offending token ')' at line 2 column 3"),
        ("", "Invalid Syntax : offending token '<EOF>' at line 1 column 1"),
    ] {
        assert_eq!(error(query), ("InvalidSyntax".to_owned(), message.to_owned()), "{query}");
    }
    assert_eq!(error("mutation { uiapi { x } }").0, "OperationNotSupported");
    let deep = format!("{}a{}", "{a".repeat(60), "}".repeat(60));
    assert_eq!(error(&deep).1, "The document nests too deep");
    // Each fragment has the next one twice.
    let fragments: String =
        (0..30).map(|at| format!("fragment f{at} on A {{ ...f{} ...f{} }} ", at + 1, at + 1)).collect();
    let bomb = format!("{{ ...f0 }} {fragments} fragment f30 on A {{ a }}");
    assert!(error(&bomb).1.contains("more than 10000 fields"), "{}", error(&bomb).1);
    assert_eq!(error("{ ...f } fragment f on A { ...f }").1, "Fragments nest too deep");
}

#[test]
fn no_text_gets_out_of_its_quotes() {
    let query =
        "query Q($name: String) { uiapi { query { User(where: {LastName: {eq: $name}}) { totalCount } } } }";
    let told = ask(query, json!({"name": "x' OR Id != '"}));
    assert_eq!(
        (&told["data"]["uiapi"]["query"]["User"]["totalCount"], &told["errors"]),
        (&json!(0), &json!([]))
    );
    let query = "{ uiapi { query { User(where: {CreatedDate: {gt: {value: \"2020-01-01T00:00:00Z OR Id != null\"}}}) { totalCount } } } }";
    assert!(error(query).1.starts_with("Invalid value"), "{:?}", error(query));
}

proptest! {
    #[test]
    fn arbitrary_documents_never_panic(text in "[{}()\\[\\]:$@!|. \"\\\\a-z0-9#,\n-]{0,80}") {
        let told = ask(&text, json!({}));
        prop_assert!(told["errors"].is_array());
    }
}
