//! `check` and `explain`.

use provision_client::api::v1::PreconditionStatus;

use crate::cli::{run, transcript};
use crate::fake::Fake;
use crate::samples;

#[tokio::test]
async fn what_blocks_ends_with_73_and_says_who_does_what() {
    let fake = Fake::start().await;
    let arguments = ["check", "sales"];
    let run = run(&fake, &arguments).await;
    assert_eq!(run.code, 73);
    insta::assert_snapshot!("check_blocked", transcript(&arguments, &run));
}

#[tokio::test]
async fn what_does_not_block_ends_well() {
    let fake = Fake::start().await;
    fake.script().checks = samples::checks_passed();
    let arguments = ["check", "sales"];
    insta::assert_snapshot!("check_passed", transcript(&arguments, &run(&fake, &arguments).await));
}

#[tokio::test]
async fn before_anybody_has_authorised_only_that_is_to_be_fixed() {
    let fake = Fake::start().await;
    let mut checks = samples::checks();
    checks.checks.retain(|check| check.id == "ip.ranges");
    let mut grant = checks.checks[0].clone();
    grant.id = "authorization".to_owned();
    grant.fix = "begin an authorisation".to_owned();
    grant.set_status(PreconditionStatus::Failed);
    grant.set_severity(provision_client::api::v1::PreconditionSeverity::Blocking);
    checks.checks.insert(0, grant);
    fake.script().checks = checks;
    let run = run(&fake, &["check", "sales"]).await;
    let fixes: Vec<_> = run.stdout.lines().filter(|l| l.contains("fix (")).collect();
    assert_eq!(fixes, ["          fix (SAAS_ADMIN): begin an authorisation"], "{}", run.stdout);
}

#[tokio::test]
async fn an_advisory_is_accepted_before_the_check_and_taken_back() {
    let fake = Fake::start().await;
    fake.script().checks = samples::checks_passed();
    let accept = run(&fake, &["check", "sales", "--accept", "storage", "--reason", " it is enough "]).await;
    assert_eq!(accept.code, 0, "{}", accept.stderr);
    let back = run(&fake, &["check", "sales", "--take-back", "storage"]).await;
    assert_eq!(back.code, 0, "{}", back.stderr);
    let asked = fake.requests("AcceptPrecondition");
    assert!(asked[0].contains(r#"check: "storage", reason: "it is enough""#), "{asked:?}");
    assert!(asked[1].contains(r#"check: "storage", reason: """#), "{asked:?}");
    assert_eq!(fake.requests("CheckPreconditions").len(), 2);
}

#[tokio::test]
async fn an_acceptance_needs_a_reason() {
    let fake = Fake::start().await;
    for arguments in [
        &["check", "sales", "--accept", "storage"][..],
        &["check", "sales", "--reason", "why"],
        &["check", "sales", "--accept", "storage", "--reason", "  "],
    ] {
        assert_eq!(run(&fake, arguments).await.code, 2, "{arguments:?}");
    }
    assert!(fake.requests("AcceptPrecondition").is_empty());
}

#[tokio::test]
async fn a_refused_acceptance_checks_nothing() {
    let fake = Fake::start().await;
    let refusal =
        samples::refusal(tonic::Code::InvalidArgument, "INVALID_REQUEST", "check: a blocking one cannot be");
    fake.fail("AcceptPrecondition", [refusal]);
    let run = run(&fake, &["check", "sales", "--accept", "license", "--reason", "please"]).await;
    assert_eq!(run.code, 67);
    assert!(fake.requests("CheckPreconditions").is_empty());
}

#[tokio::test]
async fn json_has_all_checks_and_the_same_exit_code() {
    let fake = Fake::start().await;
    let run = run(&fake, &["check", "sales", "-o", "json"]).await;
    assert_eq!(run.code, 73);
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).expect("one message");
    assert_eq!(answer["checks"].as_array().expect("checks").len(), 5);
    assert_eq!(answer["checks"][1]["status"], PreconditionStatus::Failed.as_str_name());
    assert_eq!(answer.get("passed"), None);
}

#[tokio::test]
async fn an_explanation_names_causes_and_what_to_do() {
    let fake = Fake::start().await;
    let arguments = ["explain", "sales"];
    insta::assert_snapshot!("explain", transcript(&arguments, &run(&fake, &arguments).await));
}
