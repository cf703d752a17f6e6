//! A licence that ends, as a console and an administrator of the organisation see it.

use provision_client::api::v1::{
    ConditionStatus, License, OperationMetadata, ServiceAccount, ServiceAccountState, StreamStart,
};
use provision_client::{Client, ListOptions, metadata, names};
use provision_tests::effects::{changes, live_grants};
use provision_tests::rest::quarantined;
use provision_tests::setup::Setup;
use provision_tests::watched::{Watched, condition};
use provision_tests::world::{PLATFORM, World};

/// Ends the tenant's licence so many hours ago, or gives it without end.
async fn license(platform: &Client, ended_hours_ago: Option<i64>) {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let hours_ago = |hours: i64| now as i64 - hours * 3600;
    let mut license = License { name: names::license("tenants/acme", "salesforce"), ..License::default() };
    license.start_time.get_or_insert_default().seconds = hours_ago(10_000);
    if let Some(hours) = ended_hours_ago {
        license.expire_time.get_or_insert_default().seconds = hours_ago(hours);
    }
    platform.admin().update_license(license).await.expect("licence");
}

fn status(account: &ServiceAccount, condition: &str) -> ConditionStatus {
    account.conditions.iter().find(|c| c.r#type == condition).expect("shown").status()
}

async fn told(admin: &Client, code: &str) -> usize {
    let filter = ListOptions { filter: format!("code = {code}"), ..ListOptions::default() };
    admin.notifications().list("tenants/acme", filter).await.expect("list").notifications.len()
}

#[tokio::test]
async fn a_lapsed_licence_stops_the_intake_touches_nothing_and_a_renewed_one_goes_on() {
    let mut world = World::new().await;
    world.prepare().await;
    let (platform, admin) = (world.client(PLATFORM).await, world.client("admin@acme.example").await);
    let name = world.until_read(&admin).await;
    world.protect(&admin, &name).await;
    let before = changes(&world.org);

    license(&platform, Some(1)).await;
    let account = admin.accounts().get(&name).await.expect("there");
    assert_eq!(account.state(), ServiceAccountState::Suspended);
    assert_eq!(status(&account, "Suspended"), ConditionStatus::True);
    let next = account.next_action.as_ref().expect("somebody must act");
    assert_eq!(next.action, "RENEW_LICENSE");
    assert!(next.deadline.is_some());
    let explained = admin.accounts().explain(&name).await.expect("explained");
    assert!(!explained.protected);
    assert_eq!(explained.causes[0].reason, "LICENSE_EXPIRED", "{explained:?}");
    let refused = admin.accounts().plan(&name, Vec::new()).await.expect_err("no licence");
    assert_eq!(refused.reason(), "LICENSE_EXPIRED");
    assert_eq!(told(&admin, "ACCOUNT_SUSPENDED").await, 1);

    world.kill().await;
    world.restart().await;
    let (platform, admin) = (world.client(PLATFORM).await, world.client("admin@acme.example").await);
    let account = admin.accounts().get(&name).await.expect("there");
    assert_eq!(account.state(), ServiceAccountState::Suspended);
    assert_eq!(changes(&world.org), before, "nothing was touched");

    let mut feed = admin.notifications().follow("tenants/acme", "", StreamStart::Now).await.expect("stream");
    license(&platform, None).await;
    let resumed = feed.next().await.expect("told");
    assert_eq!(resumed.notification.code, "ACCOUNT_RESUMED");
    assert_eq!(resumed.notification.text, "Protection of Salesforce Sandbox goes on.");
    let account = admin.accounts().get(&name).await.expect("there");
    assert_eq!(account.state(), ServiceAccountState::Protected);
    loop {
        let account = admin.accounts().get(&name).await.expect("there");
        if account.event_channel.is_some_and(|channel| channel.connected) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(told(&admin, "ACCOUNT_SUSPENDED").await, 1, "once, whatever restarts");
}

/// Ends the licence so many hours ago, with so many hours of grace.
async fn lapses(platform: &Client, hours_ago: i64, grace_hours: i64) {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
            as i64;
    let mut license = License { name: names::license("tenants/acme", "salesforce"), ..License::default() };
    license.start_time.get_or_insert_default().seconds = now - 10_000 * 3600;
    license.expire_time.get_or_insert_default().seconds = now - hours_ago * 3600;
    license.grace_period.get_or_insert_default().seconds = grace_hours * 3600;
    platform.admin().update_license(license).await.expect("licence");
}

/// The dates of the licence move instead of the clock.
#[tokio::test]
async fn grace_suspension_and_removal_follow_each_other_and_a_renewal_begins_anew() {
    let watched = Watched::made(Setup {
        more: "\n[licenses]\nremoval_after_days = 2\n".to_owned(),
        ..Setup::default()
    })
    .await;
    let Watched { world, admin, account } = &watched;
    let platform = world.client(PLATFORM).await;
    let kept = quarantined(&world.org, "action-1").await;
    let written = changes(&world.org);

    lapses(&platform, 1, 24).await;
    let cause = watched.cause("LICENSE_GRACE").await;
    assert_eq!(cause.next_action.expect("named").action, "RENEW_LICENSE");
    assert_eq!(watched.get().await.state(), ServiceAccountState::Protected, "grace protects");
    watched.account_until("told", |a| condition(a, "LicenseValid").reason == "LICENSE_GRACE").await;
    assert_eq!(told(admin, "LICENSE_EXPIRING").await, 1);

    lapses(&platform, 25, 24).await;
    let shown = watched.until(ServiceAccountState::Suspended).await;
    let removal = shown.next_action.and_then(|next| next.deadline).expect("a deadline").seconds;
    let cause = watched.cause("LICENSE_EXPIRED").await;
    assert!(!cause.message.is_empty());
    assert_eq!(told(admin, "ACCOUNT_SUSPENDED").await, 1);
    assert_eq!(changes(&world.org), written, "nothing is removed");

    lapses(&platform, 25 + 48, 24).await;
    watched.until(ServiceAccountState::Deprovisioned).await;
    let filter = ListOptions::filter("code = ACCOUNT_DEPROVISIONED");
    assert_eq!(
        admin.notifications().list("tenants/acme", filter).await.expect("list").notifications.len(),
        1
    );
    let names = provision_tests::effects::names(&world.org);
    assert!(!names.iter().any(|name| name.contains("CAS_")), "{names:?}");
    assert_eq!(live_grants(&world.org), 0);
    assert!(removal > 0);

    // What was quarantined is in an archive.
    let operations = admin.operations().list("tenants/acme", ListOptions::default()).await.expect("listed");
    let leaving = operations.operations.iter().find_map(|operation| {
        let progress: OperationMetadata = metadata(operation).ok()?;
        (progress.exported_items == 1).then(|| operation.name.clone())
    });
    let mut export = admin
        .accounts()
        .quarantine_export(account, &leaving.expect("an operation with an export"))
        .await
        .expect("opened");
    let mut bytes = 0;
    while let Some(part) = export.next().await.expect("read") {
        bytes += part.len();
    }
    assert!(bytes > kept.content.len() / 200, "{bytes}");

    // Renewed: the same organisation is protected again, by another account of that name.
    license(&platform, None).await;
    admin.accounts().delete(account, "", false).await.expect("deleted");
    let again = world.until_read(admin).await;
    world.protect(admin, &again).await;
    watched.is_well().await;
}
