//! What becomes of a protected organisation behind the daemon's back: each defect is explained with its cause and the next
//! step, and differences are repaired.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use provision_client::api::v1::{
    DriftPolicy, OperationMetadata, ServiceAccount, ServiceAccountPhase, ServiceAccountState,
};
use provision_client::{ListOptions, metadata};
use provision_tests::watched::{PATIENCE, Watched};
use salesforce_simulator::org::Org;

const PERMISSION_SET: &str = "CAS_Service_Account";

async fn repaired(watched: &Watched) -> OperationMetadata {
    let Watched { world, admin, account } = watched;
    let started = admin.accounts().repair(account, false).await.expect("started");
    metadata(&world.done(admin, &started.name).await).expect("typed progress")
}

fn set_trigger_status(org: &Org, name: &str, status: &str) {
    let changed = org.change_metadata(|metadata| {
        let trigger = metadata.triggers.values_mut().find(|t| t.unit.name == name).ok_or(())?;
        Arc::make_mut(trigger).unit.status = status.to_owned();
        Ok::<_, ()>(())
    });
    changed.expect("the trigger is there");
}

/// Name and text of the triggers that are not the app's.
fn foreign_triggers(org: &Org) -> BTreeMap<String, (String, String)> {
    let metadata = org.metadata();
    let foreign = metadata.triggers.values().filter(|trigger| !trigger.unit.name.starts_with("CAS_"));
    foreign.map(|t| (t.unit.name.clone(), (t.unit.body.clone(), t.unit.status.clone()))).collect()
}

fn unassign(org: &Org) {
    let set =
        org.metadata().permission_sets.values().find(|set| set.name == PERMISSION_SET).expect("a set").id;
    let mut state = org.write();
    let before = state.assignments.len();
    Arc::make_mut(&mut state.assignments).retain(|_, assignment| assignment.set != set);
    assert!(state.assignments.len() < before);
}

/// Takes a field of the objects that hold quarantined content away.
fn remove_quarantine_field(org: &Org) -> String {
    let removed = org.change_metadata(|metadata| {
        let object = metadata
            .objects()
            .find(|object| object.name.starts_with("CAS_Quarantine") && object.name.ends_with("__c"))
            .ok_or(())?;
        let mut changed = (**object).clone();
        let place = changed.fields.iter().rposition(|field| field.name.ends_with("__c")).ok_or(())?;
        let field = changed.fields.remove(place).name.clone();
        metadata.put_object(changed);
        Ok::<_, ()>(field)
    });
    removed.expect("the object has a field")
}

#[tokio::test]
async fn each_difference_is_explained_and_repaired_and_what_is_foreign_stays() {
    let watched = Watched::new().await;
    let Watched { world, admin, account } = &watched;
    let org = world.org.org();
    let foreign = foreign_triggers(org);
    let object = admin.components().list(account, ListOptions::default()).await.expect("listed").components;
    let trigger = object.iter().find(|c| c.kind == "ApexTrigger").expect("a trigger").full_name.clone();

    set_trigger_status(org, &trigger, "Inactive");
    let cause = watched.cause("DRIFT_DETECTED").await;
    assert!(cause.message.contains(&format!("ApexTrigger {trigger} was switched off")), "{cause:?}");
    assert_eq!(cause.next_action.expect("named").action, "REPAIR");
    assert_eq!(watched.until(ServiceAccountState::Degraded).await.phase(), ServiceAccountPhase::Active);

    unassign(org);
    let field = remove_quarantine_field(org);
    watched
        .causes_until("both differences", |cause| {
            cause.message.contains("PermissionSetAssignment") && cause.message.contains(&field)
        })
        .await;

    let progress = repaired(&watched).await;
    assert!(progress.api_calls > 0);
    let shown = watched.until(ServiceAccountState::Protected).await;
    assert!(shown.failure.is_none() && shown.next_action.is_none(), "{shown:?}");
    assert_eq!(foreign_triggers(org), foreign);
    let explained = admin.accounts().explain(account).await.expect("explained");
    assert!(explained.protected && explained.causes.is_empty(), "{explained:?}");
}

#[tokio::test]
async fn a_policy_repairs_by_itself() {
    let watched = Watched::new().await;
    let Watched { world, admin, account } = &watched;
    let change = ServiceAccount {
        name: account.clone(),
        drift_policy: DriftPolicy::Repair.into(),
        ..Default::default()
    };
    admin.accounts().update(change, &["drift_policy"]).await.expect("updated");
    let all = admin.components().list(account, ListOptions::default()).await.expect("listed").components;
    let trigger = all.iter().find(|c| c.kind == "ApexTrigger").expect("a trigger").full_name.clone();
    set_trigger_status(world.org.org(), &trigger, "Inactive");
    let begun = Instant::now();
    let status = || {
        let metadata = world.org.org().metadata();
        let found = metadata.triggers.values().find(|t| t.unit.name == trigger);
        found.map(|t| t.unit.status.clone())
    };
    while status().as_deref() != Some("Active") {
        assert!(begun.elapsed() < PATIENCE, "{:?}", status());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    watched.until(ServiceAccountState::Protected).await;
    let audit = admin.admin().audit_events("tenants/acme", ListOptions::default()).await.expect("audit");
    let begun_by = audit.audit_events.iter().find(|event| event.action == "DriftPolicy").expect("audited");
    assert_eq!(begun_by.principal, "system");
}
