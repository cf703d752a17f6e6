//! Every reason has its page in the documentation, and every page its reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use provision_core::Reason;

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors")
}

/// `FailedPrecondition` as gRPC writes it.
fn upper_snake(variant: &str) -> String {
    let mut word = String::new();
    for (index, letter) in variant.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_uppercase());
    }
    word
}

#[test]
fn every_reason_has_a_page_and_every_page_a_reason() {
    let documented: BTreeSet<String> = std::fs::read_dir(pages())
        .expect("the pages of errors")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .collect();
    let expected: BTreeSet<String> = Reason::ALL.iter().map(|r| format!("{}.md", r.as_str())).collect();
    assert_eq!(documented, expected, "pages, and reasons");
}

#[test]
fn every_page_says_what_a_reader_needs() {
    for reason in Reason::ALL {
        let word = reason.as_str();
        let text = std::fs::read_to_string(pages().join(format!("{word}.md"))).expect("its page");
        let code = format!("Status code: `{}`", upper_snake(&format!("{:?}", reason.code())));
        let parts = [
            format!("# {word}"),
            code,
            "## What it means".into(),
            "## Who acts".into(),
            "## What to do".into(),
        ];
        let mut lines = text.lines();
        for part in parts {
            assert!(lines.any(|line| line == part), "{word}.md lacks the line '{part}' at its place");
        }
        let said = lines.filter(|line| !line.trim().is_empty()).count();
        assert!(said > 0, "{word}.md does not say what to do");
    }
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    for reason in Reason::ALL {
        let text =
            std::fs::read_to_string(pages().join(format!("{}.md", reason.as_str()))).expect("its page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            assert!(pages().join(link).is_file(), "{}.md links to {link}", reason.as_str());
        }
    }
}
