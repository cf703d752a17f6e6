//! A licence that ends, as a console and an administrator of the organisation see it.

use provision_client::api::v1::{ConditionStatus, License, ServiceAccount, ServiceAccountState, StreamStart};
use provision_client::{Client, ListOptions, names};
use provision_tests::effects::changes;
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
