//! What goes wrong between the connector and an organisation, and what comes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use provision_connector_sdk::core::Reason;
use provision_connector_sdk::core::component::ComponentState;
use provision_connector_sdk::core::plan::Plan;
use provision_connector_sdk::testkit::StaticCredentials;
use provision_connector_sdk::{
    Access, Begin, Changes as _, Connector as _, ConnectorFault, Credentials, FaultClass, Session,
};
use salesforce_simulator::fault::{Fault, Operation, Rule};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::{Config, Environment};

use crate::world::{Salesforce, step};

const STEPS: [&str; 4] = ["event-channel", "quarantine-objects", "app-classes", "triggers"];

async fn sandbox() -> (Salesforce, Session, Plan) {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Case", "ContentVersion"]).await;
    (salesforce, session, plan)
}

#[tokio::test]
async fn a_deployment_whose_answer_is_lost_is_found_and_not_started_again() {
    let (salesforce, session, plan) = sandbox().await;
    let since = chrono::Utc::now();
    let channel = step(&plan, "event-channel");
    salesforce.simulator.faults().add(Rule::once(Operation::DeployStart, Fault::AnswerLost));
    let lost =
        salesforce.apply(&session, &plan, channel, Begin::Fresh).await.expect_err("the answer is lost");
    assert_eq!(lost.class, FaultClass::Unknown, "{lost:?}");
    salesforce.simulator.faults().verify().expect("the fault fired");

    salesforce.finish(&session, &plan, channel, Begin::Uncertain { since }).await.expect("it is found");
    assert_eq!(salesforce.count(Kind::DeployStarted), 1);
    assert_eq!(salesforce.count(Kind::PermissionAssigned), 1);
}

#[tokio::test]
async fn a_deployment_that_never_left_is_started_when_it_is_uncertain() {
    let (salesforce, session, plan) = sandbox().await;
    let since = chrono::Utc::now();
    let channel = step(&plan, "event-channel");
    salesforce.simulator.faults().add(Rule::once(Operation::DeployStart, Fault::ConnectionReset));
    let lost = salesforce.apply(&session, &plan, channel, Begin::Fresh).await.expect_err("no answer");
    assert_eq!(lost.class, FaultClass::Unknown, "the connector cannot know: {lost:?}");
    salesforce.finish(&session, &plan, channel, Begin::Uncertain { since }).await.expect("it is started");
    assert_eq!(salesforce.count(Kind::DeployStarted), 1);
}

#[tokio::test]
async fn an_assignment_whose_answer_is_lost_is_not_made_twice() {
    let (salesforce, session, plan) = sandbox().await;
    let since = chrono::Utc::now();
    let channel = step(&plan, "event-channel");
    let assign = Operation::RecordCreate { object: Some("PermissionSetAssignment".to_owned()) };
    salesforce.simulator.faults().add(Rule::once(assign, Fault::AnswerLost));
    let lost =
        salesforce.finish(&session, &plan, channel, Begin::Fresh).await.expect_err("the answer is lost");
    assert_eq!(lost.class, FaultClass::Unknown, "{lost:?}");
    salesforce.finish(&session, &plan, channel, Begin::Uncertain { since }).await.expect("it is observed");
    assert_eq!((salesforce.count(Kind::DeployStarted), salesforce.count(Kind::PermissionAssigned)), (1, 1));
}

#[tokio::test]
async fn a_refused_component_is_told_in_salesforces_words() {
    let (salesforce, session, plan) = sandbox().await;
    // The handler is not there yet: the triggers cannot compile.
    let refused = salesforce
        .finish(&session, &plan, step(&plan, "triggers"), Begin::Fresh)
        .await
        .expect_err("a trigger without its handler");
    assert_eq!((&refused.class, refused.fault.reason()), (&FaultClass::Rejected, Reason::ComponentRejected));
    // The trigger names the handler, the test beside it the maker of records: both are missing.
    let told: Vec<String> = refused.fault.violations().iter().map(|v| v.description.clone()).collect();
    assert!(told.iter().any(|words| words.contains("CAS_RecordChangeHandler")), "{told:?}");
    let places: Vec<&str> = refused.fault.violations().iter().map(|v| v.subject.as_str()).collect();
    assert!(places.iter().any(|place| place.contains("CAS_Case") && place.contains("line")), "{places:?}");
    let seen = salesforce.connector.observe(&session, &plan, &step(&plan, "triggers").components).await;
    let seen = seen.expect("observed");
    assert!(seen.iter().all(|o| o.state == ComponentState::Missing), "rolled back as a whole: {seen:?}");
}

#[tokio::test]
async fn fields_are_granted_and_an_older_step_takes_nothing_back() {
    let (salesforce, session, plan) = sandbox().await;
    let early = salesforce.connector.verify(&session, &plan).await.expect_err("nothing is there yet");
    assert_eq!(early.fault.reason(), Reason::ComponentNotObserved);
    for id in STEPS {
        salesforce.finish(&session, &plan, step(&plan, id), Begin::Fresh).await.expect(id);
    }
    salesforce.connector.verify(&session, &plan).await.expect("the fields are granted");

    // Without the event's marker field the first step deploys once more, permission set and all.
    let gone = salesforce.simulator.org().change_metadata(|metadata| {
        let event = metadata.object("CAS_Record_Change__e").ok_or(())?;
        let mut event = event.as_ref().clone();
        event.fields.retain(|field| field.name != "Marker__c");
        metadata.put_object(event);
        Ok::<_, ()>(())
    });
    gone.expect("the event is there");
    salesforce.finish(&session, &plan, step(&plan, "event-channel"), Begin::Fresh).await.expect("mended");
    salesforce.connector.verify(&session, &plan).await.expect("the fields are still granted");
    let components: Vec<_> = plan.steps.iter().flat_map(|step| step.components.clone()).collect();
    let seen = salesforce.connector.observe(&session, &plan, &components).await.expect("observed");
    assert!(seen.iter().all(|o| o.state == ComponentState::Present), "{seen:?}");
}

#[tokio::test]
async fn what_is_not_ours_is_never_touched() {
    let (salesforce, session, plan) = sandbox().await;
    for id in STEPS {
        salesforce.finish(&session, &plan, step(&plan, id), Begin::Fresh).await.expect(id);
    }
    let body = "trigger CAS_Case on Case (before insert) { }";
    let changed = salesforce.simulator.org().change_metadata(|metadata| {
        let trigger =
            metadata.triggers.values_mut().find(|trigger| trigger.unit.name == "CAS_Case").ok_or(())?;
        Arc::make_mut(trigger).unit.body = body.to_owned();
        Ok::<_, ()>(())
    });
    changed.expect("the trigger is there");
    let before = salesforce.count(Kind::DeployStarted);
    let refused = salesforce.apply(&session, &plan, step(&plan, "triggers"), Begin::Fresh).await;
    assert_eq!(refused.expect_err("not ours").fault.reason(), Reason::ComponentRejected);
    assert_eq!(salesforce.count(Kind::DeployStarted), before);
    let further = salesforce.plan(&session, &["Case", "ContentVersion"]).await;
    assert_eq!(further.object_types, ["ContentVersion"]);
    assert_eq!(further.unprotected[0].object_type, "Case");
}

#[tokio::test]
async fn salesforces_trouble_is_named_by_its_class() {
    let (salesforce, session, plan) = sandbox().await;
    let refusal = |status, code: &str, message: &str| Fault::Refused {
        status,
        error_code: code.to_owned(),
        message: message.to_owned(),
    };
    let look = || Operation::Composite;
    let channel = step(&plan, "event-channel");
    for (on, fault, expected) in [
        (Operation::DeployStart, Fault::UnavailableHtml, "Transient"),
        (Operation::DeployStart, refusal(500, "UNKNOWN_EXCEPTION", "ErrorId : 1-1 (1)"), "Unknown"),
        (Operation::DeployStart, refusal(500, "ALREADY_IN_PROCESS", "locked by another change"), "Conflict"),
        (Operation::DeployStart, Fault::TruncatedJson, "Unknown"),
        (look(), Fault::TruncatedJson, "Transient"),
        (look(), refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), "Throttled"),
        (look(), refusal(403, "API_DISABLED_FOR_ORG", "API is not enabled"), "Denied"),
        (look(), Fault::SessionInvalid, "Denied"),
    ] {
        let named = format!("{on:?} {fault:?}");
        salesforce.simulator.faults().clear();
        salesforce.simulator.faults().add(Rule::once(on, fault));
        let answer = salesforce.apply(&session, &plan, channel, Begin::Fresh).await.expect_err(&named);
        let class = format!("{:?}", answer.class);
        assert!(class.starts_with(expected), "{named}: {answer:?}");
        salesforce.simulator.faults().verify().expect("the fault fired");
    }
}

/// The first token is dead; the only newer one lives.
struct Renewing {
    live: StaticCredentials,
    renewed: AtomicU32,
}

#[async_trait]
impl Credentials for Renewing {
    async fn current(&self) -> Result<Access, ConnectorFault> {
        let mut access = self.live.current().await?;
        if self.renewed.load(Ordering::SeqCst) == 0 {
            access.token = "00D000000000001!expired".to_owned().into();
        }
        Ok(access)
    }

    async fn renew(&self, _stale: &Access) -> Result<Access, ConnectorFault> {
        self.renewed.fetch_add(1, Ordering::SeqCst);
        self.live.current().await
    }
}

#[tokio::test]
async fn an_expired_token_is_renewed_once() {
    let (salesforce, mut session, _) = sandbox().await;
    let ready = salesforce.simulator.ready();
    let renewing = Arc::new(Renewing {
        live: StaticCredentials::new(&ready.access_token, &ready.base_url),
        renewed: AtomicU32::new(0),
    });
    session.credentials = Arc::clone(&renewing) as Arc<dyn Credentials>;
    salesforce.connector.identify(&session).await.expect("identified with the newer token");
    assert_eq!(renewing.renewed.load(Ordering::SeqCst), 1);
    assert!(session.calls.allowance().is_some_and(|(used, limit)| used > 0 && limit >= used));
}

#[tokio::test]
async fn no_token_leaves_for_a_host_that_is_not_trusted() {
    let (salesforce, mut session, _) = sandbox().await;
    session.credentials = Arc::new(StaticCredentials::new("00D!secret", "https://instance.example"));
    let before = session.calls.made();
    let refused = salesforce.connector.identify(&session).await.expect_err("an untrusted host");
    assert_eq!(refused.class, FaultClass::Denied);
    assert_eq!(session.calls.made(), before);
}

#[tokio::test]
async fn everything_works_over_tls_with_a_ca_of_ones_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let salesforce =
        Salesforce::with(Config { tls_dir: Some(folder.path().to_owned()), ..Config::default() }).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Case"]).await;
    salesforce.finish(&session, &plan, step(&plan, "event-channel"), Begin::Fresh).await.expect("deployed");
    let mut stream = salesforce.connector.open(&session, None).await.expect("subscribed");
    salesforce.connector.send_canary(&session, "over-tls").await.expect("sent");
    loop {
        let batch = stream.next().await.expect("the stream lives");
        if batch.changes.iter().any(|change| change.canary.as_deref() == Some("over-tls")) {
            break;
        }
    }
}

#[tokio::test]
async fn production_runs_our_tests_and_no_others() {
    let salesforce = Salesforce::start(Environment::Production).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Case"]).await;
    let of_the_app =
        ["CAS_ContentTest", "CAS_OriginalsTest", "CAS_RecordChangeHandlerTest", "CAS_RestServiceTest"];
    assert_eq!(plan.tests, [of_the_app.as_slice(), &["CAS_Case_Test"]].concat());
    for id in STEPS {
        salesforce.finish(&session, &plan, step(&plan, id), Begin::Fresh).await.expect(id);
    }
    assert_eq!(salesforce.count(Kind::DeployStarted), 4);
}

#[tokio::test]
async fn an_inventory_takes_few_calls() {
    let salesforce = Salesforce::with(Config { objects: 300, ..Config::default() }).await;
    let session = salesforce.session().await;
    let before = session.calls.made();
    let inventory = salesforce.inventory(&session).await;
    let calls = session.calls.made() - before;
    assert!(inventory.object_types.len() >= 250, "{}", inventory.object_types.len());
    assert!(calls < inventory.object_types.len() as u64 / 25 + 30, "{calls} calls");
    let find = |name: &str| inventory.object_types.iter().find(|o| o.api_name == name).expect("an object");
    assert!(find("ContentVersion").holds_files && find("ContentVersion").accepts_triggers);
    assert!(!find("FeedAttachment").accepts_triggers && find("FeedItem").holds_feed);
    assert!(!find("Case").fields.is_empty());
    assert!(
        inventory
            .profiles
            .iter()
            .any(|p| p.display_name == "System Administrator" && p.remote_id.starts_with("00e"))
    );
}
