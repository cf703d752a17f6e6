//! A grant that is gone, and the way back: the same account, with all that it was.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use provision_client::ListOptions;
use provision_client::api::v1::{Component, ServiceAccount, ServiceAccountState};
use provision_tests::effects::{changes, live_grants};
use provision_tests::person::Person;
use provision_tests::rest::Rest;
use provision_tests::setup::Setup;
use provision_tests::watched::{Watched, condition, is_false};
use reqwest::StatusCode;
use salesforce_simulator::Config;
use salesforce_simulator::org::{Clock, Happening, SystemClock};
use serde_json::json;

const BUTTON: &str = "Log in and allow access";

/// The machine's clock, put forward.
#[derive(Debug, Default)]
struct Forward {
    by_ms: AtomicI64,
}

impl Clock for Forward {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.by_ms.load(Ordering::SeqCst)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep(duration)
    }
}

async fn components(watched: &Watched) -> Vec<Component> {
    let all = watched.admin.components().list(&watched.account, ListOptions::default()).await;
    let mut all = all.expect("listed").components;
    for component in &mut all {
        // A comparison looks at them again.
        component.observe_time = None;
    }
    all
}

fn received(account: &ServiceAccount) -> i64 {
    account.event_channel.as_ref().expect("a channel").received_count
}

/// Revokes the grant, and starts the daemon again, whose event channel cannot be opened any more. Answers the link that
/// people are told.
async fn lost(watched: &mut Watched) -> String {
    watched.world.org.org().happen(&Happening::GrantsRevoked);
    let cause = watched.cause("REAUTHORIZATION_REQUIRED").await;
    let told = watched.told("REAUTHORIZATION_REQUIRED").await;
    assert_eq!(told.len(), 1, "once: {told:#?}");
    let link = told[0].parameters["link"].clone();
    assert!(told[0].text.ends_with(&link), "{}", told[0].text);
    assert_eq!(cause.next_action.expect("named").link, link);
    watched.world.kill().await;
    watched.world.restart().await;
    watched.admin = watched.world.client("admin@acme.example").await;
    watched.account_until("cut off", |account| is_false(account, "EventsFlowing")).await;
    assert_eq!(watched.get().await.next_action.expect("named").link, link);
    link
}

/// The administrator opens the link, logs in and allows; answers the page that it ends on.
async fn follows(watched: &Watched, link: &str) -> String {
    let mut person = Person::admin(&watched.world.org);
    let page = person.open(link).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let login = person.press(&page, BUTTON).await;
    let asks = person.log_in(&login).await;
    match provision_tests::html::form(&asks.body) {
        Some(_) => person.press(&asks, "Allow").await.body,
        None => asks.body,
    }
}

async fn complaint(watched: &Watched) {
    Rest::of(&watched.world.org).create("Case", json!({"Subject": "While nobody looked"})).await;
}

#[tokio::test]
async fn the_link_of_the_notification_brings_the_same_account_back_and_its_events_catch_up() {
    let mut watched = Watched::new().await;
    let before = watched.get().await;
    let there = components(&watched).await;
    let written = changes(&watched.world.org);
    let link = lost(&mut watched).await;
    complaint(&watched).await;

    // Opening it does nothing: machines open links as well.
    let mut person = Person::admin(&watched.world.org);
    for _ in 0..2 {
        let page = person.open(&link).await;
        assert!(page.body.contains(BUTTON) && page.body.contains(&watched.world.org.ready().org_id));
    }
    assert_eq!(condition(&watched.get().await, "Authorized").reason, "REAUTHORIZATION_REQUIRED");
    let wrong = format!("{}{}", &link[..link.len() - 32], "0".repeat(32));
    assert_eq!(person.open(&wrong).await.status, StatusCode::NOT_FOUND);

    let page = follows(&watched, &link).await;
    assert!(page.contains("Access granted"), "{page}");
    watched.is_well().await;
    let after = watched.account_until("caught up", |account| received(account) > received(&before)).await;
    assert_eq!(
        (&after.name, &after.uid, &after.create_time),
        (&before.name, &before.uid, &before.create_time)
    );
    assert_eq!(components(&watched).await, there);
    assert_eq!(changes(&watched.world.org), written + 2, "a case and its event, and nothing of ours");
    assert_eq!(live_grants(&watched.world.org), 1);
    assert!(watched.told("EVENTS_MISSED").await.is_empty());
    assert_eq!(watched.told("REAUTHORIZATION_REQUIRED").await.len(), 1);
    let page = person.open(&link).await;
    assert!(page.body.contains("Nothing to do here") && !page.body.contains(BUTTON), "{}", page.body);
    let audit =
        watched.admin.admin().audit_events("tenants/acme", ListOptions::default()).await.expect("audit");
    let begun = audit.audit_events.iter().find(|event| event.action == "ReauthorizationLink");
    assert_eq!(begun.expect("audited").principal, "system");
}

#[tokio::test]
async fn a_gap_that_the_organisation_has_forgotten_is_declared() {
    let clock = Arc::new(Forward::default());
    let org = Config { objects: 60, clock: clock.clone(), ..Config::default() };
    let mut watched = Watched::made(Setup { org, ..Setup::default() }).await;
    let before = watched.get().await;
    let link = lost(&mut watched).await;
    complaint(&watched).await;
    clock.by_ms.fetch_add(Duration::from_secs(4 * 24 * 3600).as_millis() as i64, Ordering::SeqCst);

    let page = follows(&watched, &link).await;
    assert!(page.contains("Access granted"), "{page}");
    watched.until(ServiceAccountState::Protected).await;
    watched
        .account_until("open", |account| account.event_channel.as_ref().is_some_and(|c| c.connected))
        .await;
    let told = watched.told("EVENTS_MISSED").await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(!told[0].parameters["since"].is_empty(), "{told:#?}");
    assert_eq!(received(&watched.get().await), received(&before), "what was forgotten is not invented");
    watched.is_well().await;
}

#[tokio::test]
async fn another_organisation_is_refused_at_the_link_and_the_account_goes_on_waiting() {
    let mut watched = Watched::new().await;
    let link = lost(&mut watched).await;
    watched.world.org = watched.world.org.refreshed().await.expect("refreshed");
    let before = changes(&watched.world.org);
    let page = follows(&watched, &link).await;
    assert!(!page.contains("Access granted"), "{page}");
    let cause = watched.cause("ORG_MISMATCH").await;
    let next = cause.next_action.expect("named");
    assert!(next.hint.contains("LOCAL_ONLY"), "{next:?}");
    assert_eq!(next.link, link, "who was wrong may try again");
    assert_eq!(changes(&watched.world.org), before, "nothing was written");
    assert_eq!(live_grants(&watched.world.org), 0, "what was granted by mistake is revoked");
}
