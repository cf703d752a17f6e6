//! Backup while the daemon works, loss, and the way back: the drill.

use std::path::Path;

use provision_client::api::v1::{ServiceAccountState, StreamStart};
use provision_client::{Client, ListOptions};
use provision_tests::binaries;
use provision_tests::world::{PLATFORM, World};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::Happening;

fn provisiond(arguments: &[&str], config: &Path, place: (&str, &Path)) -> (bool, String) {
    let output = std::process::Command::new(binaries::provisiond())
        .args(arguments)
        .arg("--config")
        .arg(config)
        .arg(place.0)
        .arg(place.1)
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

async fn sequences(client: &Client) -> Vec<i64> {
    let listed = client.notifications().list("tenants/acme", ListOptions::default()).await.expect("listed");
    listed.notifications.iter().map(|one| one.sequence).collect()
}

/// How often a rotated token was used again.
fn reuses(world: &World) -> usize {
    let reused = |reason: &String| reason.contains("used again");
    let ended = world.org.ledger().of(Kind::GrantRevoked);
    ended.iter().filter(|entry| entry.detail.get("reason").is_some_and(reused)).count()
}

#[tokio::test]
async fn a_lost_machine_is_replaced_by_its_backup_and_no_token_is_used_twice() {
    let mut world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    world.protect(&admin, &account).await;
    let mut told =
        admin.notifications().follow("tenants/acme", "", StreamStart::Oldest).await.expect("stream");
    told.next().await.expect("told");

    // While the daemon works: it writes, and reads events.
    let backup = world.data().with_file_name("backup");
    let platform = world.client(PLATFORM).await;
    let busy = async {
        for number in 0..40 {
            platform.admin().create_tenant(&format!("busy-{number}"), "Busy").await.expect("made");
        }
    };
    let config = world.config();
    let place = backup.clone();
    let backing = tokio::task::spawn_blocking(move || provisiond(&["backup"], &config, ("--to", &place)));
    let (backed_up, ()) = tokio::join!(backing, busy);
    let (well, said) = backed_up.expect("ran");
    assert!(well, "{said}");
    assert!(said.contains("master.key"), "the key file that is needed is named: {said}");
    let (again, said) = provisiond(&["backup"], &world.config(), ("--to", &backup));
    assert!(!again && said.contains("not empty"), "{said}");

    // After it: the token is exchanged, people are told something, a tenant is made.
    world.org.org().happen(&Happening::SessionsEnded);
    let refreshed = world.org.ledger().count(Kind::TokenRefreshed);
    world.read(&admin, &account).await;
    assert!(
        world.org.ledger().count(Kind::TokenRefreshed) > refreshed,
        "the backup's token is an old one now"
    );
    platform.admin().create_tenant("too-late", "Too late").await.expect("made");
    let before = sequences(&admin).await;
    let token = loop {
        told.next().await.expect("told");
        if let Some(token) = told.resume_token() {
            break token.to_owned();
        }
    };
    drop(told);

    // The machine is lost.
    world.kill().await;
    let (refused, said) = provisiond(&["restore"], &world.config(), ("--from", &backup));
    assert!(!refused && said.contains("not empty"), "{said}");
    std::fs::remove_dir_all(world.data()).expect("lost");
    let (well, said) = provisiond(&["restore"], &world.config(), ("--from", &backup));
    assert!(well, "{said}");
    world.restart().await;

    let admin = world.client("admin@acme.example").await;
    let platform = world.client(PLATFORM).await;
    platform.admin().tenant("tenants/busy-0").await.map_or_else(
        |error| assert_eq!(error.reason(), "RESOURCE_NOT_FOUND", "made while the backup was: there or not"),
        |_| (),
    );
    let lost = platform.admin().tenant("tenants/too-late").await.expect_err("made after the backup");
    assert_eq!(lost.reason(), "RESOURCE_NOT_FOUND");
    // The old token is not tried: the application is asked, and an administrator authorises again.
    let refused = admin.accounts().plan(&account, vec![]).await.expect_err("the grant is lost");
    assert_eq!(refused.reason(), "REAUTHORIZATION_REQUIRED", "{refused}");
    assert_eq!(reuses(&world), 0);
    let page = world.allow(&world.begin(&admin, &account).await).await;
    assert!(page.contains("Access granted"), "{page}");
    loop {
        let now = admin.accounts().get(&account).await.expect("account");
        if now.state() == ServiceAccountState::Protected && now.event_channel.is_some_and(|c| c.connected) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(reuses(&world), 0);

    // Nothing that is told now has a number that was given out, and a stream from then goes on with what is new.
    let mut resumed = admin.notifications().resume("tenants/acme", "", &token).await.expect("resumed");
    let next = resumed.next().await.expect("told").notification;
    let newest = before.iter().max().expect("some");
    assert!(next.sequence > *newest, "{} after {newest}", next.sequence);
    let fresh = sequences(&admin).await.into_iter().filter(|sequence| sequence > newest).count();
    assert!(fresh > 0 && sequences(&admin).await.iter().all(|one| one > newest || before.contains(one)));
}
