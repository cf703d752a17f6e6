//! The app as source and as a managed package, from the plan to the event.

use std::path::Path;
use std::time::Duration;

use provision_connector_sdk::core::Reason;
use provision_connector_sdk::core::component::ComponentState;
use provision_connector_sdk::core::plan::{Plan, PlannedAction, PlannedComponent, StepKind};
use provision_connector_sdk::testkit::World as _;
use provision_connector_sdk::{Begin, Changes as _, Connector as _, Session};
use provision_salesforce::{Delivery, PackageConfig, PackageInstall};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::package::Offer;
use salesforce_simulator::{Config, Environment};

use crate::world::{Salesforce, step};

const VERSION: &str = "04t5f000000AbCdAAK";
const NAMESPACE: &str = "casec";

fn package(install: PackageInstall, minimum: Option<&str>) -> Delivery {
    Delivery::Package(PackageConfig {
        version_id: VERSION.to_owned(),
        namespace: NAMESPACE.to_owned(),
        install,
        minimum_version: minimum.map(|text| text.parse().expect("a version")),
    })
}

/// An organisation that AppExchange offers the package to.
fn offered(environment: Environment, installed: Option<&str>) -> Config {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("app");
    let offer = Offer { installed: installed.map(str::to_owned), ..Offer::of(VERSION, app) };
    Config {
        environment,
        packages: vec![offer.load().expect("the app makes a package")],
        package_install_time: Duration::ZERO,
        ..Config::default()
    }
}

async fn carry_out(salesforce: &Salesforce, session: &Session, plan: &Plan) {
    for step in plan.steps.iter().filter(|step| step.kind == StepKind::Apply) {
        salesforce
            .finish(session, plan, step, Begin::Fresh)
            .await
            .unwrap_or_else(|fault| panic!("{}: {fault:?}", step.id));
    }
}

fn components(plan: &Plan) -> Vec<PlannedComponent> {
    plan.steps.iter().flat_map(|step| step.components.clone()).collect()
}

async fn is_whole(salesforce: &Salesforce, session: &Session, plan: &Plan) {
    let seen = salesforce.connector.observe(session, plan, &components(plan)).await.expect("observed");
    assert!(seen.iter().all(|one| one.state == ComponentState::Present), "{seen:#?}");
    salesforce.connector.verify(session, plan).await.expect("it works as a whole");
    let mut stream = salesforce.connector.open(session, None).await.expect("subscribed");
    salesforce.connector.send_canary(session, "here").await.expect("sent");
    while !stream
        .next()
        .await
        .expect("a batch")
        .changes
        .iter()
        .any(|one| one.canary.as_deref() == Some("here"))
    {}
}

#[tokio::test]
async fn a_package_that_nobody_installed_is_asked_for_by_its_link() {
    let config = offered(Environment::Sandbox, None);
    let salesforce = Salesforce::delivering(config, package(PackageInstall::Administrator, None)).await;
    let session = salesforce.session().await;
    let inventory = salesforce.inventory(&session).await;
    let before = salesforce.effects();
    let missing = salesforce.plan_of(&session, &inventory, Default::default()).await.expect_err("no package");
    assert_eq!(missing.fault.reason(), Reason::AppNotInstalled);
    let installation = salesforce.connector.installation(&session.account).expect("a page to install it");
    let base = &salesforce.simulator.ready().base_url;
    assert_eq!(installation.url.as_str(), format!("{base}/packaging/installPackage.apexp?p0={VERSION}"));
    assert_eq!(missing.fault.help_link(), Some(installation.url.as_str()));
    assert_eq!(
        missing.fault.metadata().get("install_url").map(String::as_str),
        Some(installation.url.as_str())
    );
    assert_eq!(salesforce.effects(), before);
}

#[tokio::test]
async fn beside_a_package_only_triggers_are_deployed() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let config = offered(environment, Some("1.0.0"));
        let salesforce =
            Salesforce::delivering(config, package(PackageInstall::Administrator, Some("1.0"))).await;
        let session = salesforce.session().await;
        let plan = salesforce.plan(&session, &["Case", "ContentVersion"]).await;
        let kept = |id: &str| step(&plan, id).components.iter().all(|one| one.action == PlannedAction::Keep);
        assert!(["package", "quarantine-objects", "app-classes"].into_iter().all(kept), "{:#?}", plan.steps);
        assert_eq!(plan.steps[0].id, "package");
        carry_out(&salesforce, &session, &plan).await;
        assert_eq!(
            (salesforce.count(Kind::DeployStarted), salesforce.count(Kind::PermissionAssigned)),
            (1, 1)
        );
        is_whole(&salesforce, &session, &plan).await;
        let further = salesforce.plan(&session, &["Case", "ContentVersion"]).await;
        assert!(components(&further).iter().all(|one| one.action == PlannedAction::Keep));
        assert_ne!(further.etag, plan.etag);
        let bodies = salesforce.simulator.org().metadata();
        let trigger = bodies.triggers.values().find(|one| one.unit.name == "CAS_Case").expect("the trigger");
        let home = &salesforce.simulator.ready().org_id;
        assert!(
            trigger.unit.body.contains(&format!("casec.CAS_RecordChangeHandler.handle('{home}', 'Case'"))
        );
    }
}

#[tokio::test]
async fn the_daemon_installs_the_package_where_it_may() {
    let config = offered(Environment::Sandbox, None);
    let salesforce = Salesforce::delivering(config, package(PackageInstall::Daemon, None)).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Case"]).await;
    assert_eq!(step(&plan, "package").components[0].action, PlannedAction::Create);
    carry_out(&salesforce, &session, &plan).await;
    is_whole(&salesforce, &session, &plan).await;
    for begin in [Begin::Fresh, Begin::Uncertain { since: chrono::Utc::now() }] {
        salesforce.finish(&session, &plan, step(&plan, "package"), begin).await.expect("it is there");
    }
    assert_eq!(salesforce.count(Kind::PackageInstallStarted), 1);
}

#[tokio::test]
async fn an_older_package_is_upgraded_or_the_upgrade_is_offered() {
    let older = || offered(Environment::Sandbox, Some("0.9.0"));
    let daemon = Salesforce::delivering(older(), package(PackageInstall::Daemon, None)).await;
    let session = daemon.session().await;
    let plan = daemon.plan(&session, &["Case"]).await;
    let component = &step(&plan, "package").components[0];
    assert_eq!((component.action, component.version.as_str()), (PlannedAction::Update, "1.0.0"));
    carry_out(&daemon, &session, &plan).await;
    assert_eq!(daemon.count(Kind::PackageInstalled), 1);

    let administrator = Salesforce::delivering(older(), package(PackageInstall::Administrator, None)).await;
    let session = administrator.session().await;
    let plan = administrator.plan(&session, &["Case"]).await;
    assert_eq!(step(&plan, "package").components[0].action, PlannedAction::Keep);
    assert!(plan.risks.iter().any(|risk| risk.contains("installPackage.apexp")), "{:?}", plan.risks);
    carry_out(&administrator, &session, &plan).await;
    assert_eq!(administrator.count(Kind::PackageInstallStarted), 0);

    let strict = Salesforce::delivering(older(), package(PackageInstall::Administrator, Some("1.0.0"))).await;
    let session = strict.session().await;
    let inventory = strict.inventory(&session).await;
    let refused = strict.plan_of(&session, &inventory, Default::default()).await.expect_err("it is too old");
    assert_eq!(refused.fault.reason(), Reason::AppNotInstalled);
    assert!(refused.fault.message().contains("0.9.0"), "{}", refused.fault.message());
}

#[tokio::test]
async fn an_installation_whose_answer_is_lost_is_found_and_not_started_again() {
    let config =
        Config { package_install_time: Duration::from_millis(300), ..offered(Environment::Sandbox, None) };
    let salesforce = Salesforce::delivering(config, package(PackageInstall::Daemon, None)).await;
    let session = salesforce.session().await;
    let plan = salesforce.plan(&session, &["Case"]).await;
    let since = chrono::Utc::now();
    salesforce.apply(&session, &plan, step(&plan, "package"), Begin::Fresh).await.expect("it is started");
    let again = Begin::Uncertain { since };
    salesforce.finish(&session, &plan, step(&plan, "package"), again).await.expect("it is found");
    assert_eq!(salesforce.count(Kind::PackageInstallStarted), 1);
}
