//! Permission sets and what they grant.

use super::support::{World, Zip, event, item};
use crate::org::ObjectAccess;

fn object(name: &str, rights: [bool; 6]) -> String {
    let [read, create, edit, delete, view_all, modify_all] = rights;
    format!(
        "<objectPermissions><allowCreate>{create}</allowCreate><allowDelete>{delete}</allowDelete><allowEdit>{edit}</allowEdit>\
         <allowRead>{read}</allowRead><modifyAllRecords>{modify_all}</modifyAllRecords><object>{name}</object><viewAllRecords>{view_all}</viewAllRecords></objectPermissions>"
    )
}

fn field(name: &str) -> String {
    format!(
        "<fieldPermissions><editable>true</editable><field>{name}</field><readable>true</readable></fieldPermissions>"
    )
}

const CLASS: &str = "<classAccesses><apexClass>Rest</apexClass><enabled>true</enabled></classAccesses>";

fn base() -> Zip {
    Zip::default()
        .object("Item__c", &item(""))
        .object("Change__e", &event())
        .class("Rest", "global class Rest {}")
}

#[tokio::test]
async fn an_assigned_set_grants_what_it_says() {
    let world = World::new();
    let inner = format!(
        "{CLASS}{}{}",
        field("Item__c.Note__c"),
        object("Item__c", [true, true, true, true, true, true])
    );
    world.succeeds(&base().permission_set("Service", &inner)).await;
    let metadata = world.org.metadata();
    let set = metadata.permission_set("Service").unwrap().clone();
    world.org.assign(world.org.user, set.id);
    let rights = world.org.read().rights(world.org.user);
    let item = metadata.object("Item__c").unwrap();
    assert_eq!(rights.object(item), ObjectAccess::FULL);
    assert!(rights.field(item, item.field("Note__c").unwrap()).edit);
    assert!(rights.class(metadata.class("Rest").unwrap().unit.id));
}

#[tokio::test]
async fn a_deploy_replaces_the_whole_set() {
    let world = World::new();
    world.succeeds(&base().permission_set("Service", &format!("{CLASS}{}", field("Item__c.Note__c")))).await;
    let id = world.org.metadata().permission_set("Service").unwrap().id;
    world.succeeds(&Zip::default().permission_set("Service", CLASS)).await;
    let metadata = world.org.metadata();
    let set = metadata.permission_set("Service").unwrap();
    assert_eq!(set.id, id);
    assert!(set.fields.is_empty());
    assert_eq!(set.classes.len(), 1);
}

#[tokio::test]
async fn references_and_closures_are_checked() {
    let world = World::new();
    world.succeeds(&base()).await;
    let cases = [
        (field("Item__c.Key__c"), "You cannot deploy to a required field: Item__c.Key__c"),
        (field("Item__c.Nope__c"), "In field: field - no CustomField named Item__c.Nope__c found"),
        (field("Nope__c.A__c"), "In field: field - no CustomObject named Nope__c found"),
        (
            object("Item__c", [true, false, false, true, false, false]),
            "Permission Delete depends on permission(s): Edit",
        ),
        (
            object("Item__c", [false, true, false, false, false, false]),
            "Permission Create depends on permission(s): Read",
        ),
        (
            object("Item__c", [true, false, false, false, false, true]),
            "Permission ModifyAllRecords depends on permission(s): Edit, Delete, ViewAllRecords",
        ),
        (
            object("Change__e", [true, true, true, false, false, false]),
            "Only Read and Create can be granted on the platform event Change__e",
        ),
        (CLASS.replace("Rest", "Nope"), "In field: apexClass - no ApexClass named Nope found"),
        (
            "<customPermissions><enabled>true</enabled><name>Nope</name></customPermissions>".to_owned(),
            "In field: customPermission - no CustomPermission named Nope found",
        ),
        (
            "<userPermissions><enabled>true</enabled><name>Nope</name></userPermissions>".to_owned(),
            "Unknown user permission: Nope",
        ),
    ];
    for (inner, problem) in cases {
        assert_eq!(world.refusal(&Zip::default().permission_set("Service", &inner)).await, problem);
    }
}

#[tokio::test]
async fn reading_details_needs_reading_the_master() {
    let world = World::new();
    let master = "<fields><fullName>Parent__c</fullName><label>Parent</label><referenceTo>Item__c</referenceTo><relationshipName>Pieces</relationshipName><type>MasterDetail</type></fields>";
    let piece = item(master).replace("<sharingModel>Private<", "<sharingModel>ControlledByParent<");
    world.succeeds(&base().object("Piece__c", &piece)).await;
    let read = [true, false, false, false, false, false];
    assert_eq!(
        world.refusal(&Zip::default().permission_set("Service", &object("Piece__c", read))).await,
        "Permission Read Piece__c depends on permission(s): Read Item__c"
    );
    // The master may stand after its details.
    world
        .succeeds(
            &Zip::default().permission_set(
                "Service",
                &format!("{}{}", object("Piece__c", read), object("Item__c", read)),
            ),
        )
        .await;
}

#[tokio::test]
async fn custom_permissions_are_granted_by_name() {
    let world = World::new();
    let permission = format!(
        "<CustomPermission xmlns=\"{}\"><description>Acts.</description><isLicensed>false</isLicensed><label>May Act</label></CustomPermission>",
        super::support::NS
    );
    let zip = Zip::default()
        .member("CustomPermission", "May_Act")
        .file("customPermissions/May_Act.customPermission", permission)
        .permission_set(
            "Service",
            "<customPermissions><enabled>true</enabled><name>May_Act</name></customPermissions>",
        );
    world.succeeds(&zip).await;
    let metadata = world.org.metadata();
    assert!(metadata.permission_set("Service").unwrap().custom_permissions.contains("May_Act"));
    let deployed = &metadata.custom_permissions["May_Act"];
    assert_eq!((deployed.label.as_str(), deployed.description.as_deref()), ("May Act", Some("Acts.")));
}
