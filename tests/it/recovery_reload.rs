//! SIGHUP: keys and client secrets change under a daemon at work, and what is wrong with the new files changes nothing.

use std::path::PathBuf;
use std::time::Duration;

use provision_client::Client;
use provision_client::api::v1::{DeprovisionServiceAccountRequest, QuarantineDisposition};
use provision_tests::binaries;
use provision_tests::rest::Rest;
use provision_tests::setup::Setup;
use provision_tests::world::World;
use reqwest::Method;
use salesforce_simulator::fault::{Fault, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::Happening;
use serde_json::json;

/// How long the daemon may take to say something.
const PATIENCE: Duration = Duration::from_secs(30);
const TAKEN: &str = "key file and client secrets were read again";
const KEPT: &str = "key file and client secrets stay as they were";
const OLD_KEYS_ARE_FREE: &str = "their lines can leave the key file";

/// A world whose daemon has its client secret in a file.
struct Reloading {
    world: World,
    admin: Client,
    account: String,
}

impl Reloading {
    async fn new() -> Reloading {
        let mut world = World::made(Setup { log: "info", ..Setup::default() }).await;
        let secret = world.org.ready().client_secret.clone();
        let file = world.config().with_file_name("client.secret");
        std::fs::write(&file, &secret).expect("written");
        let config = std::fs::read_to_string(world.config()).expect("read");
        let inline = format!("client_secret = \"{secret}\"");
        assert!(config.contains(&inline));
        let named = config.replace(&inline, &format!("client_secret_file = {file:?}"));
        std::fs::write(world.config(), named).expect("written");
        world.kill().await;
        world.restart().await;
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.until_read(&admin).await;
        Reloading { world, admin, account }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.world.config().with_file_name(name)
    }

    fn key_file(&self) -> String {
        std::fs::read_to_string(self.file("master.key")).expect("read")
    }

    /// The line of a key that was just made.
    fn new_key(&self, name: &str) -> String {
        let path = self.file(name);
        let made = std::process::Command::new(binaries::provisiond())
            .args(["generate-key", "--out"])
            .arg(&path)
            .output()
            .expect("it runs");
        assert!(made.status.success(), "{made:?}");
        std::fs::read_to_string(path).expect("read")
    }

    fn said(&self, what: &str) -> usize {
        self.world.logged().lines().filter(|line| line.contains(what)).count()
    }

    /// Waits until the daemon has said something so often.
    async fn until_said(&self, what: &str, times: usize) -> String {
        let wait = async {
            while self.said(what) < times {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        let log = self.world.logged();
        waited.unwrap_or_else(|_| panic!("'{what}' is not said {times} times:\n{log}"));
        log.lines().rev().find(|line| line.contains(what)).expect("said").to_owned()
    }

    /// Sends the signal, and waits until it is said once more what came of it.
    async fn reload(&self, outcome: &str) -> String {
        let before = self.said(outcome);
        self.world.daemon.hang_up();
        self.until_said(outcome, before + 1).await
    }

    /// The account's tokens open, and are exchanged.
    async fn works(&self) {
        let before = self.world.org.ledger().count(Kind::TokenRefreshed);
        self.world.org.org().happen(&Happening::SessionsEnded);
        self.world.read(&self.admin, &self.account).await;
        assert_eq!(self.world.org.ledger().count(Kind::TokenRefreshed), before + 1, "one exchange");
    }

    /// Nothing that is secret stands in the log.
    fn kept_quiet(&self, secrets: &[&str]) {
        let log = self.world.logged();
        for secret in secrets {
            assert!(!log.contains(secret.trim()), "a secret is in the log");
        }
    }
}

fn material(line: &str) -> &str {
    line.trim().split_once(' ').expect("id and key").1
}

#[tokio::test]
async fn the_key_file_is_rotated_and_a_wrong_one_changes_nothing() {
    let reloading = Reloading::new().await;
    let (path, old) = (reloading.file("master.key"), reloading.key_file());
    let new = reloading.new_key("new.key");

    // The new key alone: the old one seals the grant.
    std::fs::write(&path, &new).expect("written");
    let refused = reloading.reload(KEPT).await;
    assert!(refused.contains("put its line back"), "{refused}");
    reloading.works().await;

    std::fs::write(&path, [new.as_str(), &old].concat()).expect("written");
    let before = reloading.said(OLD_KEYS_ARE_FREE);
    reloading.reload(TAKEN).await;
    reloading.until_said(OLD_KEYS_ARE_FREE, before + 1).await;
    reloading.works().await;
    std::fs::write(&path, &new).expect("written");
    reloading.reload(TAKEN).await;
    reloading.works().await;

    let wrong: [(&str, &str); 5] = [
        ("", "holds no key"),
        ("one-word", "line 1"),
        ("k1 AAAA", "32 bytes"),
        (&[new.as_str(), &new].concat(), "twice"),
        (&old, "seals"),
    ];
    for (text, why) in wrong {
        std::fs::write(&path, text).expect("written");
        let refused = reloading.reload(KEPT).await;
        assert!(refused.contains(why), "{why}: {refused}");
    }
    std::fs::remove_file(&path).expect("removed");
    reloading.reload(KEPT).await;
    reloading.works().await;
    let config = std::fs::read_to_string(reloading.world.config()).expect("read");
    for text in ["[server", "[server]\nunknown = 1\n"] {
        std::fs::write(reloading.world.config(), text).expect("written");
        reloading.reload(KEPT).await;
    }
    std::fs::remove_file(reloading.world.config()).expect("removed");
    reloading.reload(KEPT).await;
    reloading.works().await;

    // What was in force all the time is what is taken up after a restart.
    std::fs::write(reloading.world.config(), config).expect("written");
    std::fs::copy(reloading.file("new.key"), &path).expect("put back");
    reloading.reload(TAKEN).await;
    let Reloading { mut world, account, .. } = reloading;
    world.kill().await;
    world.restart().await;
    let admin = world.client("admin@acme.example").await;
    let reloading = Reloading { world, admin, account };
    reloading.works().await;
    reloading.kept_quiet(&[material(&old), material(&new)]);
}

#[tokio::test]
async fn a_client_secret_is_rotated_without_anybody_noticing() {
    let reloading = Reloading::new().await;
    let path = reloading.file("client.secret");
    let old = reloading.world.org.ready().client_secret.clone();
    let new = "the-next-secret-of-the-client-0123456789";

    // Both are at hand before the application knows the new one, which is refused on the wire.
    std::fs::write(&path, format!("{new}\n{old}\n")).expect("written");
    reloading.reload(TAKEN).await;
    reloading.works().await;
    reloading.world.org.org().happen(&Happening::SecretRotated { secret: new.to_owned() });
    reloading.works().await;
    std::fs::write(&path, new).expect("written");
    reloading.reload(TAKEN).await;
    reloading.works().await;

    for wrong in ["", "a\nb\nc\n"] {
        std::fs::write(&path, wrong).expect("written");
        let refused = reloading.reload(KEPT).await;
        assert!(refused.contains("client_secret_file"), "{refused}");
    }
    std::fs::remove_file(&path).expect("removed");
    reloading.reload(KEPT).await;
    reloading.works().await;
    reloading.kept_quiet(&[&old, new]);
}

#[tokio::test]
async fn a_reload_in_the_middle_of_an_exchange_loses_nothing_and_delays_no_stop() {
    let reloading = Reloading::new().await;
    let (path, old) = (reloading.file("master.key"), reloading.key_file());
    let new = reloading.new_key("new.key");
    std::fs::write(&path, [new.as_str(), &old].concat()).expect("written");
    let ledger = reloading.world.org.ledger();
    let slow = |time| Rule::once(Operation::TokenRefresh, Fault::Delayed(time));
    let (refreshed, fired) = (ledger.count(Kind::TokenRefreshed), ledger.count(Kind::FaultFired));

    reloading.world.org.faults().add(slow(Duration::from_secs(2)));
    reloading.world.org.org().happen(&Happening::SessionsEnded);
    let started = reloading.admin.inventory().refresh(&reloading.account).await.expect("started");
    ledger.until(|ledger| ledger.count(Kind::FaultFired) > fired).await;
    let free = reloading.said(OLD_KEYS_ARE_FREE);
    reloading.reload(TAKEN).await;
    reloading.until_said(OLD_KEYS_ARE_FREE, free + 1).await;
    reloading.world.done(&reloading.admin, &started.name).await;
    assert_eq!(ledger.count(Kind::TokenRefreshed), refreshed + 1);
    std::fs::write(&path, &new).expect("written");
    reloading.reload(TAKEN).await;
    reloading.works().await;

    // Again, and the daemon is to stop while the reload waits for the exchange.
    std::fs::write(&path, [old.as_str(), &new].concat()).expect("written");
    let fired = ledger.count(Kind::FaultFired);
    reloading.world.org.faults().add(slow(Duration::from_secs(60)));
    reloading.world.org.org().happen(&Happening::SessionsEnded);
    let started = reloading.admin.inventory().refresh(&reloading.account).await.expect("started");
    ledger.until(|ledger| ledger.count(Kind::FaultFired) > fired).await;
    reloading.world.daemon.hang_up();
    let Reloading { mut world, account, .. } = reloading;
    let (took, well) = world.terminate().await;
    assert!(well && took < Duration::from_secs(5), "{took:?}");
    world.org.faults().clear();
    world.restart().await;
    let admin = world.client("admin@acme.example").await;
    world.done(&admin, &started.name).await;
    let reloading = Reloading { world, admin, account };
    reloading.works().await;
}

#[tokio::test]
async fn the_key_of_an_export_stays_in_the_file_while_the_export_is_kept() {
    let reloading = Reloading::new().await;
    let (world, admin, account) = (&reloading.world, &reloading.admin, &reloading.account);
    world.protect(admin, account).await;
    let rest = Rest::of(&world.org);
    let file = rest.upload("lamp.bin", &[7; 10_000]).await;
    let ask = json!({"actionId": "action-1", "sourceId": file, "reason": "found", "purge": false});
    let (status, _) = rest.call(Method::POST, "/services/apexrest/cas/v1/quarantine", Some(ask)).await;
    assert_eq!(status, 200);
    let request = DeprovisionServiceAccountRequest {
        name: account.clone(),
        quarantine_disposition: QuarantineDisposition::Export.into(),
        ..Default::default()
    };
    let begun = admin.accounts().deprovision(request).await.expect("begun");
    world.done(admin, &begun.name).await;

    let (path, old) = (reloading.file("master.key"), reloading.key_file());
    let new = reloading.new_key("new.key");
    std::fs::write(&path, [new.as_str(), &old].concat()).expect("written");
    let must_stay = reloading.reload("their lines must stay").await;
    assert!(must_stay.contains("30 days"), "{must_stay}");
    reloading.until_said(TAKEN, 1).await;
    std::fs::write(&path, &new).expect("written");
    let refused = reloading.reload(KEPT).await;
    assert!(refused.contains("30 days"), "{refused}");
    let mut export = admin.accounts().quarantine_export(account, &begun.name).await.expect("opened");
    let mut bytes = Vec::new();
    while let Some(part) = export.next().await.expect("the old key opens it") {
        bytes.extend(part);
    }
    assert!(bytes.starts_with(b"PK"), "{} bytes", bytes.len());
}
