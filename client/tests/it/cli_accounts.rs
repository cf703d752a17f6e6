//! `accounts update`, `delete` and `watch`.

use serde_json::Value;
use tonic::Code;

use crate::cli::{run, transcript};
use crate::fake::Fake;
use crate::samples;

#[tokio::test]
async fn an_update_names_what_it_changes() {
    let fake = Fake::start().await;
    let name = ["accounts", "update", "sales", "--display-name", "Sales EMEA", "--etag", "e-1"];
    let shown = run(&fake, &name).await;
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let settings = ["accounts", "update", "sales", "--settings", r#"{"myDomain":"acme"}"#];
    assert_eq!(run(&fake, &settings).await.code, 0);
    assert_eq!(run(&fake, &["accounts", "update", "sales", "--drift-policy", "repair"]).await.code, 0);
    let asked = fake.requests("UpdateServiceAccount");
    assert!(asked[2].contains(r#"paths: ["drift_policy"]"#) && asked[2].contains("Repair"), "{}", asked[2]);
    assert!(asked[0].contains(r#"paths: ["display_name"]"#) && asked[0].contains("e-1"), "{}", asked[0]);
    assert!(asked[1].contains(r#"paths: ["settings"]"#) && asked[1].contains("myDomain"), "{}", asked[1]);
}

#[tokio::test]
async fn an_update_of_nothing_is_wrong_usage() {
    let fake = Fake::start().await;
    for arguments in [
        &["accounts", "update", "sales"][..],
        &["accounts", "update", "sales", "--etag", "e-1"],
        &["accounts", "update", "sales", "--settings", "no JSON"],
    ] {
        assert_eq!(run(&fake, arguments).await.code, 2, "{arguments:?}");
    }
    assert!(fake.requests("UpdateServiceAccount").is_empty());
}

#[tokio::test]
async fn nothing_is_deleted_where_nobody_can_be_asked() {
    let fake = Fake::start().await;
    let arguments = ["accounts", "delete", "sales"];
    insta::assert_snapshot!("accounts_delete_unasked", transcript(&arguments, &run(&fake, &arguments).await));
    assert!(fake.requests("DeleteServiceAccount").is_empty());
}

#[tokio::test]
async fn yes_deletes_and_validate_only_does_not() {
    let fake = Fake::start().await;
    let arguments = ["accounts", "delete", "sales", "--yes", "--etag", "e-1"];
    insta::assert_snapshot!("accounts_delete", transcript(&arguments, &run(&fake, &arguments).await));
    assert_eq!(run(&fake, &["accounts", "delete", "sales", "--validate-only"]).await.code, 0);
    let asked = fake.requests("DeleteServiceAccount");
    assert!(asked[0].contains("e-1") && asked[0].contains("validate_only: false"), "{asked:?}");
    assert!(asked[1].contains("validate_only: true"), "{asked:?}");
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_deletion_is_told() {
    let fake = Fake::start().await;
    let refusal = samples::refusal(
        Code::FailedPrecondition,
        "COMPONENTS_PRESENT",
        "34 components of ours are in the organisation",
    );
    fake.fail("DeleteServiceAccount", [refusal]);
    let run = run(&fake, &["accounts", "delete", "sales", "--yes"]).await;
    assert_eq!(run.code, 73);
    insta::assert_snapshot!(run.stderr, @r"
    error: COMPONENTS_PRESENT: 34 components of ours are in the organisation
    hint: see what is there: provisionctl components list
    ");
}

/// Ends a watch that would not end.
fn lost() -> tonic::Status {
    samples::refusal(Code::PermissionDenied, "PERMISSION_MISSING", "no longer yours")
}

#[tokio::test]
async fn a_watch_prints_changes_over_reconnections() {
    let fake = Fake::start().await;
    fake.script().watches = [
        vec![
            Ok(samples::watch_opened()),
            Ok(samples::watch_item(samples::account())),
            Ok(samples::watch_item(samples::draft())),
            Ok(samples::watch_end("after-1")),
        ],
        vec![
            Ok(samples::watch_opened()),
            Ok(samples::watch_upsert(samples::protected(), 2)),
            Ok(samples::watch_removed("tenants/acme/serviceAccounts/service", 3)),
            Err(lost()),
        ],
    ]
    .into();
    let arguments = ["accounts", "watch"];
    let run = run(&fake, &arguments).await;
    insta::assert_snapshot!("accounts_watch", transcript(&arguments, &run));
    assert!(fake.requests("WatchServiceAccounts")[1].contains(r#"resume_token: "after-1""#));
}

#[tokio::test]
async fn a_watch_in_json_is_an_event_on_each_line() {
    let fake = Fake::start().await;
    fake.script().watches = [vec![
        Ok(samples::watch_opened()),
        Ok(samples::watch_upsert(samples::protected(), 2)),
        Ok(samples::watch_removed(samples::ACCOUNT, 3)),
        Err(lost()),
    ]]
    .into();
    let run = run(&fake, &["accounts", "watch", "--from", "now", "-o", "json"]).await;
    let lines: Vec<Value> = run.stdout.lines().map(|l| serde_json::from_str(l).expect("an object")).collect();
    assert_eq!(lines[0]["upsert"]["state"], "SERVICE_ACCOUNT_STATE_PROTECTED");
    assert_eq!(lines[1]["removed"], samples::ACCOUNT);
}
