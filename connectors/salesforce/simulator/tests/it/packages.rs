//! Managed packages through the Tooling API: seen, installed, upgraded, used, taken away.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::package::{Offer, OfferedVersion};
use salesforce_simulator::{Config, Environment};
use serde_json::{Value, json};

use crate::client::{World, encoded, error};

pub const VERSION: &str = "04t5f000000AbCdAAK";
const NAMESPACE: &str = "casec";

/// The vendor's app, as it stands beside this simulator.
pub fn app() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../app")
}

pub fn config(offer: Offer) -> Config {
    let package = offer.load().expect("the app makes a package");
    Config { packages: vec![package], package_install_time: Duration::ZERO, ..Config::default() }
}

async fn tooling(world: &World, soql: &str) -> Vec<Value> {
    let answer = world.admin().get(&format!("/tooling/query?q={}", encoded(soql))).await;
    answer["records"].as_array().cloned().expect("records")
}

async fn ask(world: &World, version: &str) -> (StatusCode, Value) {
    let body = json!({
        "SubscriberPackageVersionKey": version,
        "NameConflictResolution": "Block",
        "SecurityType": "None",
        "EnableRss": false,
    });
    world.admin().call(Method::POST, "/tooling/sobjects/PackageInstallRequest", Some(body)).await
}

/// The row of a request once it is over.
async fn outcome(world: &World, table: &str, id: &str) -> Value {
    let ends = [
        Kind::PackageInstalled,
        Kind::PackageInstallFailed,
        Kind::PackageUninstalled,
        Kind::PackageUninstallFailed,
    ];
    let over = |entry: &salesforce_simulator::ledger::Entry| {
        ends.contains(&entry.kind) && entry.detail.get("request").is_some_and(|request| request == id)
    };
    world.org().ledger.until(|ledger| ledger.entries().iter().any(over)).await;
    world.admin().get(&format!("/tooling/sobjects/{table}/{id}")).await
}

async fn install(world: &World, version: &str) -> Value {
    let (status, answer) = ask(world, version).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let id = answer["id"].as_str().expect("an id").to_owned();
    assert!(id.starts_with("0Hf"), "{id}");
    outcome(world, "PackageInstallRequest", &id).await
}

async fn uninstall(world: &World, version: &str) -> (String, Value) {
    let table = "SubscriberPackageVersionUninstallRequest";
    let body = json!({"SubscriberPackageVersionId": version});
    let (status, answer) =
        world.admin().call(Method::POST, &format!("/tooling/sobjects/{table}"), Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let id = answer["id"].as_str().expect("an id").to_owned();
    assert!(id.starts_with("06y"), "{id}");
    let row = outcome(world, table, &id).await;
    (id, row)
}

fn version_id(world: &World, number: &str) -> String {
    let versions = &world.org().config.packages[0].versions;
    versions.iter().find(|version| version.text() == number).expect("offered").id.to_string()
}

fn message(row: &Value) -> &str {
    row["Errors"]["errors"][0]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_version_is_seen_before_it_is_installed_and_only_by_its_id() {
    let world = World::with(config(Offer::of(VERSION, app()))).await;
    let columns = "Id, SubscriberPackageId, InstallValidationStatus, IsBeta, IsPasswordProtected, MajorVersion, MinorVersion, PatchVersion, BuildNumber, ReleaseState, Name, PublisherName, SubscriberPackage.NamespacePrefix, SubscriberPackage.Name";
    let rows =
        tooling(&world, &format!("SELECT {columns} FROM SubscriberPackageVersion WHERE Id = '{VERSION}'"))
            .await;
    let row = &rows[0];
    assert_eq!(rows.len(), 1);
    assert_eq!(row["InstallValidationStatus"], "NO_ERRORS_DETECTED");
    assert_eq!(
        (&row["MajorVersion"], &row["IsBeta"], &row["IsPasswordProtected"]),
        (&json!(1), &json!(false), &json!(false))
    );
    assert_eq!(row["SubscriberPackage"]["NamespacePrefix"], NAMESPACE);
    assert!(row["SubscriberPackageId"].as_str().is_some_and(|id| id.starts_with("033")));
    let with_key =
        format!("SELECT Id FROM SubscriberPackageVersion WHERE Id = '{VERSION}' AND InstallationKey = 'x'");
    assert_eq!(tooling(&world, &with_key).await.len(), 1);
    for soql in [
        "SELECT Id FROM SubscriberPackageVersion",
        "SELECT Id FROM SubscriberPackageVersion WHERE Name = 'x'",
        "SELECT Id FROM SubscriberPackageVersion WHERE Id IN ('04t5f000000AbCdAAK')",
        "SELECT Id FROM SubscriberPackage LIMIT 1",
    ] {
        let path = format!("/tooling/query?q={}", encoded(soql));
        let (status, body) = world.admin().call(Method::GET, &path, None).await;
        let (code, text) = error(&body);
        assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "MALFORMED_QUERY"), "{soql}");
        assert!(text.contains("You can only perform queries of the form Id="), "{text}");
    }
    assert!(tooling(&world, "SELECT Id FROM InstalledSubscriberPackage").await.is_empty());
}

#[tokio::test]
async fn what_a_package_brings_carries_its_namespace() {
    let world = World::with(config(Offer::of(VERSION, app()))).await;
    let row = install(&world, VERSION).await;
    assert_eq!(row["Status"], "SUCCESS", "{row:#}");
    let installed = tooling(
        &world,
        "SELECT Id, SubscriberPackageId, SubscriberPackage.NamespacePrefix, SubscriberPackage.Name, SubscriberPackageVersionId, SubscriberPackageVersion.MajorVersion, SubscriberPackageVersion.PatchVersion FROM InstalledSubscriberPackage",
    )
    .await;
    assert_eq!(installed[0]["SubscriberPackage"]["NamespacePrefix"], NAMESPACE);
    assert_eq!(installed[0]["SubscriberPackageVersionId"], VERSION);
    assert_eq!(installed[0]["SubscriberPackageVersion"]["MajorVersion"], 1);
    assert!(installed[0]["Id"].as_str().is_some_and(|id| id.starts_with("0A3")));

    let classes = tooling(
        &world,
        "SELECT Name, NamespacePrefix, Body, ManageableState FROM ApexClass WHERE Name = 'CAS_RestService'",
    )
    .await;
    assert_eq!(classes.len(), 1);
    assert_eq!(
        (&classes[0]["NamespacePrefix"], &classes[0]["Body"]),
        (&json!(NAMESPACE), &json!("(hidden)"))
    );
    assert_eq!(classes[0]["ManageableState"], "installed");
    let objects = tooling(
        &world,
        "SELECT QualifiedApiName, DeveloperName, NamespacePrefix FROM EntityDefinition WHERE NamespacePrefix = 'casec' ORDER BY QualifiedApiName",
    )
    .await;
    let names: Vec<&str> = objects.iter().filter_map(|row| row["QualifiedApiName"].as_str()).collect();
    assert_eq!(
        names,
        [
            "casec__CAS_Quarantined_Chunk__c",
            "casec__CAS_Quarantined_Item__c",
            "casec__CAS_Record_Change__e",
            "casec__CAS_Switch__c"
        ]
    );
    assert_eq!(objects[1]["DeveloperName"], "CAS_Quarantined_Item");
    // The administrator has access as it came; the fields are namespaced and so are the relationships.
    let chunk = world.admin().get("/sobjects/casec__CAS_Quarantined_Chunk__c/describe").await;
    let field = |name: &str| {
        chunk["fields"].as_array().expect("fields").iter().find(|field| field["name"] == name).cloned()
    };
    let item = field("casec__Item__c").expect("the master");
    assert_eq!(item["referenceTo"], json!(["casec__CAS_Quarantined_Item__c"]));
    assert_eq!(item["relationshipName"], "casec__Item__r");
    assert!(field("casec__Data__c").is_some());
    let sets = world
        .admin()
        .rows("SELECT Name, NamespacePrefix FROM PermissionSet WHERE NamespacePrefix = 'casec'")
        .await;
    assert_eq!(sets[0]["Name"], "CAS_Service_Account");
    let rights = world
        .admin()
        .rows("SELECT Field FROM FieldPermissions WHERE Parent.NamespacePrefix = 'casec' AND SobjectType = 'casec__CAS_Quarantined_Chunk__c'")
        .await;
    assert!(
        rights.iter().any(|row| row["Field"] == "casec__CAS_Quarantined_Chunk__c.casec__Data__c"),
        "{rights:?}"
    );
    let permissions = world.admin().rows("SELECT DeveloperName, NamespacePrefix FROM CustomPermission").await;
    assert_eq!(permissions[0]["DeveloperName"], "CAS_Act_On_Content");
    assert_eq!(permissions[0]["NamespacePrefix"], NAMESPACE);
    let publishers = world.admin().rows("SELECT Name, NamespacePrefix, IsSalesforce FROM Publisher").await;
    assert_eq!(publishers.len(), 2);
    assert_eq!(world.org().ledger.count(Kind::PackageInstalled), 1);
    // A record of the package's object, by its namespaced name.
    let id = world.admin().create("casec__CAS_Switch__c", json!({"SetupOwnerId": world.org().admin})).await;
    assert_eq!(id.len(), 18);
    // Its event can be published by the namespaced name.
    let event = json!({"casec__Object_Name__c": "Account", "casec__Operation__c": "x"});
    world.admin().create("casec__CAS_Record_Change__e", event).await;
    assert_eq!(world.org().ledger.of(Kind::EventPublished)[0].subject, "/event/casec__CAS_Record_Change__e");
}

#[tokio::test]
async fn installing_takes_its_time_and_nobody_else_can_install_meanwhile() {
    let config = Config {
        package_install_time: Duration::from_secs(90),
        session_lifetime: Duration::from_secs(u64::from(u32::MAX)),
        ..config(Offer::of(VERSION, app()))
    };
    let world = World::with(config).await;
    let (_, answer) = ask(&world, VERSION).await;
    let id = answer["id"].as_str().expect("an id");
    let path = format!("/tooling/sobjects/PackageInstallRequest/{id}");
    let row = world.admin().get(&path).await;
    assert_eq!(
        (&row["Status"], &row["Errors"], &row["NameConflictResolution"]),
        (&json!("IN_PROGRESS"), &Value::Null, &json!("Block"))
    );
    let (status, body) = ask(&world, VERSION).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(error(&body).1, "unable to obtain exclusive access to this record");
    // The clock stands still until the installation sleeps on it.
    let finished = outcome(&world, "PackageInstallRequest", id);
    tokio::pin!(finished);
    let row = loop {
        tokio::select! {
            row = &mut finished => break row,
            () = tokio::task::yield_now() => world.clock.advance(Duration::from_secs(90)),
        }
    };
    assert_eq!(row["Status"], "SUCCESS");
}

#[tokio::test]
async fn who_may_not_download_packages_installs_none() {
    let world = World::with(config(Offer::of(VERSION, app()))).await;
    let body = json!({"SubscriberPackageVersionKey": VERSION});
    let path = "/tooling/sobjects/PackageInstallRequest";
    let (status, _) = world.user().call(Method::POST, path, Some(body)).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "without View Setup the table is not even there");
    for (body, code) in [
        (json!({}), "REQUIRED_FIELD_MISSING"),
        (json!({"SubscriberPackageVersionKey": "04t000000000000AAA"}), "INVALID_CROSS_REFERENCE_KEY"),
        (json!({"SubscriberPackageVersionKey": "nonsense"}), "INVALID_CROSS_REFERENCE_KEY"),
        (json!({"SubscriberPackageVersionKey": VERSION, "Colour": "red"}), "INVALID_FIELD"),
        (
            json!({"SubscriberPackageVersionKey": VERSION, "SecurityType": "Some"}),
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ),
    ] {
        let (status, answer) = world.admin().call(Method::POST, path, Some(body.clone())).await;
        assert_eq!((status, error(&answer).0.as_str()), (StatusCode::BAD_REQUEST, code), "{body}");
    }
}

#[tokio::test]
async fn a_fresh_version_cannot_be_seen_yet() {
    let mut offer = Offer::of(VERSION, app());
    offer.versions[1].visible_after = Duration::from_secs(300);
    let world = World::with(config(offer)).await;
    let soql = format!("SELECT InstallValidationStatus FROM SubscriberPackageVersion WHERE Id = '{VERSION}'");
    assert_eq!(tooling(&world, &soql).await[0]["InstallValidationStatus"], "PACKAGE_UNAVAILABLE");
    let (status, body) = ask(&world, VERSION).await;
    assert_eq!((status, error(&body).0.as_str()), (StatusCode::BAD_REQUEST, "PACKAGE_UNAVAILABLE"));
    assert!(error(&body).1.contains("doesn't yet exist or has been deleted"));
    world.clock.advance(Duration::from_secs(300));
    assert_eq!(tooling(&world, &soql).await[0]["InstallValidationStatus"], "NO_ERRORS_DETECTED");
    assert_eq!(install(&world, VERSION).await["Status"], "SUCCESS");
}

#[tokio::test]
async fn upgrades_go_forward_only_and_keep_the_ids() {
    let world = World::with(config(Offer::of(VERSION, app()))).await;
    install(&world, &version_id(&world, "0.9.0")).await;
    let ids = async || {
        let rows = tooling(&world, "SELECT Id, Name FROM ApexClass ORDER BY Name").await;
        rows.iter().map(|row| row["Id"].clone()).collect::<Vec<_>>()
    };
    let before = ids().await;
    assert_eq!(install(&world, VERSION).await["Status"], "SUCCESS");
    assert_eq!(ids().await, before);
    let rows = tooling(
        &world,
        "SELECT SubscriberPackageVersionId, MinPackageVersionId FROM InstalledSubscriberPackage",
    )
    .await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["SubscriberPackageVersionId"], VERSION);
    assert_eq!(rows[0]["MinPackageVersionId"], version_id(&world, "0.9.0"));
    assert_eq!(install(&world, VERSION).await["Status"], "SUCCESS", "the same again changes nothing");
    let row = install(&world, &version_id(&world, "0.9.0")).await;
    assert_eq!(row["Status"], "ERROR");
    assert!(message(&row).contains("newer version"), "{row:#}");
    assert_eq!(
        install(&world, &version_id(&world, "1.1.0")).await["Status"],
        "SUCCESS",
        "a beta, in a sandbox"
    );
}

#[tokio::test]
async fn production_takes_no_beta_and_a_key_must_fit() {
    let mut offer = Offer::of(VERSION, app());
    offer.versions[1].key = Some("open sesame".to_owned());
    let world = World::with(Config { environment: Environment::Production, ..config(offer) }).await;
    let beta = version_id(&world, "1.1.0");
    let soql =
        format!("SELECT InstallValidationStatus, IsBeta FROM SubscriberPackageVersion WHERE Id = '{beta}'");
    assert_eq!(
        tooling(&world, &soql).await[0]["InstallValidationStatus"],
        "BETA_INSTALL_INTO_PRODUCTION_ORG"
    );
    let row = install(&world, &beta).await;
    assert_eq!(row["Status"], "ERROR");
    assert!(message(&row).contains("Beta packages cannot be installed in production"), "{row:#}");
    let row = install(&world, VERSION).await;
    assert!(message(&row).contains("installation key"), "{row:#}");
    let body = json!({"SubscriberPackageVersionKey": VERSION, "Password": "open sesame"});
    let (_, answer) =
        world.admin().call(Method::POST, "/tooling/sobjects/PackageInstallRequest", Some(body)).await;
    let row = outcome(&world, "PackageInstallRequest", answer["id"].as_str().expect("an id")).await;
    assert_eq!((&row["Status"], &row["Password"]), (&json!("SUCCESS"), &Value::Null));
}

#[tokio::test]
async fn an_org_can_be_born_with_a_package_and_lose_it() {
    let mut offer = Offer::of(VERSION, app());
    offer.installed = Some("1.0.0".to_owned());
    let world = World::with(config(offer)).await;
    assert_eq!(tooling(&world, "SELECT Id FROM InstalledSubscriberPackage").await.len(), 1);
    world.admin().create("casec__CAS_Switch__c", json!({"SetupOwnerId": world.org().admin})).await;
    let (_, row) = uninstall(&world, VERSION).await;
    assert_eq!(row["Status"], "Success", "{row:#}");
    assert!(tooling(&world, "SELECT Id FROM InstalledSubscriberPackage").await.is_empty());
    assert!(tooling(&world, "SELECT Id FROM ApexClass").await.is_empty());
    let (status, _) = world.admin().call(Method::GET, "/sobjects/casec__CAS_Switch__c/describe", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let body = json!({"SubscriberPackageVersionId": VERSION});
    let path = "/tooling/sobjects/SubscriberPackageVersionUninstallRequest";
    let (status, _) = world.admin().call(Method::POST, path, Some(body)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "what is not there cannot go");
}

#[tokio::test]
async fn sources_that_do_not_compile_make_the_installation_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    let classes = folder.path().join("classes");
    std::fs::create_dir_all(&classes).expect("made");
    std::fs::write(classes.join("Broken.cls"), "public class Broken { void f( }").expect("written");
    std::fs::write(
        classes.join("Broken.cls-meta.xml"),
        "<ApexClass xmlns=\"http://soap.sforce.com/2006/04/metadata\"><apiVersion>67.0</apiVersion><status>Active</status></ApexClass>",
    )
    .expect("written");
    let world = World::with(config(Offer::of(VERSION, folder.path()))).await;
    let row = install(&world, VERSION).await;
    assert_eq!(row["Status"], "ERROR");
    assert!(message(&row).contains("classes/Broken.cls"), "{row:#}");
    assert!(tooling(&world, "SELECT Id FROM ApexClass").await.is_empty(), "nothing of it stays");
}

#[test]
fn an_offer_is_read_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("package.json");
    let text = json!({
        "packageId": "0335f000000AbCdAAK",
        "namespace": "vendor",
        "source": app(),
        "versions": [{"number": "2.0.0", "id": VERSION}, {"number": "2.1.0", "visibleAfterSeconds": 60}],
        "installed": "2.0.0",
    });
    std::fs::write(&path, text.to_string()).expect("written");
    let package = Offer::read(&path).expect("reads").load().expect("fits");
    assert_eq!((package.namespace.as_str(), package.versions.len()), ("vendor", 2));
    assert_eq!(package.installed.map(|id| id.to_string()).as_deref(), Some(VERSION));
    std::fs::write(&path, r#"{"colour": "red"}"#).expect("written");
    assert!(Offer::read(&path).is_err());
    assert!(OfferedVersion::default().id.is_none());
}
