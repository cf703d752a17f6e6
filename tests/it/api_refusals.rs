//! The wrong one is refused: nothing of it is kept, the fresh grant is revoked, and the right one works afterwards.

mod browser;
mod organisations;
mod state;

use provision_client::Client;
use provision_client::api::v1::{ServiceAccount, ServiceAccountPhase};
use provision_tests::browser::Page;
use provision_tests::effects::{changes, live_grants, working_tokens};
use provision_tests::person::said;
use provision_tests::world::World;

/// What the account says of its grant.
fn authorized(account: &ServiceAccount) -> (i32, &str) {
    let found = account.conditions.iter().find(|one| one.r#type == "Authorized").expect("the condition");
    (found.status, &found.reason)
}

/// Demands that nothing is left of an authorisation: neither here nor in the organisation, where `live` grants stay.
/// Answers what the page said.
async fn nothing_is_kept(
    world: &World,
    client: &Client,
    account: &str,
    reason: &str,
    page: &Page,
    live: usize,
) -> String {
    let text = said(page).replace(&world.org.ready().base_url, "https://org");
    assert!(text.contains(&format!("Reason: {reason}")), "{account}: {text}");
    let now = client.accounts().get(account).await.expect("account");
    assert_eq!(now.phase(), ServiceAccountPhase::Draft, "{account}");
    assert_eq!(now.authorized_identity, None);
    assert_eq!(authorized(&now), (2, reason));
    assert_eq!(now.next_action.expect("it goes on").action, "BEGIN_AUTHORIZATION");
    let read = client.inventory().refresh(account).await.expect_err("there is no grant to read with");
    assert_eq!(read.reason(), "WRONG_PHASE");
    assert_eq!((live_grants(&world.org), working_tokens(&world.org).await), (live, live), "grants that live");
    assert_eq!(changes(&world.org), 0, "nothing was touched");
    text
}
