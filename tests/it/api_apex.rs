//! What was deployed runs: changes of records by anybody reach the daemon's subscription, and the app's REST class takes content
//! away and brings it back.

use std::sync::Arc;
use std::time::Duration;

use provision_client::Client;
use provision_tests::rest::Rest;
use provision_tests::world::World;
use reqwest::Method;
use salesforce_simulator::Simulator;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::Parsed;
use serde_json::{Value, json};

const ACTION: &str = "/services/apexrest/cas/v1/";

/// A protected organisation, its account and somebody who changes records in it.
struct Protected {
    world: World,
    admin: Client,
    account: String,
    rest: Rest,
}

impl Protected {
    async fn new() -> Protected {
        let world = World::new().await;
        world.prepare().await;
        let admin = world.client("admin@acme.example").await;
        let account = world.until_read(&admin).await;
        world.protect(&admin, &account).await;
        let rest = Rest::of(&world.org);
        Protected { world, admin, account, rest }
    }

    async fn received(&self) -> i64 {
        let account = self.admin.accounts().get(&self.account).await.expect("the account");
        account.event_channel.expect("a channel").received_count
    }

    /// Waits until the daemon has taken in so many events.
    async fn until_received(&self, count: i64) {
        let all = async {
            while self.received().await < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), all).await;
        assert!(waited.is_ok(), "{} of {count} events", self.received().await);
    }

    fn published(&self) -> u64 {
        self.world.org.ledger().count(Kind::EventPublished)
    }

    /// One call of the app's REST class; answers status and body.
    async fn act(&self, path: &str, body: Value) -> (u16, Value) {
        self.rest.call(Method::POST, &format!("{ACTION}{path}"), Some(body)).await
    }
}

/// Edits a trigger or class as an administrator would.
fn edit(org: &Simulator, class: &str, from: &str, to: &str) {
    let changed = org.org().change_metadata(|metadata| {
        let class = metadata.classes.values_mut().find(|one| one.unit.name == class).ok_or(())?;
        let class = Arc::make_mut(class);
        let edited = class.unit.body.replacen(from, to, 1);
        if edited == class.unit.body {
            return Err(());
        }
        class.unit.body = edited;
        class.unit.parsed = Parsed::default();
        Ok::<_, ()>(())
    });
    changed.expect("the class is there, and has what is replaced");
}

#[tokio::test]
async fn a_change_by_anybody_reaches_the_subscription() {
    let protected = Protected::new().await;
    let before = protected.received().await;
    let id = protected.rest.create("Case", json!({"Subject": "A broken lamp"})).await;
    protected.until_received(before + 1).await;
    protected.rest.update("Case", &id, json!({"Subject": "Two broken lamps"})).await;
    protected.until_received(before + 2).await;
    protected.rest.delete("Case", &id).await;
    protected.until_received(before + 3).await;
    // Two hundred records in one call are one event.
    let records: Vec<Value> = (0..200)
        .map(|number| json!({"attributes": {"type": "Case"}, "Subject": format!("Lamp {number}")}))
        .collect();
    let published = protected.published();
    let body = json!({"allOrNone": true, "records": records});
    let (status, made) =
        protected.rest.call(Method::POST, &protected.rest.data("/composite/sobjects"), Some(body)).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(protected.published(), published + 1);
    protected.until_received(before + 4).await;
}

#[tokio::test]
async fn whatever_the_handler_throws_the_users_save_goes_on() {
    let protected = Protected::new().await;
    let published = protected.published();
    edit(
        &protected.world.org,
        "CAS_RecordChangeHandler",
        "if (isRoomLeft()) {",
        "Integer none = 0; Integer broken = 1 / none; if (isRoomLeft()) {",
    );
    let id = protected.rest.create("Case", json!({"Subject": "A broken lamp"})).await;
    protected.rest.update("Case", &id, json!({"Subject": "Two broken lamps"})).await;
    protected.rest.delete("Case", &id).await;
    assert_eq!(protected.published(), published, "nothing is told of it");
}

#[tokio::test]
async fn an_inactive_trigger_tells_nothing() {
    let protected = Protected::new().await;
    let published = protected.published();
    let inactive = protected.world.org.org().change_metadata(|metadata| {
        let trigger = metadata.triggers.values_mut().find(|one| one.unit.name == "CAS_Case").ok_or(())?;
        Arc::make_mut(trigger).unit.status = "Inactive".to_owned();
        Ok::<_, ()>(())
    });
    inactive.expect("the trigger is there");
    protected.rest.create("Case", json!({"Subject": "A broken lamp"})).await;
    assert_eq!(protected.published(), published);
}

#[tokio::test]
async fn the_switch_turns_reports_off_without_a_deployment() {
    let protected = Protected::new().await;
    let published = protected.published();
    let org_id = protected.world.org.org().id.to_string();
    let switch = json!({"SetupOwnerId": org_id, "Reports_Off__c": true});
    let id = protected.rest.create("CAS_Switch__c", switch).await;
    protected.rest.create("Case", json!({"Subject": "A broken lamp"})).await;
    assert_eq!(protected.published(), published);
    protected.rest.update("CAS_Switch__c", &id, json!({"Reports_Off__c": false})).await;
    protected.rest.create("Case", json!({"Subject": "A broken lamp"})).await;
    assert_eq!(protected.published(), published + 1);
}

#[tokio::test]
async fn a_file_is_taken_away_and_comes_back_with_its_links() {
    let protected = Protected::new().await;
    let rest = &protected.rest;
    let content: Vec<u8> = (0..150_000u32).map(|number| (number * 7 % 251) as u8).collect();
    let case = rest.create("Case", json!({"Subject": "A broken lamp"})).await;
    let file = rest.upload("lamp.bin", &content).await;
    rest.create(
        "ContentDocumentLink",
        json!({"ContentDocumentId": file, "LinkedEntityId": case, "ShareType": "V", "Visibility": "AllUsers"}),
    )
    .await;

    // Once out of the recycle bin, and once made anew.
    for (number, purge) in [(1, false), (2, true)] {
        let action = format!("action-{number}");
        let ask = json!({"actionId": action, "sourceId": file, "reason": "found", "purge": purge});
        let (status, taken) = protected.act("quarantine", ask.clone()).await;
        assert_eq!((status, &taken["state"]), (200, &json!("QUARANTINED")), "{taken}");
        assert_eq!((&taken["size"], &taken["chunks"]), (&json!(150_000), &json!(2)), "{taken}");
        assert_eq!(taken["sha256"], json!(provision_tests::rest::sha256(&content)));
        assert_eq!(rest.count(&format!("ContentDocument WHERE Id = '{file}'")).await, 0);
        let (_, repeated) = protected.act("quarantine", ask).await;
        assert_eq!(repeated["repeated"], true, "{repeated}");

        let (status, back) = protected.act("restore", json!({"actionId": action})).await;
        assert_eq!((status, &back["state"]), (200, &json!("RESTORED")), "{back}");
        let document = back["replacementId"].as_str().expect("an id").to_owned();
        assert_eq!(document == file, !purge, "{back}");
        assert_eq!(back["lost"].as_array().expect("a list").is_empty(), !purge, "{back}");
        assert_eq!(rest.content_of(&document).await, content);
        let link = format!(
            "ContentDocumentLink WHERE ContentDocumentId = '{document}' AND LinkedEntityId = '{case}'"
        );
        assert_eq!(rest.count(&link).await, 1);
    }
}

#[tokio::test]
async fn a_post_is_taken_away_and_made_anew() {
    let protected = Protected::new().await;
    let rest = &protected.rest;
    let case = rest.create("Case", json!({"Subject": "A broken lamp"})).await;
    let post = rest.create("FeedItem", json!({"ParentId": case, "Body": "The password is swordfish"})).await;
    let published = protected.published();
    let (status, taken) =
        protected.act("quarantine", json!({"actionId": "action-1", "sourceId": post})).await;
    assert_eq!((status, &taken["state"]), (200, &json!("QUARANTINED")), "{taken}");
    assert_eq!(rest.count(&format!("FeedItem WHERE Id = '{post}'")).await, 0);
    let (status, back) = protected.act("restore", json!({"actionId": "action-1"})).await;
    assert_eq!((status, &back["state"]), (200, &json!("RESTORED")), "{back}");
    let again = back["replacementId"].as_str().expect("an id");
    assert_ne!(again, post);
    let made = rest.row(&format!("SELECT Body, ParentId FROM FeedItem WHERE Id = '{again}'")).await;
    assert_eq!(made["Body"], "The password is swordfish");
    assert_eq!(made["ParentId"], json!(case));
    assert!(back["lost"].as_array().expect("a list").contains(&json!("CreatedDate")), "{back}");
    assert_eq!(protected.published(), published, "its own doing is no news to the daemon");
}

#[tokio::test]
async fn only_the_service_account_is_served() {
    let protected = Protected::new().await;
    let org = protected.world.org.org();
    let token = org.open_session(org.user, None, "full");
    let somebody = Rest::with_token(&protected.world.org, &token);
    let (status, answer) = somebody.call(Method::GET, &format!("{ACTION}ping"), None).await;
    assert_eq!(status, 403, "{answer}");
    let (status, answer) = protected.rest.call(Method::GET, &format!("{ACTION}ping"), None).await;
    assert_eq!((status, &answer["reporting"]), (200, &json!(true)), "{answer}");
}
