//! What goes wrong on the way out.

use std::sync::Arc;
use std::time::Duration;

use provision_connector_sdk::core::Reason;
use provision_connector_sdk::testkit::World as _;
use provision_connector_sdk::{Begin, Connector as _, FaultClass, RemovalRequest};
use salesforce_simulator::fault::{Fault, Occurrence, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::{Config, Environment};

use super::{ask, finish, ids, names, proposed, provisioned, removed};
use crate::world::{Salesforce, step};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_starts_no_second_deployment() {
    for fault in [Fault::AnswerLost, Fault::ConnectionReset] {
        let salesforce = Salesforce::start(Environment::Sandbox).await;
        let before = salesforce.simulator.org().portrait();
        let session = salesforce.session().await;
        let plan = provisioned(&salesforce, &session).await;
        let removal = proposed(&salesforce, &session, &plan).await;
        let started = salesforce.count(Kind::DeployStarted);
        for step in &removal.steps {
            let since = chrono::Utc::now();
            salesforce.simulator.faults().clear();
            salesforce.simulator.faults().add(Rule::once(Operation::DeployStart, fault.clone()));
            let lost = ask(&salesforce, &session, step, Begin::Fresh).await.expect_err("no answer");
            assert_eq!(lost.class, FaultClass::Unknown, "{lost:?}");
            salesforce.simulator.faults().verify().expect("the fault fired");
            let stays = finish(&salesforce, &session, step, Begin::Uncertain { since }).await;
            assert!(stays.expect("it is found, or begun").is_empty());
        }
        assert_eq!(salesforce.count(Kind::DeployStarted) - started, removal.steps.len() as u64, "{fault:?}");
        assert_eq!(before.differences(&salesforce.simulator.org().portrait()), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_about_records_is_looked_after() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    let removal = proposed(&salesforce, &session, &plan).await;
    let step = removal.steps.iter().find(|step| step.id == "remove-permissions").expect("the step");
    // Behind the two looks.
    let delete = Rule { when: Occurrence::Nth(3), ..Rule::once(Operation::Composite, Fault::AnswerLost) };
    salesforce.simulator.faults().add(delete);
    let since = chrono::Utc::now();
    let lost = ask(&salesforce, &session, step, Begin::Fresh).await.expect_err("no answer");
    assert_eq!(lost.class, FaultClass::Unknown, "{lost:?}");
    salesforce.simulator.faults().verify().expect("the fault fired");
    finish(&salesforce, &session, step, Begin::Uncertain { since }).await.expect("it is looked after");
    assert!(!ids(&proposed(&salesforce, &session, &plan).await).contains(&"remove-permissions"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_its_way_in_is_waited_for() {
    let config = Config { deploy_component_time: Duration::from_millis(100), ..Config::default() };
    let salesforce = Salesforce::with(config).await;
    let before = salesforce.simulator.org().portrait();
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Case"]).await;
    let channel = step(&plan, "event-channel");
    salesforce.apply(&session, &plan, channel, Begin::Fresh).await.expect("a deployment runs");
    let waits = salesforce.connector.plan_removal(&session, RemovalRequest { known: &[] }).await;
    let waits = waits.expect_err("it is under way");
    assert_eq!((&waits.class, waits.fault.reason()), (&FaultClass::Conflict, Reason::SaasDeployLocked));
    salesforce.simulator.ledger().until(|ledger| ledger.count(Kind::DeployFinished) == 1).await;
    let removal = proposed(&salesforce, &session, &plan).await;
    assert_eq!(ids(&removal), ["remove-permissions", "remove-objects"]);
    assert!(removed(&salesforce, &session, &removal).await.is_empty());
    assert_eq!(before.differences(&salesforce.simulator.org().portrait()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_is_waited_for() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let before = salesforce.simulator.org().portrait();
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    let removal = proposed(&salesforce, &session, &plan).await;
    let locked = Fault::Refused {
        status: 500,
        error_code: "ALREADY_IN_PROCESS".to_owned(),
        message: "locked by another change".to_owned(),
    };
    salesforce.simulator.faults().add(Rule::once(Operation::DeployRun, locked));
    assert!(removed(&salesforce, &session, &removal).await.is_empty());
    salesforce.simulator.faults().verify().expect("the fault fired");
    assert_eq!(before.differences(&salesforce.simulator.org().portrait()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_organisation_uses_stays_and_the_rest_goes() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let salesforce = Salesforce::start(environment).await;
        let session = salesforce.session().await;
        let plan = provisioned(&salesforce, &session).await;
        let org = salesforce.simulator.org();
        // A class of the organisation's own names an object of ours.
        let changed = org.change_metadata(|metadata| {
            let model = metadata.classes.values().find(|class| !class.is_test).ok_or("no class")?;
            let mut class = (**model).clone();
            class.unit.id = org.ids.next("01p");
            class.unit.name = "Theirs".to_owned();
            class.unit.body = "public class Theirs { public CAS_Quarantined_Item__c item; }".to_owned();
            class.unit.parsed = Default::default();
            metadata.classes.insert(class.unit.id, Arc::new(class));
            Ok::<_, &str>(())
        });
        changed.expect("the class is there");
        let removal = proposed(&salesforce, &session, &plan).await;
        let leftovers = removed(&salesforce, &session, &removal).await;
        let item = leftovers.iter().find(|one| one.full_name == "CAS_Quarantined_Item__c").expect("it stays");
        assert!(
            item.reason.contains("referenced elsewhere in salesforce.com: Apex Class - Theirs"),
            "{item:?}"
        );
        let link = item.link.as_deref().expect("a link");
        assert!(link.contains("/lightning/setup/ObjectManager/01I"), "{link}");
        let metadata = org.metadata();
        assert!(
            metadata.object("CAS_Record_Change__e").is_none() && metadata.object("CAS_Switch__c").is_none()
        );
        let ours = metadata.classes.values().filter(|class| class.unit.name.starts_with("CAS_")).count();
        assert_eq!((ours, metadata.permission_set("CAS_Service_Account").is_some()), (0, false));

        // Without the class the rest goes.
        let gone = org.change_metadata(|metadata| {
            metadata.classes.retain(|_, class| class.unit.name != "Theirs");
            Ok::<_, ()>(())
        });
        gone.expect("it is gone");
        let rest = proposed(&salesforce, &session, &plan).await;
        assert_eq!(ids(&rest), ["remove-objects"]);
        removed(&salesforce, &session, &rest).await;
        assert!(org.metadata().object("CAS_Quarantined_Item__c").is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_ours_is_named_and_stays() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    let org = salesforce.simulator.org();
    let body = "trigger CAS_Case on Case (before insert) { }";
    let changed = org.change_metadata(|metadata| {
        let trigger = metadata.triggers.values_mut().find(|one| one.unit.name == "CAS_Case").ok_or(())?;
        Arc::make_mut(trigger).unit.body = body.to_owned();
        Ok::<_, ()>(())
    });
    changed.expect("the trigger is there");
    let removal = proposed(&salesforce, &session, &plan).await;
    assert_eq!(names(&removal.leftovers), ["CAS_Case"]);
    assert!(
        removal.leftovers[0]
            .link
            .as_ref()
            .is_some_and(|link| link.contains("ApexTriggers/page?address=%2F01q"))
    );
    assert!(removed(&salesforce, &session, &removal).await.is_empty());
    assert_eq!(
        org.metadata().trigger("CAS_Case").map(|trigger| trigger.unit.body.clone()).as_deref(),
        Some(body)
    );
    let further = proposed(&salesforce, &session, &plan).await;
    assert!(further.steps.is_empty());
    assert_eq!(names(&further.leftovers), ["CAS_Case"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_was_withdrawn_is_named() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    let removal = proposed(&salesforce, &session, &plan).await;
    let org = salesforce.simulator.org();
    let profile = org.read().users.get(&org.admin).expect("the administrator").profile;
    let withdrawn = org.change_metadata(|metadata| {
        let sets = metadata.permission_sets.values_mut();
        for set in sets.filter(|set| set.profile == Some(profile)) {
            Arc::make_mut(set).permissions.remove("AuthorApex");
        }
        Ok::<_, ()>(())
    });
    withdrawn.expect("withdrawn");
    let before = org.portrait();
    let denied = finish(&salesforce, &session, &removal.steps[0], Begin::Fresh).await.expect_err("no right");
    assert_eq!((&denied.class, denied.fault.reason()), (&FaultClass::Denied, Reason::SaasPermissionMissing));
    assert_eq!(
        before.differences(&org.portrait()),
        Vec::<String>::new(),
        "nothing is left out, nothing goes"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_session_is_denied() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    let removal = proposed(&salesforce, &session, &plan).await;
    let mut refused = session.clone();
    refused.credentials = salesforce.refused_credentials().await;
    let planned = salesforce.connector.plan_removal(&refused, RemovalRequest { known: &[] }).await;
    assert_eq!(planned.expect_err("refused").class, FaultClass::Denied);
    for step in &removal.steps {
        let fault = ask(&salesforce, &refused, step, Begin::Fresh).await.expect_err("refused");
        assert_eq!(fault.class, FaultClass::Denied, "{}", step.id);
    }
}
