//! Destructive manifests.

use serde_json::json;

use super::support::{World, Zip, event, item, row};

fn app() -> Zip {
    let field = "<fieldPermissions><editable>true</editable><field>Item__c.Note__c</field><readable>true</readable></fieldPermissions>";
    Zip::default()
        .object("Item__c", &item(""))
        .object("Change__e", &event())
        .class("Handler", "public class Handler { public static void handle(Object a) { EventBus.publish(new Change__e()); insert new Item__c(); } }")
        .class("HandlerTest", "@IsTest private class HandlerTest { @IsTest static void t() { Handler.handle(null); } }")
        .trigger("T", "trigger T on Account (before insert) { Handler.handle(Trigger.new); }")
        .permission_set("Service", field)
}

#[tokio::test]
async fn everything_goes_in_one_deploy() {
    let world = World::new();
    world.succeeds(&app()).await;
    let all = Zip::default().deletes(&[
        ("CustomObject", "Item__c"),
        ("CustomObject", "Change__e"),
        ("ApexClass", "Handler"),
        ("ApexClass", "HandlerTest"),
        ("ApexTrigger", "T"),
        ("PermissionSet", "Service"),
    ]);
    let result = world.succeeds(&all).await;
    assert_eq!(row(&result, "componentSuccesses", "Handler")["deleted"], true);
    let metadata = world.org.metadata();
    assert!(metadata.object("Item__c").is_none() && metadata.object("Change__e").is_none());
    assert!(
        metadata.class("Handler").is_none()
            && metadata.trigger("T").is_none()
            && metadata.permission_set("Service").is_none()
    );
}

#[tokio::test]
async fn what_is_still_used_stays() {
    let world = World::new();
    world.succeeds(&app()).await;
    let refusal =
        async |kind: &str, name: &str| world.refusal(&Zip::default().deletes(&[(kind, name)])).await;
    assert_eq!(
        refusal("ApexClass", "Handler").await,
        "This apex class is referenced elsewhere in salesforce.com: Apex Trigger - T"
    );
    assert_eq!(
        refusal("CustomObject", "Item__c").await,
        "This custom object is referenced elsewhere in salesforce.com: Apex Class - Handler"
    );
    assert_eq!(
        refusal("CustomObject", "Change__e").await,
        "This platform event is referenced elsewhere in salesforce.com: Apex Class - Handler"
    );
    let set = world.org.metadata().permission_set("Service").unwrap().id;
    world.org.assign(world.org.user, set);
    assert!(refusal("PermissionSet", "Service").await.contains("assigned to users"));
    assert!(refusal("CustomObject", "Account").await.contains("standard object"));
}

#[tokio::test]
async fn an_absent_component_is_a_warning_that_stops_nothing_else() {
    let world = World::new();
    world.succeeds(&app()).await;
    let zip = Zip::default().deletes(&[("ApexTrigger", "Gone"), ("ApexTrigger", "T")]);
    let result = world.deploy(&zip).await;
    assert_eq!(result["status"], "Failed");
    let failure = row(&result, "componentFailures", "Gone");
    assert_eq!(
        (&failure["problem"], &failure["problemType"]),
        (&json!("No ApexTrigger named: Gone found"), &json!("Warning"))
    );
    assert!(world.org.metadata().trigger("T").is_some());
    let result = world.deploy_with(json!({"ignoreWarnings": true}), &zip).await;
    assert_eq!(result["status"], "Succeeded");
    assert_eq!(row(&result, "componentSuccesses", "Gone")["warning"], true);
    assert!(world.org.metadata().trigger("T").is_none());
}

#[tokio::test]
async fn a_field_takes_its_permissions_along() {
    let world = World::new();
    world.succeeds(&app()).await;
    world.succeeds(&Zip::default().deletes(&[("CustomField", "Item__c.Note__c")])).await;
    let metadata = world.org.metadata();
    assert!(metadata.object("Item__c").unwrap().field("Note__c").is_none());
    assert!(metadata.permission_set("Service").unwrap().fields.is_empty());
}

#[tokio::test]
async fn deletions_after_the_additions_see_them() {
    let world = World::new();
    world.succeeds(&app()).await;
    // The new trigger no longer names the handler's method owner, so the class can go afterwards, not before.
    let manifest = |members: &str| {
        format!("<Package xmlns=\"{}\">{members}<version>67.0</version></Package>", super::support::NS)
    };
    let gone = manifest(
        "<types><members>Handler</members><members>HandlerTest</members><name>ApexClass</name></types>",
    );
    let change = Zip::default().trigger("T", "trigger T on Account (before insert) { System.debug('off'); }");
    let before = change.clone().file("destructiveChangesPre.xml", gone.clone());
    assert_eq!(
        world.refusal(&before).await,
        "This apex class is referenced elsewhere in salesforce.com: Apex Trigger - T"
    );
    world.succeeds(&change.file("destructiveChangesPost.xml", gone)).await;
    assert!(world.org.metadata().class("Handler").is_none());
}

#[tokio::test]
async fn a_flow_keeps_its_object() {
    let world = World::new();
    let flow = format!(
        "<Flow xmlns=\"{}\"><label>Theirs</label><processType>AutoLaunchedFlow</processType>\
         <start><locationX>0</locationX><locationY>0</locationY><object>Item__c</object>\
         <recordTriggerType>Create</recordTriggerType><triggerType>RecordAfterSave</triggerType></start>\
         <status>Active</status></Flow>",
        super::support::NS
    );
    let zip = Zip::default().object("Item__c", &item("")).member("Flow", "Theirs");
    world.succeeds(&zip.file("flows/Theirs.flow", flow)).await;
    assert_eq!(
        world.refusal(&Zip::default().deletes(&[("CustomObject", "Item__c")])).await,
        "This custom object is referenced elsewhere in salesforce.com: Flow - Theirs"
    );
    world.succeeds(&Zip::default().deletes(&[("CustomObject", "Item__c"), ("Flow", "Theirs")])).await;
}

#[tokio::test]
async fn deleting_apex_in_production_runs_the_tests_that_remain() {
    let world = World::production();
    let test = "@IsTest private class Kept_Test { @IsTest static void passes() { System.assert(true); } }";
    let zip = Zip::default().class("Kept_Test", test).class("Gone", "public class Gone { }");
    let named = json!({"testLevel": "RunSpecifiedTests", "runTests": ["Kept_Test"]});
    assert_eq!(
        world.deploy_with(named.clone(), &zip.object("Item__c", &item(""))).await["status"],
        "Succeeded"
    );
    let gone = Zip::default().deletes(&[("ApexClass", "Gone")]);
    let refused = world.deploy_with(json!({"testLevel": "NoTestRun"}), &gone).await;
    assert_eq!(
        refused["errorMessage"],
        "INVALID_OPERATION: testLevel of NoTestRun cannot be used in production organizations"
    );
    let result = world.deploy(&gone).await;
    assert_eq!((&result["status"], &result["runTestsEnabled"]), (&json!("Succeeded"), &json!(true)));
    assert_eq!(result["numberTestsCompleted"], 1);
    // The test that a deployment names has to be there when it is over.
    let last = Zip::default().deletes(&[("ApexClass", "Kept_Test")]);
    let result = world.deploy_with(named, &last).await;
    assert_eq!(result["errorMessage"], "INVALID_OPERATION: Class Kept_Test named in runTests does not exist");
    let objects = world.deploy(&Zip::default().deletes(&[("CustomObject", "Item__c")])).await;
    assert_eq!((&objects["status"], &objects["runTestsEnabled"]), (&json!("Succeeded"), &json!(false)));
}

#[tokio::test]
async fn wildcards_and_unknown_types_are_refused() {
    let world = World::new();
    assert_eq!(
        world.refusal(&Zip::default().deletes(&[("ApexClass", "*")])).await,
        "Wildcards are not supported in destructive changes"
    );
    assert_eq!(
        world.refusal(&Zip::default().deletes(&[("Nonsense", "X")])).await,
        "Unknown type name 'Nonsense' specified in package.xml"
    );
}
