//! Change Data Capture.

use serde_json::{Value, json};
use tonic::Code;

use super::super::wire::{ReplayPreset, SchemaRequest, TopicRequest};
use super::support::{World, assert_refused, fetch, on};
use crate::dml::{Operation, Options, Row};
use crate::events::definition::{CHANNEL, MEMBER};
use crate::org::Id;
use crate::transaction::Transaction;

const TOPIC: &str = "/data/AccountChangeEvent";

const ALL: Options = Options { all_or_none: true, as_user: false, with_sharing: false };

fn select(world: &World) {
    let member = json!({"eventChannel": "ChangeEvents", "selectedEntity": "AccountChangeEvent"});
    world.define(MEMBER, "ChangeEvents_AccountChangeEvent", member);
}

/// Does something to an account in a transaction of its own.
fn change(world: &World, operation: Operation, id: Option<Id>, values: Value) -> Id {
    let rights = world.org.read().rights(world.org.admin);
    let object = world.org.metadata().object("Account").unwrap().clone();
    let mut tx = Transaction::begin(&world.org, rights);
    let values = values.as_object().unwrap().clone().into_iter().collect();
    let row = Row { object, id, values, blob: None };
    let results = tx.apply(operation, vec![row], ALL).ok().unwrap();
    assert!(results[0].errors.is_empty(), "{:?}", results[0].errors);
    tx.commit();
    results[0].id.or(id).unwrap()
}

async fn events(world: &World, topic: &str, count: i32) -> Vec<Value> {
    let mut subscriber = world.subscribe(on(topic, fetch(ReplayPreset::Earliest, b"", count))).await;
    let mut found = Vec::new();
    while found.len() < count as usize {
        let response = subscriber.next().await;
        found.extend(response.events.iter().map(|event| world.decoded(event)));
    }
    found
}

#[tokio::test]
async fn changes_of_a_selected_object_are_told() {
    let world = World::new().await;
    select(&world);
    let id = change(
        &world,
        Operation::Insert,
        None,
        json!({"Name": "Acme", "BillingCity": "Paris", "NumberOfEmployees": 5}),
    );
    change(
        &world,
        Operation::Update,
        Some(id),
        json!({"Phone": "123", "BillingCity": "Rome", "NumberOfEmployees": null}),
    );
    change(&world, Operation::Delete, Some(id), json!({}));
    change(&world, Operation::Undelete, Some(id), json!({}));
    let told = events(&world, TOPIC, 4).await;
    let header = |at: usize| told[at]["ChangeEventHeader"].clone();
    let kinds: Vec<_> = (0..4).map(|at| header(at)["changeType"].clone()).collect();
    assert_eq!(kinds, ["CREATE", "UPDATE", "DELETE", "UNDELETE"]);
    assert_eq!(header(0)["entityName"], "Account");
    assert_eq!(header(0)["recordIds"], json!([id.to_string()]));
    assert_eq!(header(0)["commitUser"], world.org.admin.to_string());
    assert_eq!(header(0)["sequenceNumber"], 1);
    assert_eq!(header(0)["changedFields"], json!([]), "only updates name fields");
    assert_eq!((&told[0]["Name"], &told[0]["NumberOfEmployees"]), (&json!("Acme"), &json!(5)));
    assert_eq!(told[0]["BillingAddress"]["City"], "Paris");
    assert_eq!(
        (&told[1]["Name"], &told[1]["Phone"]),
        (&Value::Null, &json!("123")),
        "what has not changed is null"
    );
    assert_eq!(told[1]["BillingAddress"]["City"], "Rome");
    let changed = names(&world, &header(1)["changedFields"]);
    for name in ["Phone", "NumberOfEmployees", "BillingAddress.City"] {
        assert!(changed.contains(&name.to_owned()), "{name} in {changed:?}");
    }
    assert!(!changed.contains(&"Name".to_owned()));
    assert_eq!(names(&world, &header(1)["nulledFields"]), ["NumberOfEmployees"]);
    assert_eq!(told[2]["Name"], Value::Null, "nothing but the header of a deleted record");
    assert_eq!(told[3]["Name"], "Acme");
    assert_eq!(events(&world, "/data/ChangeEvents", 4).await, told);
}

/// Reads bitmaps as a client does: bit n is column n of the schema.
fn names(world: &World, texts: &Value) -> Vec<String> {
    let metadata = world.org.metadata();
    let schema = world.org.bus.change_schema_of(metadata.object("Account").unwrap()).unwrap();
    let schema: Value = serde_json::from_str(&schema.json).unwrap();
    let at = |columns: &Value, position: usize| columns[position]["name"].as_str().unwrap().to_owned();
    let bits = |hex: &str| {
        let number = u128::from_str_radix(hex.strip_prefix("0x").unwrap(), 16).unwrap();
        (0..128).filter(move |bit| number >> bit & 1 == 1)
    };
    let mut found = Vec::new();
    for text in texts.as_array().unwrap() {
        match text.as_str().unwrap().split_once('-') {
            None => found.extend(bits(text.as_str().unwrap()).map(|bit| at(&schema["fields"], bit))),
            Some((parent, hex)) => {
                let parent = &schema["fields"][parent.parse::<usize>().unwrap()];
                let name = parent["name"].as_str().unwrap();
                found
                    .extend(bits(hex).map(|bit| format!("{name}.{}", at(&parent["type"][1]["fields"], bit))));
            }
        }
    }
    found
}

#[tokio::test]
async fn what_a_transaction_changes_twice_is_told_once() {
    let world = World::new().await;
    select(&world);
    let rights = world.org.read().rights(world.org.admin);
    let object = world.org.metadata().object("Account").unwrap().clone();
    let mut tx = Transaction::begin(&world.org, rights);
    let row = |id, name: &str| Row {
        object: object.clone(),
        id,
        values: [("Name".to_owned(), name.into())].into(),
        blob: None,
    };
    let mut apply =
        |operation, id, name: &str| tx.apply(operation, vec![row(id, name)], ALL).ok().unwrap()[0].id;
    let first = apply(Operation::Insert, None, "A");
    apply(Operation::Update, first, "B");
    let gone = apply(Operation::Insert, None, "C");
    apply(Operation::Delete, gone, "C");
    tx.commit();
    change(&world, Operation::Insert, None, json!({"Name": "D"}));
    let told = events(&world, TOPIC, 2).await;
    assert_eq!((&told[0]["Name"], &told[1]["Name"]), (&json!("B"), &json!("D")));
    let key = |at: usize| told[at]["ChangeEventHeader"]["transactionKey"].clone();
    assert_ne!(key(0), key(1));
}

#[tokio::test]
async fn what_is_not_selected_is_no_topic() {
    let world = World::new().await;
    let mut client = world.client().await;
    let request = |name: &str| TopicRequest { topic_name: name.to_owned() };
    let status = client.get_topic(world.signed(request(TOPIC))).await.unwrap_err();
    assert_refused(&status, Code::NotFound, "topic.not.found");
    change(&world, Operation::Insert, None, json!({"Name": "Untold"}));
    select(&world);
    let info = client.get_topic(world.signed(request(TOPIC))).await.unwrap().into_inner();
    assert_eq!((info.can_publish, info.can_subscribe), (false, true));
    let schema = client.get_schema(world.signed(SchemaRequest { schema_id: info.schema_id })).await.unwrap();
    let schema: Value = serde_json::from_str(&schema.into_inner().schema_json).unwrap();
    assert_eq!(
        (&schema["name"], &schema["fields"][0]["name"]),
        (&json!("AccountChangeEvent"), &json!("ChangeEventHeader"))
    );
    change(&world, Operation::Insert, None, json!({"Name": "Told"}));
    assert_eq!(events(&world, TOPIC, 1).await[0]["Name"], "Told");
    // Changes come past sharing: who may read accounts alone does not see them.
    let reader = world.user_with(crate::org::ObjectAccess::READ);
    for name in [TOPIC, "/data/ChangeEvents"] {
        let status = client.get_topic(world.signed_by(&reader, request(name))).await.unwrap_err();
        assert_refused(&status, Code::NotFound, "topic.not.found");
    }
}

#[tokio::test]
async fn a_channel_filters_and_enriches_changes() {
    let world = World::new().await;
    world.define(CHANNEL, "Mine__chn", json!({"channelType": "data", "label": "Mine"}));
    let member = json!({"eventChannel": "Mine__chn", "selectedEntity": "AccountChangeEvent",
        "filterExpression": "ChangeEventHeader.changeType IN ('UPDATE', 'DELETE')",
        "enrichedFields": [{"name": "Name"}, {"name": "Phone"}]});
    world.define(MEMBER, "Mine_chn_AccountChangeEvent", member);
    let id = change(&world, Operation::Insert, None, json!({"Name": "Acme"}));
    change(&world, Operation::Update, Some(id), json!({"Site": "x"}));
    change(&world, Operation::Delete, Some(id), json!({}));
    let told = events(&world, "/data/Mine__chn", 2).await;
    assert_eq!(
        (&told[0]["Name"], &told[0]["Phone"], &told[0]["Site"]),
        (&json!("Acme"), &Value::Null, &json!("x"))
    );
    assert_eq!((&told[1]["Name"], &told[1]["Site"]), (&json!("Acme"), &Value::Null));
    let changed = names(&world, &told[0]["ChangeEventHeader"]["changedFields"]);
    assert!(!changed.contains(&"Name".to_owned()), "enriched is not changed");
}
