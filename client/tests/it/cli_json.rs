//! `--output json`: the API's own messages.

use serde_json::Value;

use crate::cli::run;
use crate::fake::Fake;
use crate::samples;

async fn json(fake: &Fake, arguments: &[&str]) -> (Value, String) {
    let run = run(fake, &[arguments, &["--output", "json"]].concat()).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    (serde_json::from_str(&run.stdout).expect("one JSON document"), run.stdout)
}

#[tokio::test]
async fn pages_are_merged_into_one_answer() {
    let fake = Fake::start().await;
    let (list, _) = json(&fake, &["accounts", "list"]).await;
    let names: Vec<_> =
        list["serviceAccounts"].as_array().expect("list").iter().map(|a| &a["name"]).collect();
    assert_eq!(names, [samples::ACCOUNT, "tenants/acme/serviceAccounts/service"]);
    assert_eq!(list.get("nextPageToken"), None);
    let (cut, _) = json(&fake, &["accounts", "list", "--limit", "1"]).await;
    assert_eq!(cut["nextPageToken"], "page-2");
}

#[tokio::test]
async fn an_operation_shows_its_metadata_and_response_decoded() {
    let fake = Fake::start().await;
    let (operation, _) = json(&fake, &["operations", "get", "op-1"]).await;
    assert_eq!(operation["done"], true);
    assert_eq!(operation["metadata"]["@type"], "type.googleapis.com/provisioning.v1.OperationMetadata");
    assert_eq!(operation["metadata"]["steps"][1]["total"], "3");
    assert_eq!(operation["response"]["phase"], "SERVICE_ACCOUNT_PHASE_ACTIVE");
}

#[tokio::test]
async fn no_control_character_gets_through() {
    let fake = Fake::start().await;
    let (account, text) = json(&fake, &["accounts", "get", "sales"]).await;
    assert_eq!(account["authorizedIdentity"]["organizationName"], "Acme \u{1b}[31mUAT");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
}

#[tokio::test]
async fn settings_are_sent_as_given() {
    let fake = Fake::start().await;
    let settings = r#"{"myDomain":"acme--uat"}"#;
    let arguments = ["accounts", "create", "--environment", "sandbox", "--settings", settings];
    json(&fake, &arguments).await;
    let request = fake.requests("CreateServiceAccount").remove(0);
    assert!(request.contains("myDomain") && request.contains("acme--uat"), "{request}");
    let run = run(&fake, &["accounts", "create", "--environment", "sandbox", "--settings", "[1]"]).await;
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[tokio::test]
async fn what_answers_nothing_answers_an_empty_object() {
    let fake = Fake::start().await;
    let (answer, _) = json(&fake, &["operations", "cancel", "op-1"]).await;
    assert_eq!(answer, serde_json::json!({}));
}

#[tokio::test]
async fn following_prints_an_object_on_each_line() {
    let fake = Fake::start().await;
    let gone = samples::refusal(tonic::Code::PermissionDenied, "PERMISSION_MISSING", "no longer yours");
    fake.script().streams =
        [vec![Ok(samples::opened()), Ok(samples::event(3, 0)), Ok(samples::event(7, 3)), Err(gone)]].into();
    let run = run(&fake, &["notifications", "--follow", "-o", "json"]).await;
    let lines: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["sequence"], "7");
    assert_eq!(run.code, 64 + 7);
}
