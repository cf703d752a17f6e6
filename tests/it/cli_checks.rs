//! `provisionctl`: from the account to its protection, with what is checked on the way.

use provision_tests::world::{PLATFORM, World};
use serde_json::Value;

use crate::cli_ctl::Ctl;

const ADMIN: &str = "admin@acme.example";

/// The id of the first check that `wanted` accepts.
fn find(answer: &Value, wanted: impl Fn(&Value) -> bool) -> Option<&str> {
    answer["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .find(|c| wanted(c))
        .map(|c| c["id"].as_str().expect("an id"))
}

/// Creates the account `main` and has it authorised while `authorize` waits; answers what that printed.
async fn authorised(world: &World, ctl: &Ctl) -> Vec<String> {
    ctl.ok(&["accounts", "create", "main", "--environment", "sandbox"]).await;
    let mut waiting = ctl.start(&["authorize", "main"]);
    let page = waiting.line("http").await;
    let shown = world.allow(&page).await;
    assert!(shown.contains("Access granted"), "{shown}");
    let (code, lines) = waiting.end().await;
    assert_eq!(code, 0, "{lines:?}");
    lines
}

#[tokio::test]
async fn what_blocks_is_told_with_its_fix_and_ends_with_73() {
    let world = World::new().await;
    world.prepare().await;
    let admin = Ctl::new(&world, ADMIN);
    admin.ok(&["accounts", "create", "main", "--environment", "sandbox"]).await;

    // Nobody has authorised: what needs the organisation cannot be told.
    let before = admin.run(&["check", "main"]).await;
    assert!(before.stdout.lines().any(|l| l.starts_with("ok") && l.contains("license")), "{before:?}");
    assert!(before.stdout.contains("unknown"), "{before:?}");

    let platform = Ctl::new(&world, PLATFORM);
    platform
        .ok(&[
            "admin",
            "licenses",
            "set",
            "--start",
            "2020-01-01T00:00:00Z",
            "--expire",
            "2020-02-01T00:00:00Z",
        ])
        .await;
    let expired = admin.run(&["check", "main"]).await;
    assert_eq!(expired.code, 73, "{expired:?}");
    let mut lines =
        expired.stdout.lines().skip_while(|l| !(l.starts_with("FAILED") && l.contains("license")));
    assert!(lines.next().is_some() && lines.next().is_some_and(|l| l.contains("fix (")), "{expired:?}");
    assert!(
        expired.stderr.contains("PRECONDITION_CHECKS_FAILED: what blocks: ")
            && expired.stderr.contains("license")
    );

    platform
        .ok(&[
            "admin",
            "licenses",
            "set",
            "--start",
            "2020-01-01T00:00:00Z",
            "--expire",
            "2020-02-01T00:00:00Z",
            "--grace-days",
            "366",
        ])
        .await;
    let license = platform.ok(&["admin", "licenses", "get"]).await;
    assert!(license.contains("EXPIRED") && license.contains("366 days"), "{license}");
}

#[tokio::test]
async fn the_whole_way_with_checks_causes_and_notifications() {
    let world = World::new().await;
    world.prepare().await;
    let admin = Ctl::new(&world, ADMIN);
    let shown = authorised(&world, &admin).await;
    let username = &world.org.ready().admin.username;
    assert!(shown.iter().any(|l| l.starts_with("User:") && l.contains(username)), "{shown:?}");

    let checks = admin.json(&["check", "main"]).await;
    assert_eq!(checks["passed"], true, "{checks:#}");
    let advisory = find(&checks, |c| {
        c["severity"] == "PRECONDITION_SEVERITY_ADVISORY" && c["status"] != "PRECONDITION_STATUS_PASSED"
    });
    let advisory = advisory.expect("an advisory that has not passed");
    let accepted = admin.ok(&["check", "main", "--accept", advisory, "--reason", "known, and fine"]).await;
    assert!(accepted.contains(&format!("accepted by {ADMIN}")) && accepted.contains("known, and fine"));
    let taken = admin.ok(&["check", "main", "--take-back", advisory]).await;
    assert!(!taken.contains("accepted by"), "{taken}");
    let blocking =
        find(&checks, |c| c["severity"] == "PRECONDITION_SEVERITY_BLOCKING").expect("a blocking one");
    let refused = admin.run(&["check", "main", "--accept", blocking, "--reason", "please"]).await;
    assert_eq!(refused.code, 67, "{refused:?}");

    let causes = admin.ok(&["explain", "main"]).await;
    assert!(causes.contains(" 1. ") && causes.contains("next: "), "{causes}");

    let first = admin.ok(&["inventory", "refresh", "main"]).await;
    assert!(first.contains("Object types:"), "{first}");
    let plan = admin.ok(&["plan", "main"]).await;
    assert!(
        plan.contains("Plan etag:") && plan.contains("To expect: ") && plan.contains("API call"),
        "{plan}"
    );
    let all = admin.ok(&["plan", "main", "--all", "--all-unprotected"]).await;
    assert!(all.lines().count() > plan.lines().count(), "{all}");

    let provisioned = admin.ok(&["provision", "main", "--yes", "--wait"]).await;
    assert!(provisioned.contains("PROTECTED"), "{provisioned}");
    let protected = admin.json(&["explain", "main"]).await;
    assert_eq!(protected["protected"], true, "{protected:#}");
    assert_eq!(admin.ok(&["components", "list", "main", "--state", "refused"]).await.lines().count(), 1);

    let acknowledged = admin.json(&["notifications", "ack", "--all"]).await;
    let told = acknowledged["notifications"].as_array().expect("notifications");
    assert!(told.iter().any(|n| n["text"] == "Salesforce Sandbox protected."), "{acknowledged:#}");
    assert!(told.iter().all(|n| n["acknowledgedBy"] == serde_json::json!([ADMIN])), "{acknowledged:#}");

    // What is in the organisation must not be left behind with nobody to look after it.
    let kept = admin.run(&["accounts", "delete", "main", "--yes"]).await;
    assert_eq!(kept.code, 73, "{kept:?}");
    assert!(kept.stderr.starts_with("error: COMPONENTS_PRESENT: "), "{kept:?}");
    admin.ok(&["accounts", "get", "main"]).await;
}
