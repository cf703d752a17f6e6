//! The page `daemon/docs/apex.md`, as far as it lists what the code knows.

use std::fmt::Write as _;

use super::platform;

const TOP: &str = include_str!("page.md");

/// The whole page.
fn page() -> String {
    let mut out = TOP.to_owned();
    out.push_str("\n## Types of the platform\n\n");
    for (name, values, members) in platform::listing() {
        let _ = write!(out, "### `{name}`\n\n");
        if !values.is_empty() {
            let _ = writeln!(out, "`{}`\n", values.join("`, `"));
        }
        for member in &members {
            let _ = writeln!(out, "- `{member}`");
        }
        if !members.is_empty() {
            out.push('\n');
        }
    }
    out.push_str("## Known to the compiler alone\n\n");
    out.push_str("Types of these namespaces, from `data/apex-library.txt`:\n\n");
    for (namespace, count) in platform::beyond() {
        let _ = writeln!(out, "- `{namespace}`: {count}");
    }
    out
}

#[test]
fn the_page_says_what_there_is() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../daemon/docs/apex.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(there == page(), "daemon/docs/apex.md is out of date: run with UPDATE_DOCS=1");
}
