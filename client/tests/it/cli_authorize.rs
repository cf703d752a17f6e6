//! `authorize`.

use provision_client::api::v1::{ConditionStatus, ServiceAccount};

use crate::cli::{run, transcript};
use crate::fake::Fake;
use crate::samples;

fn pending() -> ServiceAccount {
    ServiceAccount {
        conditions: vec![samples::condition("Authorized", ConditionStatus::False, "PENDING", "waiting")],
        ..samples::draft()
    }
}

#[tokio::test]
async fn it_waits_until_somebody_has_authorised() {
    let fake = Fake::start().await;
    fake.script().account_next = [samples::draft(), pending()].into();
    let arguments = ["authorize", "sales", "--login-hint", "admin@acme.example.uat"];
    insta::assert_snapshot!("authorize", transcript(&arguments, &run(&fake, &arguments).await));
    assert_eq!(fake.requests("GetServiceAccount").len(), 3);
}

#[tokio::test]
async fn the_page_that_installs_the_app_comes_first() {
    let fake = Fake::start().await;
    fake.script().installation_url = "https://login.example/packaging/install?p0=04t".to_owned();
    let once = run(&fake, &["authorize", "sales", "--no-wait"]).await;
    assert_eq!(
        once.stdout,
        "https://login.example/packaging/install?p0=04t\nhttps://login.example/authorize?state=s3\n"
    );
    fake.script().account_next = [samples::draft()].into();
    let waited = run(&fake, &["authorize", "sales"]).await;
    let pages: Vec<_> = waited.stdout.lines().filter(|line| line.starts_with("https")).collect();
    assert!(pages[0].contains("install") && pages[1].contains("authorize"), "{pages:?}");
}

#[tokio::test]
async fn a_refusal_of_an_account_in_use_ends_the_wait_too() {
    let fake = Fake::start().await;
    let told = ServiceAccount {
        conditions: vec![samples::condition(
            "Authorized",
            ConditionStatus::True,
            "GRANTED",
            "the grant holds; a later authorisation was refused: another organisation",
        )],
        ..samples::account()
    };
    fake.script().account_next = [samples::account(), samples::account(), told].into();
    let run = run(&fake, &["authorize", "sales"]).await;
    assert_eq!(run.code, 73);
    assert!(run.stderr.ends_with("was refused: another organisation\n"), "{}", run.stderr);
}

#[tokio::test]
async fn an_old_grant_is_not_taken_for_the_new_one() {
    let fake = Fake::start().await;
    let mut renewed = samples::account();
    renewed.authorized_identity.as_mut().expect("identity").authorize_time =
        samples::time(samples::EIGHT + 60);
    renewed.display_name = "renewed".to_owned();
    fake.script().account_next = [samples::account(), samples::account()].into();
    fake.script().account = renewed;
    let run = run(&fake, &["authorize", "sales"]).await;
    assert!(run.stdout.contains("renewed"), "{}", run.stdout);
}

#[tokio::test]
async fn a_refusal_ends_the_wait_with_its_reason() {
    let fake = Fake::start().await;
    let refused = ServiceAccount {
        conditions: vec![samples::condition(
            "Authorized",
            ConditionStatus::False,
            "AUTHORIZATION_DENIED",
            "the administrator clicked Deny",
        )],
        ..samples::draft()
    };
    fake.script().account_next = [samples::draft(), pending(), refused].into();
    let run = run(&fake, &["authorize", "sales"]).await;
    assert_eq!(run.code, 73);
    assert!(
        run.stderr.ends_with("error: AUTHORIZATION_DENIED: the administrator clicked Deny\n"),
        "{}",
        run.stderr
    );
}

#[tokio::test]
async fn json_keeps_stdout_to_one_message() {
    let fake = Fake::start().await;
    let once = run(&fake, &["authorize", "sales", "--no-wait", "-o", "json"]).await;
    let begun: serde_json::Value = serde_json::from_str(&once.stdout).expect("one message");
    assert_eq!(begun["authorizationUrl"], "https://login.example/authorize?state=s3");

    fake.script().account_next = [samples::draft()].into();
    let waited = run(&fake, &["authorize", "sales", "-o", "json"]).await;
    let account: serde_json::Value = serde_json::from_str(&waited.stdout).expect("one message");
    assert_eq!(account["authorizedIdentity"]["username"], "admin@acme.example.uat");
    assert!(waited.stderr.contains("https://login.example/authorize?state=s3"), "{}", waited.stderr);
}
