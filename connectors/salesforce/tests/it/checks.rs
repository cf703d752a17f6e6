//! The preconditions of organisations in each condition.

use std::path::Path;
use std::time::Duration;

use provision_connector_sdk::{Check, CheckStatus, Connector as _, Session};
use provision_salesforce::{Delivery, PackageConfig, PackageInstall};
use salesforce_simulator::fault::{Fault, Operation, Rule};
use salesforce_simulator::org::{Conditions, OrgKind};
use salesforce_simulator::package::Offer;
use salesforce_simulator::{Config, Environment};

use crate::world::Salesforce;

/// Salesforce's own numbers of what was used differ with every run of the tests before them.
fn shown(salesforce: &Salesforce, checks: &[Check]) -> String {
    let base = &salesforce.simulator.ready().base_url;
    let line = |check: &Check| {
        let text = |text: &Option<String>, name: &str| {
            text.as_ref().map(|text| format!("\n    {name}: {text}")).unwrap_or_default()
        };
        let (fix, link) = (text(&check.fix, "fix"), text(&check.link, "link"));
        format!("{} {}\n    {}{fix}{link}\n", check.status.as_str(), check.id, check.evidence)
    };
    checks.iter().map(line).collect::<String>().replace(base, "https://org")
}

async fn checked(salesforce: &Salesforce, session: &Session) -> Vec<Check> {
    salesforce.connector.check(session).await.expect("it is checked")
}

fn of<'c>(checks: &'c [Check], id: &str) -> &'c Check {
    checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id}"))
}

fn with_status(checks: &[Check], status: CheckStatus) -> Vec<&str> {
    checks.iter().filter(|check| check.status == status).map(|check| check.id.as_str()).collect()
}

#[tokio::test]
async fn a_healthy_sandbox() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let before = session.calls.made();
    let checks = checked(&salesforce, &session).await;
    assert_eq!(session.calls.made() - before, 3, "userinfo and two composites");
    insta::assert_snapshot!(shown(&salesforce, &checks));
}

#[tokio::test]
async fn a_healthy_production() {
    let conditions = Conditions { org_coverage_percent: Some(84), ..Conditions::default() };
    let config = Config { conditions, environment: Environment::Production, ..Config::default() };
    let salesforce = Salesforce::with(config).await;
    let session = salesforce.session().await;
    insta::assert_snapshot!(shown(&salesforce, &checked(&salesforce, &session).await));
}

#[tokio::test]
async fn before_anybody_is_known_it_can_be_checked_too() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let mut session = salesforce.session().await;
    let known = checked(&salesforce, &session).await;
    session.account.identity = None;
    assert_eq!(checked(&salesforce, &session).await.len(), known.len());
}

#[tokio::test]
async fn an_api_that_refuses_as_a_whole_is_one_failure_and_the_rest_is_unknown() {
    for (status, code, message, fix) in [
        (403, "API_DISABLED_FOR_ORG", "API is not enabled for this Organization or Partner", None),
        (403, "API_CURRENTLY_DISABLED", "API is disabled for this User", Some("API Enabled")),
        (
            401,
            "INVALID_SESSION_ID",
            "This session is not valid for use with the REST API",
            Some("API Access Control"),
        ),
    ] {
        let salesforce = Salesforce::start(Environment::Sandbox).await;
        let session = salesforce.session().await;
        let (error_code, message) = (code.to_owned(), message.to_owned());
        let refusal = Fault::Refused { status, error_code, message: message.clone() };
        salesforce.simulator.faults().add(Rule::once(Operation::Composite, refusal));
        let checks = checked(&salesforce, &session).await;
        let api = of(&checks, "api.enabled");
        assert_eq!(api.status, CheckStatus::Failed, "{code}");
        assert!(api.evidence.contains(&message), "{}", api.evidence);
        match fix {
            Some(word) => assert!(api.fix.as_ref().is_some_and(|fix| fix.contains(word)), "{api:?}"),
            None => assert_eq!(api.fix, None, "the manifest's own fix holds"),
        }
        let for_the_user = code == "API_CURRENTLY_DISABLED";
        assert_eq!(of(&checks, "permission.ApiEnabled").status == CheckStatus::Failed, for_the_user);
        let unasked = of(&checks, "permission.AuthorApex");
        assert_eq!(unasked.status, CheckStatus::Unknown);
        assert!(unasked.evidence.contains(&message), "{}", unasked.evidence);
        assert!(unasked.fix.as_ref().is_some_and(|fix| fix.starts_with("look by hand: ")), "{unasked:?}");
    }
}

#[tokio::test]
async fn used_up_calls_are_told_from_an_api_that_is_off() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let refusal = Fault::Refused {
        status: 403,
        error_code: "REQUEST_LIMIT_EXCEEDED".to_owned(),
        message: "TotalRequests Limit exceeded.".to_owned(),
    };
    salesforce.simulator.faults().add(Rule::once(Operation::Composite, refusal));
    let checks = checked(&salesforce, &session).await;
    assert_eq!(of(&checks, "api.enabled").status, CheckStatus::Passed);
    assert_eq!(of(&checks, "api.requests").status, CheckStatus::Failed);
    assert_eq!(of(&checks, "storage").status, CheckStatus::Unknown);
}

#[tokio::test]
async fn an_outage_is_a_fault_and_not_a_finding() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    salesforce.simulator.faults().add(Rule::once(Operation::Composite, Fault::UnavailableHtml));
    let fault = salesforce.connector.check(&session).await.expect_err("try again");
    assert!(fault.is_retryable(), "{fault:?}");
}

#[tokio::test]
async fn few_calls_are_left() {
    let config = Config { daily_api_requests: Some(140), ..Config::default() };
    let salesforce = Salesforce::with(config).await;
    let session = salesforce.session().await;
    let checks = checked(&salesforce, &session).await;
    let calls = of(&checks, "api.requests");
    assert_eq!(calls.status, CheckStatus::Failed, "{calls:?}");
    assert!(calls.evidence.contains("of 140 are left (150 needed)"), "{}", calls.evidence);
    assert_eq!(of(&checks, "api.head-room").status, CheckStatus::Passed);
}

/// A condition of the organisation, and the checks that fail by it.
async fn fails(conditions: Conditions, environment: Environment, expected: &[(&str, &str)]) {
    let salesforce = Salesforce::with(Config { conditions, environment, ..Config::default() }).await;
    let session = salesforce.session().await;
    let checks = checked(&salesforce, &session).await;
    for (id, words) in expected {
        let check = of(&checks, id);
        assert_eq!(check.status, CheckStatus::Failed, "{check:?}");
        assert!(check.evidence.contains(words), "{check:?}");
    }
    let failed = with_status(&checks, CheckStatus::Failed);
    let further = failed.iter().filter(|id| !expected.iter().any(|(expected, _)| expected == *id));
    // An administrator does not have it unless somebody gives it.
    let further: Vec<_> = further.filter(|id| **id != "permission.QueryAllFiles").collect();
    assert!(further.is_empty(), "{further:?}");
}

#[tokio::test]
async fn each_condition_fails_its_own_check_and_no_other() {
    let ordinary = Conditions::default;
    let (sandbox, production) = (Environment::Sandbox, Environment::Production);
    let edition = |name: &str| Some(name.to_owned());
    let lacks = |name: &str| vec![name.to_owned()];
    let kind = |kind| Conditions { kind: Some(kind), ..ordinary() };
    fails(
        kind(OrgKind::Scratch),
        sandbox,
        &[("organization.lasting", "a scratch organisation that ends on 2")],
    )
    .await;
    fails(
        kind(OrgKind::Trial),
        production,
        &[("organization.lasting", "a trial organisation that ends on 2")],
    )
    .await;
    let developer = [("organization.lasting", "a Developer Edition organisation, for development only")];
    fails(kind(OrgKind::Developer), production, &developer).await;
    let wrong = [("organization.kind", "\"Northwind Traders\" is a sandbox")];
    fails(kind(OrgKind::Sandbox), production, &wrong).await;
    let professional = Conditions { edition: edition("Professional Edition"), ..ordinary() };
    let words = "Professional Edition takes no Apex";
    fails(professional, production, &[("edition", words), ("apex.deploy", words)]).await;
    let read_only = Conditions { read_only: true, ..ordinary() };
    fails(read_only, sandbox, &[("organization.writable", "read-only"), ("apex.deploy", "read-only")]).await;
    let without = Conditions { without_permissions: lacks("AuthorApex"), ..ordinary() };
    let author = [("permission.AuthorApex", "lacks it"), ("apex.deploy", "lacks \"Author Apex\"")];
    fails(without, sandbox, &author).await;
    let without = Conditions { without_permissions: lacks("ViewAllData"), ..ordinary() };
    fails(without, sandbox, &[("permission.ViewAllData", "lacks it")]).await;
    let used = Conditions { api_requests_used: 110_000, ..ordinary() };
    fails(used, production, &[("api.head-room", " of 125000 are left")]).await;
    let scarce = Conditions { storage_used_percent: 95, ..ordinary() };
    fails(scarce, sandbox, &[("storage.head-room", "512 of 10240 are left")]).await;
    let full = Conditions { storage_used_percent: 100, ..ordinary() };
    let storage = [("storage", "0 of 10240 are left"), ("storage.head-room", "0 of 10240 are left")];
    fails(full, sandbox, &storage).await;
    let locked = Conditions { deploy_lock: Duration::from_secs(3600), ..ordinary() };
    fails(locked, sandbox, &[("deployments", "(InProgress)")]).await;
    let uncovered = Conditions { org_coverage_percent: Some(61), ..ordinary() };
    fails(uncovered, production, &[("apex.coverage", "61 %")]).await;
}

#[tokio::test]
async fn an_organisation_with_everything_wrong() {
    let conditions = Conditions {
        kind: Some(OrgKind::Trial),
        edition: Some("Group Edition".to_owned()),
        without_permissions: [
            "AuthorApex",
            "ViewSetup",
            "ModifyAllData",
            "ModifyMetadata",
            "AssignPermissionSets",
        ]
        .map(str::to_owned)
        .to_vec(),
        api_requests_used: 14_900,
        storage_used_percent: 100,
        read_only: true,
        org_coverage_percent: Some(61),
        ..Conditions::default()
    };
    let config = Config { conditions, environment: Environment::Production, ..Config::default() };
    let mut salesforce = Salesforce::with(config).await;
    salesforce.environment = "sandbox";
    let session = salesforce.session().await;
    let mut text = shown(&salesforce, &checked(&salesforce, &session).await);
    let end = text.find("ends on ").expect("a trial ends") + "ends on ".len();
    text.replace_range(end..end + "2026-12-24".len(), "[date]");
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn permissions_that_the_organisation_does_not_know_take_few_others_with_them() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let session = salesforce.session().await;
    let changed = salesforce.simulator.org().change_metadata(|metadata| {
        let mut table = metadata.object("UserPermissionAccess").ok_or(())?.as_ref().clone();
        table.fields.retain(|field| field.name != "PermissionsQueryAllFiles");
        metadata.put_object(table);
        Ok::<_, ()>(())
    });
    changed.expect("the table is there");
    let before = session.calls.made();
    let checks = checked(&salesforce, &session).await;
    assert_eq!(session.calls.made() - before, 4, "the permissions are asked for once more");
    let absent = of(&checks, "permission.QueryAllFiles");
    assert_eq!(absent.status, CheckStatus::Failed);
    assert_eq!(absent.evidence, "the organisation knows no such permission");
    assert_eq!(with_status(&checks, CheckStatus::Failed), ["permission.QueryAllFiles"]);
    assert_eq!(of(&checks, "permission.ModifyMetadata").status, CheckStatus::Passed);
}

#[tokio::test]
async fn an_organisation_that_has_moved_says_from_where() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let mut session = salesforce.session().await;
    let identity = session.account.identity.as_mut().expect("it is known");
    identity.instance_url = "https://old.sandbox.my.salesforce.com".to_owned();
    let checks = checked(&salesforce, &session).await;
    let address = of(&checks, "organization.address");
    assert_eq!(address.status, CheckStatus::Failed);
    assert!(address.evidence.contains("https://old.sandbox.my.salesforce.com"), "{address:?}");
}

#[tokio::test]
async fn an_ordinary_user_lacks_what_is_needed() {
    let salesforce = Salesforce::start(Environment::Sandbox).await;
    let mut session = salesforce.session().await;
    session.credentials = salesforce.credentials_of_the_ordinary_user();
    let checks = checked(&salesforce, &session).await;
    let lacking = with_status(&checks, CheckStatus::Failed);
    let refused = salesforce.connector.manifest().preconditions.iter().filter(|spec| spec.refuses_grant);
    let refused: Vec<&str> = refused.map(|spec| spec.id.as_str()).filter(|id| lacking.contains(id)).collect();
    for id in ["permission.AuthorApex", "permission.ModifyAllData", "permission.ViewSetup"] {
        assert!(refused.contains(&id), "{refused:?}");
    }
    assert_eq!(of(&checks, "apex.deploy").status, CheckStatus::Failed);
    let author = of(&checks, "permission.AuthorApex");
    assert!(author.evidence.contains(&salesforce.simulator.ready().user.username), "{author:?}");
}

const PACKAGE: &str = "04t5f000000AbCdAAK";

/// The checks of an organisation that AppExchange offers the package to.
async fn packaged(install: PackageInstall, installed: Option<&str>, lacks: &[&str]) -> Vec<Check> {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("app");
    let offer = Offer { installed: installed.map(str::to_owned), ..Offer::of(PACKAGE, app) };
    let without_permissions = lacks.iter().map(|name| (*name).to_owned()).collect();
    let config = Config {
        packages: vec![offer.load().expect("the app makes a package")],
        conditions: Conditions { without_permissions, ..Conditions::default() },
        ..Config::default()
    };
    let delivery = Delivery::Package(PackageConfig {
        version_id: PACKAGE.to_owned(),
        namespace: "casec".to_owned(),
        install,
        minimum_version: Some("1.0.0".parse().expect("a version")),
    });
    let salesforce = Salesforce::delivering(config, delivery).await;
    let session = salesforce.session().await;
    checked(&salesforce, &session).await
}

#[tokio::test]
async fn a_package_is_looked_for_by_its_version() {
    let checks = packaged(PackageInstall::Administrator, Some("1.0.0"), &[]).await;
    let app = of(&checks, "app");
    assert_eq!((app.status, app.fix.as_ref()), (CheckStatus::Passed, None), "{app:?}");
    assert!(app.evidence.contains(" 1.0.0 is installed"), "{app:?}");
    assert_eq!(of(&checks, "permission.InstallPackaging").status, CheckStatus::Passed);
    let link = format!("/packaging/installPackage.apexp?p0={PACKAGE}");
    for (installed, words) in
        [(None, "1.0.0 or later is not installed"), (Some("0.9.0"), " 0.9.0 is installed; needed is 1.0.0")]
    {
        let checks = packaged(PackageInstall::Administrator, installed, &[]).await;
        let app = of(&checks, "app");
        assert_eq!(app.status, CheckStatus::Failed, "{app:?}");
        assert!(app.evidence.contains(words), "{app:?}");
        assert!(app.fix.as_ref().is_some_and(|fix| fix.ends_with(&link)), "{app:?}");
        let checks = packaged(PackageInstall::Daemon, installed, &[]).await;
        let app = of(&checks, "app");
        assert_eq!(app.status, CheckStatus::Passed, "{app:?}");
        assert!(app.evidence.ends_with("the daemon installs it"), "{app:?}");
        let checks = packaged(PackageInstall::Daemon, installed, &["InstallPackaging"]).await;
        let app = of(&checks, "app");
        assert_eq!(app.status, CheckStatus::Failed, "{app:?}");
        assert!(app.evidence.ends_with("may not install it"), "{app:?}");
    }
}
