//! Readings after a reading: nothing is asked again that has not changed, and no change goes unseen.

use std::sync::Arc;

use provision_connector_sdk::InventoryReading;
use provision_connector_sdk::core::inventory::Inventory;
use salesforce_simulator::Config;

use super::{cold, warm};
use crate::world::Salesforce;

async fn org() -> Salesforce {
    Salesforce::with(Config {
        objects: 210,
        profiles: Some(30),
        object_permission_rows: Some(1_500),
        ..Config::default()
    })
    .await
}

fn read(reading: InventoryReading) -> Inventory {
    match reading {
        InventoryReading::Read(inventory) => inventory,
        InventoryReading::Unchanged => panic!("a change goes unseen"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_calls_where_nothing_has_changed() {
    let salesforce = Salesforce::with(Config {
        objects: 1000,
        profiles: Some(400),
        object_permission_rows: Some(20_000),
        ..Config::default()
    })
    .await;
    let session = salesforce.session().await;
    let (inventory, _) = cold(&salesforce, &session).await;
    let (reading, calls) = warm(&salesforce, &session, &inventory).await;
    assert!(reading == InventoryReading::Unchanged, "it was read again in {calls} calls");
    assert_eq!(calls, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_of_another_reader_do_not_hold() {
    let salesforce = org().await;
    let session = salesforce.session().await;
    let (mut inventory, calls) = cold(&salesforce, &session).await;
    inventory.marks.insert("reader".to_owned(), "another".to_owned());
    let (reading, again) = warm(&salesforce, &session, &inventory).await;
    let fresh = read(reading);
    assert!(fresh.object_types == inventory.object_types);
    // The list of objects has not changed, and is asked for once more.
    assert_eq!(again, calls + 1);
    inventory.marks.clear();
    read(warm(&salesforce, &session, &inventory).await.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_that_is_renamed_or_goes_is_seen() {
    let salesforce = org().await;
    let session = salesforce.session().await;
    let (before, _) = cold(&salesforce, &session).await;
    let relabelled = salesforce.simulator.org().change_metadata(|metadata| {
        let mut object = metadata.object("Case").ok_or(())?.as_ref().clone();
        let field = object.fields.iter_mut().find(|field| field.name == "Subject").ok_or(())?;
        Arc::make_mut(field).label = "What it is about".to_owned();
        metadata.put_object(object);
        Ok::<_, ()>(())
    });
    relabelled.expect("Case has a subject");
    let after = read(warm(&salesforce, &session, &before).await.0);
    let field = |inventory: &Inventory| {
        let case = inventory.object_types.iter().find(|object| object.api_name == "Case").expect("Case");
        case.fields.iter().find(|field| field.api_name == "Subject").map(|field| field.label.clone())
    };
    assert_eq!(field(&after).as_deref(), Some("What it is about"));

    let removed = salesforce.simulator.org().change_metadata(|metadata| {
        let mut object = metadata.object("Case").ok_or(())?.as_ref().clone();
        object.fields.retain(|field| field.name != "Subject");
        metadata.put_object(object);
        Ok::<_, ()>(())
    });
    removed.expect("Case is there");
    assert_eq!(field(&read(warm(&salesforce, &session, &after).await.0)), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permission_set_of_others_that_changes_is_read_without_the_objects() {
    let salesforce = org().await;
    let session = salesforce.session().await;
    let (before, cold_calls) = cold(&salesforce, &session).await;
    // A set that the service account does not hold, whose rights on one object go.
    let named = before
        .profiles
        .iter()
        .find(|profile| profile.remote_id.starts_with("0PS") && profile.object_permissions.len() > 2);
    let named = named.expect("a permission set with rights").clone();
    let lost = named.object_permissions[0].object_type.clone();
    let org = salesforce.simulator.org();
    let now = org.now_ms() + 1_000;
    let changed = org.change_metadata(|metadata| {
        let found = metadata.permission_sets.values_mut().find(|set| set.id.to_string() == named.remote_id);
        let set = Arc::make_mut(found.ok_or(())?);
        set.objects.insert(lost.clone(), Default::default());
        set.modified_ms = now;
        Ok::<_, ()>(())
    });
    changed.expect("the set is there");
    let (reading, calls) = warm(&salesforce, &session, &before).await;
    let after = read(reading);
    let set = after.profiles.iter().find(|profile| profile.remote_id == named.remote_id).expect("the set");
    assert!(set.object_permissions.iter().all(|right| right.object_type != lost));
    assert!(after.object_types == before.object_types);
    assert!(calls + 3 <= cold_calls, "{calls} calls; all are {cold_calls}");
    let (again, calls) = warm(&salesforce, &session, &after).await;
    assert!(again == InventoryReading::Unchanged && calls == 3, "{calls} calls");
}
