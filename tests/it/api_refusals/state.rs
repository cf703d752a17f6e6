//! `state` and code: stale, replayed, foreign, truncated, used twice.

use provision_client::api::v1::CompleteAuthorizationRequest;
use provision_client::{Client, Error};
use provision_tests::effects::{live_grants, working_tokens};
use provision_tests::person::{Person, said};
use provision_tests::setup::Setup;
use provision_tests::world::{World, console};
use salesforce_simulator::ledger::Kind;

use super::authorized;

#[tokio::test]
async fn a_page_that_was_begun_again_leads_nowhere() {
    let world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.create(&admin).await.name;
    let stale = world.begin(&admin, &account).await;
    let right = world.begin(&admin, &account).await;
    let page = Person::admin(&world.org).allow(&stale).await;
    let text = said(&page);
    assert!(text.contains("Reason: AUTHORIZATION_STATE_INVALID"), "{text}");
    insta::assert_snapshot!("refused_state", text);
    assert_eq!(world.org.ledger().count(Kind::GrantIssued), 0, "its code is not even exchanged");
    let page = Person::admin(&world.org).allow(&right).await;
    assert!(said(&page).contains("Access granted"), "{}", said(&page));
    // The way back, taken once more.
    let again = Person::admin(&world.org).open(page.url.as_str()).await;
    assert!(said(&again).contains("Reason: AUTHORIZATION_STATE_INVALID"), "{}", said(&again));
    let now = admin.accounts().get(&account).await.expect("account");
    assert_eq!((authorized(&now).0, live_grants(&world.org)), (1, 1));
    world.read(&admin, &account).await;
}

/// Code and state that a browser brings back to a console.
async fn brought_back(world: &World, client: &Client, account: &str, console: &str) -> (String, String) {
    let begun = client.accounts().begin_authorization(account, console, "").await.expect("begun");
    let landed = world.allow_to(&begun.authorization_url).await;
    let query =
        |name: &str| landed.query_pairs().find(|(k, _)| k == name).expect("a parameter").1.into_owned();
    (query("code"), query("state"))
}

async fn complete(client: &Client, account: &str, code: &str, state: &str) -> Result<(), Error> {
    let request = CompleteAuthorizationRequest {
        name: account.to_owned(),
        state: state.to_owned(),
        code: code.to_owned(),
        ..Default::default()
    };
    client.accounts().complete_authorization(request).await.map(drop)
}

#[tokio::test]
async fn a_state_of_somebody_else_and_a_code_for_the_second_time() {
    let console = console().await;
    let more = format!("\n[oauth]\nconsole_redirect_uris = [\"{console}\"]\n");
    let world = World::made(Setup { more, ..Setup::default() }).await;
    world.prepare().await;
    let (acme, globex) =
        (world.client("admin@acme.example").await, world.client("admin@globex.example").await);
    let account = world.create(&acme).await.name;
    let theirs = world.create_with(&globex, "globex", "theirs", "sandbox", &[]).await.name;

    let (code, state) = brought_back(&world, &acme, &account, &console).await;
    let (their_code, their_state) = brought_back(&world, &globex, &theirs, &console).await;
    let half = &state[..state.len() / 2];
    for foreign in [half, &their_state, &state.to_lowercase(), "", "a state that nobody has heard of"] {
        let refused = complete(&acme, &account, &code, foreign).await.expect_err(foreign);
        let reason = if foreign.is_empty() { "INVALID_REQUEST" } else { "AUTHORIZATION_STATE_INVALID" };
        assert_eq!(refused.reason(), reason, "{foreign:?}");
    }
    assert_eq!(world.org.ledger().count(Kind::GrantIssued), 0);
    // Nobody else's tries use it up, nor another's.
    complete(&acme, &account, &code, &state).await.expect("authorised");
    // The other tenant's state is its own still; the organisation is taken now.
    let taken = complete(&globex, &theirs, &their_code, &their_state).await.expect_err("taken");
    assert_eq!(taken.reason(), "ORG_ALREADY_PROVISIONED");

    // An old code under a fresh state: the organisation refuses it, and the grant that is there holds.
    let begun = acme.accounts().begin_authorization(&account, &console, "").await.expect("begun");
    let url = url::Url::parse(&begun.authorization_url).expect("a URL");
    let fresh = url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
    let refused = complete(&acme, &account, &code, &fresh).await.expect_err("a used code");
    assert_eq!(refused.reason(), "AUTHORIZATION_REJECTED");
    insta::assert_snapshot!("refused_used_code", refused);
    let now = acme.accounts().get(&account).await.expect("account");
    assert_eq!(authorized(&now), (1, "GRANTED"));
    assert_eq!((live_grants(&world.org), working_tokens(&world.org).await), (1, 1));
    world.read(&acme, &account).await;
}
