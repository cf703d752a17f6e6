//! PMD's rules of security and performance, as Salesforce's Code Analyzer runs them.

use provision_salesforce::Delivery;
use provision_tests::peer::Peer;
use provision_tests::{app, tools};
use serde_json::{Value, json};

/// Nothing at all may be found by these: what is right is mended, the rest is suppressed in its place with a reason.
const SELECTORS: [&str; 2] = ["pmd:Security", "pmd:Performance"];

/// What PMD must find for its silence to mean anything.
const PLANTED: &str = "public class Planted {
    public static List<Account> named(String name) {
        return Database.query('SELECT Id FROM Account WHERE Name = \\'' + name + '\\'');
    }
    public static void each(List<Account> accounts) {
        for (Account account : accounts) {
            insert account;
        }
    }
}
";

#[tokio::test]
async fn pmd_finds_nothing_in_the_app_and_the_planted_faults() {
    let test = "pmd_finds_nothing_in_the_app_and_the_planted_faults";
    let Some(peer) = tools::or_skip(test, Peer::node(tools::code_analyzer().await).await) else { return };
    let Some(java) = tools::or_skip(test, tools::java().await) else { return };
    let app = super::deployed(&Delivery::Source, &super::account());
    std::fs::write(app.path().join("classes/Planted.cls"), PLANTED).unwrap();
    let more = json!({ "folder": app.path(), "java": java, "selectors": SELECTORS });
    let seen = peer.check("code_analyzer.mjs", more).await;
    assert!(seen["rules"].as_u64().is_some_and(|rules| rules > 50), "{seen:#}");
    assert_eq!(seen["failures"], json!([]), "{seen:#}");

    let found = seen["found"].as_array().expect("what was found");
    let (planted, ours): (Vec<&Value>, Vec<&Value>) =
        found.iter().partition(|violation| violation["file"] == "Planted.cls");
    assert!(ours.is_empty(), "{ours:#?}");
    for rule in ["ApexSOQLInjection", "ApexCRUDViolation", "OperationWithLimitsInLoop"] {
        assert!(
            planted.iter().any(|violation| violation["rule"] == rule),
            "{rule} is not among {planted:#?}"
        );
    }
}

#[test]
fn every_suppressed_rule_has_a_reason_in_the_comment_above() {
    let mut suppressed = 0;
    let classes = app::source().join("force-app/main/default/classes");
    for file in super::ending(&classes, ".cls") {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some(rule) = line.trim().strip_prefix("@SuppressWarnings('PMD.") else { continue };
            let rule = rule.strip_suffix("')").expect("one rule by its name");
            let comment = lines[..index].iter().rposition(|line| line.trim_start().starts_with("/**"));
            let comment = &lines[comment.expect("a comment above")..index];
            let reason = comment.iter().find_map(|line| line.split_once(&format!("Suppressed {rule}: ")));
            assert!(
                reason.is_some_and(|(_, reason)| reason.len() > 20),
                "{}:{}: no reason for {rule}",
                file.display(),
                index + 1
            );
            suppressed += 1;
        }
        assert_eq!(text.matches("NOPMD").count(), 0, "{}", file.display());
    }
    assert!(suppressed >= 4, "only {suppressed} rules are suppressed");
}
