//! The app as source and as the vendor's package, and several organisations at once, through the real daemon.

use std::path::Path;
use std::time::Duration;

use provision_client::api::google::longrunning::Operation;
use provision_client::api::v1::{
    OperationMetadata, PlanStep, PlannedAction, ProvisioningPlan, ServiceAccountState, StepState,
};
use provision_client::{Client, ListOptions, metadata};
use provision_tests::effects::changes;
use provision_tests::person::install;
use provision_tests::setup::Setup;
use provision_tests::world::World;
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::package::Offer;
use salesforce_simulator::{Config, Environment, Simulator};

const VERSION: &str = "04t5f000000AbCdAAK";

/// Who installs, and the oldest version that will do.
struct Package {
    install: &'static str,
    minimum: Option<&'static str>,
}

/// An organisation that AppExchange offers the package to, in a daemon that delivers it.
fn packaged(environment: Environment, installed: Option<&str>, package: Package) -> Setup {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectors/salesforce/app");
    let offer = Offer { installed: installed.map(str::to_owned), ..Offer::of(VERSION, app) };
    let mut keys = format!(
        "package_id = \"{VERSION}\"\npackage_namespace = \"casec\"\npackage_install = \"{}\"\n",
        package.install
    );
    if let Some(minimum) = package.minimum {
        keys.push_str(&format!("package_minimum_version = \"{minimum}\"\n"));
    }
    let org = Config {
        environment,
        objects: 60,
        packages: vec![offer.load().expect("the app makes a package")],
        package_install_time: Duration::from_millis(300),
        ..Config::default()
    };
    Setup { org, more: keys, ..Setup::default() }
}

async fn ready(setup: Setup) -> (World, Client) {
    let world = World::made(setup).await;
    world.prepare().await;
    let client = world.client("admin@acme.example").await;
    (world, client)
}

fn step<'p>(plan: &'p ProvisioningPlan, id: &str) -> &'p PlanStep {
    plan.steps.iter().find(|step| step.id == id).expect("a step of that id")
}

fn kept(step: &PlanStep) -> bool {
    step.components.iter().all(|one| one.action() == PlannedAction::Keep)
}

/// Protected, with events that flow: the canary came back over the subscription.
async fn is_protected(client: &Client, account: &str) {
    let account = client.accounts().get(account).await.expect("account");
    assert_eq!(account.state(), ServiceAccountState::Protected, "{account:?}");
    let channel = account.event_channel.expect("a channel");
    assert!(channel.connected && channel.received_count >= 1, "{channel:?}");
}

fn progress(operation: &Operation) -> OperationMetadata {
    metadata(operation).expect("typed progress")
}

/// The topics to which events have gone.
fn topics(org: &Simulator) -> Vec<String> {
    let mut topics: Vec<_> =
        org.ledger().of(Kind::EventDelivered).into_iter().map(|entry| entry.subject).collect();
    topics.sort();
    topics.dedup();
    topics
}

#[tokio::test]
async fn the_app_comes_as_source_where_no_package_is_named() {
    let (world, admin) = ready(Setup::default()).await;
    let account = world.until_read(&admin).await;
    let begun = admin.accounts().begin_authorization(&account, "", "").await.expect("begun");
    assert_eq!(begun.installation_url, "", "there is nothing to install");
    let plan = world.plan(&admin, &account).await;
    assert!(plan.steps.iter().all(|step| step.id != "package"));
    assert!(!kept(step(&plan, "app-classes")));
    world.protect(&admin, &account).await;
    is_protected(&admin, &account).await;
    assert_eq!(topics(&world.org), ["/event/CAS_Record_Change__e"]);
    let classes = ListOptions::filter("kind = ApexClass");
    let classes = admin.components().list(&account, classes).await.expect("listed").components;
    assert!(classes.iter().any(|one| one.full_name == "CAS_RecordChangeHandler"));
}

#[tokio::test]
async fn an_administrator_is_sent_to_install_the_package_and_the_daemon_goes_on_from_there() {
    for environment in [Environment::Sandbox, Environment::Production] {
        let package = Package { install: "administrator", minimum: Some("1.0.0") };
        let (world, admin) = ready(packaged(environment, None, package)).await;
        let account = world.create(&admin).await.name;
        let begun = admin.accounts().begin_authorization(&account, "", "").await.expect("begun");
        let link = format!("{}/packaging/installPackage.apexp?p0={VERSION}", world.org.ready().base_url);
        assert_eq!(begun.installation_url, link);
        // The administrator authorises, and forgets the link.
        let page = world.allow(&begun.authorization_url).await;
        assert!(page.contains("Access granted"), "{page}");
        world.read(&admin, &account).await;
        let missing = admin.accounts().plan(&account, vec![]).await.expect_err("no package");
        assert_eq!(missing.reason(), "APP_NOT_INSTALLED");
        let rejection = missing.rejection().expect("an answer");
        assert_eq!(rejection.metadata["install_url"], link);
        assert!(rejection.help.iter().any(|help| help.url == link), "{rejection:?}");
        insta::assert_snapshot!(
            format!("not_installed_{}", world.environment_id()),
            missing.to_string().replace(&world.org.ready().base_url, "https://org")
        );
        let checks = admin.accounts().check(&account).await.expect("checked");
        let app = checks.checks.iter().find(|check| check.id == "app").expect("the check");
        assert!(!checks.passed && app.fix.contains(&link), "{app:?}");
        assert_eq!(changes(&world.org), 0);

        install(&world.org, &link).await;
        // What the package brings belongs to the organisation now: it is read again before it is planned for.
        world.read(&admin, &account).await;
        let plan = world.plan(&admin, &account).await;
        for id in ["package", "quarantine-objects", "app-classes"] {
            assert!(kept(step(&plan, id)), "{id}: {:?}", step(&plan, id));
        }
        let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
        let done = world.done(&admin, &operation.name).await;
        assert!(progress(&done).steps.iter().all(|step| step.state() == StepState::Done));
        is_protected(&admin, &account).await;
        assert_eq!(topics(&world.org), ["/event/casec__CAS_Record_Change__e"]);
        for deployed in world.org.ledger().of(Kind::ComponentDeployed) {
            let name = deployed.subject.as_str();
            let of_triggers = name.starts_with("ApexTrigger:CAS_") || name.starts_with("ApexClass:CAS_");
            assert!(of_triggers && !name.contains("Handler"), "{name}: the triggers alone are deployed");
        }
        let triggers = world.org.org().metadata();
        let trigger = triggers.triggers.values().find(|one| one.unit.name == "CAS_Case").expect("a trigger");
        assert!(trigger.unit.body.contains("casec.CAS_RecordChangeHandler.handle("), "{}", trigger.unit.body);
    }
}

#[tokio::test]
async fn the_daemon_installs_the_package_and_tells_how_far_it_is() {
    let package = Package { install: "daemon", minimum: None };
    let mut setup = packaged(Environment::Sandbox, None, package);
    setup.org.package_install_time = Duration::from_secs(2);
    let (world, admin) = ready(setup).await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    assert_eq!(step(&plan, "package").components[0].action(), PlannedAction::Create);
    assert_eq!(changes(&world.org), 0);
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    let mut seen = Vec::new();
    loop {
        let now = admin.operations().get(&operation.name).await.expect("there");
        let step = progress(&now).steps[0].clone();
        if now.done || step.state() == StepState::Done {
            break;
        }
        if step.state() == StepState::Running && !step.message.is_empty() {
            seen.push(step.message);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen.dedup();
    assert!(!seen.is_empty(), "an installation that takes seconds says that it is at work");
    world.done(&admin, &operation.name).await;
    is_protected(&admin, &account).await;
    assert_eq!(world.org.ledger().count(Kind::PackageInstallStarted), 1);
    // Once more: all of it is kept, and nothing is installed twice.
    world.read(&admin, &account).await;
    assert!(kept(step(&world.plan(&admin, &account).await, "package")));
    world.protect(&admin, &account).await;
    assert_eq!(world.org.ledger().count(Kind::PackageInstallStarted), 1);
}

#[tokio::test]
async fn an_older_package_is_upgraded_by_whoever_may() {
    let by_daemon =
        packaged(Environment::Sandbox, Some("0.9.0"), Package { install: "daemon", minimum: None });
    let (world, admin) = ready(by_daemon).await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let component = &step(&plan, "package").components[0];
    assert_eq!((component.action(), component.version.as_str()), (PlannedAction::Update, "1.0.0"));
    world.protect(&admin, &account).await;
    is_protected(&admin, &account).await;
    assert_eq!(world.org.ledger().count(Kind::PackageInstalled), 1);

    let offered = Package { install: "administrator", minimum: None };
    let (world, admin) = ready(packaged(Environment::Sandbox, Some("0.9.0"), offered)).await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    assert!(kept(step(&plan, "package")), "what is there will do");
    let offer = plan.risks.iter().find(|risk| risk.contains("installPackage.apexp")).expect("an offer");
    insta::assert_snapshot!("upgrade_offered", offer.replace(&world.org.ready().base_url, "https://org"));
    world.protect(&admin, &account).await;
    is_protected(&admin, &account).await;
    assert_eq!(world.org.ledger().count(Kind::PackageInstallStarted), 0);

    let strict = Package { install: "administrator", minimum: Some("1.0.0") };
    let (world, admin) = ready(packaged(Environment::Sandbox, Some("0.9.0"), strict)).await;
    let account = world.until_read(&admin).await;
    let refused = admin.accounts().plan(&account, vec![]).await.expect_err("it is too old");
    assert_eq!(refused.reason(), "APP_NOT_INSTALLED");
    let link = &refused.rejection().expect("an answer").metadata["install_url"];
    install(&world.org, link).await;
    world.read(&admin, &account).await;
    world.protect(&admin, &account).await;
    is_protected(&admin, &account).await;
}

#[tokio::test]
async fn a_tenant_has_several_organisations_in_one_daemon() {
    let production =
        Config { environment: Environment::Production, objects: 50, seed: 2, ..Config::default() };
    let (world, admin) = ready(Setup { other: Some(production), ..Setup::default() }).await;
    let other = world.other.as_ref().expect("a second organisation");
    let sandbox = world.until_read(&admin).await;
    let production = world.create_with(&admin, "acme", "live", "production", &[]).await.name;
    let url = world.begin(&admin, &production).await;
    provision_tests::person::Person::admin(other).allow(&url).await;
    world.read(&admin, &production).await;
    tokio::join!(world.protect(&admin, &sandbox), world.protect(&admin, &production));
    for (account, org) in [(&sandbox, &world.org), (&production, other)] {
        is_protected(&admin, account).await;
        let identity =
            admin.accounts().get(account).await.expect("account").authorized_identity.expect("authorised");
        assert_eq!(identity.organization_id, org.ready().org_id);
        assert_eq!(identity.instance_url, org.ready().base_url);
        // Each has an app of its own, which names it.
        let metadata = org.org().metadata();
        let install = metadata.classes.values().find(|one| one.unit.name == "CAS_Install").expect("a class");
        assert!(install.unit.body.contains(&org.ready().org_id), "{}", install.unit.body);
    }
    let told =
        admin.notifications().list("tenants/acme", ListOptions::filter("code = ACCOUNT_PROTECTED")).await;
    let mut told: Vec<_> = told.expect("listed").notifications.into_iter().map(|one| one.text).collect();
    told.sort();
    assert_eq!(told, ["Salesforce Production protected.", "Salesforce Sandbox protected."]);
}
