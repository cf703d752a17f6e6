//! Objects, events, settings and fields.

use serde_json::json;

use super::support::{World, Zip, event, item, row};
use crate::org::{FieldType, ObjectKind, TriggerEvent};

const MASTER: &str = "<fields><fullName>Parent__c</fullName><label>Parent</label><referenceTo>Item__c</referenceTo><relationshipName>Pieces</relationshipName><type>MasterDetail</type></fields>";

fn piece() -> String {
    item(MASTER).replace("<sharingModel>Private<", "<sharingModel>ControlledByParent<")
}

#[tokio::test]
async fn a_deployed_field_is_hidden_even_from_administrators() {
    let world = World::new();
    world.succeeds(&Zip::default().object("Item__c", &item(""))).await;
    let metadata = world.org.metadata();
    let object = metadata.object("item__c").unwrap();
    assert_eq!(object.kind, ObjectKind::Custom);
    assert!(object.key_prefix.as_deref().unwrap().starts_with('a'));
    assert_eq!(object.trigger_events, TriggerEvent::ALL);
    let rights = world.org.read().rights(world.org.admin);
    assert!(rights.object(object).read, "Modify All Data reaches the object");
    assert!(!rights.field(object, object.field("Note__c").unwrap()).read);
    assert!(rights.field(object, object.field("Key__c").unwrap()).read, "required fields are exempt");
    assert!(rights.field(object, object.field("Name").unwrap()).read);
    let user = world.org.read().rights(world.org.user);
    assert!(!user.object(object).read);
    let key = object.field("Key__c").unwrap();
    assert!(key.unique && key.external_id && !key.nillable && !key.permissionable);
}

#[tokio::test]
async fn an_event_takes_after_insert_triggers_and_has_a_topic_schema() {
    let world = World::new();
    world.succeeds(&Zip::default().object("Change__e", &event())).await;
    let metadata = world.org.metadata();
    let object = metadata.object("Change__e").unwrap();
    assert_eq!(
        (object.kind, &object.trigger_events[..]),
        (ObjectKind::Event, &[TriggerEvent::AfterInsert][..])
    );
    assert!(object.key_prefix.as_deref().unwrap().starts_with('e'));
    let rights = world.org.read().rights(world.org.admin);
    assert!(
        rights.field(object, object.field("Object_Name__c").unwrap()).read,
        "event fields have no field-level security"
    );
    assert!(world.org.bus.schema_of(object).unwrap().json.contains("Object_Name__c"));
}

#[tokio::test]
async fn details_follow_their_master() {
    let world = World::new();
    world.succeeds(&Zip::default().object("Piece__c", &piece()).object("Item__c", &item(""))).await;
    let metadata = world.org.metadata();
    let object = metadata.object("Piece__c").unwrap();
    let field = object.field("Parent__c").unwrap();
    assert!(field.master_detail && !field.permissionable);
    assert_eq!(field.kind, FieldType::Reference);
    assert_eq!(
        (field.relationship.as_deref(), field.child_relationship.as_deref()),
        (Some("Parent__r"), Some("Pieces__r"))
    );
    assert!(object.field("OwnerId").is_none());
    assert_eq!(
        world.refusal(&Zip::default().object("Other__c", &item(&MASTER.replace("Pieces", "Others")))).await,
        "Cannot set sharingModel to Private on a CustomObject with a MasterDetail relationship field"
    );
    assert_eq!(
        world
            .refusal(
                &Zip::default().object("Other__c", &item("").replace(">Private<", ">ControlledByParent<"))
            )
            .await,
        "Cannot set sharingModel to ControlledByParent on a CustomObject without a MasterDetail relationship field"
    );
    assert!(
        world
            .refusal(&Zip::default().object("Third__c", &piece()))
            .await
            .starts_with("duplicate value found")
    );
}

#[tokio::test]
async fn a_custom_setting_has_no_object_permissions_and_no_triggers() {
    let world = World::new();
    let setting = "<customSettingsType>Hierarchy</customSettingsType><enableFeeds>false</enableFeeds>\
        <fields><fullName>Off__c</fullName><defaultValue>false</defaultValue><label>Off</label><type>Checkbox</type></fields>\
        <label>Switch</label><visibility>Public</visibility>";
    world.succeeds(&Zip::default().object("Switch__c", setting)).await;
    let metadata = world.org.metadata();
    let object = metadata.object("Switch__c").unwrap();
    assert!(!object.triggerable());
    assert!(object.field("SetupOwnerId").is_some());
    let rights = world.org.read().rights(world.org.admin);
    assert!(rights.field(object, object.field("Off__c").unwrap()).read);
}

#[tokio::test]
async fn references_are_resolved() {
    let world = World::new();
    let lookup = "<fields><fullName>To__c</fullName><label>To</label><referenceTo>Nowhere__c</referenceTo><relationshipName>Tos</relationshipName><type>Lookup</type></fields>";
    assert_eq!(
        world.refusal(&Zip::default().object("Item__c", &item(lookup))).await,
        "In field: referenceTo - no CustomObject named Nowhere__c found"
    );
    let account = lookup.replace("Nowhere__c", "Account");
    world.succeeds(&Zip::default().object("Item__c", &item(&account))).await;
}

#[tokio::test]
async fn definitions_are_checked() {
    let world = World::new();
    let cases = [
        (item("").replace("<label>Item</label>", ""), "Must specify a non-empty label for the CustomObject"),
        (
            item("").replace("<sharingModel>Private</sharingModel>", ""),
            "Required field is missing: sharingModel",
        ),
        (
            item("").replace("<enableSharing>true<", "<enableSharing>false<"),
            "Enable Sharing, Enable Bulk API and Enable Streaming API must be either all enabled or all disabled",
        ),
        (
            item("").replace("<length>255</length>", ""),
            "Must specify 'length' for a CustomField of type Text",
        ),
        (
            item("").replace("<length>255</length>", "<length>256</length>"),
            "Invalid length for Note__c: it must be between 1 and 255",
        ),
        (
            item("<colour>red</colour>"),
            "Error parsing file: Element colour invalid at this location in type CustomObject",
        ),
        (
            item("").replace("<fullName>Note__c</fullName>", "<fullName>Note</fullName>"),
            "Invalid fullName, must end in a custom suffix (e.g. __c): Note",
        ),
        (event(), "Required field is missing: sharingModel"),
    ];
    for (inner, problem) in cases {
        assert_eq!(world.refusal(&Zip::default().object("Item__c", &inner)).await, problem);
    }
    let standard = event().replace("HighVolume", "StandardVolume");
    assert!(world.refusal(&Zip::default().object("Change__e", &standard)).await.contains("StandardVolume"));
    let named = format!("{}<sharingModel>Private</sharingModel>", event());
    assert_eq!(
        world.refusal(&Zip::default().object("Change__e", &named)).await,
        "Cannot specify: sharingModel for Platform Event Change__e"
    );
}

#[tokio::test]
async fn fields_can_be_added_to_standard_objects_and_alone() {
    let world = World::new();
    let field = "<fields><fullName>Grade__c</fullName><label>Grade</label><precision>3</precision><scale>0</scale><type>Number</type></fields>";
    let content = format!("<CustomObject xmlns=\"{}\">{field}</CustomObject>", super::support::NS);
    let zip =
        Zip::default().member("CustomField", "Account.Grade__c").file("objects/Account.object", content);
    let result = world.succeeds(&zip).await;
    assert_eq!(row(&result, "componentSuccesses", "Account.Grade__c")["componentType"], "CustomField");
    assert_eq!(result["numberComponentsTotal"], 1);
    assert_eq!(
        world.org.metadata().object("Account").unwrap().field("Grade__c").unwrap().kind,
        FieldType::Double
    );
    assert_eq!(
        row(&world.succeeds(&zip).await, "componentSuccesses", "Account.Grade__c")["changed"],
        json!(false)
    );
}
