//! Our reader of queries beside two by others: `@jetstreamapp/soql-parser-js`, and, where that one does not agree,
//! Salesforce's own parser of queries in Apex. What neither of them takes is not taken, and the other way round, but for
//! the exceptions that are named here.

mod grammar;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use grammar::Grammar;
use provision_tests::peer::{self, Peer};
use provision_tests::tools;
use rand::SeedableRng;
use rand::rngs::StdRng;
use salesforce_simulator::{Config, readers};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Queries by the grammar; each has a mutant beside it.
const QUERIES: usize = 600;
const SEED: u64 = 20_261_124;
const LIMIT: Duration = Duration::from_secs(60);
/// From the documentation of SOQL, and from questions that were asked about it.
const WRITTEN: &str = include_str!("soql_oracle/queries.txt");

/// What we refuse and both others take, because the documentation says so: words of our message, and the reason.
const STRICTER: [(&str, &str); 10] = [
    (
        "only aggregate expressions use field aliasing",
        "aliases are for aggregate queries; said when a query is run",
    ),
    ("Illegal character sequence", "a backslash in any other context is an error"),
    ("cannot be combined", "GROUP BY with plain fields and ROLLUP or CUBE in one is not valid"),
    ("Maximum number of fields in a ROLLUP or CUBE", "up to three fields"),
    ("maximum level of nested subqueries", "five levels"),
    ("out of range", "numbers of LIMIT and places on the globe are bounded"),
    ("Grouping function is not supported", "DISTANCE and aggregates cannot be grouped by"),
    ("Maximum SOQL offset", "an OFFSET of more than 2,000 is refused"),
    ("Invalid function: convertTimezone", "it stands inside a date function only"),
    ("unexpected token: '.'", "an alias has no dots"),
];

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_taken_or_refused_by_both() {
    let test = "queries_are_taken_or_refused_by_both";
    let Some(other) = tools::or_skip(test, Peer::node(tools::soql_parser().await).await) else { return };
    let Some(apex) = tools::or_skip(test, tools::apex_parser().await) else { return };
    let mut random = StdRng::seed_from_u64(SEED);
    let mut queries: Vec<String> =
        WRITTEN.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    for _ in 0..QUERIES {
        let query = Grammar::new(&mut random).query();
        queries.push(grammar::mutant(&query, &mut random));
        queries.push(query);
    }
    let file = other.home().join("queries.json");
    std::fs::write(&file, json!(queries).to_string()).unwrap();
    let org = peer::org(Config::default(), None).await;
    let seen = other.run("soql_parser.mjs", org.ready(), json!({ "file": file })).await;
    let theirs = seen["verdicts"].as_array().expect("verdicts");
    assert_eq!(theirs.len(), queries.len());

    let mut both = [0, 0];
    let mut differing = Vec::new();
    for (query, theirs) in queries.iter().zip(theirs) {
        let ours = readers::soql(query);
        if ours.is_ok() == theirs.is_null() {
            both[usize::from(ours.is_ok())] += 1;
            continue;
        }
        let judge = judged(&apex, query).await;
        let stricter = |message: &String| {
            ends_with_a_dot(query) || STRICTER.iter().any(|(words, _)| message.contains(words))
        };
        if ours.is_ok() != judge.is_none() && !ours.as_ref().is_err_and(stricter) {
            differing.push(format!("{query}\nours: {ours:?}\ntheirs: {theirs}\nSalesforce's: {judge:?}"));
        }
    }
    assert!(differing.is_empty(), "seed {SEED}, {} differ:\n{}", differing.len(), differing.join("\n\n"));
    assert!(both.iter().all(|count| *count > 200), "accepted and refused by both: {both:?}");
}

/// Both others take the dot of `Owner.` for a part of the name, and look no further.
fn ends_with_a_dot(query: &str) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    query.as_bytes().windows(3).any(|three| word(&three[0]) && three[1] == b'.' && !word(&three[2]))
}

/// What Salesforce's own parser says of a query in Apex.
async fn judged(parser: &Path, query: &str) -> Option<String> {
    let mut command = Command::new(parser);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("class A{{void f(){{x=[{query}];}}}}").as_bytes()).await.unwrap();
    drop(stdin);
    let output = tokio::time::timeout(LIMIT, child.wait_with_output()).await.expect("in time").unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = &answer["apex.jorje.semantic.compiler.parser.ParserOutput"]["parseErrors"];
    Some(errors.as_array()?.first()?["message"].as_str().unwrap_or_default().to_owned())
}
