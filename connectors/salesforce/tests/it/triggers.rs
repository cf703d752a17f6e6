//! The step of triggers: what is refused, what is left out beforehand, what it costs.

use std::time::Duration;

use provision_connector_sdk::core::Reason;
use provision_connector_sdk::core::plan::{ObjectSelection, Plan, StepKind};
use provision_connector_sdk::testkit::World as _;
use provision_connector_sdk::{
    ApplyProgress, ApplyRequest, Begin, Changes as _, Connector as _, ConnectorFault, Refused, Session,
};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::org::{Conditions, RefusedTrigger};
use salesforce_simulator::{Config, Environment};

use crate::world::{Salesforce, step};

/// Carries out every step as the daemon does: what is refused is kept before the next call. Answers it, and the polls.
async fn carry_out(
    salesforce: &Salesforce,
    session: &Session,
    plan: &Plan,
) -> Result<(Vec<Refused>, u64), ConnectorFault> {
    let (mut all, mut polls) = (Vec::new(), 0);
    for step in plan.steps.iter().filter(|step| step.kind == StepKind::Apply) {
        let mut refused: Vec<Refused> = Vec::new();
        let mut handle: Option<String> = None;
        loop {
            let begin = handle.as_deref().map_or(Begin::Fresh, |handle| Begin::Resume { handle });
            let request = ApplyRequest { plan, step, idempotency_key: &step.id, begin, refused: &refused };
            match salesforce.connector.apply(session, request).await? {
                ApplyProgress::Done { applied, refused: more } => {
                    assert!(more.is_empty());
                    assert_eq!(applied.len() + refused.len(), step.components.len(), "{}", step.id);
                    break;
                }
                ApplyProgress::Running { handle: next, refused: more, poll_after, .. } => {
                    assert!(next.len() <= 1024);
                    refused.extend(more);
                    // A second look at the same job only waits.
                    polls += u64::from(handle.as_ref() == Some(&next));
                    handle = Some(next);
                    tokio::time::sleep(poll_after.min(Duration::from_millis(30))).await;
                }
            }
        }
        all.extend(refused);
    }
    Ok((all, polls))
}

fn refusing(environment: Environment, objects: &[&str]) -> Config {
    let refused = objects.iter().map(|object| RefusedTrigger {
        object: (*object).to_owned(),
        problem: format!("SObject type does not allow triggers: {object}"),
    });
    let conditions = Conditions { refused_triggers: refused.collect(), ..Conditions::default() };
    Config { environment, conditions, deploy_component_time: Duration::ZERO, ..Config::default() }
}

#[tokio::test]
async fn one_object_that_refuses_its_trigger_does_not_sink_the_rest() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let salesforce = Salesforce::with(refusing(environment, &["Case"])).await;
        let session = salesforce.session().await;
        let plan = salesforce.plan(&session, &["Account", "Case", "ContentVersion"]).await;
        let (refused, _) = carry_out(&salesforce, &session, &plan).await.expect("the rest is brought in");
        let named: Vec<(&str, &str)> =
            refused.iter().map(|one| (one.kind.as_str(), one.full_name.as_str())).collect();
        assert_eq!(named, [("ApexTrigger", "CAS_Case"), ("ApexClass", "CAS_Case_Test")]);
        assert!(refused.iter().all(|one| one.object_type == "Case"));
        assert!(refused[0].reason.contains("does not allow triggers: Case"), "{}", refused[0].reason);
        let metadata = salesforce.simulator.org().metadata();
        let has = |name: &str| metadata.triggers.values().any(|one| one.unit.name == name);
        assert!(has("CAS_Account") && has("CAS_ContentVersion") && !has("CAS_Case"));
    }
}

#[tokio::test]
async fn many_triggers_are_validated_before_any_is_deployed() {
    let salesforce = Salesforce::with(refusing(Environment::Sandbox, &["Contact", "Lead"])).await;
    let session = salesforce.session().await;
    let inventory = salesforce.inventory(&session).await;
    let plan = salesforce.plan_of(&session, &inventory, ObjectSelection::All).await.expect("a plan");
    assert!(plan.object_types.len() > 20, "{}", plan.object_types.len());
    let (refused, _) = carry_out(&salesforce, &session, &plan).await.expect("the rest is brought in");
    assert_eq!(refused.len(), 4, "{refused:?}");
    let deploys = salesforce.simulator.org().read().deploys.clone();
    let checks: Vec<bool> = deploys.values().skip(3).map(|deploy| deploy.check_only).collect();
    assert_eq!(checks, [true, true, false], "validated, validated without the refused, deployed");
    // Everything that the organisation has is either protected or listed with why it is not.
    let listed = plan.object_types.len() + plan.unprotected.len();
    assert_eq!(listed, inventory.object_types.len());
    assert!(plan.unprotected.iter().all(|one| !one.reason.is_empty()));
}

#[tokio::test]
async fn a_trigger_that_no_test_covers_is_left_out_of_production() {
    let conditions = Conditions { uncovered_triggers: vec!["Lead".to_owned()], ..Conditions::default() };
    let config = Config { environment: Environment::Production, conditions, ..Config::default() };
    let salesforce = Salesforce::with(config).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Account", "Lead"]).await;
    let (refused, _) = carry_out(&salesforce, &session, &plan).await.expect("the rest is brought in");
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[0].object_type == "Lead" && refused[0].reason.contains("did not run"), "{refused:?}");
}

#[tokio::test]
async fn where_all_are_refused_the_step_fails() {
    let salesforce = Salesforce::with(refusing(Environment::Sandbox, &["Account", "Case"])).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Account", "Case"]).await;
    let fault = carry_out(&salesforce, &session, &plan).await.expect_err("nothing is left");
    assert_eq!(fault.fault.reason(), Reason::ComponentRejected);
    assert_eq!(fault.fault.violations().len(), 2);
}

#[tokio::test]
async fn what_no_test_can_create_is_known_beforehand_in_production() {
    for (environment, protected) in [(Environment::Sandbox, true), (Environment::Production, false)] {
        let salesforce = Salesforce::start(environment).await;
        let session = salesforce.session().await;
        let mut inventory = salesforce.inventory(&session).await;
        let lead = inventory.object_types.iter_mut().find(|one| one.api_name == "Lead").expect("a lead");
        lead.createable = false;
        let selection = ObjectSelection::Listed(vec!["Account".to_owned(), "Lead".to_owned()]);
        let plan = salesforce.plan_of(&session, &inventory, selection).await.expect("a plan");
        assert_eq!(plan.object_types.contains(&"Lead".to_owned()), protected, "{:?}", plan.unprotected);
        assert_eq!(plan.unprotected.len(), usize::from(!protected));
        let (refused, _) = carry_out(&salesforce, &session, &plan).await.expect("brought in");
        assert!(refused.is_empty());
    }
}

#[tokio::test]
async fn production_deploys_what_was_validated() {
    let salesforce = Salesforce::with(refusing(Environment::Production, &[])).await;
    let session = salesforce.session().await;
    let inventory = salesforce.inventory(&session).await;
    let usable =
        inventory.object_types.iter().filter(|one| one.accepts_triggers && one.createable && one.custom);
    let names: Vec<String> = usable.take(12).map(|one| one.api_name.clone()).collect();
    let plan =
        salesforce.plan_of(&session, &inventory, ObjectSelection::Listed(names)).await.expect("a plan");
    assert!(plan.object_types.len() > 10, "{:?}", plan.unprotected);
    let (refused, _) = carry_out(&salesforce, &session, &plan).await.expect("brought in");
    assert!(refused.is_empty());
    let deploys = salesforce.simulator.org().read().deploys.clone();
    let checks: Vec<bool> = deploys.values().skip(3).map(|deploy| deploy.check_only).collect();
    assert_eq!(checks, [true, false]);
}

#[tokio::test]
async fn a_plan_says_what_it_costs_and_changes_nothing() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let salesforce = Salesforce::start(environment).await;
        let session = salesforce.session().await;
        let inventory = salesforce.inventory(&session).await;
        let (before, calls) = (salesforce.effects(), session.calls.made());
        let plan = salesforce.plan_of(&session, &inventory, ObjectSelection::Default).await.expect("a plan");
        assert_eq!(salesforce.effects(), before);
        assert_eq!(session.calls.made() - calls, 3);
        let same = salesforce.plan_of(&session, &inventory, ObjectSelection::Default).await.expect("a plan");
        assert_eq!(same.etag, plan.etag);

        let calls = session.calls.made();
        let (_, waiting) = carry_out(&salesforce, &session, &plan).await.expect("brought in");
        let components: Vec<_> = plan.steps.iter().flat_map(|step| step.components.clone()).collect();
        salesforce.connector.observe(&session, &plan, &components).await.expect("observed");
        salesforce.connector.verify(&session, &plan).await.expect("it works");
        salesforce.connector.send_canary(&session, "here").await.expect("sent");
        let made = session.calls.made() - calls - waiting;
        assert_eq!(made, u64::from(plan.estimated_api_calls), "{environment:?}");
        // Two plans come before it.
        assert!(made + 6 <= 28, "{made}");
        let further =
            salesforce.plan_of(&session, &inventory, ObjectSelection::Default).await.expect("a plan");
        assert_ne!(further.etag, plan.etag);
    }
}

#[tokio::test]
async fn a_step_that_died_anywhere_goes_on_without_doing_anything_twice() {
    let salesforce = Salesforce::with(refusing(Environment::Sandbox, &["Case"])).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Account", "Case"]).await;
    for id in ["event-channel", "quarantine-objects", "app-classes"] {
        salesforce.finish(&session, &plan, step(&plan, id), Begin::Fresh).await.expect(id);
    }
    let triggers = step(&plan, "triggers");
    let (mut refused, mut handle): (Vec<Refused>, Option<String>) = (Vec::new(), None);
    let apply = async |begin: Begin<'_>, refused: &[Refused]| {
        let request = ApplyRequest { plan: &plan, step: triggers, idempotency_key: "key", begin, refused };
        salesforce.connector.apply(&session, request).await.expect("it goes on")
    };
    loop {
        let begin = handle.as_deref().map_or(Begin::Fresh, |handle| Begin::Resume { handle });
        // The answer of the first call is lost with the daemon; the second is the one that counts.
        apply(begin, &refused).await;
        let begin = match &handle {
            Some(handle) => Begin::Resume { handle },
            None => Begin::Uncertain { since: chrono::Utc::now() },
        };
        match apply(begin, &refused).await {
            ApplyProgress::Done { .. } => break,
            ApplyProgress::Running { handle: next, refused: more, .. } => {
                refused.extend(more);
                handle = Some(next);
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(refused.iter().filter(|one| one.kind == "ApexTrigger").count(), 1);
    let deployed = salesforce.simulator.ledger().entries();
    let account = deployed
        .iter()
        .filter(|entry| entry.kind == Kind::ComponentDeployed && entry.subject == "ApexTrigger:CAS_Account")
        .filter(|entry| entry.detail.get("effect").is_some_and(|effect| effect == "created"));
    assert_eq!(account.count(), 1);
}
