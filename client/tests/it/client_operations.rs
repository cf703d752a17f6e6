//! Waiting for operations.

use std::time::Duration;

use provision_client::api::v1::ServiceAccount;
use provision_client::{Progress, response};
use tonic::{Code, Status};

use crate::fake::Fake;
use crate::samples;

#[tokio::test]
async fn a_wait_shows_each_change_once_and_answers_the_end() {
    let fake = Fake::start().await;
    fake.script().operation = [
        samples::operation_running(0, 3),
        samples::operation_running(0, 3),
        samples::operation_running(2, 3),
        samples::operation_done(),
    ]
    .into();
    let operations = fake.client().await.operations().poll_every(Duration::from_millis(50));
    let mut seen = Vec::new();
    let done = operations
        .wait_done(samples::OPERATION, |progress| match progress {
            Progress::Moved(metadata) => seen.push(metadata.steps[1].done),
            Progress::Unreachable(error) => panic!("{error}"),
        })
        .await
        .expect("done");
    assert_eq!(seen, [0, 2, 3]);
    let account: ServiceAccount = response(&done, "ServiceAccount").expect("response");
    assert_eq!(account.name, samples::ACCOUNT);
    assert!(response::<ServiceAccount>(&done, "RefreshInventoryResponse").is_err());
}

#[tokio::test]
async fn a_wait_outlives_a_server_that_is_away() {
    let fake = Fake::start().await;
    let away = || Status::unavailable("starting");
    fake.fail("WaitOperation", std::iter::repeat_with(away).take(6));
    let operations = fake.client().await.operations().poll_every(Duration::from_millis(50));
    let mut unreachable = 0;
    let done = operations
        .wait_done(samples::OPERATION, |progress| {
            unreachable += usize::from(matches!(progress, Progress::Unreachable(_)));
        })
        .await;
    assert!(done.expect("done").done);
    assert_eq!(unreachable, 6);
}

#[tokio::test]
async fn a_failed_operation_is_an_error_with_its_reason() {
    let fake = Fake::start().await;
    fake.script().operation = [samples::operation_failed()].into();
    let error =
        fake.client().await.operations().wait_done(samples::OPERATION, |_| {}).await.expect_err("failed");
    assert_eq!((error.code(), error.reason()), (Code::FailedPrecondition, "COMPONENT_REJECTED"));
}

#[tokio::test]
async fn what_is_refused_ends_the_wait_at_once() {
    let fake = Fake::start().await;
    fake.fail("WaitOperation", [samples::refusal(Code::NotFound, "RESOURCE_NOT_FOUND", "no such operation")]);
    let error =
        fake.client().await.operations().wait_done(samples::OPERATION, |_| {}).await.expect_err("refused");
    assert_eq!(error.reason(), "RESOURCE_NOT_FOUND");
    assert_eq!(fake.requests("WaitOperation").len(), 1);
}
