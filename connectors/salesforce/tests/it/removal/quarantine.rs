//! What becomes of quarantined content, by the app's own service.

use provision_connector_sdk::core::Reason;
use provision_connector_sdk::testkit::World as _;
use provision_connector_sdk::{Begin, Connector as _, Disposed, FaultClass, QuarantinedItem, Session};
use salesforce_simulator::Environment;
use serde_json::Value;

use super::{finish, proposed, provisioned};
use crate::client::Client;
use crate::world::{Salesforce, step};

async fn list(salesforce: &Salesforce, session: &Session) -> Vec<QuarantinedItem> {
    let quarantine = salesforce.connector.quarantine().expect("the capability");
    let page = quarantine.list(session, None).await.expect("a page");
    assert_eq!(page.next, None);
    page.items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_are_listed_read_restored_and_deleted() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    assert!(list(&salesforce, &session).await.is_empty(), "there is not even the object");
    let plan = provisioned(&salesforce, &session).await;
    let client = Client::of(&salesforce);
    let large: Vec<u8> = (0..250_000_u32).map(|number| (number % 251) as u8).collect();
    client.quarantine("one", b"a virus").await;
    client.quarantine("two", &large).await;
    client.quarantine("three", b"x").await;
    let items = list(&salesforce, &session).await;
    assert_eq!(items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
    assert!(items.iter().all(|item| item.held && item.source_object == "Attachment"), "{items:?}");
    assert_eq!((items[1].size, items[0].quarantine_time.is_some()), (250_000, true));

    let quarantine = salesforce.connector.quarantine().expect("the capability");
    for (item, content) in items.iter().zip([b"a virus".as_slice(), &large, b"x"]) {
        let mut read = Vec::new();
        let mut piece = 0;
        while let Some(bytes) = quarantine.read(&session, item, piece).await.expect("a piece") {
            read.extend(bytes);
            piece += 1;
        }
        assert_eq!(read, content, "{}", item.id);
    }

    // Nothing is removed while content is held here alone.
    let removal = proposed(&salesforce, &session, &plan).await;
    let permissions = removal.steps.iter().find(|step| step.id == "remove-permissions").expect("the step");
    let held = finish(&salesforce, &session, permissions, Begin::Fresh).await.expect_err("it is not empty");
    assert_eq!(held.fault.reason(), Reason::QuarantineNotEmpty);

    for _ in 0..2 {
        let restored = quarantine.restore(&session, &items[0]).await.expect("it is restored");
        assert_eq!(restored, Disposed::Done);
        let deleted = quarantine.delete(&session, &items[1]).await.expect("it is deleted");
        assert_eq!(deleted, Disposed::Done);
    }
    let org = salesforce.simulator.org();
    // Out of the recycle bin, or made anew under another id.
    let is_back = |record: &&std::sync::Arc<salesforce_simulator::org::Record>| {
        !record.deleted && record.get("Name") == "one.txt"
    };
    assert_eq!(org.read().records.table("Attachment").filter(is_back).count(), 1);
    let left = list(&salesforce, &session).await;
    assert_eq!(
        left.iter().map(|item| (item.id.as_str(), item.held)).collect::<Vec<_>>(),
        [("one", false), ("three", true)]
    );
    let chunks = org.read().records.table("CAS_Quarantined_Chunk__c").filter(|chunk| !chunk.deleted).count();
    assert!(chunks <= 2, "the chunks went with their item: {chunks}");
    let missing = quarantine.restore(&session, &items[1]).await.expect("an answer");
    assert!(matches!(missing, Disposed::Refused { reason } if reason.contains("NOT_FOUND")));
    quarantine.delete(&session, &items[2]).await.expect("it is deleted");
    finish(&salesforce, &session, permissions, Begin::Fresh).await.expect("nothing is held any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_content_is_never_handed_out() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    provisioned(&salesforce, &session).await;
    let client = Client::of(&salesforce);
    let large = vec![7; 250_000];
    client.quarantine("one", &large).await;
    let item = list(&salesforce, &session).await.remove(0);
    let quarantine = salesforce.connector.quarantine().expect("the capability");
    let chunks = "/services/data/v67.0/query";
    let url = format!(
        "{}{chunks}?q=SELECT+Id,Index__c+FROM+CAS_Quarantined_Chunk__c+ORDER+BY+Index__c",
        client.base
    );
    let rows: Value = {
        let answer = client.http.get(url).bearer_auth(&client.token).send().await.expect("rows");
        serde_json::from_str(&answer.text().await.expect("a text")).expect("JSON")
    };
    let last =
        rows["records"].as_array().expect("records").last().expect("a chunk")["Id"].as_str().expect("an id");
    let url = format!("{}/services/data/v67.0/sobjects/CAS_Quarantined_Chunk__c/{last}", client.base);
    client.http.delete(url).bearer_auth(&client.token).send().await.expect("deleted");
    let mut piece = 0;
    let damaged = loop {
        match quarantine.read(&session, &item, piece).await {
            Ok(Some(_)) => piece += 1,
            Ok(None) => panic!("the last chunk is not missed"),
            Err(fault) => break fault,
        }
    };
    assert_eq!(damaged.class, FaultClass::Rejected);
    assert!(damaged.fault.message().contains("damaged"), "{damaged:?}");
    let refused =
        quarantine.read(&session, &QuarantinedItem { remote_id: "a00".to_owned(), ..item }, 9).await;
    assert!(refused.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_that_cannot_be_seen_are_not_taken_for_none() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    Client::of(&salesforce).quarantine("one", b"a virus").await;
    let item = list(&salesforce, &session).await.remove(0);
    let assignment = &step(&plan, "event-channel").components;
    let assignment =
        assignment.iter().find(|one| one.kind == "PermissionSetAssignment").expect("the assignment");
    let removal = proposed(&salesforce, &session, &plan).await;
    assert!(
        removal
            .steps
            .iter()
            .flat_map(|step| &step.components)
            .any(|one| one.full_name == assignment.full_name)
    );
    // An administrator takes the permission set away.
    let client = Client::of(&salesforce);
    let id = {
        let state = salesforce.simulator.org().read();
        let set = state.metadata.permission_set("CAS_Service_Account").expect("the set").id;
        state
            .assignments
            .iter()
            .find(|(_, one)| one.set == set)
            .expect("it is assigned")
            .0
            .as_str()
            .to_owned()
    };
    let url = format!("{}/services/data/v67.0/sobjects/PermissionSetAssignment/{id}", client.base);
    client.http.delete(url).bearer_auth(&client.token).send().await.expect("taken away");
    let quarantine = salesforce.connector.quarantine().expect("the capability");
    for fault in [
        quarantine.list(&session, None).await.expect_err("not visible"),
        quarantine.restore(&session, &item).await.expect_err("not permitted"),
    ] {
        assert_eq!(
            (&fault.class, fault.fault.reason()),
            (&FaultClass::Denied, Reason::SaasPermissionMissing),
            "{fault:?}"
        );
    }
    let mut refused = session.clone();
    refused.credentials = salesforce.refused_credentials().await;
    assert_eq!(quarantine.list(&refused, None).await.expect_err("refused").class, FaultClass::Denied);
}
