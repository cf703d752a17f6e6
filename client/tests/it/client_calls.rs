//! Single calls: what is repeated, and what a caller learns.

use std::time::Duration;

use provision_client::{ListOptions, NewAccount};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::fake::Fake;
use crate::samples;

fn unavailable() -> Status {
    samples::refusal(Code::Unavailable, "STORE_UNAVAILABLE", "not now")
}

/// The `request_id` in the text of a request.
fn request_id(request: &str) -> &str {
    request.split("request_id: \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a request_id")
}

#[tokio::test]
async fn a_mutation_is_repeated_with_the_same_request_id() {
    let fake = Fake::start().await;
    fake.fail("CreateServiceAccount", [unavailable(), unavailable()]);
    let client = fake.client().await;
    client.accounts().create(NewAccount::default()).await.expect("created at last");
    let requests = fake.requests("CreateServiceAccount");
    assert_eq!(requests.len(), 3);
    assert_eq!(request_id(&requests[0]).len(), 36);
    assert!(requests.iter().all(|r| r == &requests[0]), "{requests:?}");

    client.accounts().create(NewAccount::default()).await.expect("created");
    let requests = fake.requests("CreateServiceAccount");
    assert_ne!(request_id(&requests[0]), request_id(&requests[3]));
}

#[tokio::test]
async fn only_unavailable_is_repeated_and_not_for_ever() {
    let fake = Fake::start().await;
    let client = fake.client().await;
    for code in [Code::Aborted, Code::Internal, Code::FailedPrecondition, Code::ResourceExhausted] {
        fake.script().calls.clear();
        fake.fail("GetServiceAccount", [samples::refusal(code, "X", "x")]);
        let error = client.accounts().get(samples::ACCOUNT).await.expect_err("refused");
        assert_eq!((error.code(), fake.requests("GetServiceAccount").len()), (code, 1));
    }
    fake.script().calls.clear();
    fake.fail("GetServiceAccount", std::iter::repeat_with(unavailable).take(20));
    let error = client.accounts().get(samples::ACCOUNT).await.expect_err("unavailable");
    assert_eq!(error.reason(), "STORE_UNAVAILABLE");
    assert_eq!(fake.requests("GetServiceAccount").len(), 5);
}

#[tokio::test]
async fn a_long_pause_is_left_to_the_caller() {
    let fake = Fake::start().await;
    let mut details = ErrorDetails::with_error_info(
        "SAAS_UNAVAILABLE",
        "provisioning",
        std::collections::HashMap::<String, String>::new(),
    );
    details.set_retry_info(Some(Duration::from_secs(60)));
    fake.fail("PlanProvisioning", [Status::with_error_details(Code::Unavailable, "down", details)]);
    let client = fake.client().await;
    let error = client.accounts().plan(samples::ACCOUNT, vec![]).await.expect_err("down");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    assert_eq!(fake.requests("PlanProvisioning").len(), 1);
}

#[tokio::test]
async fn an_error_carries_all_details() {
    let fake = Fake::start().await;
    let mut details = ErrorDetails::new();
    details
        .set_error_info("INVALID_REQUEST", "provisioning", [("a".to_owned(), "b".to_owned())])
        .add_bad_request_violation("environment", "must be one of production, sandbox");
    fake.fail("CreateServiceAccount", [Status::with_error_details(Code::InvalidArgument, "wrong", details)]);
    let client = fake.client().await;
    let error = client.accounts().create(NewAccount::default()).await.expect_err("wrong");
    assert_eq!(error.to_string(), "INVALID_REQUEST: wrong");
    let rejection = error.rejection().expect("rejection");
    assert_eq!(rejection.metadata["a"], "b");
    assert_eq!(rejection.violations[0].subject, "environment");
}

#[tokio::test]
async fn lists_collect_their_pages() {
    let fake = Fake::start().await;
    let client = fake.client().await;
    let filter = ListOptions::filter("state = READY");
    let list = client.accounts().list("tenants/acme", filter).await.expect("list");
    assert_eq!(list.service_accounts.len(), 2);
    let requests = fake.requests("ListServiceAccounts");
    assert!(requests[1].contains("page-2") && requests[1].contains("state = READY"), "{requests:?}");
}
