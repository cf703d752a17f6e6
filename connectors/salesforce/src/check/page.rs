//! The documentation's page of the list. It is generated, so that it cannot differ from what is checked.

use std::fmt::Write as _;

use provision_connector_sdk::core::account::Actor;
use provision_connector_sdk::core::precondition::DAEMON_PRECONDITIONS;

use super::spec::{Scope, Source, Spec, Weight};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../daemon/docs/preconditions.md");

const HEAD: &str = "\
# Preconditions

`CheckPreconditions` answers all of these at once, and they are checked again before anything is touched. Each has a status
(`PASSED`, `FAILED`, `UNKNOWN`), what was seen, what to do, and who does it. A **blocking** one that fails stops
provisioning; one that also **refuses the grant** belongs to the user who authorises or to the organisation for ever, so the
fresh grant is revoked at once. An **advisory** one can be accepted, with a reason that is kept. `UNKNOWN` never blocks: the
application does not tell, and a person can look.

This page is generated from the lists that the daemon and its connectors check by (`UPDATE_DOCS=1 cargo test -p
provision-salesforce preconditions` writes it anew).

";

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("## The daemon's own\n\n");
    for spec in &DAEMON_PRECONDITIONS {
        let _ = writeln!(page, "### `{}` – {}\n\n{}\n", spec.id, spec.title, spec.description);
        let _ = writeln!(page, "- If it fails: {}.\n", spec.fix);
    }
    page.push_str("## Salesforce\n\n");
    for spec in super::list() {
        page.push_str(&entry(spec));
    }
    format!("{}\n", page.trim_end())
}

fn entry(spec: &Spec) -> String {
    let mut entry = format!("### `{}` – {}\n\n{}\n\n", spec.id, spec.title, spec.description);
    let weight = match spec.weight {
        Weight::Advisory => "advisory",
        Weight::Blocking => "blocking",
        Weight::RefusesGrant => "blocking, refuses the grant",
    };
    let scope = match spec.scope {
        Scope::All => "",
        Scope::Production => "; Production only",
        Scope::Package => "; only where the app comes as the vendor's package",
    };
    let _ = writeln!(entry, "- {weight}{scope}");
    let who = match spec.actor {
        Actor::Operator => "the operator of the daemon",
        Actor::SaasAdmin => "an administrator of the organisation",
        Actor::System => "the daemon",
    };
    let _ = writeln!(entry, "- Who acts: {who}");
    let _ = writeln!(entry, "- If it fails: {}.", spec.fix);
    if !spec.look.is_empty() {
        let when = match spec.source {
            Source::Person => "No API tells it, so it is always `UNKNOWN`. How to look",
            Source::Organization => "Where the organisation does not tell, look at",
        };
        let _ = writeln!(entry, "- {when}: {}.", spec.look);
    }
    entry.push('\n');
    entry
}

#[test]
fn the_page_of_preconditions_is_the_list() {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, page()).expect("the page is written");
    }
    let there = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(there == page(), "daemon/docs/preconditions.md is out of date: run with UPDATE_DOCS=1");
}

#[test]
fn every_precondition_says_what_to_do_and_is_looked_at() {
    let mut ids = std::collections::BTreeSet::new();
    for spec in super::list() {
        assert!(ids.insert(spec.id), "{} twice", spec.id);
        for text in [spec.title, spec.description, spec.fix] {
            assert!(!text.is_empty() && !text.contains("  "), "{}: {text:?}", spec.id);
        }
        assert!(
            spec.source == Source::Organization || !spec.look.is_empty(),
            "{} says not how to look",
            spec.id
        );
        assert!(!spec.fix.ends_with('.') && !spec.look.ends_with('.'), "{} ends with a full stop", spec.id);
    }
}
