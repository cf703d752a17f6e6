//! What becomes of a protected organisation behind the daemon's back: each defect is explained with its cause and the next
//! step, and differences are repaired.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use provision_client::api::v1::{
    Cause, DriftPolicy, OperationMetadata, ServiceAccount, ServiceAccountPhase, ServiceAccountState,
};
use provision_client::{Client, ListOptions, metadata};
use provision_tests::setup::Setup;
use provision_tests::world::World;
use salesforce_simulator::Config;
use salesforce_simulator::org::{Happening, Org};

/// How long the daemon may take to see something.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(50);
const PERMISSION_SET: &str = "CAS_Service_Account";

/// A protected organisation that is looked at every second.
async fn watched(more: &str) -> (World, Client, String) {
    let world = World::made(Setup {
        org: Config { objects: 60, ..Config::default() },
        more: format!("\n[drift]\ninterval_seconds = 1\n{more}"),
        log: "info",
        ..Setup::default()
    })
    .await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    world.protect(&admin, &account).await;
    (world, admin, account)
}

/// The first cause, once it is that one.
async fn first_cause(client: &Client, account: &str, reason: &str) -> Cause {
    let begun = Instant::now();
    loop {
        let explained = client.accounts().explain(account).await.expect("explained");
        if let Some(cause) = explained.causes.iter().find(|cause| cause.reason == reason) {
            assert!(!cause.evidence.is_empty(), "{cause:?}");
            let next = cause.next_action.as_ref().expect("somebody must act");
            assert!(!next.hint.is_empty(), "{cause:?}");
            return cause.clone();
        }
        assert!(begun.elapsed() < PATIENCE, "{reason} is not among {:?}", explained.causes);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn until(client: &Client, account: &str, state: ServiceAccountState) -> ServiceAccount {
    let begun = Instant::now();
    loop {
        let found = client.accounts().get(account).await.expect("account");
        if found.state() == state {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{state:?} is not {:?}: {:?}", found.state(), found.conditions);
        tokio::time::sleep(PAUSE).await;
    }
}

async fn repaired(world: &World, client: &Client, account: &str) -> OperationMetadata {
    let started = client.accounts().repair(account, false).await.expect("started");
    metadata(&world.done(client, &started.name).await).expect("typed progress")
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
    let (world, admin, account) = watched("").await;
    let org = world.org.org();
    let foreign = foreign_triggers(org);
    let object = admin.components().list(&account, ListOptions::default()).await.expect("listed").components;
    let trigger = object.iter().find(|c| c.kind == "ApexTrigger").expect("a trigger").full_name.clone();

    set_trigger_status(org, &trigger, "Inactive");
    let cause = first_cause(&admin, &account, "DRIFT_DETECTED").await;
    assert!(cause.message.contains(&format!("ApexTrigger {trigger} was switched off")), "{cause:?}");
    assert_eq!(cause.next_action.expect("named").action, "REPAIR");
    assert_eq!(
        until(&admin, &account, ServiceAccountState::Degraded).await.phase(),
        ServiceAccountPhase::Active
    );

    unassign(org);
    let field = remove_quarantine_field(org);
    let begun = Instant::now();
    loop {
        let message = first_cause(&admin, &account, "DRIFT_DETECTED").await.message;
        if message.contains("PermissionSetAssignment") && message.contains(&field) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{message}");
        tokio::time::sleep(PAUSE).await;
    }

    let progress = repaired(&world, &admin, &account).await;
    assert!(progress.api_calls > 0);
    let shown = until(&admin, &account, ServiceAccountState::Protected).await;
    assert!(shown.failure.is_none() && shown.next_action.is_none(), "{shown:?}");
    assert_eq!(foreign_triggers(org), foreign);
    let explained = admin.accounts().explain(&account).await.expect("explained");
    assert!(explained.protected && explained.causes.is_empty(), "{explained:?}");
}

#[tokio::test]
async fn a_policy_repairs_by_itself() {
    let (world, admin, account) = watched("").await;
    let change = ServiceAccount {
        name: account.clone(),
        drift_policy: DriftPolicy::Repair.into(),
        ..Default::default()
    };
    admin.accounts().update(change, &["drift_policy"]).await.expect("updated");
    let all = admin.components().list(&account, ListOptions::default()).await.expect("listed").components;
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
        tokio::time::sleep(PAUSE).await;
    }
    until(&admin, &account, ServiceAccountState::Protected).await;
    let audit = admin.admin().audit_events("tenants/acme", ListOptions::default()).await.expect("audit");
    let begun_by = audit.audit_events.iter().find(|event| event.action == "DriftPolicy").expect("audited");
    assert_eq!(begun_by.principal, "system");
}

#[tokio::test]
async fn a_deactivated_user_is_explained() {
    let (world, admin, account) = watched("").await;
    world.org.org().happen(&Happening::UsersDeactivated);
    let cause = first_cause(&admin, &account, "REAUTHORIZATION_REQUIRED").await;
    assert!(cause.next_action.is_some_and(|next| next.action == "BEGIN_AUTHORIZATION"));
    until(&admin, &account, ServiceAccountState::Degraded).await;
}
