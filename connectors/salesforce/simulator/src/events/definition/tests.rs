use serde_json::json;

use super::*;
use crate::org::{Field, FieldType, ObjectKind, ObjectType};

fn author() -> Author {
    Author { user: Id::parse("005000000000001").unwrap(), at_ms: 1 }
}

fn metadata() -> Metadata {
    let mut metadata = Metadata::default();
    let id = Id::parse("01I000000000001").unwrap();
    let fields = vec![Field::new("City__c", FieldType::String)];
    metadata.put_object(ObjectType::event("Order__e", "Order", id, "e00", fields));
    for name in ["Account", "Contact", "Case", "Lead", "Opportunity", "Task"] {
        let mut object = ObjectType::bare(name, ObjectKind::Standard);
        object.fields.push(Arc::new(Field::new("Phone", FieldType::Phone)));
        metadata.put_object(object);
    }
    metadata
}

fn put_json(
    metadata: &mut Metadata,
    kind: &str,
    name: &str,
    values: serde_json::Value,
) -> Result<Definition, DefinitionError> {
    put(metadata, kind, name, &Values::of_json(values.as_object().unwrap()), author())
}

fn code(result: Result<Definition, DefinitionError>) -> &'static str {
    result.unwrap_err().code
}

#[test]
fn channels_and_what_is_on_them() {
    let mut metadata = metadata();
    let metadata = &mut metadata;
    let channel = json!({"channelType": "event", "label": "Orders"});
    let made = put_json(metadata, CHANNEL, "Orders__chn", channel.clone()).unwrap();
    assert_eq!(made.header().id.prefix(), "0YL");
    let member = json!({"eventChannel": "Orders__chn", "selectedEntity": "Order__e", "filterExpression": "City__c = 'x'"});
    put_json(metadata, MEMBER, "Orders_chn_Order_e", member.clone()).unwrap();
    assert_eq!(metadata.streams.memberships("Order__e").count(), 1);
    assert!(metadata.streams.channel("orders__chn").is_none(), "topics tell case");
    assert_eq!(code(put_json(metadata, MEMBER, "Other", member)), "DUPLICATE_VALUE");
    let again = put_json(metadata, CHANNEL, "Orders__chn", channel).unwrap();
    assert_eq!(again.header().id, made.header().id);
    let data = json!({"channelType": "data", "label": "Orders"});
    assert_eq!(code(put_json(metadata, CHANNEL, "Orders__chn", data)), "FIELD_INTEGRITY_EXCEPTION");
    assert!(metadata.streams.remove(CHANNEL, "Orders__chn"));
    assert_eq!(metadata.streams.memberships("Order__e").count(), 0);
}

#[test]
fn what_a_member_refers_to_is_there() {
    let mut metadata = metadata();
    let metadata = &mut metadata;
    put_json(metadata, CHANNEL, "E__chn", json!({"channelType": "event", "label": "E"})).unwrap();
    put_json(metadata, CHANNEL, "D__chn", json!({"channelType": "data", "label": "D"})).unwrap();
    let mut refused = |channel: &str, entity: &str, more: serde_json::Value| {
        let mut values = json!({"eventChannel": channel, "selectedEntity": entity});
        values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        code(put_json(metadata, MEMBER, "M", values))
    };
    assert_eq!(refused("None__chn", "Order__e", json!({})), "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(refused("E__chn", "Nothing__e", json!({})), "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(refused("E__chn", "AccountChangeEvent", json!({})), "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(refused("D__chn", "Order__e", json!({})), "INVALID_CROSS_REFERENCE_KEY");
    assert_eq!(refused("E__chn", "Order__e", json!({"filterExpression": "City__c ="})), "MALFORMED_QUERY");
    assert_eq!(refused("E__chn", "Order__e", json!({"filterExpression": "No__c = 1"})), "INVALID_FIELD");
    let enriched = json!({"enrichedFields": [{"name": "Phone"}]});
    assert_eq!(refused("E__chn", "Order__e", enriched.clone()), "FIELD_INTEGRITY_EXCEPTION");
    assert_eq!(
        refused("D__chn", "AccountChangeEvent", json!({"enrichedFields": [{"name": "Nope"}]})),
        "INVALID_FIELD"
    );
    assert_eq!(refused("", "", json!({})), "REQUIRED_FIELD_MISSING");
}

#[test]
fn five_entities_are_captured_without_the_add_on() {
    let mut metadata = metadata();
    for (at, name) in ["Account", "Contact", "Case", "Lead", "Opportunity", "Task"].iter().enumerate() {
        let event = format!("{name}ChangeEvent");
        let values = json!({"eventChannel": CHANGE_EVENTS, "selectedEntity": event});
        let made = put_json(&mut metadata, MEMBER, &format!("ChangeEvents_{event}"), values);
        assert_eq!(made.is_ok(), at < CAPTURED_MAX, "{name}");
    }
    assert!(metadata.streams.captures("AccountChangeEvent") && !metadata.streams.captures("TaskChangeEvent"));
}

#[test]
fn managed_subscriptions_name_a_topic() {
    let mut metadata = metadata();
    let metadata = &mut metadata;
    let values = |topic: &str, state: &str| json!({"topicName": topic, "label": "S", "state": state, "defaultReplay": "EARLIEST"});
    let made = put_json(metadata, SUBSCRIPTION, "Sub", values("/event/Order__e", "RUN")).unwrap();
    let Definition::Subscription(made) = made else { panic!("{made:?}") };
    assert_eq!((made.default_replay, made.error_recovery_replay), (Replay::Earliest, Replay::Latest));
    assert_eq!(metadata.streams.subscription("sub"), Some(&made));
    assert_eq!(metadata.streams.subscription_by_id(made.header.id), Some(&made));
    let mut refused = |name: &str, values| code(put_json(metadata, SUBSCRIPTION, name, values));
    assert_eq!(refused("Sub", values("/event/order__e", "RUN")), "FIELD_INTEGRITY_EXCEPTION");
    assert_eq!(refused("Sub", values("/event/Order__e", "PAUSE")), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    assert_eq!(refused("1_", values("/event/Order__e", "RUN")), "INVALID_FULL_NAME");
}

#[test]
fn xml_and_json_say_the_same() {
    let xml = br#"<PlatformEventChannelMember xmlns="http://soap.sforce.com/2006/04/metadata">
        <enrichedFields><name>Phone</name></enrichedFields><enrichedFields><name>Fax</name></enrichedFields>
        <eventChannel>D__chn</eventChannel><selectedEntity>AccountChangeEvent</selectedEntity>
        </PlatformEventChannelMember>"#;
    let element = crate::metadata::xml::Element::parse(xml).unwrap();
    let json = json!({"enrichedFields": [{"name": "Phone"}, {"name": "Fax"}], "eventChannel": "D__chn",
        "selectedEntity": "AccountChangeEvent", "filterExpression": null});
    assert_eq!(Values::of_element(&element), Values::of_json(json.as_object().unwrap()));
}
