//! The Salesforce CLI, as Salesforce ships it: it must read our project, and take the simulator for an org.

use std::collections::BTreeSet;
use std::path::Path;

use provision_tests::app;
use provision_tests::sf::Desk;
use salesforce_simulator::{Config, Simulator};
use serde_json::Value;

/// Few objects: what the CLI makes of triggers does not depend on their number.
const OBJECTS: &[&str] = &["Account", "Case", "ContentVersion"];

#[tokio::test(flavor = "multi_thread")]
async fn sf_logs_in_and_shows_the_org() {
    let desk = Desk::new("00D000000000001AAA", OBJECTS);
    if !desk.has_sf("sf_logs_in_and_shows_the_org").await {
        return;
    }
    let org = org().await;
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let shown = desk.sf(&["org", "display", "--target-org", "simulated"]).await;
    assert_eq!(shown["status"], 0, "{shown:#}");
    assert_eq!(shown["result"]["id"], org.ready().org_id.as_str(), "{shown:#}");
    assert_eq!(shown["result"]["username"], org.ready().admin.username.as_str(), "{shown:#}");
    assert_eq!(shown["result"]["connectedStatus"], "Connected", "{shown:#}");
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_deploys_the_app() {
    if !Desk::new("", &[]).has_sf("sf_deploys_the_app").await {
        return;
    }
    let org = org().await;
    let desk = Desk::new(&org.ready().org_id, OBJECTS);
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let answer = desk.deploy().await;
    assert_eq!(answer["status"], 0, "{answer:#}");
    assert_eq!(answer["result"]["status"], "Succeeded", "{answer:#}");

    let deployed: BTreeSet<&str> = names(&answer["result"]["files"]).collect();
    for file in app::apex_files(&desk.project()) {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(deployed.contains(name.as_str()), "{name} is not among {deployed:?}");
    }
    for name in ["CAS_Quarantined_Item__c", "CAS_Record_Change__e", "CAS_Switch__c", "CAS_Service_Account"] {
        assert!(deployed.contains(name), "{name} is not among {deployed:?}");
    }

    let triggers = desk.tooling("SELECT Name, Status, TableEnumOrId FROM ApexTrigger ORDER BY Name").await;
    assert_eq!(column(&triggers, "Name"), ["CAS_Account", "CAS_Case", "CAS_ContentVersion"]);
    assert_eq!(column(&triggers, "TableEnumOrId"), OBJECTS);
    assert_eq!(column(&triggers, "Status"), ["Active"; 3]);

    let again = desk.deploy().await;
    assert_eq!(again["status"], 0, "deploying the same once more: {again:#}");
    org.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sf_names_the_place_of_a_syntax_error() {
    if !Desk::new("", &[]).has_sf("sf_names_the_place_of_a_syntax_error").await {
        return;
    }
    let org = org().await;
    let desk = Desk::new(&org.ready().org_id, OBJECTS);
    desk.log_in(&org.ready().base_url, &org.ready().access_token).await;
    let handler = desk.project().join("force-app/main/default/classes/CAS_RecordChangeHandler.cls");
    let text = std::fs::read_to_string(&handler).unwrap();
    let line = text.lines().position(|line| line.contains("return isHome()")).expect("the line to break") + 1;
    let broken = text.replace("return isHome() &&", "return isHome() && ;");
    assert_ne!(broken, text, "something is broken");
    std::fs::write(&handler, broken).unwrap();

    let answer = desk.deploy().await;
    assert_eq!(answer["status"], 1, "{answer:#}");
    assert_eq!(answer["result"]["status"], "Failed", "{answer:#}");
    let failed: Vec<&Value> = answer["result"]["files"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:#}"))
        .iter()
        .filter(|file| file["state"] == "Failed" && file["fullName"] == "CAS_RecordChangeHandler")
        .collect();
    assert!(!failed.is_empty(), "{answer:#}");
    assert!(failed[0]["filePath"].as_str().is_some_and(|path| Path::new(path) == handler), "{answer:#}");
    assert_eq!(failed[0]["lineNumber"], line, "{answer:#}");
    assert!(failed[0]["columnNumber"].as_u64().is_some_and(|column| column > 0), "{answer:#}");

    let left = desk.tooling("SELECT Name FROM ApexClass WHERE Name LIKE 'CAS_%'").await;
    assert_eq!(left.len(), 0, "nothing stays of a failed deploy");
    org.stop().await;
}

async fn org() -> Simulator {
    Simulator::start(Config::default()).await.expect("a simulated org")
}

fn names(files: &Value) -> impl Iterator<Item = &str> {
    files.as_array().into_iter().flatten().filter_map(|file| file["fullName"].as_str())
}

fn column<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().filter_map(|row| row[name].as_str()).collect()
}
