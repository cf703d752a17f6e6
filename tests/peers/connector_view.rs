//! The organisation after provisioning, in the eyes of other people's clients.

use std::collections::{BTreeMap, BTreeSet};

use provision_client::api::v1::ProvisioningPlan;
use provision_tests::peer::Peer;
use provision_tests::person::Person;
use provision_tests::sf::{ALIAS, Desk};
use provision_tests::tools;
use provision_tests::world::{World, console};
use salesforce_simulator::ledger::Kind;
use salesforce_simulator::{Config, Environment, Simulator};
use serde_json::{Value, json};

/// What nobody but administrators and the service account may see.
const HIDDEN: [&str; 2] = ["CAS_Quarantined_Item__c", "CAS_Quarantined_Chunk__c"];
/// A record, and no metadata that could be listed.
const RECORDS: &str = "PermissionSetAssignment";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_sees_what_the_plan_of_a_sandbox_promised() {
    seen_by_jsforce("jsforce_sees_what_the_plan_of_a_sandbox_promised", Environment::Sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_sees_what_the_plan_of_a_production_promised() {
    seen_by_jsforce("jsforce_sees_what_the_plan_of_a_production_promised", Environment::Production).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_sees_what_the_plan_of_a_sandbox_promised() {
    seen_by_sf("sf_sees_what_the_plan_of_a_sandbox_promised", Environment::Sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_sees_what_the_plan_of_a_production_promised() {
    seen_by_sf("sf_sees_what_the_plan_of_a_production_promised", Environment::Production).await;
}

async fn seen_by_sf(test: &str, environment: Environment) {
    let desk = Desk::new("", &[]);
    if !desk.has_sf(test).await {
        return;
    }
    let (world, plan) = provisioned(environment).await;
    let org = world.org.ready();
    desk.log_in(&org.base_url, &org.access_token).await;
    let promised = promised(&plan);

    for (kind, names) in &promised {
        let list = desk.sf(&["org", "list", "metadata", "-m", kind, "-o", ALIAS]).await;
        let rows = list["result"].as_array().unwrap_or_else(|| panic!("{kind}: {list:#}"));
        assert_eq!(&ours(rows.iter().filter_map(|row| row["fullName"].as_str())), names, "{kind}");
    }
    let triggers = desk.tooling("SELECT Name, Status FROM ApexTrigger").await;
    let names = triggers.iter().filter_map(|row| row["Name"].as_str());
    assert_eq!(ours(names), promised["ApexTrigger"]);
    assert!(triggers.iter().all(|row| row["Status"] == "Active"), "{triggers:#?}");
    let objects = desk.sf(&["sobject", "list", "-s", "custom", "-o", ALIAS]).await;
    assert_eq!(ours(strings(&objects["result"])), promised["CustomObject"], "{objects:#}");
    for name in HIDDEN {
        let object = desk.sf(&["sobject", "describe", "-s", name, "-o", ALIAS]).await;
        assert_eq!(object["result"]["name"], name, "{object:#}");
    }
}

async fn seen_by_jsforce(test: &str, environment: Environment) {
    let Some(peer) = tools::or_skip(test, Peer::node(tools::jsforce().await).await) else { return };
    let (world, plan) = provisioned(environment).await;
    let org = &world.org;
    let promised = promised(&plan);
    let more = json!({ "hidden": HIDDEN, "user_token": user_token(org).await });
    let seen = peer.run("connector_view.mjs", org.ready(), more).await;

    for kind in ["ApexClass", "ApexTrigger"] {
        assert_eq!(ours(strings(&seen["tooling"][kind])), promised[kind], "{kind}: {seen:#}");
    }
    // Tooling names objects without their ending.
    let objects: BTreeSet<String> = promised["CustomObject"]
        .iter()
        .map(|name| name.rsplit_once("__").expect("an ending").0.to_owned())
        .collect();
    assert_eq!(ours(strings(&seen["tooling"]["CustomObject"])), objects, "{seen:#}");
    assert_eq!(ours(strings(&seen["global"])), promised["CustomObject"], "{seen:#}");
    assert_eq!(seen["permissionSets"], json!(["CAS_Service_Account"]));
    assert_eq!(seen["assigned"], json!([["CAS_Service_Account", org.ready().admin.username]]));
    history(org, &seen["deployments"]);
    hidden(&seen);
}

/// An organisation that our daemon has provisioned, and the plan of it.
async fn provisioned(environment: Environment) -> (World, ProvisioningPlan) {
    let config = Config { environment, objects: 60, app_installed: true, ..Config::default() };
    let world = World::with(config).await;
    world.prepare().await;
    let admin = world.client("admin@acme.example").await;
    let account = world.until_read(&admin).await;
    let plan = world.plan(&admin, &account).await;
    let operation = admin.accounts().provision(&account, &plan.etag).await.expect("started");
    world.done(&admin, &operation.name).await;
    (world, plan)
}

/// Names by type of metadata.
fn promised(plan: &ProvisioningPlan) -> BTreeMap<String, BTreeSet<String>> {
    let mut promised: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let components = plan.steps.iter().flat_map(|step| &step.components);
    for component in components.filter(|component| component.kind != RECORDS) {
        promised.entry(component.kind.clone()).or_default().insert(component.full_name.clone());
    }
    assert!(promised.len() >= 5, "{promised:?}");
    promised
}

/// The history has the deployments that the ledger saw, all of them the service account's.
fn history(org: &Simulator, rows: &Value) {
    let rows = rows.as_array().expect("rows");
    let started = org.ledger().count(Kind::DeployStarted);
    assert!(started >= 3 && rows.len() as u64 == started, "{started} deployments: {rows:#?}");
    for row in rows {
        assert_eq!(row["by"], org.ready().admin.username.as_str(), "{row}");
        assert_eq!(row["status"], "Succeeded", "{row}");
    }
}

/// An ordinary user finds none of what is hidden, by any way.
fn hidden(seen: &Value) {
    let global = ours(strings(&seen["user"]["global"]));
    for name in HIDDEN {
        assert!(!global.contains(name), "{global:?}");
        assert!(
            seen["objects"][name]["fields"].as_array().is_some_and(|fields| fields.len() >= 6),
            "{seen:#}"
        );
        let user = &seen["user"][name];
        assert_eq!(user["describe"]["code"], "NOT_FOUND", "{user:#}");
        for way in ["query", "count"] {
            assert_eq!(user[way]["code"], "INVALID_TYPE", "{user:#}");
            let said = user[way]["message"].as_str().unwrap_or_default();
            assert!(said.contains(&format!("sObject type '{name}' is not supported.")), "{user:#}");
        }
        assert!(user["search"].get("value").is_none(), "{user:#}");
        assert!(user["create"].get("value").is_none(), "{user:#}");
    }
}

/// A session of the ordinary user, by the web server flow.
async fn user_token(org: &Simulator) -> String {
    let ready = org.ready();
    let callback = console().await;
    let authorize = url::Url::parse_with_params(
        &format!("{}/services/oauth2/authorize", ready.base_url),
        [
            ("response_type", "code"),
            ("client_id", &ready.client_id),
            ("redirect_uri", &callback),
            ("scope", "api"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ],
    )
    .expect("an address");
    let landed = Person::user(org).allow(authorize.as_str()).await;
    let code = landed.url.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
    let code = code.unwrap_or_else(|| panic!("{}: {}", landed.url, landed.body));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", &ready.client_id),
        ("client_secret", &ready.client_secret),
        ("redirect_uri", &callback),
        ("code_verifier", VERIFIER),
    ];
    let token = format!("{}/services/oauth2/token", ready.base_url);
    let answer = reqwest::Client::new().post(token).form(&form).send().await.expect("answered");
    let answer: Value = serde_json::from_slice(&answer.bytes().await.expect("read")).expect("JSON");
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// Of these names those that are of the app.
fn ours<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    names.filter(|name| name.starts_with("CAS_")).map(str::to_owned).collect()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
