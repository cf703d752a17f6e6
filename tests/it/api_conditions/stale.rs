//! Plans look only, and hold as long as what they were made from.

use std::sync::Arc;

use provision_client::api::v1::PlannedAction;
use provision_tests::effects::changes;
use provision_tests::world::World;
use salesforce_simulator::org::Org;

/// Somebody changes the trigger on cases by hand.
fn tamper(org: &Org) {
    let changed = org.change_metadata(|metadata| {
        let trigger = metadata.triggers.values_mut().find(|trigger| trigger.unit.name == "CAS_Case");
        let trigger = Arc::make_mut(trigger.ok_or(())?);
        trigger.unit.body = trigger.unit.body.replace("CAS_RecordChangeHandler.handle", "// ");
        Ok::<_, ()>(())
    });
    changed.expect("the trigger is there");
}

#[tokio::test]
async fn a_plan_is_stale_once_the_organisation_or_what_is_known_of_it_changes() {
    let world = World::new().await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    assert_eq!(world.plan(&admin, &account).await.etag, plan.etag, "the same state, the same plan");
    assert_eq!(changes(&world.org), 0, "a plan only looks");

    // Another selection takes its place; an invented one never had it.
    let other = admin.accounts().plan(&account, vec!["Case".to_owned()]).await.expect("planned");
    for etag in [plan.etag.as_str(), "Pinvented"] {
        let refused = admin.accounts().provision(&account, etag).await.expect_err(etag);
        assert_eq!(refused.reason(), "PLAN_STALE");
        assert_eq!(refused.rejection().expect("an answer").metadata["current_etag"], other.etag);
    }
    let plan = world.plan(&admin, &account).await;
    // A new reading of an organisation that has changed.
    world.org.org().add_object("Invoice__c", "Invoice").expect("a free name");
    world.read(&admin, &account).await;
    let refused = admin.accounts().provision(&account, &plan.etag).await.expect_err("another inventory");
    assert_eq!(refused.reason(), "PLAN_STALE");
    assert_eq!(changes(&world.org), 0);
    world.protect(&admin, &account).await;

    // Whoever changes a component between plan and provisioning is seen, though the inventory stays the same.
    let plan = world.plan(&admin, &account).await;
    assert!(
        plan.steps.iter().flat_map(|step| &step.components).all(|one| one.action() == PlannedAction::Keep)
    );
    tamper(world.org.org());
    let before = changes(&world.org);
    let refused = admin.accounts().provision(&account, &plan.etag).await.expect_err("another trigger");
    assert_eq!(refused.reason(), "PLAN_STALE");
    insta::assert_snapshot!(refused);
    assert_eq!(changes(&world.org), before, "nothing was touched");
    let plan = world.plan(&admin, &account).await;
    let changed: Vec<_> = plan
        .steps
        .iter()
        .flat_map(|step| &step.components)
        .filter(|one| one.action() == PlannedAction::Update)
        .map(|one| one.full_name.as_str())
        .collect();
    assert_eq!(changed, ["CAS_Case"]);
}
