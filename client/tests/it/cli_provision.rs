//! `provision`, `plan` and `operations wait`.

use crate::cli::{run, transcript};
use crate::fake::Fake;
use crate::samples;

#[tokio::test]
async fn waiting_shows_plain_lines_where_there_is_no_terminal() {
    let fake = Fake::start().await;
    fake.script().operation = [
        samples::operation_running(0, 3),
        samples::operation_running(1, 3),
        samples::operation_throttled(),
        samples::operation_running(2, 3),
        samples::operation_done(),
    ]
    .into();
    let arguments = ["provision", "sales", "--plan-etag", "plan-1", "--wait"];
    insta::assert_snapshot!("provision_wait", transcript(&arguments, &run(&fake, &arguments).await));
    let request = fake.requests("ProvisionServiceAccount").remove(0);
    assert!(request.contains("plan_etag: \"plan-1\""), "{request}");
    assert!(fake.requests("PlanProvisioning").is_empty());
}

#[tokio::test]
async fn a_failed_operation_ends_with_its_own_error() {
    let fake = Fake::start().await;
    fake.script().operation = [samples::operation_running(1, 3), samples::operation_failed()].into();
    let arguments = ["operations", "wait", "op-1"];
    insta::assert_snapshot!("operations_wait_failed", transcript(&arguments, &run(&fake, &arguments).await));
}

#[tokio::test]
async fn without_a_terminal_nobody_is_asked_and_nothing_begins() {
    let fake = Fake::start().await;
    let run = run(&fake, &["provision", "sales"]).await;
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .ends_with("error: USAGE: there is no terminal to ask on: give --yes, or --plan-etag plan-1\n"),
        "{}",
        run.stderr
    );
    assert!(fake.requests("ProvisionServiceAccount").is_empty());
}

#[tokio::test]
async fn yes_shows_the_plan_and_begins() {
    let fake = Fake::start().await;
    let arguments = ["provision", "sales", "--yes", "--object", "Account"];
    insta::assert_snapshot!("provision_yes", transcript(&arguments, &run(&fake, &arguments).await));
    assert!(fake.requests("PlanProvisioning")[0].contains("object_types: [\"Account\"]"));
    assert!(fake.requests("ProvisionServiceAccount")[0].contains("plan_etag: \"plan-1\""));
}
