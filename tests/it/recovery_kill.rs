//! kill -9 in the middle, SIGTERM, restart: the same end.

use std::time::Duration;

use provision_client::api::v1::{OperationMetadata, ServiceAccountState, StepState, StreamStart};
use provision_client::{ListOptions, metadata};
use provision_tests::world::World;

/// Kills the daemon as soon as the step of that number is at work; the same operation ends after a restart.
async fn killed_in_step(number: usize) {
    let mut world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started").name;
    loop {
        let now = admin.operations().get(&operation).await.expect("there");
        let progress: OperationMetadata = metadata(&now).expect("typed");
        if now.done || progress.steps[number].state() != StepState::Pending {
            break;
        }
    }
    world.kill().await;
    world.restart().await;
    let admin = world.client("admin@acme.example").await;
    world.done(&admin, &operation).await;
    let account = admin.accounts().get(&account).await.expect("account");
    assert_eq!(account.state(), ServiceAccountState::Protected);
    let filter = ListOptions { filter: "code = ACCOUNT_PROTECTED".into(), ..ListOptions::default() };
    let told = admin.notifications().list("tenants/acme", filter).await.expect("list");
    assert_eq!(told.notifications.len(), 1, "told once");
}

#[tokio::test]
async fn killed_while_the_event_channel_comes_in() {
    killed_in_step(0).await;
}

#[tokio::test]
async fn killed_while_the_triggers_come_in() {
    killed_in_step(4).await;
}

#[tokio::test]
async fn killed_at_the_canary() {
    killed_in_step(6).await;
}

#[tokio::test]
async fn a_stop_is_quick_streams_close_with_their_token_and_the_channel_reopens() {
    let mut world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    world.done(&admin, &operation.name).await;
    let mut told =
        admin.notifications().follow("tenants/acme", "", StreamStart::Oldest).await.expect("stream");
    told.next().await.expect("told");
    let token = told.resume_token().expect("a token").to_owned();
    let (took, well) = world.terminate().await;
    assert!(well && took < Duration::from_secs(5), "{took:?}");
    world.restart().await;
    let admin = world.client("admin@acme.example").await;
    let mut resumed = admin.notifications().resume("tenants/acme", "", &token).await.expect("resumed");
    assert_eq!(resumed.next().await.expect("told").notification.code, "ACCOUNT_PROTECTED");
    loop {
        let account = admin.accounts().get(&account).await.expect("account");
        if account.event_channel.is_some_and(|c| c.connected) && account.state == 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
