use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::World;
use crate::dml::RowError;
use crate::org::Record;
use crate::rules::{
    FlowError, FlowEvents, FlowMoment, RecordFlow, Subject, after_save, before_delete, before_save,
};

type What<'a> = Result<(&'a str, &'a str), &'a str>;

fn flow(
    world: &World,
    when: (FlowMoment, FlowEvents),
    condition: Option<&str>,
    action: What<'_>,
) -> Result<RecordFlow, FlowError> {
    RecordFlow::new(&world.org.metadata(), ("Deal check", "deal__c"), when, condition, action)
}

fn put(world: &World, flows: Vec<RecordFlow>) {
    let put = |metadata: &mut crate::org::Metadata| {
        flows.into_iter().for_each(|flow| metadata.rules.put_flow(flow));
        Ok::<_, ()>(())
    };
    world.org.change_metadata(put).unwrap();
}

fn saved(world: &World, update: bool) -> Result<BTreeMap<String, Value>, RowError> {
    let values = world.values();
    let id = world.org.ids.next("a77");
    let old = update.then(|| Record { id, values: values.clone(), deleted: false });
    world.with(|view, object| {
        let subject = Subject { object, id: None, new: &values, old: old.as_ref() };
        let assigned = before_save(view, &subject)?;
        after_save(view, &subject)?;
        Ok(assigned)
    })
}

#[test]
fn a_flow_refuses_where_its_condition_holds() {
    let world = World::new();
    let when = (FlowMoment::AfterSave, FlowEvents::Update);
    put(&world, vec![flow(&world, when, Some("Amount__c > 10"), Err("Too much")).unwrap()]);
    assert_eq!(saved(&world, false), Ok(BTreeMap::new()));
    let error = saved(&world, true).unwrap_err();
    assert_eq!(error.status, "CANNOT_EXECUTE_FLOW_TRIGGER");
    assert_eq!(
        error.message,
        "We can't save this record because the “Deal check” process failed. Give your Salesforce admin these details. Too much"
    );
}

#[test]
fn flows_assign_one_after_the_other() {
    let world = World::new();
    let when = (FlowMoment::BeforeSave, FlowEvents::CreateOrUpdate);
    let first = flow(&world, when, None, Ok(("amount__c", "Amount__c * 2"))).unwrap();
    let second = flow(&world, when, Some("Amount__c = 25"), Ok(("Due__c", "TODAY() + 1"))).unwrap();
    let third = flow(&world, when, None, Ok(("Share__c", "0.25"))).unwrap();
    put(&world, vec![first, second, third]);
    let assigned = saved(&world, true).unwrap();
    let expected = json!({"Amount__c": 25, "Due__c": "2026-11-25", "Share__c": 25});
    assert_eq!(json!(assigned), expected);
}

#[test]
fn a_broken_condition_and_a_deletion_end_the_operation() {
    let world = World::new();
    let create = (FlowMoment::BeforeSave, FlowEvents::Create);
    let delete = (FlowMoment::BeforeDelete, FlowEvents::Delete);
    put(
        &world,
        vec![
            flow(&world, create, Some("1 / (Amount__c - 12.5) > 1"), Err("x")).unwrap(),
            flow(&world, delete, None, Err("Stays")).unwrap(),
        ],
    );
    assert!(saved(&world, false).unwrap_err().message.ends_with("Division by zero"));
    assert_eq!(saved(&world, true), Ok(BTreeMap::new()));
    let values = world.values();
    let error = world
        .with(|view, object| before_delete(view, &Subject { object, id: None, new: &values, old: None }));
    assert!(error.unwrap_err().message.ends_with("Stays"));
}

#[test]
fn a_flow_must_fit_its_object() {
    let world = World::new();
    let before = (FlowMoment::BeforeSave, FlowEvents::Create);
    let refused = |when, condition, action| flow(&world, when, condition, action).unwrap_err().to_string();
    assert_eq!(refused(before, Some("X"), Err("")), "Field X does not exist. Check spelling.");
    assert!(refused(before, None, Ok(("Id", "'x'"))).starts_with("deal__c.Id cannot be assigned"));
    assert!(refused(before, None, Ok(("Amount__c", "'x'"))).contains("data type (Text)"));
    assert!(
        refused((FlowMoment::AfterSave, FlowEvents::Create), None, Ok(("Amount__c", "1"))).contains("alone")
    );
    assert!(refused((FlowMoment::AfterSave, FlowEvents::Delete), None, Err("")).contains("deletion"));
}
