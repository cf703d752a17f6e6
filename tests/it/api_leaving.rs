//! Leaving: from every state, out of every environment, and from an organisation that does not answer. Afterwards all that
//! stands in the organisation is what stood there before.

use provision_client::api::v1::{
    ConditionStatus, DeprovisionServiceAccountRequest, License, OperationMetadata, QuarantineDisposition,
    RemovalMode, ServiceAccount, ServiceAccountPhase, ServiceAccountState, StepState,
};
use provision_client::{Client, metadata, names, response};
use provision_tests::effects::{api_requests, changes, live_grants, working_tokens};
use provision_tests::rest::{Rest, quarantined};
use provision_tests::setup::Setup;
use provision_tests::watched::Watched;
use provision_tests::world::{PLATFORM, World};
use reqwest::Method;
use salesforce_simulator::fault::Rule;
use salesforce_simulator::org::{Happening, Portrait};
use salesforce_simulator::{Config, Environment};

fn everything(account: &str) -> DeprovisionServiceAccountRequest {
    DeprovisionServiceAccountRequest {
        name: account.to_owned(),
        mode: RemovalMode::Everything.into(),
        ..Default::default()
    }
}

fn local(account: &str) -> DeprovisionServiceAccountRequest {
    DeprovisionServiceAccountRequest { mode: RemovalMode::LocalOnly.into(), ..everything(account) }
}

/// Deprovisions, to an end that must be a good one.
async fn leaves(world: &World, admin: &Client, asked: DeprovisionServiceAccountRequest) -> OperationMetadata {
    let name = asked.name.clone();
    let begun = admin.accounts().deprovision(asked).await.unwrap_or_else(|e| panic!("{name}: {e:?}"));
    let done = world.done(admin, &begun.name).await;
    let account: ServiceAccount = response(&done, "ServiceAccount").expect("the account");
    assert_eq!(account.phase(), ServiceAccountPhase::Deprovisioned);
    assert!(account.next_action.is_none() && account.failure.is_none(), "{account:#?}");
    let progress: OperationMetadata = metadata(&done).expect("typed progress");
    assert!(progress.steps.iter().all(|step| step.state() == StepState::Done), "{progress:#?}");
    progress
}

/// Nothing is there that was not, nothing is gone, and no grant of ours works.
async fn is_as_before(world: &World, before: &Portrait) {
    let differences = before.differences(&world.org.org().portrait());
    assert!(differences.is_empty(), "{differences:#?}");
    assert_eq!((live_grants(&world.org), working_tokens(&world.org).await), (0, 0));
}

#[tokio::test]
async fn production_is_left_as_it_was_and_what_salesforce_keeps_for_a_while_is_named() {
    let org = Config { environment: Environment::Production, objects: 60, ..Config::default() };
    let world = World::made(Setup { org, log: "info", ..Setup::default() }).await;
    world.prepare().await;
    let before = world.org.org().portrait();
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    world.protect(&admin, &account).await;
    quarantined(&world.org, "action-1").await;
    let asked = DeprovisionServiceAccountRequest {
        quarantine_disposition: QuarantineDisposition::RestoreAll.into(),
        ..everything(&account)
    };
    let rest = Rest::of(&world.org);
    let documents = rest.count("ContentDocument").await;
    let progress = leaves(&world, &admin, asked).await;
    assert_eq!(rest.count("ContentDocument").await, documents + 1, "the document is back");
    let kept: Vec<_> = progress.leftovers.iter().filter(|left| left.kind == "CustomObject").collect();
    assert!(!kept.is_empty(), "{:?}", progress.leftovers);
    for left in &progress.leftovers {
        assert!(left.full_name.starts_with("CAS_") && left.reason.contains("15 days"), "{left:?}");
        assert!(left.link.starts_with(&world.org.ready().base_url), "{left:?}");
    }
    // The file stands there again, which is not what was there before it came.
    let differences = before.differences(&world.org.org().portrait());
    let foreign: Vec<_> = differences.iter().filter(|one| !one.contains("record ")).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
    assert_eq!((live_grants(&world.org), working_tokens(&world.org).await), (0, 0));
}

/// Whoever has begun can leave: a draft, one that waits for the administrator, one that is ready, one that has failed.
#[tokio::test]
async fn every_state_before_protection_can_be_left() {
    let world = World::made(Setup { log: "info", ..Setup::default() }).await;
    world.prepare().await;
    let before = world.org.org().portrait();
    let admin = world.client("admin@acme.example").await;
    for state in ["draft", "awaiting", "ready", "read", "failed", "being read"] {
        let name = world.create(&admin).await.name;
        match state {
            "draft" => {}
            "awaiting" => {
                world.begin(&admin, &name).await;
            }
            "ready" => {
                let page = world.allow(&world.begin(&admin, &name).await).await;
                assert!(page.contains("Access granted"), "{page}");
            }
            "read" => world.authorized(&admin, &name).await,
            "failed" => fails(&world, &admin, &name).await,
            _ => {
                world.authorized(&admin, &name).await;
                world.org.faults().add("describe-global=slow:20s".parse().expect("a rule"));
                let reading = admin.inventory().refresh(&name).await.expect("begun").name;
                leaves(&world, &admin, everything(&name)).await;
                assert!(admin.operations().get(&reading).await.expect("there").done, "it was halted");
            }
        }
        if state != "being read" {
            leaves(&world, &admin, everything(&name)).await;
        }
        world.org.faults().clear();
        is_as_before(&world, &before).await;
        admin.accounts().delete(&name, "", false).await.expect("deleted");
    }
}

/// Provisions until a deployment of the classes is refused.
async fn fails(world: &World, admin: &Client, name: &str) {
    world.authorized(admin, name).await;
    let plan = world.plan(admin, name).await;
    let refused: Rule = "deploy-start#2+=refused:400:SOME_REFUSAL:no".parse().expect("a rule");
    world.org.faults().add(refused);
    let begun = admin.accounts().provision(name, &plan.etag).await.expect("begun").name;
    admin.operations().wait_done(&begun, |_| {}).await.expect_err("it is refused");
    world.org.faults().verify().expect("it was refused there");
    world.org.faults().clear();
    let failed = admin.accounts().get(name).await.expect("there");
    assert_eq!(failed.phase(), ServiceAccountPhase::Failed, "{failed:?}");
    assert!(failed.next_action.is_some_and(|next| next.deadline.is_some() && !next.hint.is_empty()));
}

/// Once it was protected: with differences, without a licence, and while it is repaired.
#[tokio::test]
async fn every_state_of_a_protected_account_can_be_left() {
    for state in ["degraded", "suspended", "being repaired"] {
        let world = World::made(Setup {
            more: "\n[drift]\ninterval_seconds = 1\n".to_owned(),
            log: "info",
            ..Setup::default()
        })
        .await;
        world.prepare().await;
        let before = world.org.org().portrait();
        let admin = world.client("admin@acme.example").await;
        let account = world.until_read(&admin).await;
        world.protect(&admin, &account).await;
        let watched = Watched { world, admin, account };
        let Watched { world, admin, account } = &watched;
        match state {
            "suspended" => {
                lapses(&world.client(PLATFORM).await).await;
                watched.until(ServiceAccountState::Suspended).await;
            }
            _ => {
                loses_a_trigger(world).await;
                watched.until(ServiceAccountState::Degraded).await;
            }
        }
        if state == "being repaired" {
            world.org.faults().add("deploy-start=slow:2s".parse().expect("a rule"));
            let repair = admin.accounts().repair(account, false).await.expect("begun").name;
            watched.account_until("taken", |a| a.current_operation == repair).await;
            leaves(world, admin, everything(account)).await;
            let repair = admin.operations().get(&repair).await.expect("there");
            assert!(repair.done, "{repair:?}");
        } else {
            leaves(world, admin, everything(account)).await;
        }
        is_as_before(world, &before).await;
    }
}

/// An administrator deletes one of our triggers.
async fn loses_a_trigger(world: &World) {
    let rest = Rest::of(&world.org);
    let query = "/tooling/query?q=SELECT+Id+FROM+ApexTrigger+WHERE+Name='CAS_Case'";
    let (_, found) = rest.call(Method::GET, &rest.data(query), None).await;
    let id = found["records"][0]["Id"].as_str().unwrap_or_else(|| panic!("{found}")).to_owned();
    let path = rest.data(&format!("/tooling/sobjects/ApexTrigger/{id}"));
    let (status, answer) = rest.call(Method::DELETE, &path, None).await;
    assert_eq!(status, 204, "{answer}");
}

/// The tenant's licence ended long ago.
async fn lapses(platform: &Client) {
    let mut license = License { name: names::license("tenants/acme", "salesforce"), ..License::default() };
    license.start_time.get_or_insert_default().seconds = 1_000_000_000;
    license.expire_time.get_or_insert_default().seconds = 1_700_000_000;
    platform.admin().update_license(license).await.expect("licence");
}

/// Rules by which no call of ours gets an answer.
fn unreachable(world: &World) {
    for call in [
        "token-refresh",
        "introspect",
        "revoke",
        "user-info",
        "identity",
        "versions",
        "resources",
        "limits",
        "describe-global",
        "describe",
        "query",
        "query-more",
        "record-get",
        "record-create",
        "record-update",
        "record-delete",
        "composite",
        "apex-rest",
        "soap-describe",
        "deploy-start",
        "deploy-poll",
        "get-topic",
        "get-schema",
        "subscribe",
        "publish",
        "other",
    ] {
        world.org.faults().add(format!("{call}#1+=connection-reset").parse().expect("a rule"));
    }
}

#[tokio::test]
async fn an_organisation_that_does_not_answer_is_waited_for_and_can_be_given_up() {
    let watched =
        Watched::made(Setup { more: "\n[operations]\nattempts_max = 3\n".to_owned(), ..Setup::default() })
            .await;
    let Watched { world, admin, account } = &watched;
    let written = changes(&world.org);
    unreachable(world);

    // It waits, says so, and ends with the two ways out.
    let begun = admin.accounts().deprovision(everything(account)).await.expect("accepted").name;
    let cause = watched.cause("DEPROVISIONING").await;
    assert!(cause.message.contains(&begun), "{cause:?}");
    let failed = admin.operations().wait_done(&begun, |_| {}).await.expect_err("nobody answers");
    assert_eq!(failed.reason(), "SAAS_UNAVAILABLE");
    assert!(failed.to_string().contains("LOCAL_ONLY"), "{failed}");
    let shown = watched.until(ServiceAccountState::ActionRequired).await;
    let next = shown.next_action.expect("somebody acts");
    assert!(next.hint.contains("LOCAL_ONLY") && next.deadline.is_some(), "{next:?}");
    assert_eq!(watched.told("DEPROVISIONING_FAILED").await.len(), 1);

    // It waits once more, and is given up in the middle.
    let begun = admin.accounts().deprovision(everything(account)).await.expect("accepted").name;
    let busy = admin.accounts().deprovision(local(account)).await.expect_err("one at a time");
    assert_eq!(busy.reason(), "OPERATION_IN_PROGRESS");
    assert!(busy.to_string().contains("cancel"), "{busy}");
    admin.operations().cancel(&begun).await.expect("cancelled");
    let ended = admin.operations().wait_done(&begun, |_| {}).await.expect_err("cancelled, or over");
    assert!(["OPERATION_CANCELLED", "SAAS_UNAVAILABLE"].contains(&ended.reason()), "{ended:?}");
    world.org.faults().clear();
    let asked = api_requests(&world.org);
    let progress = leaves(world, admin, local(account)).await;
    assert_eq!(api_requests(&world.org), asked, "no call has left");
    assert_eq!(changes(&world.org), written, "nothing was written");
    for kind in ["Grant", "ApexTrigger"] {
        let left = progress.leftovers.iter().find(|left| left.kind == kind).expect("it is named");
        assert!(!left.reason.is_empty(), "{left:?}");
    }
    let ended = watched.get().await;
    let authorized = ended.conditions.iter().find(|c| c.r#type == "Authorized").expect("shown");
    assert_eq!(authorized.status(), ConditionStatus::False);
}

#[tokio::test]
async fn a_refreshed_sandbox_is_left_locally_and_its_grant_of_before_is_destroyed_here() {
    let mut watched = Watched::new().await;
    watched.world.org.org().happen(&Happening::GrantsRevoked);
    watched.world.org = watched.world.org.refreshed().await.expect("refreshed");
    let before = watched.world.org.org().portrait();
    watched.cause("REAUTHORIZATION_REQUIRED").await;
    let refused = watched.admin.accounts().repair(&watched.account, false).await.expect_err("no grant");
    assert_eq!(refused.reason(), "REAUTHORIZATION_REQUIRED");
    let begun = watched.admin.accounts().deprovision(everything(&watched.account)).await.expect("accepted");
    let failed = watched.admin.operations().wait_done(&begun.name, |_| {}).await.expect_err("no grant");
    assert!(failed.to_string().contains("LOCAL_ONLY"), "{failed}");
    leaves(&watched.world, &watched.admin, local(&watched.account)).await;
    watched.admin.accounts().delete(&watched.account, "", false).await.expect("deleted");
    is_as_before(&watched.world, &before).await;
    // The organisation as it is now is protected by another account.
    let account = watched.world.until_read(&watched.admin).await;
    watched.world.protect(&watched.admin, &account).await;
}
