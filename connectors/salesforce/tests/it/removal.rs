//! Taking everything out again: the organisation is what it was before.

mod faults;
mod quarantine;

use std::time::Duration;

use provision_connector_sdk::core::component::{Component, ComponentState};
use provision_connector_sdk::core::operation::Leftover;
use provision_connector_sdk::core::plan::{Plan, PlanStep, PlannedAction, StepKind};
use provision_connector_sdk::{
    Begin, Connector as _, ConnectorFault, ProposedRemoval, RemovalRequest, RemoveProgress, RemoveRequest,
    Session,
};
use provision_salesforce::{Delivery, PackageConfig, PackageInstall};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::package::Offer;
use salesforce_simulator::{Config, Environment};

use crate::world::Salesforce;

const OBJECTS: [&str; 2] = ["Case", "ContentVersion"];
const LAST_TEST: &str = "CAS_RemovalTest";

/// Brings everything of a plan in.
async fn provisioned(salesforce: &Salesforce, session: &Session) -> Plan {
    let plan = salesforce.plan(session, &OBJECTS).await;
    for step in plan.steps.iter().filter(|step| step.kind == StepKind::Apply) {
        salesforce
            .finish(session, &plan, step, Begin::Fresh)
            .await
            .unwrap_or_else(|fault| panic!("{}: {fault:?}", step.id));
    }
    plan
}

/// What the daemon knows of a plan that it carried out.
fn known(plan: &Plan) -> Vec<Component> {
    let components = plan.steps.iter().flat_map(|step| &step.components);
    components
        .map(|planned| Component {
            account: plan.account.clone(),
            kind: planned.kind.clone(),
            full_name: planned.full_name.clone(),
            state: ComponentState::Present,
            remote_id: String::new(),
            checksum: planned.checksum.clone(),
            version: planned.version.clone(),
            reason: planned.reason.clone(),
            operation: "tenants/acme/operations/one".parse().expect("a name"),
            observe_time: None,
            message: String::new(),
            object_type: String::new(),
        })
        .collect()
}

async fn proposed(salesforce: &Salesforce, session: &Session, plan: &Plan) -> ProposedRemoval {
    let known = known(plan);
    let request = RemovalRequest { known: &known };
    salesforce.connector.plan_removal(session, request).await.expect("a removal is planned")
}

async fn ask(
    salesforce: &Salesforce,
    session: &Session,
    step: &PlanStep,
    begin: Begin<'_>,
) -> Result<RemoveProgress, ConnectorFault> {
    let request = RemoveRequest { step, idempotency_key: &step.id, begin };
    salesforce.connector.remove(session, request).await
}

/// Asks until the step is done, or fails.
async fn finish(
    salesforce: &Salesforce,
    session: &Session,
    step: &PlanStep,
    begin: Begin<'_>,
) -> Result<Vec<Leftover>, ConnectorFault> {
    let mut progress = ask(salesforce, session, step, begin).await?;
    loop {
        match progress {
            RemoveProgress::Done { leftovers } => return Ok(leftovers),
            RemoveProgress::Running { handle, poll_after, .. } => {
                tokio::time::sleep(poll_after.min(Duration::from_millis(50))).await;
                progress = ask(salesforce, session, step, Begin::Resume { handle: &handle }).await?;
            }
        }
    }
}

/// Carries every step out; answers what stays.
async fn removed(salesforce: &Salesforce, session: &Session, removal: &ProposedRemoval) -> Vec<Leftover> {
    let mut leftovers = Vec::new();
    for step in &removal.steps {
        let stays = finish(salesforce, session, step, Begin::Fresh).await;
        leftovers.extend(stays.unwrap_or_else(|fault| panic!("{}: {fault:?}", step.id)));
    }
    leftovers
}

fn ids(removal: &ProposedRemoval) -> Vec<&str> {
    removal.steps.iter().map(|step| step.id.as_str()).collect()
}

fn names(leftovers: &[Leftover]) -> Vec<&str> {
    leftovers.iter().map(|leftover| leftover.full_name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_organisation_is_what_it_was_before() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let salesforce = Salesforce::start(environment).await;
        let before = salesforce.simulator.org().portrait();
        let session = salesforce.session().await;
        let plan = provisioned(&salesforce, &session).await;
        assert_ne!(before.differences(&salesforce.simulator.org().portrait()), Vec::<String>::new());

        let effects = provision_connector_sdk::testkit::World::effects(&salesforce);
        let removal = proposed(&salesforce, &session, &plan).await;
        assert_eq!(removal, proposed(&salesforce, &session, &plan).await, "it is the same twice");
        assert_eq!(effects, provision_connector_sdk::testkit::World::effects(&salesforce), "it looks only");
        assert!(removal.leftovers.is_empty(), "{:?}", removal.leftovers);
        let components: Vec<_> = removal.steps.iter().flat_map(|step| &step.components).collect();
        assert!(components.iter().all(|one| one.action == PlannedAction::Delete && one.checksum.len() == 64));
        let planned = plan.steps.iter().flat_map(|step| &step.components);
        for component in planned {
            let is_it = |one: &&&_| {
                let one: &provision_connector_sdk::core::plan::PlannedComponent = one;
                one.kind == component.kind && one.full_name == component.full_name
            };
            assert!(components.iter().any(|one| is_it(&one)), "{} stays", component.full_name);
        }

        let production = environment == Environment::Production;
        let mut order = vec!["remove-triggers", "remove-permissions", "remove-classes", "remove-objects"];
        order.extend(production.then_some("remove-last-test"));
        assert_eq!(ids(&removal), order);
        let leftovers = removed(&salesforce, &session, &removal).await;
        let kept: &[&str] =
            if production { &["CAS_Quarantined_Chunk__c", "CAS_Quarantined_Item__c"] } else { &[] };
        assert_eq!(names(&leftovers), kept, "what production keeps for a while is told");
        let after = salesforce.simulator.org().portrait();
        assert_eq!(before.differences(&after), Vec::<String>::new());

        // Each component once, and once more nothing.
        let deletions = salesforce.simulator.ledger().of(Kind::ComponentDeployed);
        let deleted =
            deletions.iter().filter(|entry| entry.detail.get("effect").is_some_and(|how| how == "deleted"));
        let mut subjects: Vec<&str> = deleted.map(|entry| entry.subject.as_str()).collect();
        let count = subjects.len();
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), count);
        let effects = provision_connector_sdk::testkit::World::effects(&salesforce);
        for step in &removal.steps {
            let since = chrono::Utc::now() - chrono::TimeDelta::hours(1);
            for begin in [Begin::Fresh, Begin::Uncertain { since }] {
                finish(&salesforce, &session, step, begin).await.expect("it is gone already");
            }
        }
        assert_eq!(effects, provision_connector_sdk::testkit::World::effects(&salesforce));
        let further = proposed(&salesforce, &session, &plan).await;
        assert!(further.steps.is_empty() && further.leftovers.is_empty(), "{further:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_of_a_provisioning_is_removed_as_well() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let before = salesforce.simulator.org().portrait();
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &OBJECTS).await;
    let nothing = proposed(&salesforce, &session, &plan).await;
    assert!(nothing.steps.is_empty() && nothing.leftovers.is_empty(), "{nothing:?}");
    let channel = crate::world::step(&plan, "event-channel");
    salesforce.finish(&session, &plan, channel, Begin::Fresh).await.expect("the channel is there");
    let removal = proposed(&salesforce, &session, &plan).await;
    assert_eq!(ids(&removal), ["remove-permissions", "remove-objects"]);
    assert!(removed(&salesforce, &session, &removal).await.is_empty());
    assert_eq!(before.differences(&salesforce.simulator.org().portrait()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_needs_no_test_of_the_organisation_but_for_the_last_class() {
    let salesforce = Salesforce::start(Environment::Production).await;
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    failing_test(&salesforce).await;
    let before = salesforce.simulator.org().portrait();
    let removal = proposed(&salesforce, &session, &plan).await;
    let leftovers = removed(&salesforce, &session, &removal).await;
    let last = leftovers.last().expect("the last class stays");
    assert_eq!(last.full_name, LAST_TEST);
    assert!(last.reason.contains("Theirs_Test.fails"), "{}", last.reason);
    assert!(last.link.as_ref().is_some_and(|link| link.contains("/lightning/setup/ApexClasses/")));
    let changed = before.differences(&salesforce.simulator.org().portrait());
    let kept = changed.iter().filter(|line| !line.starts_with("- "));
    assert!(kept.clone().count() > 0 && kept.clone().all(|line| line.ends_with(LAST_TEST)), "{changed:?}");
    // Once the test is mended the rest goes.
    salesforce
        .simulator
        .org()
        .change_metadata(|metadata| {
            metadata.classes.retain(|_, class| class.unit.name != "Theirs_Test");
            Ok::<_, ()>(())
        })
        .expect("changed");
    let rest = proposed(&salesforce, &session, &plan).await;
    assert_eq!(ids(&rest), ["remove-last-test"]);
    assert!(removed(&salesforce, &session, &rest).await.is_empty());
    assert!(proposed(&salesforce, &session, &plan).await.steps.is_empty());
}

/// A test of the organisation's own that does not pass. It came in while it still did.
async fn failing_test(salesforce: &Salesforce) {
    let org = salesforce.simulator.org();
    let changed = org.change_metadata(|metadata| {
        let model = metadata.classes.values().find(|class| class.is_test).ok_or("no test")?;
        let mut class = (**model).clone();
        class.unit.id = org.ids.next("01p");
        class.unit.name = "Theirs_Test".to_owned();
        class.unit.body = "@IsTest private class Theirs_Test { @IsTest static void fails() { System.assert(false, 'no'); } }".to_owned();
        class.unit.parsed = Default::default();
        metadata.classes.insert(class.unit.id, std::sync::Arc::new(class));
        Ok::<_, &str>(())
    });
    changed.expect("the class is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_stays_and_its_uninstallation_is_advised() {
    let app = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("app");
    let offer = Offer { installed: Some("1.0.0".to_owned()), ..Offer::of("04t5f000000AbCdAAK", app) };
    let config = Config {
        environment: Environment::Production,
        packages: vec![offer.load().expect("the app makes a package")],
        package_install_time: Duration::ZERO,
        ..Config::default()
    };
    let delivery = Delivery::Package(PackageConfig {
        version_id: "04t5f000000AbCdAAK".to_owned(),
        namespace: "casec".to_owned(),
        install: PackageInstall::Administrator,
        minimum_version: None,
    });
    let salesforce = Salesforce::delivering(config, delivery).await;
    let before = salesforce.simulator.org().portrait();
    let session = salesforce.session().await;
    let plan = provisioned(&salesforce, &session).await;
    let removal = proposed(&salesforce, &session, &plan).await;
    assert_eq!(names(&removal.leftovers), ["casec"]);
    assert!(removal.leftovers[0].reason.contains("uninstalls it"), "{:?}", removal.leftovers);
    assert!(removed(&salesforce, &session, &removal).await.is_empty());
    assert_eq!(before.differences(&salesforce.simulator.org().portrait()), Vec::<String>::new());
}
