//! The main job through the public API, with the real daemon as a process.

use provision_client::api::v1::{OperationMetadata, ServiceAccountState, StepState, StreamStart};
use provision_client::{ListOptions, metadata};
use provision_tests::world::{World, console};
use salesforce_simulator::{Config, Environment};

async fn protects(environment: Environment, text: &str) {
    let world = World::with(Config { environment, objects: 60, ..Config::default() }).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let mut told = admin.notifications().follow("tenants/acme", "", StreamStart::Now).await.expect("stream");
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    let done = world.done(&admin, &operation.name).await;
    let progress: OperationMetadata = metadata(&done).expect("typed progress");
    assert!(progress.steps.iter().all(|s| s.state() == StepState::Done), "{progress:?}");
    assert!(progress.api_calls > 0);
    assert_eq!(told.next().await.expect("told").notification.text, text);

    let account = admin.accounts().get(&account).await.expect("account");
    assert_eq!(account.state(), ServiceAccountState::Protected);
    let channel = account.event_channel.expect("a channel");
    assert!(channel.connected && channel.received_count >= 2, "{channel:?}");
    let planned: usize = plan.steps.iter().map(|s| s.components.len()).sum();
    let components = admin.components().list(&account.name, ListOptions::default()).await.expect("list");
    assert!(!components.components.is_empty() && components.components.len() <= planned);
    let audit = admin.admin().audit_events("tenants/acme", ListOptions::default()).await.expect("audit");
    assert!(audit.audit_events.iter().any(|e| e.action == "OperationSucceeded"));
}

#[tokio::test]
async fn a_sandbox_is_protected() {
    protects(Environment::Sandbox, "Salesforce Sandbox protected.").await;
}

#[tokio::test]
async fn a_production_organisation_is_protected() {
    protects(Environment::Production, "Salesforce Production protected.").await;
}

#[tokio::test]
async fn a_console_that_owns_the_redirect_completes_the_authorisation() {
    let mut world = World::new().await;
    world.prepare().await;
    let (grpc, http) = (world.daemon.grpc.clone(), world.daemon.http.clone());
    let console = console().await;
    world.write_config(&grpc, &http, &format!("\n[oauth]\nconsole_redirect_uris = [\"{console}\"]\n"));
    world.terminate().await;
    world.restart().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.create(&admin).await.name;
    let begun = admin.accounts().begin_authorization(&account, &console, "").await.expect("begun");
    let landed = world.allow_to(&begun.authorization_url).await;
    let query = |name: &str| {
        landed.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned()).expect("a parameter")
    };
    let (state, code) = (query("state"), query("code"));
    let complete = |state: String, code: String| {
        let accounts = admin.accounts();
        let name = account.clone();
        async move {
            accounts
                .complete_authorization(provision_client::api::v1::CompleteAuthorizationRequest {
                    name,
                    state,
                    code,
                    ..Default::default()
                })
                .await
        }
    };
    let foreign = complete("not-our-state".into(), code.clone()).await.expect_err("unknown state");
    assert_eq!(foreign.reason(), "AUTHORIZATION_STATE_INVALID");
    let account = complete(state.clone(), code.clone()).await.expect("authorised");
    assert_eq!(account.state(), ServiceAccountState::Ready);
    let again = complete(state, code).await.expect_err("used");
    assert_eq!(again.reason(), "AUTHORIZATION_STATE_INVALID");
}
